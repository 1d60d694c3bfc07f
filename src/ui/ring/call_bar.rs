//! Every call as a button, at the thumb on a phone; enQueue takes the value beside it.

use crate::ring::OperationName;
use crate::ui::Class;
use crate::view::ring::RingAction;
use crate::view::ring::room::RingTrouble;
use crate::web::text_field;
use yew::prelude::*;

/// Properties of [`CallBar`].
#[derive(Properties, PartialEq)]
pub struct CallBarProps {
    /// The value as typed.
    pub value: String,
    /// What is wrong.
    pub trouble: Option<RingTrouble>,
    /// Does what the learner does.
    pub act: Callback<RingAction>,
}

/// The bar.
#[component]
pub fn CallBar(props: &CallBarProps) -> Html {
    let trouble = match &props.trouble {
        Some(RingTrouble::Value(error)) => Some(error.to_string()),
        Some(RingTrouble::Full(sentence)) => Some(sentence.clone()),
        _ => None,
    };
    const OTHERS: [OperationName; 5] = [
        OperationName::DeQueue,
        OperationName::Front,
        OperationName::Rear,
        OperationName::IsEmpty,
        OperationName::IsFull,
    ];
    html! {
        <footer class={classes!(Class::Foot, Class::CallBar)} aria-label="Calls by hand">
            { value(props, trouble.is_some()) }
            { call(props, OperationName::EnQueue, Some(Class::ButtonMain)) }
            <div class={Class::CallOthers}>
                { for OTHERS.into_iter().map(|name| call(props, name, None)) }
            </div>
            <p id="ring-value-note" class={Class::Warning} aria-live="polite">{trouble}</p>
        </footer>
    }
}

fn call(props: &CallBarProps, name: OperationName, look: Option<Class>) -> Html {
    let onclick = props.act.reform(move |_| RingAction::Call(name));
    html! {
        <button key={name.word()} type="button" class={classes!(Class::Button, Class::Mono, look)} data-ring={name.word()} {onclick}>{name.word()}</button>
    }
}

fn value(props: &CallBarProps, is_bad: bool) -> Html {
    let act = &props.act;
    html! {
        <div class={Class::Stepper}>
            <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} aria-label="One less" data-ring="less" onclick={act.reform(|_| RingAction::AddToValue(-1))}>{"−"}</button>
            <input
                class={Class::Field}
                aria-label="Value for enQueue, 0 to 1000"
                data-ring="value"
                inputmode="numeric"
                autocomplete="off"
                aria-invalid={is_bad.then_some("true")}
                aria-describedby="ring-value-note"
                value={props.value.clone()}
                oninput={act.reform(|event: InputEvent| RingAction::TypeValue(text_field::text_of(&event)))}
                onkeydown={call_on_enter(act)}
            />
            <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} aria-label="One more" data-ring="more" onclick={act.reform(|_| RingAction::AddToValue(1))}>{"+"}</button>
        </div>
    }
}

/// Enter in the value field is enQueue.
fn call_on_enter(act: &Callback<RingAction>) -> Callback<KeyboardEvent> {
    let act = act.clone();
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            act.emit(RingAction::Call(OperationName::EnQueue));
        }
    })
}
