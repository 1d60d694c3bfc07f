//! The send form: a record typed by hand, sent once, again, or many times.

use super::Class;
use super::runner::{RunnerHandle, use_runner, use_slice};
use super::send_state::{ContentKind, Part, SendChange, SendState};
use super::wish::Wish;
use crate::engine::sim::Command;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// The form's state, shared with what follows the typed key.
pub type SendHandle = UseReducerHandle<SendState>;

/// Properties of [`SendForm`].
#[derive(Properties, PartialEq)]
pub struct SendFormProps {
    /// What stands in the form.
    pub state: SendHandle,
}

/// The form.
#[component]
pub fn SendForm(props: &SendFormProps) -> Html {
    let state = &props.state;
    let runner = use_runner();
    let problems = use_state(Vec::<String>::new);
    let refusal = use_slice(|published| published.refusal.clone());
    let partitions = use_slice(|published| published.frame.partitions);
    let waits = use_slice(|published| published.sent_just_now && !published.transport.playing);
    let submit = sender(&runner, state, &problems, SendState::send);
    let burst = sender(&runner, state, &problems, SendState::burst);
    let flush =
        sender(&runner, state, &problems, |_, producer| Ok(Command::Flush { producer })).reform(|_: MouseEvent| ());
    let onsubmit = submit.reform(|event: SubmitEvent| event.prevent_default());
    html! {
        <form class={Class::Form} {onsubmit} novalidate=true aria-labelledby="send-title">
            <h2 id="send-title">{"Send a record"}</h2>
            <ProducerChoice state={state.clone()} />
            <ContentRow part={Part::Key} state={state.clone()} />
            <ContentRow part={Part::Value} state={state.clone()} />
            <Details state={state.clone()} />
            <div class={Class::FormActions}>
                <button type="submit" class={classes!(Class::Button, Class::ButtonMain)} data-send="submit">{"Send"}</button>
                <Again />
                <span class={Class::Burst}>
                    <input class={Class::Field} type="number" min="1" max="100000" step="1" aria-label="Records of a burst" data-send="burst-count"
                        value={state.burst.clone()} oninput={change(state, SendChange::Burst)} />
                    <button type="button" class={Class::Button} data-send="burst" onclick={burst.reform(|_: MouseEvent| ())}
                        title="send() this many times in a row; {n} in a text becomes 0, 1, 2, …">{"Burst"}</button>
                </span>
                <button type="button" class={Class::Button} data-send="flush" onclick={flush}
                    title="flush(): every batch that waits may leave now, however long linger.ms is">{"Flush"}</button>
            </div>
            <p class={Class::Note} role="status">{ unknown_partition(&state.partition, partitions) }</p>
            if waits {
                <p class={Class::Note} role="status" data-send="paused">{"The run stands still: play or step to see it leave."}</p>
            }
            <div role="alert" data-send="refusal">
                { for problems.iter().map(|why| html! { <p key={why.clone()} class={Class::Warning}>{why.clone()}</p> }) }
                if let (true, Some(refusal)) = (problems.is_empty(), &refusal) {
                    <p class={Class::Warning}>{refusal.to_string()}</p>
                }
            </div>
        </form>
    }
}

/// What Kafka's producer does with a partition that the topic does not have: it is no error at once.
fn unknown_partition(typed: &str, partitions: i32) -> String {
    match typed.trim().parse::<i32>() {
        Ok(partition) if partition >= partitions => format!(
            "The topic has partitions 0 to {}. send() waits up to max.block.ms for partition {partition} to appear, and what is sent by hand next waits behind it. A workload is another thread and goes on.",
            partitions - 1
        ),
        _ => String::new(),
    }
}

/// Makes a command of the form and submits it, or says what is wrong.
fn sender(
    runner: &RunnerHandle,
    state: &SendHandle,
    problems: &UseStateHandle<Vec<String>>,
    make: fn(&SendState, String) -> Result<Command, Vec<String>>,
) -> Callback<()> {
    let (runner, state, problems) = (runner.clone(), state.clone(), problems.clone());
    Callback::from(move |()| {
        let producer = runner.producer_or_first(&state.producer);
        match make(&state, producer) {
            Ok(command) => {
                problems.set(Vec::new());
                runner.wish(Wish::Submit(command));
            }
            Err(why) => problems.set(why),
        }
    })
}

