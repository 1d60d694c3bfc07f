//! What is wrong with links, for the wires that stand for them.

use super::{Node, WireState};
use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use crate::engine::sim::fault::{LaneFault, LinkFault};
use crate::view::format;
use std::collections::BTreeMap;

/// What is wrong with one link.
pub(super) struct LinkNote {
    /// How a wire of it is drawn, if its connection stands.
    pub(super) state: WireState,
    /// In a few words.
    pub(super) words: String,
}

/// The links that something is wrong with, by their ends: a client first, then a broker.
pub(super) fn link_notes(state: &State) -> BTreeMap<(Node, Node), LinkNote> {
    let note = |(a, b, fault): (&str, &str, &LinkFault)| {
        let (from, to) = (named(state, a)?, named(state, b)?);
        let ends =
            if matches!(from, Node::Broker(_)) && !matches!(to, Node::Broker(_)) { (to, from) } else { (from, to) };
        Some((ends, LinkNote { state: looks(fault), words: words(to, from, fault) }))
    };
    state.network.faults().all().filter_map(note).collect()
}

/// The node that a command means by a name.
fn named(state: &State, name: &str) -> Option<Node> {
    let place = |mut names: Box<dyn Iterator<Item = &String> + '_>| names.position(|known| known == name);
    if let Some(at) = place(Box::new(state.scenario.producers.iter().map(|producer| &producer.name))) {
        return Some(Node::Producer(u32::try_from(at).ok()?));
    }
    if let Some(at) = place(Box::new(state.scenario.consumers.iter().map(|consumer| &consumer.name))) {
        return Some(Node::Consumer(u32::try_from(at).ok()?));
    }
    match name.strip_prefix("broker-") {
        Some(id) => id.parse().ok().map(Node::Broker),
        None => name.strip_prefix("controller-")?.parse().ok().map(Node::Controller),
    }
}

/// The worst of what is wrong with a link.
fn looks(fault: &LinkFault) -> WireState {
    let is_lossy = |lane: &LaneFault| *lane != LaneFault { is_cut: lane.is_cut, ..LaneFault::default() };
    match fault {
        _ if fault.forth.is_cut && fault.back.is_cut => WireState::Cut,
        _ if fault.forth.is_cut || fault.back.is_cut => WireState::HalfCut,
        _ if fault.loss_per_mille > 0 || is_lossy(&fault.forth) || is_lossy(&fault.back) => WireState::Lossy,
        _ => WireState::Slow,
    }
}

/// `cut to broker 1, +200 ms`.
fn words(forth_to: Node, back_to: Node, fault: &LinkFault) -> String {
    let mut said = Vec::new();
    match (fault.forth.is_cut, fault.back.is_cut) {
        (true, true) => said.push("cut".to_string()),
        (true, false) => said.push(format!("cut to {}", forth_to.words())),
        (false, true) => said.push(format!("cut to {}", back_to.words())),
        (false, false) => {}
    }
    if fault.delay_us > 0 {
        said.push(format!("+{}", format::chosen_time(VirtualTime(fault.delay_us))));
    }
    if fault.loss_per_mille > 0 {
        said.push("loses packets".to_string());
    }
    let some = |has: fn(&LaneFault) -> bool| has(&fault.forth) || has(&fault.back);
    if some(|lane| lane.loses_response) {
        said.push("loses the next response".to_string());
    }
    if some(|lane| lane.drop_next > 0 || lane.drop_per_mille > 0) {
        said.push("breaks connections".to_string());
    }
    if some(|lane| lane.duplicate_next > 0) {
        said.push("breaks after the next request".to_string());
    }
    said.join(", ")
}
