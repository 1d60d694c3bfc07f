//! What must hold at every moment, as a list, and how it stands: checked when somebody asks, over the whole run, and followed from then on
//! for as long as the list stays open.
//!
//! The run is played again with the checks on, in slices between which the browser draws and listens: see [`crate::view::invariant_check`].

use super::Class;
use super::opened::use_opened;
use super::runner::{RunnerHandle, use_runner, use_slice};
use super::wish::Wish;
use crate::engine::sim::Scenario;
use crate::engine::sim::invariants::INVARIANTS;
use crate::view::format;
use crate::view::invariant_check::{self, CheckReport, InvariantCheck, InvariantRow};
use crate::web::timer::{Soon, now_ms, soon};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// How long a slice may take, in milliseconds: about a frame of the browser.
const SLICE_MS: f64 = 12.0;

/// The section, behind one line.
#[component]
pub fn InvariantSection() -> Html {
    let (open, ontoggle) = use_opened(false);
    html! {
        <details class={Class::Fold} data-invariants="" {ontoggle}>
            <summary>{format!("{} invariants: what must hold at every moment", INVARIANTS.len())}</summary>
            if open {
                <InvariantPanel />
            }
        </details>
    }
}

/// How far the check is.
#[derive(Clone, Debug, PartialEq)]
enum Check {
    /// Nobody has asked.
    Unasked,
    /// The run is played again.
    Running { percent: u64 },
    /// How they stand.
    Done(Rc<CheckReport>),
    /// What was played again went another way than the run.
    Astray,
}

#[component]
fn InvariantPanel() -> Html {
    let checker = use_checker();
    let check = &checker.check;
    let start = {
        let checker = checker.clone();
        Callback::from(move |_: MouseEvent| checker.begin())
    };
    let is_running = matches!(check, Check::Running { .. });
    let rows = match check {
        Check::Done(report) => report.rows.clone(),
        _ => invariant_check::unchecked(),
    };
    html! {
        <>
            <p class={Class::Note} role="status" data-invariants-told={told(check)}>{sentence(check)}</p>
            if matches!(check, Check::Unasked | Check::Running { .. }) {
                <button type="button" class={Class::Button} data-invariants-check="" disabled={is_running} onclick={start}>
                    {format!("Check all {} over this run", INVARIANTS.len())}
                </button>
            }
            <ul class={Class::InvariantList}>
                { for rows.iter().map(|row| html! { <InvariantItem key={row.name} row={row.clone()} is_checked={matches!(check, Check::Done(_))} /> }) }
            </ul>
        </>
    }
}

fn told(check: &Check) -> &'static str {
    match check {
        Check::Unasked => "unasked",
        Check::Running { .. } => "running",
        Check::Done(_) => "done",
        Check::Astray => "astray",
    }
}

fn sentence(check: &Check) -> String {
    match check {
        Check::Unasked => {
            "They are checked when you ask: the same run is played again from its start, and after each event the engine’s state is looked at. \
             They are then followed for as long as this list is open."
                .to_string()
        }
        Check::Running { percent } => format!("Playing the run again: {percent} %."),
        Check::Done(report) => report.summary(),
        Check::Astray => "What was played again has another trace hash than the run: this is a fault of the playground.".to_string(),
    }
}

/// Properties of [`InvariantItem`].
#[derive(Properties, PartialEq)]
struct InvariantItemProps {
    row: InvariantRow,
    is_checked: bool,
}

#[component]
fn InvariantItem(props: &InvariantItemProps) -> Html {
    let runner = use_runner();
    let row = &props.row;
    let (verdict, sign, tone) = match (&row.broken, props.is_checked) {
        (Some(_), _) => ("broken", "✕ ", Some(Class::ToneLost)),
        (None, true) => ("held", "✓ ", Some(Class::ToneCommitted)),
        (None, false) => ("unchecked", "", None),
    };
    html! {
        <li data-invariant={row.name} data-verdict={verdict}>
            <span class={Class::InvariantName}><strong class={tone}>{sign}{ if verdict == "unchecked" { "" } else { verdict } }</strong>{" "}<code>{row.name}</code></span>
            <span>{row.holds}</span>
            if let Some(breach) = &row.broken {
                <button type="button" class={Class::StoryLine} onclick={runner.on_click(Wish::Seek(breach.at))}>
                    <span class={Class::Note}>{format::time(breach.at)}</span>{" "}{breach.what.clone()}
                </button>
            }
        </li>
    }
}

