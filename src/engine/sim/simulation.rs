//! A run: its state and the commands that it still has to carry out. Two calls change it, `submit` and `advance_to`.
//!
//! What happens depends on scenario, seed and commands alone, never on how far `advance_to` went at a time: commands of a
//! time come after everything that is due then, and what a command sets off at its own time happens before the next one.

use super::command::{Command, CommandError, TimedCommand};
use super::event::{Event, EventKind, Limit};
use super::invariants::Invariants;
use super::scenario::Scenario;
use super::state::State;
use crate::engine::cluster::Breakage;
use crate::engine::common::{VirtualTime, limits};
use std::sync::Arc;

/// A run.
#[derive(Clone, Debug)]
pub struct Simulation {
    state: State,
    /// Every command of the run, in order: those carried out, then those to come.
    script: Arc<Vec<TimedCommand>>,
    /// How many of them are carried out.
    done: usize,
}

impl Simulation {
    /// The run of a valid scenario at time 0, with its commands to come.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        Self::with_breakage(scenario, None)
    }

    /// A run of an engine that is broken on purpose, to see whether the invariants and guarantees notice. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_breakage(scenario: Arc<Scenario>, breakage: Option<Breakage>) -> Self {
        let script = Arc::new(scenario.commands.clone());
        let mut simulation = Self { state: State::new(scenario, breakage), script, done: 0 };
        simulation.run_due(VirtualTime::ZERO);
        simulation
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Every command of the run, in order, and how many of them are carried out.
    #[must_use]
    pub fn script(&self) -> (&[TimedCommand], usize) {
        (&self.script, self.done)
    }

    /// Gives a command now. Commands to come stay.
    ///
    /// # Errors
    /// It is not possible; nothing has changed.
    pub fn submit(&mut self, command: Command) -> Result<(), CommandError> {
        self.state.command(&command)?;
        Arc::make_mut(&mut self.script).insert(self.done, TimedCommand { at: self.state.now, command });
        self.done += 1;
        self.state.settle();
        self.run_due(self.state.now);
        Ok(())
    }

    /// Runs everything that is due until a time, that time included. A time that has passed does nothing.
    pub fn advance_to(&mut self, time: VirtualTime) {
        while let Some(at) = self.next_command_at().filter(|at| *at <= time) {
            self.run_due(at);
            if self.state.is_halted() {
                return;
            }
            let command = self.script[self.done].command.clone();
            self.done += 1;
            if self.state.command(&command).is_err() {
                self.state.emit(EventKind::CommandRefused(Arc::new(command)));
            }
            self.state.settle();
            self.run_due(at);
        }
        self.run_due(time);
    }

    /// When something is due next: a task, or a command of the script.
    #[must_use]
    pub fn next_at(&self) -> Option<VirtualTime> {
        if self.state.is_halted() {
            return None;
        }
        [self.state.scheduler.next_at(), self.next_command_at()].into_iter().flatten().min()
    }

    fn next_command_at(&self) -> Option<VirtualTime> {
        self.script.get(self.done).map(|timed| timed.at.max(self.state.now))
    }

    fn run_due(&mut self, time: VirtualTime) {
        while !self.state.is_halted() {
            let Some((at, task)) = self.state.scheduler.pop_due(time) else {
                self.state.move_to(time);
                return;
            };
            self.state.move_to(at);
            self.state.tasks_now += 1;
            if self.state.tasks_now > limits::TASKS_AT_ONCE_MAX {
                self.state.reach(Limit::Instant);
                return;
            }
            self.state.run_task(task);
            self.state.settle();
        }
    }

    /// Watches the invariants from now on; see [`State::invariants`].
    pub fn watch(&mut self) {
        self.state.watch = Some(Arc::new(Invariants::of(&self.state)));
    }

    /// Keeps events from now on, to be taken by [`Simulation::take_events`].
    pub fn keep_events(&mut self) {
        self.state.journal.get_or_insert_with(Vec::new);
    }

    /// The events since the last call, if they are kept.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.state.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Forgets the commands to come.
    pub(super) fn cut_script(&mut self) {
        Arc::make_mut(&mut self.script).truncate(self.done);
    }

    /// Gives it other commands to come. They are in order, and none is before now.
    pub(super) fn extend_script(&mut self, commands: &[TimedCommand]) {
        Arc::make_mut(&mut self.script).extend_from_slice(commands);
    }

    /// Goes back, or ahead, to a state of the same run.
    pub(super) fn restore(&mut self, state: State, done: usize) {
        let journal = self.state.journal.take();
        self.state = state;
        self.state.journal = journal;
        self.done = done;
    }
}

impl State {
    fn move_to(&mut self, time: VirtualTime) {
        if time > self.now {
            self.now = time;
            self.tasks_now = 0;
        }
    }
}
