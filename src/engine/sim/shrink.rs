//! Cuts a scenario down while it keeps failing: commands first, in halves and then one by one, then producers, consumers, records,
//! partitions and time.
//!
//! A step tries one candidate, so a caller can do a bounded amount of work at a time, stop, and show what it has. What "fails" means
//! is the caller's.

use super::scenario::Scenario;
use crate::engine::common::VirtualTime;
use std::sync::Arc;

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// So many commands in a row.
    Commands(usize),
    /// One producer, and the commands that name it.
    Producers,
    /// One consumer, and the commands that name it.
    Consumers,
    /// Records of one producer's workload.
    Records,
    /// Partitions of the first topic.
    Partitions,
    /// The end of the run.
    End,
}

/// A scenario on its way down.
#[derive(Clone, Debug)]
pub struct Shrinker {
    best: Scenario,
    cut: Cut,
    /// Which candidate of this cut comes next.
    at: usize,
    tries_left: u32,
    /// Something was cut since the first cut began.
    has_changed: bool,
}

impl Shrinker {
    /// A scenario that fails, and how many candidates are tried at most.
    #[must_use]
    pub fn new(scenario: Scenario, tries_max: u32) -> Self {
        let cut = first_cut(&scenario);
        Self { best: scenario, cut, at: 0, tries_left: tries_max, has_changed: false }
    }

    /// The smallest scenario so far that fails.
    #[must_use]
    pub fn best(&self) -> &Scenario {
        &self.best
    }

    /// The smallest scenario that was found to fail.
    #[must_use]
    pub fn into_best(self) -> Scenario {
        self.best
    }

    /// Tries one candidate. False: there is no more to try.
    pub fn step(&mut self, fails: impl FnOnce(&Arc<Scenario>) -> bool) -> bool {
        let Some(smaller) = self.next_candidate() else { return false };
        self.tries_left -= 1;
        let smaller = Arc::new(smaller);
        if fails(&smaller) {
            self.best = Arc::unwrap_or_clone(smaller);
            self.has_changed = true;
        } else {
            self.at += 1;
        }
        true
    }

    /// The next valid candidate, if any is left and may be tried.
    fn next_candidate(&mut self) -> Option<Scenario> {
        while self.tries_left > 0 {
            if self.at >= candidates(&self.best, self.cut) {
                if !self.next_cut() {
                    return None;
                }
                continue;
            }
            match candidate(&self.best, self.cut, self.at).filter(|smaller| smaller.validate().is_ok()) {
                Some(smaller) => return Some(smaller),
                None => self.at += 1,
            }
        }
        None
    }

    fn next_cut(&mut self) -> bool {
        self.at = 0;
        self.cut = match self.cut {
            Cut::Commands(size) if size > 1 => Cut::Commands(size / 2),
            Cut::Commands(_) => Cut::Producers,
            Cut::Producers => Cut::Consumers,
            Cut::Consumers => Cut::Records,
            Cut::Records => Cut::Partitions,
            Cut::Partitions => Cut::End,
            Cut::End if self.has_changed => {
                self.has_changed = false;
                first_cut(&self.best)
            }
            Cut::End => return false,
        };
        true
    }
}

fn first_cut(scenario: &Scenario) -> Cut {
    Cut::Commands((scenario.commands.len() / 2).max(1))
}

/// How many candidates a cut has.
fn candidates(scenario: &Scenario, cut: Cut) -> usize {
    match cut {
        Cut::Commands(size) => scenario.commands.len().div_ceil(size),
        Cut::Producers => scenario.producers.len(),
        Cut::Consumers => scenario.consumers.len(),
        Cut::Records => scenario.producers.len() * FRACTIONS.len(),
        Cut::Partitions => 1,
        Cut::End => FRACTIONS.len(),
    }
}

/// The n-th candidate of a cut; none if there is nothing to cut there.
fn candidate(scenario: &Scenario, cut: Cut, at: usize) -> Option<Scenario> {
    let mut smaller = scenario.clone();
    match cut {
        Cut::Commands(size) => {
            let from = at * size;
            let to = (from + size).min(smaller.commands.len());
            smaller.commands.drain(from..to);
        }
        Cut::Producers => {
            smaller.producers.remove(at);
        }
        Cut::Consumers => {
            smaller.consumers.remove(at);
        }
        Cut::Records => {
            let workload = smaller.producers[at / FRACTIONS.len()].workload.as_mut()?;
            let count = workload.count.as_mut()?;
            *count = less(*count, FRACTIONS[at % FRACTIONS.len()])?;
        }
        Cut::Partitions => {
            let topic = smaller.topics.first_mut()?;
            topic.partitions = topic.partitions.checked_sub(1)?;
        }
        Cut::End => smaller.end = VirtualTime(less(smaller.end.0, FRACTIONS[at])?),
    }
    drop_strangers(&mut smaller);
    Some(smaller)
}

/// How much of a number is left, one after the other.
const FRACTIONS: [(u64, u64); 3] = [(1, 2), (3, 4), (9, 10)];

fn less(number: u64, (of, from): (u64, u64)) -> Option<u64> {
    let less = number * of / from;
    (less < number && less > 0).then_some(less)
}

/// Drops commands that name somebody who is gone.
fn drop_strangers(scenario: &mut Scenario) {
    let mut commands = std::mem::take(&mut scenario.commands);
    commands.retain(|timed| timed.command.validate(scenario).is_ok());
    scenario.commands = commands;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sim::Command;
    use crate::engine::sim::swarm;

    #[test]
    fn only_what_is_needed_is_left() {
        let is_crash = |command: &Command| matches!(command, Command::CrashBroker { .. });
        let crashes = |scenario: &Scenario| scenario.commands.iter().filter(|it| is_crash(&it.command)).count();
        let scenario = (0..).map(swarm::scenario).find(|it| crashes(it) >= 3 && it.producers.len() == 2);
        let mut shrinker = Shrinker::new(scenario.expect("one of them"), 1_000);
        while shrinker.step(|candidate| crashes(candidate) >= 2 && !candidate.producers.is_empty()) {}
        let best = shrinker.into_best();
        assert!(best.commands.iter().all(|timed| is_crash(&timed.command)));
        assert_eq!((best.commands.len(), best.producers.len(), best.consumers.len()), (2, 1, 0));
        assert!(best.producers[0].workload.as_ref().is_some_and(|it| it.count == Some(1)));
        assert!(best.validate().is_ok());
    }

    #[test]
    fn it_stops_after_the_tries_it_is_given() {
        let mut shrinker = Shrinker::new(swarm::scenario(3), 5);
        let mut tries = 0;
        while shrinker.step(|_| {
            tries += 1;
            false
        }) {}
        assert_eq!(tries, 5);
    }
}
