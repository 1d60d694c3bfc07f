//! Calls of `send()` by hand that wait: if one fails later, its reader is told why, as one whose call failed at once is.

use super::news;
use crate::engine::common::{RecordId, SessionId};
use crate::engine::sim::producer_session::ProducerSession;
use crate::engine::sim::{Event, EventKind, ProducerEvent, State, Timeline};

/// The calls that waited when the run was last looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingCalls(Vec<(SessionId, RecordId)>);

impl WaitingCalls {
    /// Those that wait now.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let waits = |session: &ProducerSession| Some((session.id, session.by_hand.blocked.as_ref()?.record));
        Self(state.sessions.iter().filter_map(|session| waits(session)).collect())
    }

    /// Why one of them has failed in the timeline's last move, as Kafka words it.
    #[must_use]
    pub fn refusal(&self, timeline: &Timeline) -> Option<String> {
        let failed = |event: &Event| match &event.kind {
            EventKind::Producer { session, event: ProducerEvent::SendFailed { record, why } }
                if self.0.contains(&(*session, *record)) =>
            {
                Some((*session, *why))
            }
            _ => None,
        };
        let (session, why) = timeline.news().iter().find_map(failed)?;
        Some(news::late_refusal(timeline.state(), session, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{PartitionId, VirtualTime};
    use crate::engine::sim::ledger::Outcome;
    use crate::engine::sim::{Command, Content, Scenario, SendRecord};

    #[test]
    fn a_call_that_waits_in_vain_is_told_when_it_fails() {
        let text = r#"{"version":1,"seed":7,"endUs":1000000,"brokers":{"count":1},"topics":[{"name":"orders","partitions":1,
            "replicationFactor":1}],"producers":[{"name":"p1","config":{"max.block.ms":200}}]}"#;
        let mut timeline = Timeline::new(Scenario::from_json(text).expect("a scenario"));
        let record = SendRecord {
            topic: None,
            key: Content::text("k"),
            value: Content::text("v"),
            headers: Vec::new(),
            partition: Some(PartitionId(9)),
        };
        timeline.submit(Command::Send { producer: "p1".to_string(), record }).expect("it is a command");
        let mut waiting = WaitingCalls::of(timeline.state());
        let mut told = Vec::new();
        for ms in (10..=400).step_by(10) {
            timeline.advance_to(VirtualTime::from_ms(ms));
            told.extend(waiting.refusal(&timeline).map(|why| (ms, why)));
            waiting = WaitingCalls::of(timeline.state());
        }
        let [(ms, why)] = &told[..] else { panic!("told once: {told:?}") };
        assert_eq!(*ms, 200);
        assert_eq!(why, "TimeoutException: Topic or partition not present in metadata after 200 ms.");
    }

    #[test]
    fn a_negative_partition_fails_at_once_while_another_call_waits() {
        let text = r#"{"version":1,"seed":7,"endUs":1000000,"brokers":{"count":1},"topics":[{"name":"orders","partitions":1,
            "replicationFactor":1}],"producers":[{"name":"p1"}]}"#;
        let mut timeline = Timeline::new(Scenario::from_json(text).expect("a scenario"));
        timeline.advance_to(VirtualTime::from_ms(100));
        for partition in [99, -1] {
            let record = SendRecord { partition: Some(PartitionId(partition)), ..SendRecord::default() };
            timeline.submit(Command::Send { producer: "p1".to_string(), record }).expect("it is a command");
        }
        timeline.advance_to(VirtualTime::from_ms(101));
        let ledger = &timeline.state().ledger;
        let outcome = |id: u64| ledger.record(RecordId(id)).map(|record| record.outcome);
        assert_eq!(outcome(0), Some(Outcome::Pending), "the first waits for partition 99");
        assert!(matches!(outcome(1), Some(Outcome::Failed { .. })), "{:?}", outcome(1));
    }
}
