//! What is wrong with links, and what that does to a message that is given to one.
//!
//! A link joins two nodes, by name; a producer's sessions share its links. Its two directions have faults of their own, the delay
//! and the loss of packets are the link's. Chance comes from the stream `faults`, and only where a fault asks for it.

use crate::engine::cluster::protocol::Response;
use crate::engine::common::{Prng, VirtualTime};
use crate::engine::sim::network::Payload;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Linux's shortest retransmission timeout (`TCP_RTO_MIN`): what a lost packet costs, doubled each time it is lost again.
const RETRANSMISSION_TIMEOUT_US: u64 = 200_000;
/// How often in a row a packet is lost at most.
const LOST_IN_A_ROW_MAX: u32 = 6;

/// Which directions of a link from `a` to `b`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// Both.
    #[default]
    Both,
    /// From `a` to `b`.
    AToB,
    /// From `b` to `a`.
    BToA,
}

impl Way {
    /// Whether it is both.
    #[must_use]
    pub fn is_both(&self) -> bool {
        *self == Way::Both
    }
}

/// What is wrong with one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneFault {
    /// Nothing arrives.
    pub is_cut: bool,
    /// So many of the next messages are dropped with their connection.
    pub drop_next: u32,
    /// And so many of a thousand of the others.
    pub drop_per_mille: u32,
    /// So many of the next messages arrive, and their connection breaks.
    pub duplicate_next: u32,
    /// The next answer to a produce request is dropped with its connection.
    pub loses_response: bool,
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkFault {
    /// From the end whose name is first in the alphabet to the other one.
    pub forth: LaneFault,
    /// The other way.
    pub back: LaneFault,
    /// How much longer a message takes, in microseconds.
    pub delay_us: u64,
    /// How many of a thousand messages lose a packet.
    pub loss_per_mille: u32,
}

/// The links that something is wrong with.
#[derive(Clone, Debug)]
pub struct LinkFaults {
    links: BTreeMap<(String, String), LinkFault>,
    prng: Prng,
}

/// What becomes of a message at the end of its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine::sim) enum Fate {
    /// It arrives.
    #[default]
    Arrives,
    /// Its connection breaks under it.
    Lost,
    /// It arrives, and its connection breaks.
    ArrivesThenBreaks,
}

/// What a link does to a message.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine::sim) struct Treatment {
    /// It waits until the link is healed.
    pub(in crate::engine::sim) is_held: bool,
    /// How much longer it takes.
    pub(in crate::engine::sim) delay: VirtualTime,
    pub(in crate::engine::sim) fate: Fate,
}

impl LinkFaults {
    pub(in crate::engine::sim) fn new(seed: u64) -> Self {
        Self { links: BTreeMap::new(), prng: Prng::stream(seed, "faults") }
    }