/// The check at work.
#[derive(Default)]
struct Work {
    check: Option<InvariantCheck>,
    /// The hash that it must have at its end.
    wanted: String,
    /// It has come from the run's start on its way to this end.
    is_fresh: bool,
    next: Option<Soon>,
}

/// The check, and what moves it.
#[derive(Clone)]
struct Checker {
    check: Check,
    work: Rc<RefCell<Work>>,
    view: UseStateSetter<Check>,
    runner: RunnerHandle,
}

/// The panel's check. It ends when the panel goes, and follows the run once it was begun.
#[hook]
fn use_checker() -> Checker {
    let view = use_state_eq(|| Check::Unasked);
    let work = use_mut_ref(Work::default);
    let runner = use_runner();
    let hash = use_slice(|published| published.transport.trace_hash.clone());
    let checker = Checker { check: (*view).clone(), work: work.clone(), view: view.setter(), runner };
    {
        let checker = checker.clone();
        use_effect_with(hash, move |_| checker.follow());
    }
    use_effect_with((), move |()| move || *work.borrow_mut() = Work::default());
    checker
}

impl Checker {
    /// Plays the run again from its start.
    fn begin(&self) {
        let Ok(scenario) = Scenario::from_json(&self.runner.scenario_text()) else { return };
        let wanted = self.hash_shown();
        *self.work.borrow_mut() =
            Work { check: Some(InvariantCheck::of(scenario)), wanted, is_fresh: true, next: None };
        self.go_on();
    }

    /// The run has moved: goes after it, unless a slice is under way, which comes to it at its end.
    fn follow(&self) {
        let (is_asked, is_under_way, wanted) = {
            let work = self.work.borrow();
            (work.check.is_some(), work.next.is_some(), work.wanted.clone())
        };
        let hash = self.hash_shown();
        if !is_asked || is_under_way || hash == wanted {
            return;
        }
        let Some(now) = self.runner.look(|state| state.now) else { return };
        let is_ahead = self.work.borrow().check.as_ref().is_some_and(|check| check.at() <= now);
        if is_ahead {
            let mut work = self.work.borrow_mut();
            if let Some(check) = &mut work.check {
                check.go_on_until(now);
            }
            (work.wanted, work.is_fresh) = (hash, false);
            drop(work);
            self.go_on();
        } else {
            self.begin();
        }
    }

    fn hash_shown(&self) -> String {
        self.runner.look(|state| state.trace_hash.to_string()).unwrap_or_default()
    }

    fn go_on(&self) {
        let checker = self.clone();
        self.work.borrow_mut().next = Some(soon(move || checker.slice()));
    }

    fn slice(&self) {
        // Taken out meanwhile: if the engine panics, nothing stays borrowed and the check is over.
        let Work { check, wanted, is_fresh, .. } = std::mem::take(&mut *self.work.borrow_mut());
        let Some(mut check) = check else { return };
        let begun = now_ms();
        let mut is_more = true;
        while is_more && now_ms() - begun < SLICE_MS {
            is_more = check.step();
        }
        let is_it = check.trace_hash() == wanted;
        match (is_more, is_it, is_fresh) {
            (true, _, true) => self.view.set(Check::Running { percent: percent(&check) }),
            (true, _, false) => {}
            (false, true, _) => self.view.set(Check::Done(Rc::new(check.report()))),
            (false, false, true) => return self.view.set(Check::Astray),
            // A command that it did not know of: the run is another one now.
            (false, false, false) => return self.begin(),
        }
        *self.work.borrow_mut() = Work { check: Some(check), wanted, is_fresh, next: None };
        if is_more { self.go_on() } else { self.follow() }
    }
}

fn percent(check: &InvariantCheck) -> u64 {
    check.at().0.saturating_mul(100) / check.until().0.max(1)
}
