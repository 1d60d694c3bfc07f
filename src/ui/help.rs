//! The help over the page: keys, what the labels mean, Kafka's words.

use super::Class;
use super::icon::{Icon, Sign};
use super::overlay::use_overlay;
use super::rich_text::RichText;
use super::truth::{Truth, TruthLabel};
use crate::course::glossary::GLOSSARY;
use yew::prelude::*;

const KEYS: &[(&str, &str)] = &[
    ("Space", "play or pause"),
    ("← →", "step to the event before or after"),
    ("Shift + ← →", "jump to the mark before or after: a crash, an election, a roll, a loss, a command"),
    ("1 2 4 5 8", "go to a room"),
    ("I", "show or hide the inspector"),
    ("?", "show or hide this help"),
    ("Tab, Enter", "reach and use every control, faults included"),
];

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
                <p>{"Click a record, a batch, a segment, a broker or a request to read its fields and its bytes. Click a figure of the ledger to list the records behind it. Pausing, stepping and going back never change what happens; acting in the past does, and what came after can be brought back."}</p>
                <h2>{"Keys"}</h2>
                <dl class={Class::KeyList}>
                    { for KEYS.iter().map(|(key, use_)| html! { <><dt><kbd>{*key}</kbd></dt><dd>{*use_}</dd></> }) }
                </dl>
                <h2>{"What the labels mean"}</h2>
                <dl class={Class::KeyList}>
                    <dt><TruthLabel truth={Truth::Exact} /></dt><dd>{"Kafka's own algorithm or bytes."}</dd>
                    <dt><TruthLabel truth={Truth::Model} /></dt><dd>{"A simulation with stated assumptions: what a wire, a request or a disk takes in time."}</dd>
                </dl>
                <h2>{"Words"}</h2>
                <dl class={Class::Glossary}>
                    { for GLOSSARY.iter().map(|(word, meaning)| html! { <div><dt>{*word}</dt><dd><RichText text={*meaning} /></dd></div> }) }
                </dl>
            </section>
        </div>
    }
}
