//! "Break it": the search for a run that shows what the settings do not rule out, as a hook. It works in slices between which the
//! browser draws and listens, tells how far it is, and can be stopped.

use super::runner::{RunnerHandle, use_runner, use_slice};
use super::wish::Wish;
use crate::engine::common::VirtualTime;
use crate::engine::sim::Anomaly;
use crate::engine::sim::adversary::{Adversary, Counterexample, Progress, TRIES};
use crate::view::promises;
use crate::view::provenance::Source;
use crate::web::timer::{Soon, now_ms, soon};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// Tries in one slice: enough to be quick, few enough to stay below a frame or two.
const TRIES_A_SLICE: u32 = 4;

/// Where a search stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// Nobody has asked for one.
    Idle,
    /// It goes on.
    Running {
        /// What is looked for.
        anomaly: Anomaly,
        /// How far it is.
        progress: Progress,
        /// How long it has looked, in milliseconds.
        for_ms: f64,
    },
    /// It has found a run, which stands on the stage now.
    Found(Rc<Counterexample>),
    /// It has found nothing.
    NothingFound {
        /// What was looked for.
        anomaly: Anomaly,
        /// How many schedules were tried.
        tried: u32,
    },
    /// It was stopped.
    Stopped {
        /// What was looked for.
        anomaly: Anomaly,
        /// How many schedules were tried.
        tried: u32,
    },
}

impl Search {
    /// What is or was looked for.
    #[must_use]
    pub fn anomaly(&self) -> Option<Anomaly> {
        match self {
            Search::Idle => None,
            Search::Found(found) => Some(found.anomaly),
            Search::Running { anomaly, .. }
            | Search::NothingFound { anomaly, .. }
            | Search::Stopped { anomaly, .. } => Some(*anomaly),
        }
    }
}

/// A search at work: dropped, it ends.
#[derive(Debug, Default)]
struct Work {
    adversary: Option<Adversary>,
    next: Option<Soon>,
    /// When the page's clock began it, in milliseconds.
    begun_ms: f64,
}

/// A search, and what may be done with it.
#[derive(Clone)]
pub struct SearchHandle {
    /// Where it stands.
    pub search: Search,
    work: Rc<RefCell<Work>>,
    view: UseStateSetter<Search>,
    runner: RunnerHandle,
}

/// The page's search. It ends when the component goes.
#[hook]
pub fn use_break_it() -> SearchHandle {
    let view = use_state(|| Search::Idle);
    let work = use_mut_ref(Work::default);
    let runner = use_runner();
    {
        let work = work.clone();
        use_effect_with((), move |()| move || *work.borrow_mut() = Work::default());
    }
    let source = use_slice(|published| published.run.source);
    let search = match &*view {
        // Its story is that of the run on the stage, and goes with it.
        Search::Found(_) if source != Source::Found => Search::Idle,
        search => search.clone(),
    };
    SearchHandle { search, work, view: view.setter(), runner }
}

impl SearchHandle {
    /// Begins to look for this anomaly under the settings as they are now.
    pub fn begin(&self, anomaly: Anomaly) {
        let Some(scenario) = self.runner.look(promises::as_it_stands) else { return };
        self.runner.wish(Wish::Pause);
        let adversary = Some(Adversary::new(&scenario, &[anomaly], TRIES));
        *self.work.borrow_mut() = Work { adversary, next: None, begun_ms: now_ms() };
        let progress = Progress::Searching { tried: 0, of: TRIES };
        self.view.set(Search::Running { anomaly, progress, for_ms: 0.0 });
        self.go_on(anomaly);
    }

    /// Stops the search for this anomaly.
    pub fn stop(&self, anomaly: Anomaly) {
        let work = std::mem::take(&mut *self.work.borrow_mut());
        let tried = work.adversary.map_or(0, |adversary| adversary.tried());
        self.view.set(Search::Stopped { anomaly, tried });
    }

    fn go_on(&self, anomaly: Anomaly) {
        let handle = self.clone();
        self.work.borrow_mut().next = Some(soon(move || handle.slice(anomaly)));
    }

    fn slice(&self, anomaly: Anomaly) {
        // Taken out meanwhile: if the engine panics, nothing stays borrowed and the search is over.
        let Some(mut adversary) = self.work.borrow_mut().adversary.take() else { return };
        let mut progress = adversary.step();
        for _ in 1..TRIES_A_SLICE {
            if matches!(progress, Progress::Searching { .. } | Progress::Shrinking { .. }) {
                progress = adversary.step();
            }
        }
        match (progress, adversary.counterexample()) {
            (Progress::Found, Some(found)) => self.play(Rc::new(found.clone())),
            (Progress::Searching { .. } | Progress::Shrinking { .. }, _) => {
                let for_ms = now_ms() - self.work.borrow().begun_ms;
                self.view.set(Search::Running { anomaly, progress, for_ms });
                self.work.borrow_mut().adversary = Some(adversary);
                self.go_on(anomaly);
            }
            _ => self.view.set(Search::NothingFound { anomaly, tried: adversary.tried() }),
        }
    }

    /// Puts the run on the stage, just before its first fault.
    fn play(&self, found: Rc<Counterexample>) {
        let first = found.scenario.commands.first().map_or(VirtualTime::ZERO, |command| command.at);
        let at = VirtualTime(first.0.saturating_sub(1));
        self.runner.wish(Wish::PlayFound(found.scenario.to_json(), at));
        self.view.set(Search::Found(found));
    }
}