/// A callback that takes a field's text into the form.
fn change(state: &SendHandle, make: impl Fn(String) -> SendChange + 'static) -> Callback<InputEvent> {
    let state = state.clone();
    Callback::from(move |event: InputEvent| {
        let Some(target) = event.target() else { return };
        let input = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
        if let Some(text) = input.or_else(|| target.dyn_ref::<HtmlTextAreaElement>().map(HtmlTextAreaElement::value)) {
            state.dispatch(make(text));
        }
    })
}

/// A callback that takes a list's word into the form.
fn choose(state: &SendHandle, make: impl Fn(String) -> Option<SendChange> + 'static) -> Callback<Event> {
    let state = state.clone();
    Callback::from(move |event: Event| {
        let list = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        if let Some(change) = list.and_then(|list| make(list.value())) {
            state.dispatch(change);
        }
    })
}

/// Properties of [`ContentRow`].
#[derive(Properties, PartialEq)]
struct ContentRowProps {
    part: Part,
    state: SendHandle,
}

/// The key or the value: how it is given, and what.
#[component]
fn ContentRow(props: &ContentRowProps) -> Html {
    let (part, state) = (props.part, &props.state);
    let field = state.part(part);
    let onchange = choose(state, move |word| Some(SendChange::Kind(part, ContentKind::from_word(&word)?)));
    let oninput = change(state, move |text| SendChange::Text(part, text));
    let given = matches!(field.kind, ContentKind::Text | ContentKind::Hex);
    let id = format!("send-{}", part.word());
    html! {
        <div class={Class::FormRow}>
            <label for={id.clone()}>{part.word()}</label>
            <select class={Class::Field} aria-label={format!("{} as", part.word())} data-send={format!("{}-kind", part.word())} {onchange}>
                { for ContentKind::ALL.into_iter().map(|kind| html! {
                    <option value={kind.word()} selected={kind == field.kind}>{kind.word()}</option>
                }) }
            </select>
            <input {id} class={Class::Field} type="text" autocomplete="off" autocapitalize="off" spellcheck="false" data-send={part.word()}
                placeholder={ if given { "" } else { field.kind.word() } } disabled={!given}
                value={ if given { field.text.clone() } else { String::new() } } {oninput} />
        </div>
    }
}

/// Headers and a chosen partition.
#[component]
fn Details(props: &SendFormProps) -> Html {
    let state = &props.state;
    html! {
        <div class={Class::FormGrid}>
            <label for="send-headers">{"headers"}</label>
            <textarea id="send-headers" class={Class::Field} rows="1" data-send="headers" spellcheck="false" placeholder="name=value"
                title="One a line: name=value, name= for an empty value, name=0x00ff for bytes, a name alone for null"
                value={state.headers.clone()} oninput={change(state, SendChange::Headers)} />
            <label for="send-partition">{"partition"}</label>
            <input id="send-partition" class={Class::Field} type="number" min="0" step="1" placeholder="chosen for you" data-send="partition"
                value={state.partition.clone()} oninput={change(state, SendChange::Partition)} />
        </div>
    }
}

/// Which producer sends, if there is a choice.
#[component]
fn ProducerChoice(props: &SendFormProps) -> Html {
    let names = use_slice(|published| published.producers.clone());
    let runner = use_runner();
    if names.len() < 2 {
        return Html::default();
    }
    let onchange = choose(&props.state, |name| Some(SendChange::Producer(name)));
    let chosen = runner.producer_or_first(&props.state.producer);
    html! {
        <div class={Class::FormGrid}>
            <label for="send-producer">{"producer"}</label>
            <select id="send-producer" class={Class::Field} data-send="producer" {onchange}>
                { for names.iter().map(|name| html! { <option value={name.clone()} selected={*name == chosen}>{name}</option> }) }
            </select>
        </div>
    }
}

/// Sends what was sent last once more, whatever stands in the form now.
#[component]
fn Again() -> Html {
    let last = use_slice(|published| published.last_sent.clone());
    let runner = use_runner();
    let onclick = {
        let last = last.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(command) = &last {
                runner.wish(Wish::Submit((**command).clone()));
            }
        })
    };
    html! {
        if last.is_some() {
            <button type="button" class={Class::Button} data-send="again" {onclick}>{"Again"}</button>
        }
    }
}
