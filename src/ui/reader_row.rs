//! A consumer among the clients: how far behind it is, its speed, pause, and where to read again from.

use super::Class;
use super::runner::use_runner;
use super::wish::Wish;
use crate::engine::config::Value;
use crate::engine::sim::{Command, SettingContent};
use crate::view::format;
use crate::view::frame::ConsumerFrame;
use crate::view::replay::ReplayFrom;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Speeds that are offered, in microseconds a record; any other one is set among all settings.
const SPEEDS_US: [i64; 8] = [0, 1_000, 5_000, 20_000, 50_000, 100_000, 500_000, 1_000_000];

/// Properties of [`ReaderRow`].
#[derive(Properties, PartialEq)]
pub struct ReaderRowProps {
    /// The consumer.
    pub consumer: ConsumerFrame,
    /// Milliseconds since 1970 at the run's start.
    pub epoch_ms: i64,
}

/// The row, and what is folded away below it.
#[component]
pub fn ReaderRow(props: &ReaderRowProps) -> Html {
    let runner = use_runner();
    let consumer = props.consumer.name.clone();
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let (word, command) = if props.consumer.paused {
        ("Resume", Command::ResumeConsumer { consumer: consumer.clone() })
    } else {
        ("Pause", Command::PauseConsumer { consumer: consumer.clone() })
    };
    let replay = Command::SeekConsumerToBeginning { consumer: consumer.clone(), partition: None };
    let lag = props.consumer.lag.map_or("–".to_string(), format::grouped_signed);
    html! {
        <>
            <div class={Class::ClientRow} data-consumer={consumer.clone()}>
                <code>{consumer.clone()}</code>
                <span class={Class::Note} data-lag={props.consumer.lag.map(|lag| lag.to_string())}>{format!("lag {lag}")}</span>
                <span class={Class::ClientButtons}>
                    <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-label={format!("{word} {consumer}")} onclick={runner.on_click(Wish::Submit(command))}>{word}</button>
                    <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-label={format!("Replay {consumer} from the beginning")} title="Read again from the first offset"
                        onclick={runner.on_click(Wish::Submit(replay))}>{"Replay"}</button>
                    <button type="button" class={classes!(Class::Button, Class::SmallButton)} aria-expanded={(*open).to_string()} aria-label={format!("Speed and position of {consumer}")}
                        data-reader-more={consumer.clone()} onclick={toggle}>{ if *open { "▾" } else { "▸" } }</button>
                </span>
            </div>
            if *open {
                <div class={Class::FormGrid}>
                    <Speed name={consumer.clone()} us={props.consumer.processing_us_per_record} />
                    <ReplayForm name={consumer} epoch_ms={props.epoch_ms} />
                </div>
            }
        </>
    }
}

/// Properties of [`Speed`].
#[derive(Properties, PartialEq)]
struct SpeedProps {
    name: String,
    us: i64,
}

/// How long its application works on a record.
#[component]
fn Speed(props: &SpeedProps) -> Html {
    let runner = use_runner();
    let consumer = props.name.clone();
    let onchange = Callback::from(move |event: Event| {
        let list = event.target_dyn_into::<HtmlSelectElement>();
        if let Some(us) = list.and_then(|list| list.value().parse().ok()) {
            let (consumer, setting) = (consumer.clone(), "model.processing.us.per.record".to_string());
            runner.wish(Wish::Submit(Command::SetConsumer {
                consumer,
                setting,
                value: SettingContent(Value::Int(us)),
            }));
        }
    });
    let other = (!SPEEDS_US.contains(&props.us)).then_some(props.us);
    let id = format!("speed-{}", props.name);
    html! {
        <>
            <label for={id.clone()}>{"works on a record"}</label>
            <select {id} class={Class::Field} data-speed={props.name.clone()} {onchange}>
                { for SPEEDS_US.into_iter().chain(other).map(|us| html! {
                    <option value={us.to_string()} selected={us == props.us}>{speed_words(us)}</option>
                }) }
            </select>
        </>
    }
}

/// `20 ms`.
fn speed_words(us: i64) -> String {
    match us {
        0 => "no time".to_string(),
        us if us % 1_000 == 0 => format!("{} ms", us / 1_000),
        us => format!("{us} µs"),
    }
}

/// Properties of [`ReplayForm`].
#[derive(Properties, PartialEq)]
struct ReplayFormProps {
    name: String,
    epoch_ms: i64,
}

/// Where to read again from.
#[component]
fn ReplayForm(props: &ReplayFormProps) -> Html {
    let runner = use_runner();
    let from = use_state(|| ReplayFrom::Beginning);
    let problem = use_state(|| None::<String>);
    let typed = use_node_ref();
    let choose = {
        let (from, problem) = (from.clone(), problem.clone());
        Callback::from(move |event: Event| {
            let list = event.target_dyn_into::<HtmlSelectElement>();
            if let Some(chosen) = list.and_then(|list| ReplayFrom::by_word(&list.value())) {
                from.set(chosen);
                problem.set(None);
            }
        })
    };
    let go = {
        let (from, problem, typed) = (*from, problem.clone(), typed.clone());
        let (name, epoch_ms) = (props.name.clone(), props.epoch_ms);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let text = typed.cast::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default();
            match from.command(name.clone(), &text, epoch_ms) {
                Ok(command) => {
                    problem.set(None);
                    runner.wish(Wish::Submit(command));
                }
                Err(sentence) => problem.set(Some(sentence)),
            }
        })
    };
    let id = format!("replay-{}", props.name);
    html! {
        <>
            <label for={id.clone()}>{"read again from"}</label>
            <form class={Class::ReplayForm} data-replay-form={props.name.clone()} onsubmit={go}>
                <select {id} class={Class::Field} data-replay={props.name.clone()} onchange={choose}>
                    { for ReplayFrom::ALL.into_iter().map(|place| html! {
                        <option value={place.word()} selected={place == *from}>{place.label()}</option>
                    }) }
                </select>
                if from.wants_number() {
                    <input ref={typed} class={Class::Field} type="text" inputmode="numeric" aria-label={format!("{} to read {} from", from.label(), props.name)} />
                }
                <button type="submit" class={classes!(Class::Button, Class::SmallButton)}>{"Go"}</button>
                <span class={Class::Warning} role="alert">{ (*problem).clone().unwrap_or_default() }</span>
            </form>
        </>
    }
}
