//! A run that can be looked at from any moment: checkpoints, seeks, steps, marks, and one branch that was cut off.
//!
//! A seek restores the last checkpoint before the moment and replays from there. The timeline remembers when something
//! visible happened as far as the run ever went (`end`), so stepping back needs no search. A command before the end cuts off
//! what came after it: the commands that were recorded and the way to the old end. That tail is kept, and
//! [`Timeline::restore_branch`] brings it back.

use super::command::{Command, CommandError, TimedCommand};
use super::event::Event;
use super::mark::{Mark, mark_among};
use super::scenario::Scenario;
use super::simulation::Simulation;
use super::state::State;
use crate::engine::common::{VirtualTime, limits};
use std::sync::Arc;

/// Events between two checkpoints at first.
const CHECKPOINT_EVENTS_MIN: u64 = 2_000;
/// How far ahead a step forward looks for something visible.
const STEP_HORIZON: VirtualTime = VirtualTime(60_000_000);

/// A run and its past.
#[derive(Clone, Debug)]
pub struct Timeline {
    simulation: Simulation,
    checkpoints: Vec<Checkpoint>,
    checkpoint_events: u64,
    /// How far the run ever went.
    end: VirtualTime,
    /// Times of visible events up to `end`, ascending, each with the number of its first visible event.
    visible: Vec<(VirtualTime, u64)>,
    marks: Vec<Mark>,
    /// Events up to `end` that were taken note of.
    noted: u64,
    branch: Option<Branch>,
    /// The newest events before the present moment, for the page to tell.
    news: Vec<Event>,
}

/// A moment to go back to.
#[derive(Clone, Debug)]
struct Checkpoint {
    state: State,
    done: usize,
}

/// What a command in the past cut off.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Where it was cut off.
    pub from: VirtualTime,
    /// How far that run had gone.
    pub end: VirtualTime,
    /// How many commands it shares with this run.
    shared: usize,
    /// Its commands after those.
    commands: Vec<TimedCommand>,
}

