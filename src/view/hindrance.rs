//! Why a batch that is ready does not leave: what stands between it and its broker.
//!
//! Asked in the order in which the sender asks (`Sender#sendProducerData`, `NetworkClient#ready`):
//!
//! | its leader is known | a connection to it | fewer requests open than it may have | nothing of its partition under way that must come first | it waits for |
//! |---|---|---|---|---|
//! | no | – | – | – | metadata |
//! | yes | no | – | – | a connection |
//! | yes | yes | no | – | an answer |
//! | yes | yes | yes | no | the batch before it |
//! | yes | yes | yes | yes | nothing |

use crate::engine::common::{BrokerId, TopicPartition};
use crate::engine::producer::Producer;
use serde::Serialize;

/// What a batch that is ready waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Hindrance {
    /// The producer does not know who leads the partition, and asks.
    NoLeader,
    /// There is no connection to the broker that leads, as far as the producer knows.
    NoConnection(i32),
    /// As many requests to that broker are open as `max.in.flight.requests.per.connection` allows.
    InFlight(i32),
    /// A batch of its partition is under way, and none may follow it.
    Muted,
}

impl Hindrance {
    /// What keeps the batches of a partition from leaving now.
    #[must_use]
    pub fn of(producer: &Producer, partition: TopicPartition) -> Option<Self> {
        let Some(BrokerId(leader)) = producer.metadata().partition(partition).leader else {
            return Some(Self::NoLeader);
        };
        let sender = producer.sender();
        if !sender.is_node_ready(BrokerId(leader)) {
            return Some(Self::NoConnection(leader));
        }
        if sender.in_flight_count(BrokerId(leader)) >= sender.in_flight_max() {
            return Some(Self::InFlight(leader));
        }
        let mut queues = producer.accumulator().queues();
        queues.any(|queue| queue.partition == partition && queue.is_muted).then_some(Self::Muted)
    }

    /// In a few words, for the card.
    #[must_use]
    pub fn short(self) -> String {
        match self {
            Self::NoLeader => "no leader known".to_string(),
            Self::NoConnection(broker) => format!("broker {broker} unreachable"),
            Self::InFlight(_) => "in flight: max".to_string(),
            Self::Muted => "one at a time".to_string(),
        }
    }

    /// In a sentence, for the inspector.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::NoLeader => "**leader**: the producer does not know who leads, and asks for metadata".to_string(),
            Self::NoConnection(broker) => format!(
                "**leader**: broker {broker}, as far as the producer knows, and there is no connection to it; metadata is asked for anew as it grows old"
            ),
            Self::InFlight(broker) => format!(
                "**in flight**: as many requests to broker {broker} as max.in.flight.requests.per.connection allows; one must be answered first"
            ),
            Self::Muted => {
                "**partition**: a batch of it is under way, and no other may leave before its answer".to_string()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset};
    use crate::engine::common::{PartitionId, TopicId, VirtualTime};
    use crate::engine::sim::{Command, Timeline};

    #[test]
    fn a_batch_for_a_dead_leader_waits_for_a_connection_until_the_next_one_is_known() {
        let preset = Preset::of(Place::Landing).expect("the first page has one");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        let hindrance = |timeline: &Timeline| {
            Hindrance::of(&timeline.state().current_session(0).expect("one runs").producer, partition)
        };
        assert_eq!(hindrance(&timeline), None);
        timeline.submit(Command::CrashBroker { broker: BrokerId(1) }).expect("it runs");
        timeline.advance_to(preset.opens_at + VirtualTime::from_ms(500));
        assert!(matches!(hindrance(&timeline), Some(Hindrance::NoConnection(1) | Hindrance::NoLeader)));
        timeline.advance_to(preset.opens_at + VirtualTime::from_ms(8_000));
        assert_eq!(hindrance(&timeline), None, "another leads, and it knows");
    }
}
