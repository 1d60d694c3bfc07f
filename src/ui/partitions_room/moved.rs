//! Which keys keep their lane when a partition is added.

use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::runner::{use_runner, use_slice};
use crate::ui::truth::{Truth, TruthLabel};
use crate::ui::wish::Wish;
use crate::view::format;
use crate::view::hashing::{HashFunction, MovedKeys};
use std::fmt::Write as _;
use yew::prelude::*;

/// Keys that are tried.
const KEYS: usize = 1_000;
/// Keys in a row of the picture.
const COLUMNS: usize = 50;
/// Most partitions on the stage.
const PARTITIONS_MAX: usize = 12;

/// Properties of [`Moved`].
#[derive(Properties, PartialEq)]
pub struct MovedProps {
    /// The hash function.
    pub function: HashFunction,
    /// Partitions now.
    pub partitions: usize,
}

/// The picture, and the button that adds one.
#[component]
pub fn Moved(props: &MovedProps) -> Html {
    let (before, after) = (props.partitions, props.partitions + 1);
    let topic = use_slice(|published| published.frame.topic.clone());
    let runner = use_runner();
    let moved =
        use_memo((props.function, before), |(function, before)| MovedKeys::of(*function, KEYS, *before, before + 1));
    let add = Command::AddPartitions { topic, partitions: after as u32 };
    html! {
        <section class={classes!(Class::Card, Class::MovedCard)} aria-label="Keys that move">
            <div class={Class::CardHead}>
                <h3>{format!("{before} → {after} partitions: {} % of {} keys stay", format::tenths(moved.stay_per_mille() * 100), format::grouped(KEYS as u64))}</h3>
                <span class={Class::PushRight} /><TruthLabel truth={Truth::Exact} />
            </div>
            <svg class={Class::KeyGrid} viewBox={format!("0 0 {} {}", COLUMNS * 10, KEYS / COLUMNS * 10)} role="img"
                aria-label={format!("{} of {KEYS} keys keep their lane", moved.stays.iter().filter(|stays| **stays).count())}>
                <path class={Class::KeyMoves} d={squares(&moved.stays, false)} />
                <path class={Class::KeyStays} d={squares(&moved.stays, true)} />
            </svg>
            <p class={Class::KeyLegend}>
                {format!("A square is a key, user-0 to user-{}, row by row, {COLUMNS} a row: ", KEYS - 1)}
                <svg class={Class::KeySample} viewBox="0 0 10 10" aria-hidden="true"><path class={Class::KeyStays} d="M1 1h8v8h-8z" /></svg>{" stays in its lane, "}
                <svg class={Class::KeySample} viewBox="0 0 10 10" aria-hidden="true"><path class={Class::KeyMoves} d="M1 1h8v8h-8z" /></svg>{" goes to another."}
            </p>
            <p>{"Records already written stay where they are. From then on a key that moves goes to another lane, so its order is broken across the change. That is why the count is chosen once, generously."}</p>
            if after <= PARTITIONS_MAX {
                <button type="button" class={Class::Button} data-setting-add="partitions" onclick={runner.on_click(Wish::Submit(add))}>{format!("Add partition {}", after - 1)}</button>
            } else {
                <p class={Class::Note}>{format!("The stage holds {PARTITIONS_MAX} partitions at most.")}</p>
            }
        </section>
    }
}

/// One path for all squares of a kind, so that the page holds two elements and not a thousand.
fn squares(stays: &[bool], wanted: bool) -> String {
    let mut path = String::new();
    for (index, _) in stays.iter().enumerate().filter(|(_, stays)| **stays == wanted) {
        let (x, y) = (index % COLUMNS * 10 + 1, index / COLUMNS * 10 + 1);
        write!(path, "M{x} {y}h8v8h-8z").expect("writing to a string does not fail");
    }
    path
}
