//! "Break it": looks for a schedule of faults that shows what a configuration does not rule out, cuts it down, and tells it.
//!
//! The scenario's settings and workloads stay as they are; only its faults are replaced. Each call of [`Adversary::step`] tries one
//! schedule, so that a page can work in slices, show how far it is, and stop at any time. The same scenario and number of tries
//! give the same answer. What the guarantees rule out is not looked for: the reason is given instead.

mod fault_line;
mod story;

pub use story::{Line, story};

use super::command::Command;
use super::fault_schedule::{self, Drawn};
use super::generate::Dice;
use super::guarantees::{Anomaly, Faults, Guarantees, Promise, Reason, Terms, guarantees};
use super::scenario::Scenario;
use super::shrink::Shrinker;
use super::simulation::Simulation;
use crate::engine::common::{Prng, VirtualTime};
use serde::Serialize;
use std::sync::Arc;

/// Schedules that are tried unless a caller says otherwise.
pub const TRIES: u32 = 10_000;
/// How many schedules break brokers by crashes alone: they come first, for they are the plainest to tell.
const ONLY_CRASHES: u32 = 60;
/// Candidates that are tried to cut a counterexample down.
const SHRINK_TRIES_MAX: u32 = 600;
/// How many of a thousand schedules for a quorum of several controllers break one of those too.
const CONTROLLER_FAULT_PER_MILLE: u32 = 300;
/// Longest run of one try, in virtual time.
const HORIZON_MAX: VirtualTime = VirtualTime(60_000_000);

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Progress {
    /// Looking for a schedule.
    Searching {
        /// Tried so far.
        tried: u32,
        /// Tried at most.
        of: u32,
    },
    /// One was found and is cut down.
    Shrinking {
        /// Commands left.
        commands: u32,
    },
    /// There is a counterexample.
    Found,
    /// Nothing was found, or nothing can be.
    NothingFound,
}

/// A schedule that shows an anomaly.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// What it shows.
    pub anomaly: Anomaly,
    /// When that happens, in general.
    pub when: Reason,
    /// The run, to be played.
    pub scenario: Arc<Scenario>,
    /// What happens in it, sentence by sentence.
    pub story: Vec<Line>,
}

/// The search.
#[derive(Clone, Debug)]
pub struct Adversary {
    base: Scenario,
    /// What is looked for, with the reason it can happen.
    wanted: Vec<(Anomaly, Reason)>,
    tried: u32,
    tries: u32,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Searching,
    Shrinking((Anomaly, Reason), Box<Shrinker>),
    Found(Box<Counterexample>),
    Over,
}

/// What a scenario's producers are promised if any fault may happen: for each anomaly the weakest promise.
#[must_use]
pub fn promises(scenario: &Scenario) -> Option<Guarantees> {
    let of = |config| {
        let topics = scenario.topics.iter();
        topics.map(move |topic| guarantees(&Terms::of(config, &topic.config, topic.replication_factor, Faults::ALL)))
    };
    let all = scenario.producers.iter().flat_map(|producer| of(&producer.config));
    let weaker = |a: Promise, b: Promise| if a.is_impossible() { b } else { a };
    all.reduce(|a, b| Guarantees {
        loss: weaker(a.loss, b.loss),
        duplicates: weaker(a.duplicates, b.duplicates),
        reordering: weaker(a.reordering, b.reordering),
    })
}

impl Adversary {
    /// A search for any of these anomalies under a valid scenario's settings, with at most so many schedules.
    #[must_use]
    pub fn new(scenario: &Scenario, anomalies: &[Anomaly], tries: u32) -> Self {
        let promised = promises(scenario);
        let possible = |anomaly: &Anomaly| match promised?.of(*anomaly) {
            Promise::Possible { when } => Some((*anomaly, when)),
            Promise::Impossible { .. } => None,
        };
        let wanted: Vec<(Anomaly, Reason)> = anomalies.iter().filter_map(possible).collect();
        let stage = if wanted.is_empty() { Stage::Over } else { Stage::Searching };
        Self { base: without_faults(scenario), wanted, tried: 0, tries, stage }
    }

    /// How many schedules were tried.
    #[must_use]
    pub fn tried(&self) -> u32 {
        self.tried
    }

    /// What was found.
    #[must_use]
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match &self.stage {
            Stage::Found(found) => Some(found),
            _ => None,
        }
    }

    /// Does one try.
    pub fn step(&mut self) -> Progress {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Searching => self.search(),
            Stage::Shrinking(what, mut shrinker) => {
                let more = shrinker.step(|candidate| shows(candidate, what.0));
                let commands = u32::try_from(shrinker.best().commands.len()).unwrap_or(u32::MAX);
                self.stage = if more { Stage::Shrinking(what, shrinker) } else { found(what, shrinker.into_best()) };
                if more { Progress::Shrinking { commands } } else { Progress::Found }
            }
            found @ Stage::Found(_) => {
                self.stage = found;
                Progress::Found
            }
            Stage::Over => Progress::NothingFound,
        }
    }

    fn search(&mut self) -> Progress {
        if self.tried >= self.tries {
            return Progress::NothingFound;
        }
        let scenario = Arc::new(self.schedule(self.tried));
        self.tried += 1;
        let simulation = run(&scenario);
        let totals = simulation.state().ledger.totals();
        let shown = self.wanted.iter().find(|(anomaly, _)| anomaly.count(totals) > 0);
        match shown {
            Some(what) => {
                let shrinker = Shrinker::new(Arc::unwrap_or_clone(scenario), SHRINK_TRIES_MAX);
                let commands = u32::try_from(shrinker.best().commands.len()).unwrap_or(u32::MAX);
                self.stage = Stage::Shrinking(*what, Box::new(shrinker));
                Progress::Shrinking { commands }
            }
            None => {
                self.stage = Stage::Searching;
                Progress::Searching { tried: self.tried, of: self.tries }
            }
        }
    }

    /// The n-th schedule: one fault, then two, then three, and again.
    fn schedule(&self, n: u32) -> Scenario {
        let mut dice = Dice(Prng::stream(self.base.seed.wrapping_add(u64::from(n)), "adversary"));
        let mut scenario = self.base.clone();
        let begin = scenario.end.0 / 20;
        let latest = scenario.end.0.saturating_sub(mending_time(&scenario).0).max(begin);
        let count = u64::from(n % 3) + 1;
        let drawn = Drawn { faults: Faults::ALL, by_people: false, only_crashes: n < ONLY_CRASHES, left_per_mille: 0 };
        fault_schedule::add(&mut dice, &mut scenario, drawn, count, (begin, latest));
        if scenario.controllers.count > 1 && dice.chance(CONTROLLER_FAULT_PER_MILLE) {
            fault_schedule::add_for_controllers(&mut dice, &mut scenario, 1, (begin, latest));
        }
        scenario
    }
}

