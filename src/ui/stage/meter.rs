//! A thin bar that fills: linger, memory.

use crate::ui::Class;
use yew::prelude::*;

/// Properties of [`Meter`].
#[derive(Properties, PartialEq)]
pub struct MeterProps {
    /// How full, in thousandths.
    pub per_mille: u32,
}

/// The bar. It is decoration: the figure stands beside it in words.
#[component]
pub fn Meter(props: &MeterProps) -> Html {
    html! {
        <svg class={Class::Meter} viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class={Class::MeterFill} x="0" y="0" width={props.per_mille.min(1000).to_string()} height="10" />
        </svg>
    }
}
