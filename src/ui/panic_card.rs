//! What the reader sees when the engine broke: what happened, the run to copy, and a way on.

use super::Class;
use super::overlay::use_overlay;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::web::clipboard;
use yew::prelude::*;

/// The card, if a run broke.
#[component]
pub fn PanicCard() -> Html {
    let broken = use_slice(|published| published.broken.clone());
    let runner = use_runner();
    let copied = use_state(|| "");
    use_overlay(broken.is_some(), "panic-copy");
    let Some(broken) = broken else { return Html::default() };
    let copy = {
        let (broken, copied) = (broken.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            clipboard::write_text(broken.scenario.clone(), move |worked| {
                copied.set(if worked { "copied" } else { "the browser refused; take the text from the field" });
            });
        })
    };
    html! {
        <div class={Class::Overlay}>
            <section class={classes!(Class::Dialog, Class::PanicCard)} role="alertdialog" aria-modal="true" aria-labelledby="panic-title" data-panic="card">
                <h1 id="panic-title">{"This run broke the engine"}</h1>
                <p>{"That is a fault of this program, not of yours. The text below is the whole run: its seed and its commands. Copy it if you want to report it, then go on with the room's first run."}</p>
                <p class={Class::Warning}>{broken.message.clone()}</p>
                <textarea class={Class::Field} readonly=true rows="8" aria-label="The run as text" data-panic="scenario" value={broken.scenario.clone()} />
                <div>
                    <button type="button" id="panic-copy" class={Class::Button} data-panic="copy" onclick={copy}>{"Copy run"}</button>{" "}
                    <button type="button" class={classes!(Class::Button, Class::ButtonMain)} data-panic="go-on" onclick={runner.on_click(Wish::Reset)}>{"Go on"}</button>{" "}
                    <span class={Class::Note} role="status">{*copied}</span>
                </div>
            </section>
        </div>
    }
}
