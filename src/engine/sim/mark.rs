//! A mark: a moment of the run that someone who scrubs through it would look for, with what happened then.
//!
//! Which events leave one says `event`; here is what only the events around one tell.

use super::command::Command;
use super::event::{Event, EventKind, MarkKind};
use crate::engine::cluster::BrokerEvent;
use crate::engine::common::VirtualTime;

/// Something that one would look for when scrubbing.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: VirtualTime,
    /// Of which kind.
    pub kind: MarkKind,
    /// What happened.
    pub event: EventKind,
    /// The event's number in the run.
    pub(super) number: u64,
}

/// The mark of the event at a place among these, if any. A process that dies by a power cut dies right after that command.
pub(super) fn mark_among(events: &[Event], place: u64) -> Option<MarkKind> {
    let place = usize::try_from(place).expect("a place in a list");
    let event = &events[place];
    let kind = event.kind.mark()?;
    let EventKind::Broker { broker: crashed, event: BrokerEvent::Crashed } = &event.kind else { return Some(kind) };
    let at_once = events[..place].iter().rev().take_while(|before| before.at == event.at);
    let cuts = |command: &Command| matches!(command, Command::CutPower { broker } if broker == crashed);
    let is_cut = at_once.into_iter().any(|before| matches!(&before.kind, EventKind::Command(command) if cuts(command)));
    Some(if is_cut { MarkKind::PowerCut } else { kind })
}
