//! The swarm: random configurations, workloads and faults from a seed, each run watched from its first event to its last.
//!
//! A run has two parts (TigerBeetle's VOPR does the same). First safety: faults, and after every task every invariant, the guarantees
//! among them. Then liveness: everything is mended, and the cluster must converge and drain; if it does not, the outcome says what is
//! left. What a run showed of things that are possible is counted: a promise that is never broken and never needed is worth a look.
//! Runs are small and many; `plan` makes them. A failing one is cut down by [`Shrinker`](super::shrink::Shrinker).

mod plan;
mod readers;

pub use plan::scenario;

use super::guarantees::{Anomaly, Promise, Reason};
use super::ledger::Totals;
use super::producer_session::{Phase, ProducerSession};
use super::scenario::Scenario;
use super::shrink::Shrinker;
use super::simulation::Simulation;
use super::state::State;
use crate::engine::cluster::Breakage;
use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::{TopicPartition, VirtualTime};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How far a run goes between two looks at whether it is over.
const SLICE: VirtualTime = VirtualTime(50_000);
/// How long after its last command a run has to converge.
const CONVERGE_WITHIN: VirtualTime = VirtualTime(20_000_000);
/// Most candidates that are tried to cut a failing run down.
const SHRINK_TRIES_MAX: u32 = 2_000;

/// What was wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An invariant did not hold.
    Broken {
        /// Its name.
        invariant: &'static str,
        /// When.
        at: VirtualTime,
        /// What was seen.
        what: String,
    },
    /// The mended cluster did not converge.
    NotConverged {
        /// What is left.
        what: String,
    },
}

impl Failure {
    /// The same rule was broken, whatever was seen of it.
    #[must_use]
    pub fn is_like(&self, other: &Failure) -> bool {
        match (self, other) {
            (Failure::Broken { invariant: a, .. }, Failure::Broken { invariant: b, .. }) => a == b,
            (Failure::NotConverged { .. }, Failure::NotConverged { .. }) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Broken { invariant, at, what } => write!(f, "{invariant} at {} us: {what}", at.0),
            Failure::NotConverged { what } => write!(f, "Converges: {what}"),
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What was wrong, if anything.
    pub failure: Option<Failure>,
    /// What was possible and happened.
    pub shown: Vec<(Anomaly, Reason)>,
    /// Records sent.
    pub records: u64,
    /// Events.
    pub events: u64,
}

/// Runs a scenario to its end, watched. With a breakage the engine is broken on purpose.
#[must_use]
pub fn run(scenario: &Arc<Scenario>, breakage: Option<Breakage>) -> Outcome {
    let mut simulation = Simulation::with_breakage(Arc::clone(scenario), breakage);
    simulation.watch();
    let (mended, deadline) = (mended(scenario), deadline(scenario));
    let mut left = None;
    while simulation.state().now < deadline && !simulation.state().is_halted() {
        let next = simulation.state().now + SLICE;
        simulation.advance_to(next);
        if broken(simulation.state()).is_some() {
            break;
        }
        if simulation.state().now >= mended {
            left = unfinished(simulation.state());
            if left.is_none() {
                break;
            }
        }
    }
    let state = simulation.state();
    let failure = broken(state).or(left.map(|what| Failure::NotConverged { what }));
    let (records, events) = (state.ledger.totals().sent, state.events_count);
    Outcome { failure, shown: shown(state), records, events }
}

/// When nothing more is done to a scenario's cluster.
fn mended(scenario: &Scenario) -> VirtualTime {
    scenario.commands.last().map_or(VirtualTime::ZERO, |last| last.at).max(scenario.end)
}

/// When a run must have converged.
#[must_use]
pub fn deadline(scenario: &Scenario) -> VirtualTime {
    mended(scenario) + CONVERGE_WITHIN
}

fn broken(state: &State) -> Option<Failure> {
    let found = state.invariants()?.violations().first()?;
    Some(Failure::Broken { invariant: found.invariant.name, at: found.at, what: found.what.clone() })
}

/// What a mended cluster still has to do; none if it is done, or if the scenario leaves a broker or a controller down. What a killed
/// producer left without an outcome has none for good, and a partition that only an operator can give a leader has none until he does.
fn unfinished(state: &State) -> Option<String> {
    let is_whole = state.brokers.iter().all(|broker| broker.is_up()) && state.controllers.iter().all(|it| it.is_up());
    if !is_whole || !state.network.faults().is_empty() {
        return None;
    }
    let alive = |(session, _): &(&Arc<ProducerSession>, &Totals)| session.phase != Phase::Killed;
    let pending: u64 =
        state.sessions.iter().zip(state.ledger.rows()).filter(alive).map(|(_, totals)| totals.pending).sum();
    if pending > 0 {
        return Some(format!("{pending} records have no outcome"));
    }
    state.metadata.partitions().find_map(|(id, registration)| {
        let name = format!("partition {} of topic {}", id.partition, id.topic);
        let Some(leader) = registration.leader else {
            let text = format!("{name} has no leader: {registration:?}");
            return (!waits_for_an_operator(state, id, registration)).then_some(text);
        };
        if registration.isr.len() < registration.replicas.len() {
            return Some(format!("{name}: only {:?} are in sync", registration.isr));
        }
        let ends = |broker| {
            let replica = state.broker(broker)?.partition(id)?;
            Some((replica.log().log_end_offset(), replica.high_watermark()))
        };
        let (end, mark) = ends(leader)?;
        if mark < end {
            return Some(format!("{name}: the high watermark is {mark}, the log ends at {end}"));
        }
        let behind = registration.replicas.iter().find(|replica| ends(**replica) != Some((end, mark)));
        behind.map(|replica| format!("{name}: broker {replica} has {:?}, the leader {:?}", ends(*replica), (end, mark)))
    })
}

/// Every replica that could lead cleanly came back from an unclean stop, the last leader is not known to have been the only one, and
/// nobody allows an unclean election: Kafka leaves the choice to an operator (KAFKA 6.6).
fn waits_for_an_operator(state: &State, id: TopicPartition, registration: &PartitionRegistration) -> bool {
    let unclean = state.topic_configs[usize::from(id.topic.0)].unclean_leader_election_enable;
    let PartitionRegistration { isr, elr, last_known_elr, .. } = registration;
    !unclean && isr.is_empty() && elr.is_empty() && last_known_elr.len() != 1
}

/// What was possible and happened.
fn shown(state: &State) -> Vec<(Anomaly, Reason)> {
    let promised = state.invariants().map(|watch| watch.promised()).unwrap_or_default();
    let mut shown = Vec::new();
    for (promised, totals) in promised.iter().zip(state.ledger.rows()) {
        for anomaly in Anomaly::ALL {
            if let Promise::Possible { when } = promised.of(anomaly)
                && anomaly.count(totals) > 0
                && !shown.contains(&(anomaly, when))
            {
                shown.push((anomaly, when));
            }
        }
    }
    shown
}

/// What many runs showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many runs.
    pub runs: u64,
    /// Records sent in all of them.
    pub records: u64,
    /// Events in all of them.
    pub events: u64,
    /// For what was possible and happened: in how many runs, and the smallest seed of one.
    pub shown: BTreeMap<(Anomaly, Reason), (u64, u64)>,
    /// The failure with the smallest seed.
    pub failure: Option<(u64, Failure)>,
}

impl Tally {
    /// Counts the run of a seed.
    pub fn add(&mut self, seed: u64, outcome: Outcome) {
        self.runs += 1;
        self.records += outcome.records;
        self.events += outcome.events;
        for what in outcome.shown {
            self.count(what, (1, seed));
        }
        self.fail(outcome.failure.map(|failure| (seed, failure)));
    }

