//! What was last attempted: if the engine panics, the run itself is lost, and this is what the page reports.

use crate::engine::common::VirtualTime;
use crate::engine::sim::Scenario;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// What was last attempted: if the engine panics, this is the run to report.
    static LAST_ATTEMPT: RefCell<Option<(Rc<Scenario>, VirtualTime)>> = const { RefCell::new(None) };
}

/// The scenario of what was last attempted, as text.
#[must_use]
pub fn last_attempt() -> String {
    LAST_ATTEMPT.with(|last| {
        let last = last.borrow();
        last.as_ref()
            .map(|(script, end)| Scenario { end: *end, ..Scenario::clone(script) }.to_json())
            .unwrap_or_default()
    })
}

/// From now on, this is what was last attempted, up to `end`.
pub(super) fn note(script: &Rc<Scenario>, end: VirtualTime) {
    LAST_ATTEMPT.with(|last| *last.borrow_mut() = Some((Rc::clone(script), end)));
}

/// The same run goes on up to `end`.
pub(super) fn note_end(end: VirtualTime) {
    LAST_ATTEMPT.with(|last| {
        if let Some((_, until)) = last.borrow_mut().as_mut() {
            *until = end;
        }
    });
}
