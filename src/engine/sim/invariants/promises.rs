//! What each producer session was promised, against the ledger: an anomaly that is impossible under its terms never shows.
//!
//! The terms are the weakest that the run has seen so far: the smallest min.insync.replicas of any topic, and every kind of fault
//! that a command has brought. What is impossible under them is impossible at this moment.

use super::{Invariant, Verdict};
use crate::engine::common::{SessionId, VirtualTime};
use crate::engine::config::{TopicConfig, Value};
use crate::engine::sim::command::Command;
use crate::engine::sim::guarantees::{Anomaly, Faults, Guarantees, Promise, Terms, guarantees};
use crate::engine::sim::ledger::Totals;
use crate::engine::sim::state::State;
use std::collections::BTreeSet;

pub(super) const GUARANTEES_HOLD: Invariant = Invariant {
    name: "GuaranteesHold",
    holds: "No loss, duplicate or reordering shows where the producer's and the topic's settings rule it out.",
};

/// The terms of a run, and what they promise each session.
#[derive(Clone, Debug, Default)]
pub(super) struct Promises {
    faults: Faults,
    /// Sessions in which a call of `send()` has waited.
    waited: BTreeSet<SessionId>,
    /// An operator has asked for an unclean election.
    unclean: bool,
    /// Records were sent by hand, which is a thread of its own.
    by_hand: bool,
    /// Every set of terms that a topic has had, with its number of replicas.
    topics: Vec<(TopicConfig, u32)>,
    sessions: Vec<Guarantees>,
}

impl Promises {
    /// At the start of a run. Later nobody can tell which faults there were, so any may have been.
    pub(super) fn of(state: &State) -> Self {
        let replicas = state.scenario.topics.iter().map(|topic| topic.replication_factor);
        let topics = state.topic_configs.iter().map(|config| TopicConfig::clone(config)).zip(replicas);
        let faults = if state.now == VirtualTime::ZERO { Faults::NONE } else { Faults::ALL };
        Self { faults, topics: topics.collect(), ..Self::default() }
    }

    /// A command is carried out: it may weaken what was promised.
    pub(super) fn commanded(&mut self, state: &State, command: &Command) {
        let faults = self.faults.and(Faults::of(command));
        let by_hand = matches!(command, Command::Send { .. } | Command::Burst { .. } | Command::Resend { .. });
        let mut is_weaker = faults != self.faults || (by_hand && !self.by_hand);
        self.by_hand |= by_hand;
        is_weaker |= !self.unclean && matches!(command, Command::ElectUnclean { .. });
        self.unclean |= matches!(command, Command::ElectUnclean { .. });
        self.faults = faults;
        if let Command::SetTopic { topic, setting, value } = command
            && let Some(id) = state.scenario.topic_id(Some(topic))
        {
            is_weaker |= self.set_topic(state, usize::from(id.0), setting, &value.0);
        }
        if is_weaker {
            self.sessions.clear();
        }
    }

    /// Whether an operator has asked for an unclean election.
    pub(super) fn asked_for_unclean(&self) -> bool {
        self.unclean
    }

    /// A call of `send()` waits.
    pub(super) fn waits(&mut self, session: SessionId) {
        if self.waited.insert(session) {
            self.sessions.clear();
        }
    }

    fn set_topic(&mut self, state: &State, at: usize, setting: &str, value: &Value) -> bool {
        let (Some(now), Some(spec)) = (state.topic_configs.get(at), state.scenario.topics.get(at)) else {
            return false;
        };
        let mut config = TopicConfig::clone(now);
        if config.set(setting, value).is_ok() {
            self.topics.push((config, spec.replication_factor));
        }
        true
    }

    /// What a session is promised: for each anomaly the weakest over the topics.
    fn weakest(&self, state: &State, session: usize) -> Option<Guarantees> {
        let id = SessionId(u32::try_from(session).ok()?);
        let session = state.session(id)?;
        let has_concurrent_calls = self.by_hand && self.waited.contains(&id);
        let config = session.producer.config();
        let of_topic = |(topic, replicas): &(TopicConfig, u32)| {
            let terms = Terms::of(config, topic, *replicas, self.faults);
            let allows_unclean_election = terms.allows_unclean_election || self.unclean;
            guarantees(&Terms { has_concurrent_calls, allows_unclean_election, ..terms })
        };
        self.topics.iter().map(of_topic).reduce(|a, b| Guarantees {
            loss: weaker(a.loss, b.loss),
            duplicates: weaker(a.duplicates, b.duplicates),
            reordering: weaker(a.reordering, b.reordering),
        })
    }

    /// What each session is promised now, by its id.
    pub(super) fn sessions(&self) -> &[Guarantees] {
        &self.sessions
    }

    /// Every session's figures against what it was promised.
    pub(super) fn hold(&mut self, state: &State) -> Verdict {
        let rows = state.ledger.rows();
        for at in self.sessions.len()..rows.len() {
            let Some(promised) = self.weakest(state, at) else { break };
            self.sessions.push(promised);
        }
        let both = self.sessions.iter().zip(rows).enumerate();
        both.map(|(at, (promised, totals))| keeps(at, promised, totals)).find(Result::is_err).unwrap_or(Ok(()))
    }
}

fn weaker(a: Promise, b: Promise) -> Promise {
    if a.is_impossible() { b } else { a }
}

fn keeps(session: usize, promised: &Guarantees, totals: &Totals) -> Verdict {
    for anomaly in Anomaly::ALL {
        let count = anomaly.count(totals);
        if count > 0
            && let Promise::Impossible { because } = promised.of(anomaly)
        {
            return Err(format!(
                "session {session}: {count} {}, which was impossible. {}",
                anomaly.figure().word(),
                because.sentence()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sim::guarantees::Reason;

    #[test]
    fn an_impossible_anomaly_is_seen_and_a_possible_one_is_not() {
        let promised = Guarantees {
            loss: Promise::Impossible { because: Reason::LeadersHaveIt },
            duplicates: Promise::Possible { when: Reason::AnswerLost },
            reordering: Promise::Impossible { because: Reason::InSequence },
        };
        for (totals, holds) in [
            (Totals::default(), true),
            (Totals { duplicates: 3, ..Totals::default() }, true),
            (Totals { lost: 1, ..Totals::default() }, false),
            (Totals { reordered: 1, ..Totals::default() }, false),
        ] {
            assert_eq!(keeps(0, &promised, &totals).is_ok(), holds, "{totals:?}");
        }
    }
}