impl Timeline {
    /// The run of a valid scenario, at time 0.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        let mut simulation = Simulation::new(Arc::new(scenario));
        simulation.keep_events();
        let mut timeline = Self {
            checkpoints: vec![Checkpoint { state: simulation.state().clone(), done: 0 }],
            checkpoint_events: CHECKPOINT_EVENTS_MIN,
            end: VirtualTime::ZERO,
            visible: Vec::new(),
            marks: Vec::new(),
            noted: simulation.state().events_count,
            branch: None,
            news: Vec::new(),
            simulation,
        };
        timeline.advance_to(VirtualTime::ZERO);
        timeline
    }

    /// The state at the present moment.
    #[must_use]
    pub fn state(&self) -> &State {
        self.simulation.state()
    }

    /// The present moment.
    #[must_use]
    pub fn position(&self) -> VirtualTime {
        self.state().now
    }

    /// How far the run ever went.
    #[must_use]
    pub fn end(&self) -> VirtualTime {
        self.end
    }

    /// The marks up to the end, by time.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The times of visible events up to the end, ascending.
    pub fn visible_times(&self) -> impl Iterator<Item = VirtualTime> {
        self.visible.iter().map(|(at, _)| *at)
    }

    /// The first time at or after `from` at which something visible happened, as far as the run ever went.
    #[must_use]
    pub fn visible_from(&self, from: VirtualTime) -> Option<VirtualTime> {
        self.visible.get(self.visible.partition_point(|(at, _)| *at < from)).map(|(at, _)| *at)
    }

    /// The tail that was cut off last, if there is one.
    #[must_use]
    pub fn branch(&self) -> Option<&Branch> {
        self.branch.as_ref()
    }

    /// The events of the last move forward, in order. After a seek back, none.
    #[must_use]
    pub fn news(&self) -> &[Event] {
        &self.news
    }

    /// Runs on to a moment. One that has passed does nothing; use [`Timeline::seek`].
    pub fn advance_to(&mut self, time: VirtualTime) {
        self.news.clear();
        while self.position() < time && !self.state().is_halted() {
            let before = self.state().events_count;
            // In pieces, so that a long way gets its checkpoints and does not gather all its events at once.
            while self.state().events_count < before + self.checkpoint_events {
                match self.simulation.next_at().filter(|next| *next <= time) {
                    Some(next) => self.simulation.advance_to(next),
                    None => {
                        self.simulation.advance_to(time);
                        break;
                    }
                }
                if self.state().is_halted() {
                    break;
                }
            }
            self.take_note();
        }
        // Commands given at this very moment come after what was due at it.
        self.simulation.advance_to(time);
        self.take_note();
    }

    /// Goes to any moment, back or forward.
    pub fn seek(&mut self, time: VirtualTime) {
        if time < self.position()
            || self.nearest(time).is_some_and(|at| self.checkpoints[at].state.now > self.position())
        {
            let at = self.nearest(time).expect("the first checkpoint is at time 0");
            let Checkpoint { state, done } = self.checkpoints[at].clone();
            self.simulation.restore(state, done);
        }
        self.advance_to(time);
        self.news.clear();
    }

    /// The last checkpoint at or before a time.
    fn nearest(&self, time: VirtualTime) -> Option<usize> {
        self.checkpoints.partition_point(|checkpoint| checkpoint.state.now <= time).checked_sub(1)
    }

    /// Gives a command at the present moment. What had been run or recorded after it is cut off and kept as the branch.
    ///
    /// # Errors
    /// The command is not possible now; nothing has changed.
    pub fn submit(&mut self, command: Command) -> Result<(), CommandError> {
        let now = self.position();
        let is_past = now < self.end;
        let tail = self.tail();
        let before = self.simulation.clone();
        if is_past {
            self.simulation.cut_script();
        }
        if let Err(error) = self.simulation.submit(command) {
            self.simulation = before;
            return Err(error);
        }
        if is_past {
            self.cut_off(tail);
        }
        self.news.clear();
        self.take_note();
        Ok(())
    }

    /// What would be cut off by a command now.
    fn tail(&self) -> Branch {
        let (script, done) = self.simulation.script();
        Branch { from: self.position(), end: self.end, shared: done, commands: script[done..].to_vec() }
    }

    /// Forgets what was known of the run after the present moment, and keeps the tail as the branch.
    fn cut_off(&mut self, tail: Branch) {
        let now = self.position();
        let shared_commands = tail.shared;
        self.branch = Some(tail);
        self.end = now;
        let stays = |checkpoint: &Checkpoint| checkpoint.state.now <= now && checkpoint.done <= shared_commands;
        self.checkpoints.truncate(self.checkpoints.iter().take_while(|checkpoint| stays(checkpoint)).count());
        // The events that nobody has taken note of yet are those of the command that was just given.
        let fresh = self.state().journal.as_ref().map_or(0, Vec::len) as u64;
        let shared = self.state().events_count - fresh;
        self.visible.truncate(self.visible.partition_point(|(_, number)| *number < shared));
        self.marks.truncate(self.marks.partition_point(|mark| mark.number < shared));
        self.noted = self.noted.min(shared);
    }

    /// Brings the tail back that was cut off last; the present tail becomes the branch. Whether there was one.
    pub fn restore_branch(&mut self) -> bool {
        let Some(branch) = self.branch.take() else { return false };
        self.seek(branch.from);
        // At the moment of the fork, undo what was commanded there after it.
        self.go_before_commands(branch.from, branch.shared);
        let tail = self.tail();
        self.simulation.cut_script();
        self.simulation.extend_script(&branch.commands);
        let end = branch.end;
        self.cut_off(Branch { from: branch.from, ..tail });
        self.advance_to(end);
        self.seek(branch.from);
        true
    }

    /// Goes to a moment as it was with only the first `done` commands carried out.
    fn go_before_commands(&mut self, time: VirtualTime, done: usize) {
        let fits = |checkpoint: &Checkpoint| checkpoint.state.now <= time && checkpoint.done <= done;
        let at =
            self.checkpoints.iter().rposition(fits).expect("the first checkpoint is at time 0, before all commands");
        let checkpoint = self.checkpoints[at].clone();
        let later = {
            self.simulation.restore(checkpoint.state, checkpoint.done);
            let (script, _) = self.simulation.script();
            script[done..].to_vec()
        };
        let kept: Vec<TimedCommand> = {
            let (script, carried_out) = self.simulation.script();
            script[carried_out..done].to_vec()
        };
        self.simulation.cut_script();
        self.simulation.extend_script(&kept);
        self.simulation.advance_to(time);
        self.simulation.take_events();
        self.simulation.extend_script(&later);
    }

    /// Goes to the next microsecond in which something visible happens, and runs all of it. If nothing does for a minute of
    /// virtual time, goes there.
    pub fn step_forward(&mut self) {
        let from = self.position();
        if let Some((at, _)) = self.visible.get(self.visible.partition_point(|(at, _)| *at <= from)).copied() {
            self.advance_to(at);
            return;
        }
        let horizon = from + STEP_HORIZON;
        while let Some(next) = self.simulation.next_at().filter(|next| *next <= horizon) {
            self.advance_to(next);
            if self.visible.last().is_some_and(|(at, _)| *at > from) || self.state().is_halted() {
                return;
            }
        }
        if !self.state().is_halted() {
            self.advance_to(horizon);
        }
    }

    /// Goes back to the previous microsecond in which something visible happened, or to the start.
    pub fn step_back(&mut self) {
        let before = self.visible.partition_point(|(at, _)| *at < self.position());
        let to = before.checked_sub(1).map_or(VirtualTime::ZERO, |at| self.visible[at].0);
        self.seek(to);
    }

    /// The next time, after the present one, at which something visible happens, as far as `horizon`. Looks ahead on a
    /// copy of the run: nothing changes.
    #[must_use]
    pub fn next_visible(&self, horizon: VirtualTime) -> Option<VirtualTime> {
        let from = self.position();
        if let Some((at, _)) = self.visible.get(self.visible.partition_point(|(at, _)| *at <= from)).copied() {
            return Some(at).filter(|at| *at <= horizon);
        }
        let mut ahead = self.simulation.clone();
        while let Some(next) = ahead.next_at().filter(|next| *next <= horizon) {
            ahead.advance_to(next);
            if ahead.take_events().iter().any(|event| event.at > from && event.kind.is_visible()) {
                return Some(next);
            }
            if ahead.state().is_halted() {
                break;
            }
        }
        None
    }

    /// Goes to the next mark, if one is known.
    pub fn next_mark(&mut self) {
        let now = self.position();
        if let Some(mark) = self.marks.iter().find(|mark| mark.at > now) {
            self.seek(mark.at);
        }
    }

    /// Goes back to the mark before the present moment, or to the start.
    pub fn previous_mark(&mut self) {
        let now = self.position();
        let mark = self.marks.iter().rev().find(|mark| mark.at < now);
        self.seek(mark.map_or(VirtualTime::ZERO, |mark| mark.at));
    }

    /// The run up to the present moment as a scenario: the same text gives the same trace hash.
    #[must_use]
    pub fn to_scenario(&self) -> Scenario {
        let (script, done) = self.simulation.script();
        let commands = script[..done].to_vec();
        Scenario { commands, end: self.position(), ..Scenario::clone(&self.state().scenario) }
    }

    /// As [`Timeline::to_scenario`], with the commands that are still to come: what the run goes on with from here.
    #[must_use]
    pub fn to_whole_scenario(&self) -> Scenario {
        Scenario { commands: self.simulation.script().0.to_vec(), ..self.to_scenario() }
    }

    /// Takes note of what happened beyond what is known, and makes a checkpoint if it is time.
    fn take_note(&mut self) {
        let events = self.simulation.take_events();
        let count = self.state().events_count;
        let first = count - events.len() as u64;
        let known = usize::try_from(self.noted.saturating_sub(first)).unwrap_or(usize::MAX).min(events.len());
        for (number, event) in (first..).zip(&events).skip(known) {
            if event.kind.is_visible() && self.visible.last().is_none_or(|(at, _)| *at < event.at) {
                self.visible.push((event.at, number));
            }
            if let Some(kind) = mark_among(&events, number - first) {
                self.marks.push(Mark { at: event.at, kind, event: event.kind.clone(), number });
            }
        }
        self.noted = self.noted.max(count);
        self.end = self.end.max(self.position());
        self.remember(events);
        self.maybe_checkpoint();
    }

    fn remember(&mut self, events: Vec<Event>) {
        const NEWS_MAX: usize = 1_000;
        self.news.extend(events);
        if self.news.len() > NEWS_MAX {
            self.news.drain(..self.news.len() - NEWS_MAX);
        }
    }

    fn maybe_checkpoint(&mut self) {
        let last = self.checkpoints.last().expect("the first one stays");
        let state = self.simulation.state();
        if state.now <= last.state.now || state.events_count < last.state.events_count + self.checkpoint_events {
            return;
        }
        let (_, done) = self.simulation.script();
        let mut state = state.clone();
        state.journal = None;
        self.checkpoints.push(Checkpoint { state, done });
        if self.checkpoints.len() > limits::CHECKPOINTS_MAX {
            let mut place = 0;
            self.checkpoints.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.checkpoint_events *= 2;
        }
    }
}
