//! The invariants over a run, on demand: the run is played again from its start with every check on, a piece at a time, and followed from there.
//!
//! The page's own run is not watched: watching takes time with every event, and most readers never ask. A run is its scenario, seed and
//! commands, so what is played again is the same run; its trace hash proves it.

use super::format;
use crate::engine::common::VirtualTime;
use crate::engine::sim::invariants::{INVARIANTS, Invariant};
use crate::engine::sim::{Scenario, Simulation, State, Violation};
use std::sync::Arc;

/// Events after which a piece of the way ends.
const EVENTS_A_STEP: u64 = 500;

/// The same run, watched.
#[derive(Clone, Debug)]
pub struct InvariantCheck {
    simulation: Simulation,
    until: VirtualTime,
}

/// One invariant and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvariantRow {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub holds: &'static str,
    /// How it was broken, if it was.
    pub broken: Option<Breach>,
}

/// How an invariant was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When.
    pub at: VirtualTime,
    /// What was seen.
    pub what: String,
}

/// How every invariant stands at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The moment.
    pub at: VirtualTime,
    /// After how many events they were looked at.
    pub events: u64,
    /// Each of them.
    pub rows: Vec<InvariantRow>,
}

impl InvariantCheck {
    /// The run of a scenario, up to its end, of which nothing is checked yet.
    #[must_use]
    pub fn of(scenario: Scenario) -> Self {
        let until = scenario.end;
        let mut simulation = Simulation::new(Arc::new(scenario));
        simulation.watch();
        Self { simulation, until }
    }

    /// Where it goes.
    #[must_use]
    pub fn until(&self) -> VirtualTime {
        self.until
    }

    /// How far it is.
    #[must_use]
    pub fn at(&self) -> VirtualTime {
        self.simulation.state().now
    }

    /// The hash of commands and events as far as it is: that of the run, if it is the same one.
    #[must_use]
    pub fn trace_hash(&self) -> String {
        self.simulation.state().trace_hash.to_string()
    }

    /// Goes further, with no command that it does not know of.
    pub fn go_on_until(&mut self, until: VirtualTime) {
        self.until = self.until.max(until);
    }

    /// A piece of the way. Whether there is more.
    pub fn step(&mut self) -> bool {
        let enough = self.simulation.state().events_count + EVENTS_A_STEP;
        while self.simulation.state().events_count < enough {
            let Some(next) = self.simulation.next_at().filter(|next| *next <= self.until) else {
                // Commands of the very last moment come after what was due at it.
                self.simulation.advance_to(self.until);
                return false;
            };
            self.simulation.advance_to(next);
        }
        true
    }

    /// How they stand as far as it is.
    #[must_use]
    pub fn report(&self) -> CheckReport {
        CheckReport::of(self.simulation.state()).expect("it was told to watch")
    }
}

impl Breach {
    fn of(violation: &Violation) -> Self {
        Self { at: violation.at, what: violation.what.clone() }
    }
}

impl CheckReport {
    /// How they stand in a run that is watched; none where nobody watches.
    #[must_use]
    pub fn of(state: &State) -> Option<Self> {
        let watch = state.invariants()?;
        let row = |(rule, violation): (Invariant, Option<&Violation>)| InvariantRow {
            name: rule.name,
            holds: rule.holds,
            broken: violation.map(Breach::of),
        };
        Some(Self { at: state.now, events: watch.events_heard(), rows: watch.standing().map(row).collect() })
    }

    /// How they all stand, in a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let broken = self.rows.iter().filter(|row| row.broken.is_some()).count();
        let over = format!("the {} up to {}", format::counted(self.events, "event"), format::time(self.at));
        match broken {
            0 => format!("All {} have held over {over}.", self.rows.len()),
            1 => format!("1 of {} was broken in {over}.", self.rows.len()),
            _ => format!("{broken} of {} were broken in {over}.", self.rows.len()),
        }
    }
}

/// Every invariant, before anyone has asked how it stands.
#[must_use]
pub fn unchecked() -> Vec<InvariantRow> {
    INVARIANTS.iter().map(|rule| InvariantRow { name: rule.name, holds: rule.holds, broken: None }).collect()
}
