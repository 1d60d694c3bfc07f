//! The tokens as a canvas needs them: resolved colours, read from elements that wear them.

use crate::ui::Class;
use crate::ui::tone::hue_class;
use crate::web::layout;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// The tones, in the order of the probes; the eight hues and the one without a key follow.
const TONES: [Class; 6] = [
    Class::ToneAccent,
    Class::ToneQuiet,
    Class::ToneCommitted,
    Class::TonePending,
    Class::ToneLost,
    Class::ToneDuplicate,
];

/// Properties of [`Probes`].
#[derive(Properties, PartialEq)]
pub struct ProbesProps {
    /// Where the elements are found again.
    pub node: NodeRef,
}

/// Elements that wear the colours. Nobody sees them.
#[component]
pub fn Probes(props: &ProbesProps) -> Html {
    html! {
        <div class={Class::StageProbes} ref={props.node.clone()} aria-hidden="true">
            { for TONES.iter().map(|tone| html! { <i class={*tone} /> }) }
            { for (0..8).map(|hue| html! { <i class={hue_class(Some(hue))} /> }) }
            <i class={Class::HueNone} />
            <i class={Class::NodeCard} />
        </div>
    }
}

/// The colours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Palette {
    /// What carries records.
    pub accent: String,
    /// What carries none.
    pub quiet: String,
    /// An answer that reports success.
    pub committed: String,
    /// An error that may pass.
    pub pending: String,
    /// An error.
    pub lost: String,
    /// The eight hues of keys, and the one of records without a key.
    pub hues: [String; 9],
    /// A card's surface.
    pub panel: String,
    /// The typeface of what Kafka would print.
    pub typeface: String,
}

impl Palette {
    /// Reads the colours as they are now: the theme may have changed.
    #[must_use]
    pub fn read(probes: &Element) -> Self {
        let children = probes.children();
        let colour = |index: u32| {
            let element = children.item(index).and_then(|child| child.dyn_into::<Element>().ok());
            element.and_then(|element| layout::text_colour(&element)).unwrap_or_default()
        };
        Self {
            accent: colour(0),
            quiet: colour(1),
            committed: colour(2),
            pending: colour(3),
            lost: colour(4),
            hues: std::array::from_fn(|hue| colour(6 + u32::try_from(hue).unwrap_or(0))),
            panel: colour(15),
            typeface: layout::typeface(probes).unwrap_or_default(),
        }
    }

    /// The colour of a key's hue.
    #[must_use]
    pub fn hue(&self, hue: Option<u8>) -> &str {
        &self.hues[hue.map_or(8, |hue| usize::from(hue).min(7))]
    }
}
