//! A key's way to its lane, step by step, for the key that stands in the send form.

use super::Class;
use super::truth::{Truth, TruthLabel};
use crate::view::format;
use crate::view::hashing::{HashFunction, HashStep, HashingView, KeyByte};
use yew::prelude::*;

/// Steps of a long key that are told before and after those that are left out.
const FIRST_STEPS: usize = 8;
const LAST_STEPS: usize = 4;

/// Properties of [`HashSteps`].
#[derive(Properties, PartialEq)]
pub struct HashStepsProps {
    /// The key; none if the record has none, a sentence if its hex digits do not fit.
    pub key_bytes: Result<Option<bytes::Bytes>, String>,
    /// The function; none if the partitioner does not hash.
    pub function: Option<HashFunction>,
    /// The number of partitions, as the producer knows it.
    pub partitions: usize,
    /// What is to be said of that number.
    #[prop_or_default]
    pub note: Option<AttrValue>,
}

/// The steps.
#[component]
pub fn HashSteps(props: &HashStepsProps) -> Html {
    let view = use_memo((props.key_bytes.clone(), props.function, props.partitions), |(key, function, partitions)| {
        Some(HashingView::of((*function)?, key.as_ref().ok()?.as_ref()?, *partitions))
    });
    match (&*view, &props.key_bytes) {
        (Some(view), Ok(key)) => {
            let (note, label) = (props.note.clone(), format::text_or_hex(key.as_deref()));
            html! { <Steps view={view.clone()} {label} {note} /> }
        }
        (_, Ok(key)) if key.is_some() => html! { <NoHash why="This partitioner looks at no key." /> },
        (_, Ok(_)) => {
            html! { <NoHash why="A record without a key has nothing to hash: it joins the sticky partition, which changes after about batch.size bytes." /> }
        }
        (_, Err(why)) => html! { <NoHash why={why.clone()} /> },
    }
}

/// Properties of [`NoHash`].
#[derive(Properties, PartialEq)]
struct NoHashProps {
    why: AttrValue,
}

/// What happens where nothing is hashed.
#[component]
fn NoHash(props: &NoHashProps) -> Html {
    html! {
        <section class={classes!(Class::Card, Class::HashCard)} aria-label="Key hashing">
            <div class={Class::CardHead}><h3>{"No hash"}</h3><TruthLabel truth={Truth::Exact} /></div>
            <p>{props.why.clone()}</p>
        </section>
    }
}

/// Properties of [`Steps`].
#[derive(Properties, PartialEq)]
struct StepsProps {
    view: HashingView,
    label: String,
    note: Option<AttrValue>,
}

#[component]
fn Steps(props: &StepsProps) -> Html {
    let view = &props.view;
    let (other, other_lane) = view.other;
    // A long key takes thousands of steps, all alike: the first few and the last tell it.
    let first = if view.steps.len() > FIRST_STEPS + LAST_STEPS { FIRST_STEPS } else { view.steps.len() };
    html! {
        <section class={classes!(Class::Card, Class::HashCard)} aria-label="Key hashing" data-hash-partition={view.lane.to_string()}>
            <div class={Class::CardHead}>
                <h3 class={Class::Mono}>{format!("{}(\"{}\")", view.function.name(), format::shortened(&props.label, 40))}</h3>
                <TruthLabel truth={Truth::Exact} />
            </div>
            if let Some(note) = &props.note {
                <p class={Class::Note} role="status" data-hash="known">{note.clone()}</p>
            }
            <div class={Class::HashBody}>
                <div class={Class::KeyBytes} aria-label="The key's bytes">
                    { for view.bytes.iter().take(64).enumerate().map(byte) }
                    if view.bytes.len() > 64 {
                        <span class={Class::Note}>{format!("… {} more", view.bytes.len() - 64)}</span>
                    }
                </div>
                <ol class={Class::HashRows}>{ for view.steps.iter().take(first).enumerate().map(row) }
                    if first < view.steps.len() {
                        <li class={Class::Note}>{format!("… {} steps more like these", format::grouped((view.steps.len() - first - LAST_STEPS) as u64))}</li>
                        { for view.steps[view.steps.len() - LAST_STEPS..].iter().enumerate().map(|(at, step)| row((at + first, step))) }
                    }
                </ol>
            </div>
            <p class={Class::HashResult}>
                <code>{format!("0x{:08x}", view.hash)}</code><span>{view.reduction.label()}</span>
                <code>{view.dividend}</code><span>{format!("mod {} =", view.partitions)}</span>
                <strong class={Class::Lane}>{format!("P{}", view.lane)}</strong>
                <span class={Class::Note}>{other_client(view.function, other, other_lane)}</span>
            </p>
        </section>
    }
}

fn other_client(function: HashFunction, other: HashFunction, lane: i32) -> String {
    let who = if function == HashFunction::Murmur2 { "librdkafka's default" } else { "Java's default" };
    format!("{who}, {}, says P{lane}", other.name())
}

fn byte((index, byte): (usize, &KeyByte)) -> Html {
    let shade = (byte.step % 2 == 1).then_some(Class::KeyByteOdd);
    html! {
        <span key={index} class={classes!(Class::KeyByte, shade)}><span>{byte.character.clone()}</span><code>{byte.hex.clone()}</code></span>
    }
}

fn row((index, step): (usize, &HashStep)) -> Html {
    html! {
        <li key={index} class={Class::HashRow}>
            <code>{step.what.clone()}</code><span class={Class::Note}>{step.note.clone()}</span><code>{step.value.clone()}</code>
        </li>
    }
}
