//! Who stands on the stage: the ends of a wire.

use crate::engine::sim::State;
use crate::engine::sim::network::Endpoint;
use serde::Serialize;

/// One participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Node {
    /// A producer, by its place in the scenario.
    Producer(u32),
    /// A broker, by its id.
    Broker(i32),
    /// A consumer, by its place in the scenario.
    Consumer(u32),
    /// A controller, by its id.
    Controller(i32),
    /// Whoever asked for something from outside, as `kafka-delete-records.sh` does: no card stands for it.
    Administrator,
}

impl Node {
    /// Who stands at an endpoint.
    pub(super) fn at(state: &State, endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Session(session) => {
                Node::Producer(state.session(session).map_or(0, |session| session.producer_index))
            }
            Endpoint::Consumer(index) => Node::Consumer(index),
            Endpoint::Broker(broker) => Node::Broker(broker.0),
            Endpoint::Controller(id) => Node::Controller(id.0),
            Endpoint::Administrator => Node::Administrator,
        }
    }

    /// A short name that is unique on the stage: `producer-0`, `broker-1`.
    #[must_use]
    pub fn key(self) -> String {
        match self {
            Node::Producer(index) => format!("producer-{index}"),
            Node::Broker(id) => format!("broker-{id}"),
            Node::Consumer(index) => format!("consumer-{index}"),
            Node::Controller(id) => format!("controller-{id}"),
            Node::Administrator => "administrator".to_string(),
        }
    }

    /// In words, as far as it can be told without the scenario.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Node::Producer(index) => format!("producer {}", index + 1),
            Node::Broker(id) => format!("broker {id}"),
            Node::Consumer(index) => format!("consumer {}", index + 1),
            Node::Controller(id) => format!("controller {id}"),
            Node::Administrator => "an administrator".to_string(),
        }
    }
}
