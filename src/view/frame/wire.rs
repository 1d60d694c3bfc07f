//! The wires between the nodes of the stage: what each does, and what is wrong with it.

use super::link_note::link_notes;
use super::{Node, WireState};
use crate::engine::sim::State;
use crate::engine::sim::network::{Connection, Endpoint};
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
    pub(super) fn all(state: &State) -> Vec<Self> {
        let mut wires: BTreeMap<(Node, Node), bool> = BTreeMap::new();
        // An administrator's connection stands for one request, and no fault can befall its link.
        let lasting = |connection: &&Connection| connection.client != Endpoint::Administrator;
        for connection in state.network.connections().filter(lasting) {
            let ends = (Node::at(state, connection.client), Node::Broker(connection.server.0));
            *wires.entry(ends).or_default() |= is_up(connection);
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

fn is_up(connection: &Connection) -> bool {
    connection.client_open && connection.server_open
}