/// The scenario without its own faults, long enough for others.
fn without_faults(scenario: &Scenario) -> Scenario {
    let mut base = scenario.clone();
    base.commands.retain(|timed| !is_fault(&timed.command));
    let long = VirtualTime(mending_time(&base).0.saturating_mul(2));
    base.end = base.end.max(long).min(HORIZON_MAX);
    base.commands.retain(|timed| timed.at <= base.end);
    base
}

/// How long a cluster takes to see a fault, elect and go on.
fn mending_time(scenario: &Scenario) -> VirtualTime {
    let session = VirtualTime::from_ms(scenario.brokers.config.broker_session_timeout_ms);
    VirtualTime(session.0.saturating_mul(2)) + VirtualTime::from_ms(500)
}

fn run(scenario: &Arc<Scenario>) -> Simulation {
    let mut simulation = Simulation::new(Arc::clone(scenario));
    simulation.advance_to(scenario.end);
    simulation
}

fn shows(scenario: &Arc<Scenario>, anomaly: Anomaly) -> bool {
    anomaly.count(run(scenario).state().ledger.totals()) > 0
}

fn found((anomaly, when): (Anomaly, Reason), scenario: Scenario) -> Stage {
    let scenario = Arc::new(scenario);
    let story = story(&scenario, anomaly);
    Stage::Found(Box::new(Counterexample { anomaly, when, scenario, story }))
}

/// Whether a command is one of a schedule's. The others are the scenario's own: its settings, its workloads, its producers' lives, and
/// what its consumers do.
fn is_fault(command: &Command) -> bool {
    !matches!(
        command,
        Command::Send { .. }
            | Command::Burst { .. }
            | Command::Flush { .. }
            | Command::StartWorkload { .. }
            | Command::StopWorkload { .. }
            | Command::SetProducer { .. }
            | Command::SetTopic { .. }
            | Command::SetBroker { .. }
            | Command::AddPartitions { .. }
            | Command::DeleteRecords { .. }
            | Command::PauseConsumer { .. }
            | Command::ResumeConsumer { .. }
            | Command::SeekConsumer { .. }
            | Command::SeekConsumerToBeginning { .. }
            | Command::SeekConsumerToEnd { .. }
            | Command::SeekConsumerToTimestamp { .. }
            | Command::SetConsumer { .. }
            | Command::KillProducer { .. }
            | Command::RestartProducer { .. }
            | Command::Resend { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = r#"{"version": 1, "seed": 7, "endUs": 1500000,
        "brokers": {"count": 3, "config": {"broker.session.timeout.ms": 200, "broker.heartbeat.interval.ms": 50}},
        "topics": [{"name": "t", "partitions": 1, "replicationFactor": 3}],
        "producers": [{"name": "p", "config": {"acks": "ACKS", "linger.ms": 2, "retries": RETRIES},
            "workload": {"ratePerSecond": 200, "count": 100}}],
        "links": {"broker": {"latencyUs": 4000}}}"#;

    fn search(acks: &str, retries: &str, anomaly: Anomaly, tries: u32) -> (Adversary, Progress) {
        let text = SCENARIO.replace("ACKS", acks).replace("RETRIES", retries);
        let scenario = Scenario::from_json(&text).expect("the scenario is valid");
        let mut adversary = Adversary::new(&scenario, &[anomaly], tries);
        loop {
            match adversary.step() {
                Progress::Searching { .. } | Progress::Shrinking { .. } => {}
                last => return (adversary, last),
            }
        }
    }

    #[test]
    fn a_crash_that_loses_under_acks_one_is_found_cut_down_and_told() {
        let (adversary, last) = search("1", "10", Anomaly::Loss, 200);
        assert_eq!(last, Progress::Found);
        let found = adversary.counterexample().expect("it was found");
        assert_eq!(found.when, Reason::NotYetCopied);
        assert!(found.scenario.commands.len() <= 2, "{:?}", found.scenario.commands);
        let told = found.story.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
        for words in ["Broker 1 crashes", "delivered", "lost"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let (again, _) = search("1", "10", Anomaly::Loss, 200);
        assert_eq!(again.counterexample(), adversary.counterexample());
    }

    #[test]
    fn nothing_is_looked_for_where_nothing_can_be() {
        let (adversary, last) = search("1", "0", Anomaly::Duplicates, 50);
        assert_eq!((adversary.tried(), last), (0, Progress::NothingFound));
    }

    #[test]
    fn it_gives_up_after_the_tries_it_is_given() {
        let (adversary, last) = search("1", "10", Anomaly::Loss, 0);
        assert_eq!((adversary.tried(), last), (0, Progress::NothingFound));
    }
}
