//! One slot of the ring: held or free, and what the last call did to it.

use crate::ui::Class;
use crate::view::ring::{Detail, SlotPicture, Touch, geometry};
use yew::prelude::*;

/// Properties of [`Slot`].
#[derive(Properties, PartialEq)]
pub struct SlotProps {
    /// What is drawn.
    pub slot: SlotPicture,
    /// How much of it.
    pub detail: Detail,
}

/// The slot.
#[component]
pub fn Slot(props: &SlotProps) -> Html {
    let SlotProps { slot, detail } = props;
    let state = if slot.value.is_some() { Class::RingSlotHeld } else { Class::RingSlotFree };
    let touch = slot.touch.map(|touch| match touch {
        Touch::Written => Class::RingSlotWritten,
        Touch::Left => Class::RingSlotLeft,
        Touch::Read => Class::RingSlotRead,
    });
    let size = match detail {
        Detail::Named => None,
        Detail::Numbered => Some(Class::RingSlotNumbered),
        Detail::Bare | Detail::Window => Some(Class::RingSlotBare),
    };
    let value = slot.value.map_or_else(|| "–".to_owned(), |value| value.to_string());
    html! {
        <g class={classes!(Class::RingSlot, state, size, touch)} data-slot={slot.index.to_string()}>
            <path d={slot.path.clone()} />
            if *detail != Detail::Bare {
                <text class={Class::RingSlotValue} x={geometry::number(slot.value_at.0)} y={geometry::number(slot.value_at.1)}>{value}</text>
                <text class={Class::RingSlotName} x={geometry::number(slot.name_at.0)} y={geometry::number(slot.name_at.1)}>
                    { if *detail == Detail::Named { format!("slot {}", slot.index) } else { slot.index.to_string() } }
                </text>
            }
        </g>
    }
}
