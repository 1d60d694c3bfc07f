//! The wires between the nodes of the stage: what each does, and what is wrong with it.

use super::link_note::link_notes;
use super::{Node, WireState};
use crate::engine::cluster::Broker;
use crate::engine::sim::State;
use crate::engine::sim::network::{Connection, Endpoint};
use crate::engine::sim::producer_session::Phase;
use serde::Serialize;
use std::collections::BTreeMap;

/// The connections between two nodes of the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wire {
    /// The client's end.
    pub from: Node,
    /// The server's end.
    pub to: Node,
    /// What it does.
    pub state: WireState,
    /// What is wrong with the link, in a few words: `cut`, `+200 ms`; empty if nothing is.
    pub note: String,
}

impl Wire {
    /// One wire for each pair of nodes that have a connection, or whose link has a fault; it is up if a connection of theirs is.
    /// A connection that is being closed in order has none.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let mut wires: BTreeMap<(Node, Node), bool> = BTreeMap::new();
        // An administrator's connection stands for one request, and no fault can befall its link.
        let lasting = |connection: &&Connection| connection.client != Endpoint::Administrator;
        for connection in state.network.connections().filter(lasting) {
            let ends = (Node::at(state, connection.client), Node::Broker(connection.server.0));
            if let Some(carries) = carries(state, connection) {
                *wires.entry(ends).or_default() |= carries;
            }
        }
        let faults = link_notes(state);
        for (from, to) in faults.keys().copied() {
            if !wires.contains_key(&(from, to)) && !wires.contains_key(&(to, from)) {
                wires.insert((from, to), true);
            }
        }
        let wire = |((from, to), up)| {
            let note = faults.get(&(from, to)).or_else(|| faults.get(&(to, from)));
            let state = match (note, up) {
                (Some(note), _) if note.state.is_cut() => note.state,
                (_, false) => WireState::Broken,
                (Some(note), true) => note.state,
                (None, true) => WireState::Up,
            };
            Wire { from, to, state, note: note.map(|note| note.words.clone()).unwrap_or_default() }
        };
        wires.into_iter().map(wire).collect()
    }
}

/// Whether a connection carries, or is about to. None: it is being closed in order, and only one end knows.
///
/// | ends open          | first that holds                                  | it       |
/// |--------------------|---------------------------------------------------|----------|
/// | both               | -                                                 | carries  |
/// | any                | a fault broke it                                  | is broken |
/// | the client's alone | the server does not run                           | is broken |
/// | the client's alone | it never stood: its first packet is on the way    | carries  |
/// | the server's alone | the client was killed or does not run             | is broken |
/// | one or none        | -                                                 | is gone  |
fn carries(state: &State, connection: &Connection) -> Option<bool> {
    let runs = |id| state.broker(id).is_some_and(Broker::is_up);
    match (connection.client_open, connection.server_open) {
        (true, true) => Some(true),
        _ if connection.is_broken => Some(false),
        (true, false) if !runs(connection.server) => Some(false),
        (true, false) if !connection.established => Some(true),
        (false, true) if has_died(state, connection.client) => Some(false),
        _ => None,
    }
}

/// Whether a client went without closing anything.
fn has_died(state: &State, client: Endpoint) -> bool {
    match client {
        Endpoint::Broker(id) => !state.broker(id).is_some_and(Broker::is_up),
        Endpoint::Session(id) => state.session(id).is_some_and(|session| session.phase == Phase::Killed),
        Endpoint::Consumer(_) | Endpoint::Controller(_) | Endpoint::Administrator => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset};
    use crate::engine::common::{BrokerId, VirtualTime};
    use crate::engine::sim::{Command, Timeline};
    use crate::view::Frame;

    #[test]
    fn a_crash_breaks_the_wires_of_the_crashed_broker_and_no_others() {
        let preset = Preset::of(Place::Landing).expect("the first page has a run");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        timeline.submit(Command::CrashBroker { broker: BrokerId(1) }).expect("it runs");
        let mut were_broken = 0;
        for step in 0..3_000 {
            timeline.advance_to(preset.opens_at + VirtualTime(step * 4_000));
            let wires = Frame::of(timeline.state(), timeline.position()).wires;
            for wire in wires.iter().filter(|wire| wire.state == WireState::Broken) {
                were_broken += 1;
                let ends = [wire.from, wire.to];
                assert!(ends.contains(&Node::Broker(1)), "{ends:?} at {}", timeline.position().0);
            }
        }
        assert!(were_broken > 0, "those to broker 1 were");
    }
}
