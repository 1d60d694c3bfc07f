//! How the moment shown moves: as time passes, in steps and jumps, and back to what acting in the past has cut off.

use super::{LOOK_AHEAD, PAGE_END, Run, attempt};
use crate::engine::common::VirtualTime;
use crate::engine::sim::Timeline;
use crate::view::Frame;
use crate::view::frame::Flight;
use crate::view::playback::Outlook;
use crate::view::transport::kinds_listed;
use std::rc::Rc;

impl Run {
    /// Real time has passed. Answers whether the moment shown is another.
    pub fn tick(&mut self, real_us: u64) -> bool {
        if !self.playback.playing {
            return false;
        }
        let outlook = self.outlook();
        let Some(target) = self.playback.tick(real_us, outlook) else { return !self.playback.playing };
        attempt::note_end(target);
        self.timeline.advance_to(target);
        if self.state().is_halted() {
            self.playback.pause();
        }
        self.hear();
        true
    }

    fn outlook(&mut self) -> Outlook {
        let now = self.now();
        let known = self.outlook.filter(|(from, next)| *from <= now && next.is_none_or(|next| next > now));
        let next_visible = match known {
            Some((from, None)) if from + VirtualTime(LOOK_AHEAD.0 / 2) < now => self.look_ahead(),
            Some((_, next)) => next,
            None => self.look_ahead(),
        };
        let moving = Frame::flights_of(self.state()).iter().any(Flight::carries_records);
        Outlook { now, next_visible, moving, end: PAGE_END }
    }

    fn look_ahead(&mut self) -> Option<VirtualTime> {
        if !self.playback.skip_quiet && !self.playback.stepwise {
            return None;
        }
        let now = self.now();
        let next = self.timeline.next_visible(now + LOOK_AHEAD);
        self.outlook = Some((now, next));
        next
    }

    /// Goes to another moment; playing stops there.
    pub(super) fn go(&mut self, way: impl FnOnce(&mut Timeline)) {
        self.playback.pause();
        way(&mut self.timeline);
        self.hear();
    }

    pub(super) fn next_mark(&mut self) {
        let before = self.now();
        self.go(to_next_mark);
        if self.now() == before {
            let seconds = LOOK_AHEAD.as_ms() / 1_000;
            self.notice = Some(Rc::from(format!("No mark in the {seconds} s to come: no {}.", kinds_listed())));
        }
    }

    pub(super) fn bring_back(&mut self) {
        self.playback.pause();
        self.is_tail_back = true;
        if self.timeline.restore_branch() {
            let (at, end) = (self.now(), self.timeline.end());
            self.timeline.seek(end);
            self.script = Rc::new(self.timeline.to_scenario());
            self.timeline.seek(at);
        }
        self.outlook = None;
        self.hear();
    }
}

/// Goes to the next mark. Where none is known, a copy of the run looks ahead, for as long as quiet time is looked through;
/// if it finds none, nothing changes.
fn to_next_mark(timeline: &mut Timeline) {
    const PIECE: VirtualTime = VirtualTime(50_000);
    let from = timeline.position();
    if timeline.marks().last().is_none_or(|mark| mark.at <= from) {
        let mut ahead = timeline.clone();
        let horizon = ahead.end() + LOOK_AHEAD;
        while ahead.end() < horizon && !ahead.state().is_halted() {
            ahead.advance_to(ahead.end() + PIECE);
            if let Some(mark) = ahead.marks().iter().find(|mark| mark.at > from) {
                timeline.seek(mark.at);
                return;
            }
        }
    }
    timeline.next_mark();
}
