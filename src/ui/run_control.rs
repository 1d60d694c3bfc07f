//! The run itself: reset, seed, preset, its text to copy and to paste.

use super::Class;
use super::cast_control::CastControl;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::course::{PRESETS, Preset};
use crate::web::clipboard;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The run control.
#[component]
pub fn RunControl() -> Html {
    let run = use_slice(|published| published.run.clone());
    let preset = run.source.preset();
    let runner = use_runner();
    let on_preset = runner.on_change(|list: HtmlSelectElement| Some(Wish::LoadPreset(list.value().parse().ok()?)));
    html! {
        <section class={Class::LessonSection} aria-labelledby="run-title">
            <h2 id="run-title">{"Run"}</h2>
            <div class={Class::FormGrid}>
                <label for="run-preset">{"preset"}</label>
                <select id="run-preset" class={Class::Field} data-run="preset" onchange={on_preset}>
                    if preset.is_none() {
                        <option value="" selected=true>{run.source.word()}</option>
                    }
                    { for Preset::groups().into_iter().map(|(label, range)| html! {
                        <optgroup {label}>
                            { for range.map(|index| html! {
                                <option value={index.to_string()} selected={preset == Some(index)}>{PRESETS[index].label()}</option>
                            }) }
                        </optgroup>
                    }) }
                </select>
                <Seed seed={run.seed} />
            </div>
            <CastControl />
            <div class={Class::FormActions}>
                <button type="button" class={Class::Button} data-run="reset" onclick={runner.on_click(Wish::Reset)}>{"Reset"}</button>
                if run.has_before {
                    <button type="button" class={Class::Button} data-run="back" onclick={runner.on_click(Wish::BackToMyRun)}>{"Back to my run"}</button>
                }
                <CopyRun />
            </div>
            <PasteRun />
            <p class={Class::Warning} role="alert">{ run.problem.clone().unwrap_or_default() }</p>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct SeedProps {
    /// The run's.
    seed: u64,
}

/// The seed, which takes effect when the field is left. What is typed is kept until then, and when it is no seed.
#[component]
fn Seed(props: &SeedProps) -> Html {
    let runner = use_runner();
    let typed = use_state(|| None::<String>);
    let is_refused = use_state(|| false);
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()))
        })
    };
    let onchange = {
        let (typed, is_refused) = (typed.clone(), is_refused.clone());
        Callback::from(move |event: Event| {
            let seed = event.target_unchecked_into::<HtmlInputElement>().value().trim().parse().ok();
            is_refused.set(seed.is_none());
            if let Some(seed) = seed {
                typed.set(None);
                runner.wish(Wish::SetSeed(seed));
            }
        })
    };
    let value = typed.as_ref().cloned().unwrap_or_else(|| props.seed.to_string());
    html! {
        <>
            <label for="run-seed">{"seed"}</label>
            <input id="run-seed" class={Class::Field} inputmode="numeric" data-run="seed" {value} {oninput} {onchange}
                aria-invalid={is_refused.then_some("true")} aria-describedby={is_refused.then_some("run-seed-refusal")} />
            if *is_refused {
                <p id="run-seed-refusal" class={Class::Warning} role="alert" data-run="seed-refusal">
                    {format!("A seed is a whole number from 0 to {}; the run keeps its own, {}.", u64::MAX, props.seed)}
                </p>
            }
        </>
    }
}

/// Copies the run as a scenario that ends at the moment shown; where the browser refuses, the text stands there to be taken.
#[component]
fn CopyRun() -> Html {
    let runner = use_runner();
    let copied = use_state(|| None::<bool>);
    let text = use_state(String::new);
    let onclick = {
        let (copied, text) = (copied.clone(), text.clone());
        Callback::from(move |_: MouseEvent| {
            let scenario = runner.scenario_text();
            text.set(scenario.clone());
            let copied = copied.clone();
            clipboard::write_text(scenario, move |worked| copied.set(Some(worked)));
        })
    };
    html! {
        <>
            <button type="button" class={Class::Button} data-run="copy" {onclick}
                title="The scenario up to this moment as text. `highwater run` replays it to the same trace hash.">{"Copy run"}</button>
            <span class={Class::Note} role="status">
                { match *copied { None => "", Some(true) => "copied", Some(false) => "the text stands below" } }
            </span>
            if !text.is_empty() {
                <textarea class={Class::Field} readonly=true rows="3" aria-label="The run as text" data-run="text" value={(*text).clone()} />
            }
        </>
    }
}

/// A field to paste a run into.
#[component]
fn PasteRun() -> Html {
    let runner = use_runner();
    let open = use_state(|| false);
    let field = use_node_ref();
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let load = {
        let (field, open) = (field.clone(), open.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(field) = field.get().and_then(|node| node.dyn_into::<HtmlTextAreaElement>().ok()) else { return };
            // What is refused stays there to be mended.
            if runner.wish(Wish::Paste(field.value())) {
                open.set(false);
            }
        })
    };
    html! {
        <>
            <button type="button" class={Class::FoldButton} aria-expanded={(*open).to_string()} data-run="paste" onclick={toggle}>
                { if *open { "▾ Paste a run" } else { "▸ Paste a run" } }
            </button>
            if *open {
                <textarea ref={field} class={Class::Field} rows="4" aria-label="A scenario's text" data-run="paste-text" spellcheck="false" />
                <button type="button" class={Class::Button} data-run="load" onclick={load}>{"Load this run"}</button>
            }
        </>
    }
}
