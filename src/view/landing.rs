//! What the first page says over its stage: the question, what is waited for, and the answer in figures.
//!
//! What stands there follows from who leads and who is down:
//!
//! | somebody is down | somebody leads | the controller knows | it asks or says |
//! |---|---|---|---|
//! | no | yes | – | what would survive a crash |
//! | yes | yes | – | what is gone |
//! | yes | no | no | when the broker's session runs out |
//! | yes | no | yes | that the word is on its way |
//! | no | no | – | that nobody leads |

use super::format;
use super::frame::{BrokerFrame, BrokerState, Frame, Role, Tape};
use crate::engine::common::{PartitionId, TopicId, VirtualTime};
use crate::engine::sim::{State, Timeline};

/// The first page's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LandingView {
    /// The heading.
    pub question: String,
    /// The sentence beside the buttons.
    pub answer: String,
    /// Who leads the first partition, if its broker runs: the one to crash.
    pub leader: Option<i32>,
    /// Who is down: the one to start again.
    pub down: Option<i32>,
    /// Nobody leads until a session has run out and another was elected, which takes long: jumping ahead is of use.
    pub waits: bool,
}

/// Goes on, at most so far, to the first moment at which somebody leads the first partition.
pub fn to_next_leader(timeline: &mut Timeline, at_most: VirtualTime) {
    let horizon = timeline.position() + at_most;
    let is_led = |state: &State| {
        let mut running = state.brokers.iter().filter(|broker| broker.is_up());
        running.any(|broker| {
            broker.partitions().any(|(id, partition)| {
                id.topic == TopicId(0) && id.partition == PartitionId(0) && partition.is_leader()
            })
        })
    };
    while !is_led(timeline.state()) && timeline.position() < horizon && !timeline.state().is_halted() {
        let before = timeline.position();
        timeline.step_forward();
        if timeline.position() == before {
            return;
        }
    }
}

/// A broker that is down.
#[derive(Clone, Copy)]
struct Down {
    broker: i32,
    fenced: bool,
    session_ends_us: Option<u64>,
}

impl LandingView {
    /// The words for a picture and two figures of its ledger.
    #[must_use]
    pub fn of(frame: &Frame, delivered: u64, lost: u64) -> Self {
        let leader = frame.brokers.iter().find(|broker| leads_the_first(broker)).map(|broker| broker.id);
        let down = frame.brokers.iter().filter_map(down).min_by_key(|down| down.fenced);
        Self {
            question: question(down, leader, delivered, lost),
            answer: answer(frame.now_us, down, leader, lost),
            leader,
            down: down.map(|down| down.broker),
            waits: leader.is_none() && down.is_some(),
        }
    }
}

/// It runs, and leads the first partition.
fn leads_the_first(broker: &BrokerFrame) -> bool {
    let leads = |tape: &Tape| tape.partition == 0 && tape.role == Role::Leader;
    broker.state.is_up() && broker.tapes.iter().any(leads)
}

fn down(broker: &BrokerFrame) -> Option<Down> {
    match broker.state {
        BrokerState::Crashed { fenced, session_ends_us, .. } => {
            Some(Down { broker: broker.id, fenced, session_ends_us })
        }
        BrokerState::Up | BrokerState::Stopping | BrokerState::Stopped { .. } | BrokerState::Frozen { .. } => None,
    }
}

fn question(down: Option<Down>, leader: Option<i32>, delivered: u64, lost: u64) -> String {
    match (down, leader) {
        (_, Some(leader)) if lost > 0 => {
            let (are, them) = if lost == 1 { ("is", "it") } else { ("are", "them") };
            let records = format::counted(lost, "acknowledged record");
            format!("{records} {are} lost: broker {leader} leads without {them}.")
        }
        (None, Some(leader)) => format!(
            "{} acknowledged. If broker {leader} dies now, which of them survive?",
            format::counted(delivered, "record")
        ),
        (Some(Down { broker, .. }), Some(leader)) => {
            format!("Broker {broker} is dead and broker {leader} leads. What was acknowledged and is gone?")
        }
        (Some(Down { broker, fenced: true, .. }), None) => {
            format!("Broker {broker} is dead. The controller knows, and the word is on its way.")
        }
        (Some(Down { broker, fenced: false, .. }), None) => {
            format!("Broker {broker} is dead. The controller has not noticed yet.")
        }
        (None, None) => "Nobody leads.".to_string(),
    }
}

fn answer(now_us: u64, down: Option<Down>, leader: Option<i32>, lost: u64) -> String {
    match (down, leader) {
        (None, _) => "Nothing is final: drag the timeline back and it stands again.".to_string(),
        (Some(Down { session_ends_us: Some(at_us), .. }), None) => format!(
            "Its session runs out in {} of virtual time, at {}; then another is elected. Jump there, or play on at a higher speed.",
            format::short_time(VirtualTime(at_us.saturating_sub(now_us))),
            format::time(VirtualTime(at_us))
        ),
        (Some(_), None) => "Waiting for the next leader to hear of its election: jump there, play on, or step.".to_string(),
        (Some(_), Some(_)) if lost == 0 => "Every acknowledged record is still there.".to_string(),
        (Some(_), Some(_)) => "The ledger below leads to what is lost. The new leader's high watermark is the one that it knew as a follower, and rises as the others fetch from it.".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{Place, Preset};
    use crate::engine::common::BrokerId;
    use crate::engine::sim::Command;

    fn view(timeline: &Timeline) -> LandingView {
        let totals = timeline.state().ledger.totals();
        LandingView::of(&Frame::of(timeline.state(), timeline.position()), totals.delivered, totals.lost)
    }

    #[test]
    fn after_a_crash_it_counts_down_to_the_end_of_the_session() {
        let preset = Preset::of(Place::Landing).expect("the first page has one");
        let mut timeline = Timeline::new(preset.scenario());
        timeline.advance_to(preset.opens_at);
        let before = view(&timeline);
        assert!(before.question.contains("dies now") && !before.waits);
        let leader = before.leader.expect("one leads");
        timeline.submit(Command::CrashBroker { broker: BrokerId(leader) }).expect("it runs");
        let ends = timeline.state().session_ends_at(BrokerId(leader)).expect("it has a session");
        let after = view(&timeline);
        assert!(after.waits, "{after:?}");
        assert!(after.answer.contains(&format::time(ends)), "{}", after.answer);
        timeline.advance_to(VirtualTime(ends.0 - 500_000));
        assert!(view(&timeline).answer.contains("in 500.0 ms of virtual time"), "{}", view(&timeline).answer);
        timeline.advance_to(ends);
        assert!(
            !view(&timeline).answer.contains("session") && view(&timeline).waits,
            "it has run out, and nobody leads yet"
        );
        to_next_leader(&mut timeline, VirtualTime::from_ms(30_000));
        let elected = view(&timeline);
        assert!(elected.leader.is_some_and(|next| next != leader) && !elected.waits);
        assert_eq!(elected.down, Some(leader));
    }
}
