//! The typed operation list: capacity, text, run, steps, reset, and the judge's word or the place of the bad token.

use crate::ring::Verdict;
use crate::ui::Class;
use crate::view::ring::RingAction;
use crate::view::ring::room::RingTrouble;
use crate::web::text_field;
use yew::prelude::*;

const LIST_ID: &str = "ring-list";
const VERDICT_ID: &str = "ring-verdict";

/// Properties of [`ListForm`].
#[derive(Properties, PartialEq)]
pub struct ListFormProps {
    /// The list as typed.
    pub list: String,
    /// The capacity as typed.
    pub capacity: String,
    /// What is wrong.
    pub trouble: Option<RingTrouble>,
    /// The judge's word.
    pub verdict: Option<Verdict>,
    /// The same as a sentence.
    pub verdict_words: String,
    /// There is a call to step to.
    pub can_step: bool,
    /// There is a call to take back.
    pub can_step_back: bool,
    /// Does what the learner does.
    pub act: Callback<RingAction>,
}

/// The form.
#[component]
pub fn ListForm(props: &ListFormProps) -> Html {
    let act = &props.act;
    let on_list = act.reform(|event: InputEvent| RingAction::TypeList(text_field::text_of(&event)));
    let is_bad = matches!(props.trouble, Some(RingTrouble::List(_)));
    use_bad_token_selected(props);
    html! {
        <section class={Class::RingForm} aria-label="Operation list">
            { capacity(props) }
            <div class={Class::RingFormHead}>
                <label for={LIST_ID}>{"Operation list"}</label>
                <button type="button" class={Class::LinkButton} data-ring="example" onclick={act.reform(|_| RingAction::Example)}>{"Example"}</button>
            </div>
            <p id="ring-list-note" class={Class::Note}>{"Names, arguments and, if you like, expected answers."}</p>
            <textarea
                id={LIST_ID}
                class={Class::Field}
                data-ring="list"
                rows="9"
                spellcheck="false"
                autocomplete="off"
                autocapitalize="off"
                aria-invalid={is_bad.then_some("true")}
                aria-describedby={format!("ring-list-note {VERDICT_ID}")}
                value={props.list.clone()}
                oninput={on_list}
                onkeydown={run_on_control_enter(act)}
            />
            <div class={Class::FormActions}>
                <button type="button" class={classes!(Class::Button, Class::ButtonMain)} data-ring="run" onclick={act.reform(|_| RingAction::Run)}>{"Run"}</button>
                <button type="button" class={Class::Button} data-ring="step-back" disabled={!props.can_step_back} onclick={act.reform(|_| RingAction::StepBack)}>{"Back"}</button>
                <button type="button" class={Class::Button} data-ring="step" disabled={!props.can_step} onclick={act.reform(|_| RingAction::Step)}>{"Step"}</button>
                <button type="button" class={Class::Button} data-ring="reset" onclick={act.reform(|_| RingAction::Reset)}>{"Reset"}</button>
            </div>
            { verdict(props) }
        </section>
    }
}

fn capacity(props: &ListFormProps) -> Html {
    let trouble = match &props.trouble {
        Some(RingTrouble::Capacity(error)) => Some(error.to_string()),
        _ => None,
    };
    html! {
        <div class={Class::RingCapacity}>
            <label for="ring-capacity">{"Slots "}<code>{"k"}</code></label>
            <input
                id="ring-capacity"
                class={Class::Field}
                data-ring="capacity"
                inputmode="numeric"
                autocomplete="off"
                aria-invalid={trouble.is_some().then_some("true")}
                aria-describedby="ring-capacity-note"
                value={props.capacity.clone()}
                oninput={props.act.reform(|event: InputEvent| RingAction::TypeCapacity(text_field::text_of(&event)))}
            />
            <span id="ring-capacity-note" class={if trouble.is_some() { Class::Warning } else { Class::Note }} aria-live="polite">
                { trouble.unwrap_or_else(|| "1 to 1000; a change makes a new queue".to_owned()) }
            </span>
        </div>
    }
}

fn verdict(props: &ListFormProps) -> Html {
    let (word, tone, text) = match (&props.trouble, props.verdict) {
        (Some(RingTrouble::List(error)), _) => ("invalid", Class::ToneLost, error.to_string()),
        (_, Some(Verdict::Wrong { .. })) => ("wrong", Class::ToneLost, props.verdict_words.clone()),
        (_, Some(Verdict::Right { .. })) => ("right", Class::ToneCommitted, props.verdict_words.clone()),
        (_, Some(Verdict::NotJudged { .. }) | None) => ("none", Class::ToneQuiet, props.verdict_words.clone()),
    };
    html! {
        <p id={VERDICT_ID} class={classes!(Class::RingVerdict, tone)} data-ring-verdict={word} role="status">{text}</p>
    }
}

/// Ctrl+Enter or ⌘+Enter in the list runs it.
fn run_on_control_enter(act: &Callback<RingAction>) -> Callback<KeyboardEvent> {
    let act = act.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            act.emit(RingAction::Run);
        }
    })
}

/// When the list turns out bad, the caret goes to the bad token.
#[hook]
fn use_bad_token_selected(props: &ListFormProps) {
    let token = match &props.trouble {
        Some(RingTrouble::List(error)) => Some(error.place.token.clone()),
        _ => None,
    };
    let list = props.list.clone();
    use_effect_with(token, move |token| {
        if let Some(token) = token {
            text_field::select(LIST_ID, &list, token.clone());
        }
    });
}
