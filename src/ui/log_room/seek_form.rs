//! The forms in the lesson that ask for an offset or a timestamp. What cannot be sought is answered beside its field, and the last
//! seek that found something stays in the picture.

use crate::ui::Class;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::wish::Wish;
use crate::view::format;
use crate::view::log_view::LogView;
use crate::view::seek_target::SeekBy;
use web_sys::{HtmlInputElement, InputEvent, SubmitEvent};
use yew::prelude::*;

/// Both forms.
#[component]
pub fn SeekForms() -> Html {
    let log = use_slice(|published| published.log.clone());
    html! {
        <div class={classes!(Class::Form, Class::SeekForm)}>
            <SeekForm by={SeekBy::Offset} />
            <SeekForm by={SeekBy::Timestamp} />
            if let Some(log) = log {
                <p class={Class::Note}>{ extent(&log) }</p>
            }
        </div>
    }
}

/// What there is to seek.
fn extent(log: &LogView) -> String {
    match log.timestamps {
        Some((oldest, newest)) if log.log_end > log.log_start => format!(
            "In the log: offsets {}, timestamps {oldest} to {newest} ms.",
            format::offsets(log.log_start, log.log_end - 1)
        ),
        _ => "The log is empty.".to_string(),
    }
}

/// Properties of [`SeekForm`].
#[derive(Properties, PartialEq)]
struct SeekFormProps {
    by: SeekBy,
}

/// One field, its button, and what is wrong with it.
#[component]
fn SeekForm(props: &SeekFormProps) -> Html {
    let by = props.by;
    let runner = use_runner();
    let seek = use_slice(|published| published.seek.clone());
    let typed = use_state(|| None::<String>);
    // A seek that finds something, in either field, puts an end to what was typed in both.
    let reset = typed.setter();
    use_effect_with(seek.target, move |_| reset.set(None));
    let shown = seek.target.filter(|target| target.by() == by).map(|target| target.number().to_string());
    let value = typed.as_ref().cloned().or(shown).unwrap_or_default();
    let problem = seek.problem.as_ref().filter(|(field, _)| *field == by).map(|(_, why)| why.to_string());
    let onsubmit = {
        let (typed, value) = (typed.clone(), value.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if runner.wish(Wish::SeekLog(by, value.clone())) {
                typed.set(None);
            }
        })
    };
    let oninput = Callback::from(move |event: InputEvent| {
        typed.set(event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()));
    });
    let (id, problem_id) = (format!("seek-{}", by.word()), format!("seek-{}-problem", by.word()));
    html! {
        <form {onsubmit} novalidate=true aria-label={format!("Seek by {}", by.word())}>
            <div class={Class::SeekRow}>
                <label for={id.clone()}>{by.word()}</label>
                <input {id} class={Class::Field} type="text" inputmode="numeric" autocomplete="off" data-seek={by.word()} {value} {oninput}
                    aria-invalid={problem.is_some().to_string()} aria-describedby={problem_id.clone()} />
                <button type="submit" class={classes!(Class::Button, Class::SmallButton)} data-seek={format!("{}-submit", by.word())}
                    aria-label={format!("Seek by {}", by.word())}>{"Seek"}</button>
            </div>
            <p id={problem_id} class={Class::Warning} role="alert" data-seek={format!("{}-problem", by.word())}>{problem.unwrap_or_default()}</p>
        </form>
    }
}