    /// Takes another tally in.
    pub fn merge(&mut self, other: Tally) {
        self.runs += other.runs;
        self.records += other.records;
        self.events += other.events;
        other.shown.into_iter().for_each(|(what, seen)| self.count(what, seen));
        self.fail(other.failure);
    }

    fn count(&mut self, what: (Anomaly, Reason), (runs, seed): (u64, u64)) {
        let known = self.shown.entry(what).or_insert((0, seed));
        *known = (known.0 + runs, known.1.min(seed));
    }

    fn fail(&mut self, failure: Option<(u64, Failure)>) {
        let is_first = |seed| self.failure.as_ref().is_none_or(|(known, _)| seed < *known);
        if let Some((seed, failure)) = failure.filter(|(seed, _)| is_first(*seed)) {
            self.failure = Some((seed, failure));
        }
    }
}

/// The smallest scenario found that fails in the same way.
#[must_use]
pub fn shrink(scenario: Scenario, failure: &Failure, breakage: Option<Breakage>) -> Scenario {
    let mut shrinker = Shrinker::new(scenario, SHRINK_TRIES_MAX);
    let fails = |candidate: &Arc<Scenario>| run(candidate, breakage).failure.is_some_and(|it| it.is_like(failure));
    while shrinker.step(fails) {}
    shrinker.into_best()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_runs_find_nothing_and_tell_the_same_twice() {
        let tally = |from: u64| {
            let mut tally = Tally::default();
            for seed in from..from + 100 {
                tally.add(seed, run(&Arc::new(scenario(seed)), None));
            }
            tally
        };
        let first = tally(0);
        assert_eq!(first.failure, None);
        assert_eq!(first, tally(0));
        assert!(!first.shown.is_empty(), "faults show something");
    }

    #[test]
    fn tallies_add_up_in_any_order() {
        let outcome = |failure: bool| Outcome {
            failure: failure.then(|| Failure::NotConverged { what: String::new() }),
            shown: vec![(Anomaly::Loss, Reason::NotYetCopied)],
            records: 2,
            events: 3,
        };
        let (mut low, mut high) = (Tally::default(), Tally::default());
        low.add(1, outcome(false));
        low.add(4, outcome(true));
        high.add(3, outcome(true));
        let mut both = high.clone();
        both.merge(low.clone());
        low.merge(high);
        assert_eq!(both, low);
        assert_eq!((both.runs, both.records, both.failure.map(|it| it.0)), (3, 6, Some(3)));
        assert_eq!(both.shown[&(Anomaly::Loss, Reason::NotYetCopied)], (3, 1));
    }
}
