//! The ring as SVG: slots, markers of head and tail, the count in the middle.

use super::marker::{End, RingMarker};
use super::slot::Slot;
use crate::ui::Class;
use crate::view::ring::RingPicture;
use yew::prelude::*;

/// Properties of [`RingDrawing`].
#[derive(Properties, PartialEq)]
pub struct RingDrawingProps {
    /// What is drawn.
    pub picture: RingPicture,
    /// How many calls were made: what the last one did is shown anew for each.
    pub call: usize,
}

/// The ring.
#[component]
pub fn RingDrawing(props: &RingDrawingProps) -> Html {
    let RingDrawingProps { picture, call } = props;
    let refused = picture.refused.then_some(Class::RingRefused);
    let (figure, fits) = picture.middle();
    let size = if fits { None } else { Some(Class::RingCountLong) };
    html! {
        <svg
            class={Class::Ring}
            viewBox="-232 -204 464 408"
            role="img"
            aria-label={picture.description()}
            data-ring-head={picture.head.slot.to_string()}
            data-ring-tail={picture.tail.slot.to_string()}
            data-ring-count={picture.count.to_string()}
        >
            if let Some(whole) = &picture.whole {
                <path class={Class::RingSlotFree} d={whole.clone()} />
            }
            if let Some(held) = &picture.held {
                <path class={Class::RingSlotHeld} d={held.clone()} />
            }
            { for picture.slots.iter().map(|slot| slot_of(slot, picture, *call)) }
            <g key={format!("count-{}", if picture.refused { *call } else { 0 })} class={classes!(refused)}>
                <text class={classes!(Class::RingCount, size)} y="4">{figure}</text>
                <text class={Class::RingNote} y="26">{middle_note(picture)}</text>
            </g>
            <RingMarker end={End::Tail} marker={picture.tail} />
            <RingMarker end={End::Head} marker={picture.head} />
        </svg>
    }
}

fn slot_of(slot: &crate::view::ring::SlotPicture, picture: &RingPicture, call: usize) -> Html {
    // A slot that was touched is drawn anew, so that its motion begins anew.
    let key = format!("{}-{}", slot.index, if slot.touch.is_some() { call } else { 0 });
    html! { <Slot {key} slot={slot.clone()} detail={picture.detail} /> }
}

fn middle_note(picture: &RingPicture) -> &'static str {
    if picture.count == 0 {
        "empty"
    } else if picture.count == picture.capacity {
        "full"
    } else {
        "held"
    }
}
