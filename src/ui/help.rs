//! The help over the page: keys, what the labels mean, Kafka's words.

use super::Class;
use super::icon::{Icon, Sign};
use super::overlay::use_overlay;
use super::rich_text::RichText;
use super::timeline::legend_entry;
use super::truth::{Truth, TruthLabel};
use crate::course::Room;
use crate::course::glossary::{GLOSSARY, STAGE_WORDS};
use crate::engine::sim::MarkKind;
use yew::prelude::*;

const RUN_KEYS: &[(&str, &str)] = &[
    ("Space", "play or pause"),
    ("← →", "step to the event before or after"),
    ("Shift + ← →", "jump to the mark before or after: every kind of mark stands below, with its sign"),
];
const PAGE_KEYS: &[(&str, &str)] = &[
    ("I", "close the inspector"),
    ("?", "show or hide this help"),
    ("Tab, Enter", "reach and use every control, faults included"),
];

fn key_row(key: String, what_for: impl Into<AttrValue>) -> Html {
    html! { <><dt><kbd>{key}</kbd></dt><dd>{what_for.into()}</dd></> }
}

/// Properties of [`Help`].
#[derive(Properties, PartialEq)]
pub struct HelpProps {
    /// Closes the help.
    pub on_close: Callback<()>,
}

/// The help.
#[component]
pub fn Help(props: &HelpProps) -> Html {
    use_overlay(true, "help-close");
    let close = props.on_close.reform(|_: MouseEvent| ());
    html! {
        <div class={Class::Overlay}>
            <section class={Class::Dialog} role="dialog" aria-modal="true" aria-labelledby="help-title">
                <div class={Class::DialogHead}>
                    <h1 id="help-title">{"How to use this page"}</h1>
                    <button type="button" id="help-close" class={classes!(Class::Button, Class::ButtonIcon)} aria-label="Close the help" onclick={close}>
                        <Icon sign={Sign::Close} />
                    </button>
                </div>
                <p>{"Click a record, a batch, a segment, a broker, a consumer or a request to read its fields and its bytes. Click a wire for the faults of its link. Click a figure of the ledger to list the records behind it. Pausing, stepping and going back never change what happens; acting in the past does, and what came after can be brought back."}</p>
                <h2>{"Keys"}</h2>
                <dl class={Class::KeyList}>
                    { for RUN_KEYS.iter().map(|(key, use_)| key_row((*key).to_string(), *use_)) }
                    { for Room::ALL.into_iter().map(|room| key_row(room.number().to_string(), format!("go to the room {}", room.name()))) }
                    { for PAGE_KEYS.iter().map(|(key, use_)| key_row((*key).to_string(), *use_)) }
                </dl>
                <p class={Class::Note}>{"A room's number is its place in the course and its key. No room has the number 7: it is kept for six producer mistakes, which are not open yet."}</p>
                <h2>{"Signs on the timeline"}</h2>
                <ul class={Class::MarkLegend}>{ for MarkKind::ALL.into_iter().map(legend_entry) }</ul>
                <h2>{"What the labels mean"}</h2>
                <dl class={Class::KeyList}>
                    <dt><TruthLabel truth={Truth::Exact} /></dt><dd>{"Kafka's own algorithm or bytes."}</dd>
                    <dt><TruthLabel truth={Truth::Model} /></dt><dd>{"A simulation with stated assumptions: what a wire, a request or a disk takes in time."}</dd>
                </dl>
                <h2>{"Words on the stage"}</h2>
                <dl class={Class::Glossary} data-help="stage-words">
                    { for STAGE_WORDS.iter().map(|(word, meaning)| html! { <div><dt>{*word}</dt><dd><RichText text={*meaning} /></dd></div> }) }
                </dl>
                <h2>{"Words"}</h2>
                <dl class={Class::Glossary}>
                    { for GLOSSARY.iter().map(|(word, meaning)| html! { <div><dt>{*word}</dt><dd><RichText text={*meaning} /></dd></div> }) }
                </dl>
            </section>
        </div>
    }
}