    /// The links that something is wrong with: the names of both ends, in order of the alphabet.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &LinkFault)> {
        self.links.iter().map(|((a, b), fault)| (a.as_str(), b.as_str(), fault))
    }

    /// What is wrong with a link, if anything; its ends in any order.
    #[must_use]
    pub fn of(&self, a: &str, b: &str) -> Option<&LinkFault> {
        if self.links.is_empty() { None } else { self.links.get(&key(a, b)) }
    }

    /// What is wrong with one direction.
    #[must_use]
    pub fn lane(&self, from: &str, to: &str) -> LaneFault {
        self.of(from, to).map_or_else(LaneFault::default, |fault| if from <= to { fault.forth } else { fault.back })
    }

    /// Whether nothing is wrong anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Changes what is wrong with a link.
    pub(in crate::engine::sim) fn change(&mut self, a: &str, b: &str, change: impl FnOnce(&mut LinkFault)) {
        let fault = self.links.entry(key(a, b)).or_default();
        change(fault);
        if *fault == LinkFault::default() {
            self.links.remove(&key(a, b));
        }
    }

    /// Changes what is wrong with one direction.
    pub(in crate::engine::sim) fn change_lane(&mut self, from: &str, to: &str, change: impl FnOnce(&mut LaneFault)) {
        self.change(from, to, |fault| change(if from <= to { &mut fault.forth } else { &mut fault.back }));
    }

    /// What happens to a message that is given to a link now.
    pub(in crate::engine::sim) fn treat(&mut self, from: &str, to: &str, payload: &Payload) -> Treatment {
        let Some(fault) = self.of(from, to).copied() else { return Treatment::default() };
        let is_held = self.lane(from, to).is_cut;
        let delay = VirtualTime(fault.delay_us + self.retransmissions(fault.loss_per_mille));
        Treatment { is_held, delay, fate: self.fate(from, to, payload) }
    }

    /// How long it takes to send a message's lost packet again, and again.
    fn retransmissions(&mut self, per_mille: u32) -> u64 {
        let mut waited = 0;
        for times in 0..LOST_IN_A_ROW_MAX {
            if per_mille == 0 || !self.prng.chance(per_mille) {
                break;
            }
            waited += RETRANSMISSION_TIMEOUT_US << times;
        }
        waited
    }

    fn fate(&mut self, from: &str, to: &str, payload: &Payload) -> Fate {
        // What TCP itself says is not dropped, nor the news that a connection broke: whoever waits for an answer would wait for ever.
        let says_something = !matches!(
            payload,
            Payload::Connect
                | Payload::Connected
                | Payload::Refused
                | Payload::Close
                | Payload::Unreachable(..)
                | Payload::Reset
        );
        if !says_something {
            return Fate::Arrives;
        }
        let lane = self.lane(from, to);
        let is_answer = matches!(payload, Payload::Response(_, Response::Produce(_)));
        if lane.loses_response && is_answer {
            self.change_lane(from, to, |lane| lane.loses_response = false);
            Fate::Lost
        } else if lane.drop_next > 0 {
            self.change_lane(from, to, |lane| lane.drop_next -= 1);
            Fate::Lost
        } else if lane.duplicate_next > 0 {
            self.change_lane(from, to, |lane| lane.duplicate_next -= 1);
            Fate::ArrivesThenBreaks
        } else if lane.drop_per_mille > 0 && self.prng.chance(lane.drop_per_mille) {
            Fate::Lost
        } else {
            Fate::Arrives
        }
    }
}

fn key(a: &str, b: &str) -> (String, String) {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    (first.to_string(), second.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cluster::protocol::{CorrelationId, Request};
    use crate::engine::sim::network::Channel;

    #[test]
    fn a_direction_has_its_own_faults_and_a_link_without_any_is_forgotten() {
        let mut faults = LinkFaults::new(1);
        let metadata = Payload::Request(CorrelationId(1), Request::Metadata);
        faults.change_lane("p1", "broker-1", |lane| lane.is_cut = true);
        assert!(faults.treat("p1", "broker-1", &metadata).is_held);
        assert!(!faults.treat("broker-1", "p1", &metadata).is_held);
        assert!(!faults.treat("p1", "broker-2", &metadata).is_held);
        faults.change_lane("p1", "broker-1", |lane| lane.is_cut = false);
        assert!(faults.is_empty());
    }

    #[test]
    fn the_next_messages_are_dropped_and_no_packets_of_tcp_itself() {
        let mut faults = LinkFaults::new(1);
        let metadata = Payload::Request(CorrelationId(1), Request::Metadata);
        faults.change_lane("a", "b", |lane| lane.drop_next = 2);
        let news = Payload::Unreachable(Channel::Broker, CorrelationId(1));
        let fates = [&Payload::Connect, &metadata, &news, &metadata, &metadata];
        let fates = fates.map(|it| faults.treat("a", "b", it).fate);
        assert_eq!(fates, [Fate::Arrives, Fate::Lost, Fate::Arrives, Fate::Lost, Fate::Arrives]);
    }

    #[test]
    fn a_lost_packet_costs_the_retransmission_timeout() {
        let mut faults = LinkFaults::new(1);
        faults.change("a", "b", |link| (link.loss_per_mille, link.delay_us) = (300, 7));
        let delays: Vec<u64> = (0..300).map(|_| faults.treat("a", "b", &Payload::Close).delay.0).collect();
        assert!(
            delays.iter().all(|delay| [0, 200_000, 600_000, 1_400_000].contains(&(delay - 7)) || *delay > 3_000_000)
        );
        let lost = delays.iter().filter(|delay| **delay > 7).count();
        assert!((60..120).contains(&lost), "{lost} of 300");
    }
}
