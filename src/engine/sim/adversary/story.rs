//! A counterexample in sentences: what was done to the cluster, what the cluster did, and what became of the record.

use super::fault_line::fault_line;
use crate::engine::cluster::{BrokerEvent, ControllerEvent, QuorumEvent};
use crate::engine::common::{BrokerId, RecordId, TopicPartition, VirtualTime};
use crate::engine::sim::event::{Event, EventKind};
use crate::engine::sim::guarantees::Anomaly;
use crate::engine::sim::ledger::{BatchMoment, Ledger, RecordMoment};
use crate::engine::sim::scenario::Scenario;
use crate::engine::sim::simulation::Simulation;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most lines of a story.
const LINES_MAX: usize = 40;

/// A sentence and its moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When it happens.
    pub at: VirtualTime,
    /// What happens.
    pub text: String,
}

/// Tells a run that shows an anomaly, around the first record that it concerns; empty if it shows none.
#[must_use]
pub fn story(scenario: &Arc<Scenario>, anomaly: Anomaly) -> Vec<Line> {
    let mut simulation = Simulation::new(Arc::clone(scenario));
    simulation.keep_events();
    simulation.advance_to(scenario.end);
    let events = simulation.take_events();
    let ledger = &simulation.state().ledger;
    let Some(id) = ledger.list(anomaly.figure(), None).first().copied() else { return Vec::new() };
    let Some(partition) = ledger.record(id).map(|entry| entry.partition) else { return Vec::new() };
    let records: Vec<RecordId> = overtaken(ledger, id, anomaly).into_iter().chain([id]).collect();
    let mut lines = cluster_lines(&events, partition);
    for record in &records {
        let moments = ledger.moments(*record).into_iter();
        lines.extend(moments.filter_map(|(at, moment)| Some(Line { at, text: record_line(*record, moment)? })));
    }
    lines.sort_by_key(|line| line.at);
    shorten(&mut lines);
    lines.push(Line { at: simulation.state().now, text: end_line(ledger, id, records[0], anomaly) });
    lines
}

/// The earlier record of the same session that stands behind a reordered one.
fn overtaken(ledger: &Ledger, id: RecordId, anomaly: Anomaly) -> Option<RecordId> {
    let entry = ledger.record(id).filter(|_| anomaly == Anomaly::Reordering)?;
    let stands_behind = |earlier: &RecordId| {
        ledger.record(*earlier).is_some_and(|other| {
            other.session == entry.session
                && other.partition == entry.partition
                && other.first_offset() > entry.first_offset()
        })
    };
    (0..id.0).rev().map(RecordId).find(stands_behind)
}

/// Faults, elections and cuts of this partition. Who leads is told as it holds once a moment is over: what a controller makes up for
/// at once, it does in several records, and names leaders on the way that it takes for dead by the next one.
fn cluster_lines(events: &[Event], partition: TopicPartition) -> Vec<Line> {
    let is_election = |event: &Event| matches!(&event.kind, EventKind::Controller(ControllerEvent::LeaderElected { partition: of, .. }) if *of == partition);
    let mut down: BTreeSet<BrokerId> = BTreeSet::new();
    let mut lines = Vec::new();
    for (place, event) in events.iter().enumerate() {
        match &event.kind {
            EventKind::Broker { broker, event: BrokerEvent::Crashed | BrokerEvent::Stopped } => {
                down.insert(*broker);
            }
            EventKind::Broker { broker, event: BrokerEvent::Started { .. } } => {
                down.remove(broker);
            }
            _ => {}
        }
        let mut rest_of_moment = events[place + 1..].iter().take_while(|later| later.at == event.at);
        if !is_election(event) || !rest_of_moment.any(is_election) {
            lines.extend(cluster_line(event, partition, &down));
        }
    }
    lines
}

fn cluster_line(event: &Event, partition: TopicPartition, down: &BTreeSet<BrokerId>) -> Option<Line> {
    let text = match &event.kind {
        EventKind::Command(command) => fault_line(command)?,
        EventKind::Quorum { controller, event: QuorumEvent::BecameActive { epoch } } if epoch.0 > 1 => {
            format!("Controller {controller} is the active one now, in epoch {epoch}.")
        }
        EventKind::Controller(ControllerEvent::BrokerFenced { broker }) => {
            format!("The controller has not heard of broker {broker} for too long and takes it for dead.")
        }
        EventKind::Controller(ControllerEvent::LeaderElected { partition: of, leader, leader_epoch, .. })
            if *of == partition =>
        {
            match leader {
                Some(leader) if down.contains(leader) => format!(
                    "The controller names broker {leader} leader, in epoch {leader_epoch}: it has not noticed that it is down."
                ),
                Some(leader) => format!("Broker {leader} leads the partition now, in epoch {leader_epoch}."),
                None => "No replica that is in sync is alive: the partition is offline.".to_string(),
            }
        }
        EventKind::Broker { broker, event: BrokerEvent::Truncated { partition: of, from, to, .. } }
            if *of == partition =>
        {
            format!("Broker {broker} cuts its log from {from} back to {to}.")
        }
        _ => return None,
    };
    Some(Line { at: event.at, text })
}

fn record_line(id: RecordId, moment: RecordMoment) -> Option<String> {
    let text = match moment {
        RecordMoment::Sent => format!("The application sends record {id}."),
        RecordMoment::Batch(BatchMoment::Sent { to, attempt: 0, .. }) => {
            format!("A request with record {id} leaves for broker {to}.")
        }
        RecordMoment::Batch(BatchMoment::Sent { to, .. }) => {
            format!("Record {id} is sent again, to broker {to}.")
        }
        RecordMoment::Batch(BatchMoment::Appended { by, base_offset, .. }) => {
            format!("Broker {by} appends its batch at offset {base_offset}.")
        }
        RecordMoment::Batch(BatchMoment::Refused { by, error }) => {
            format!("Broker {by} refuses its batch: {}.", error.exception())
        }
        RecordMoment::Batch(BatchMoment::Replicated { by, .. }) => format!("Broker {by} has copied record {id}."),
        RecordMoment::Batch(BatchMoment::Answered { error: Some(error) }) => {
            format!("The producer learns of an error: {}.", error.exception())
        }
        RecordMoment::Batch(BatchMoment::Delivered) => {
            format!("Record {id} is reported as delivered to the application.")
        }
        RecordMoment::Batch(BatchMoment::Failed { why }) => {
            format!("Record {id} is reported as failed: {}.", why.exception())
        }
        RecordMoment::Batch(BatchMoment::Split) => format!("The batch of record {id} was too large and is split."),
        RecordMoment::Batch(BatchMoment::Truncated { by }) => {
            format!("Record {id} is gone from the log of broker {by}.")
        }
        RecordMoment::Compacted(gone) => {
            format!("Compaction removes record {id} from the log of broker {}, at offset {}.", gone.by, gone.offset)
        }
        RecordMoment::InBatch { .. } | RecordMoment::Batch(_) | RecordMoment::Failed { .. } => return None,
    };
    Some(text)
}

fn end_line(ledger: &Ledger, id: RecordId, earlier: RecordId, anomaly: Anomaly) -> String {
    match anomaly {
        Anomaly::Loss => format!("Record {id} was reported as delivered and is in no leader's log: it is lost."),
        Anomaly::Duplicates => {
            let copies = ledger.record(id).map_or(0, |entry| entry.copies());
            format!("Record {id} stands {copies} times in the leader's log.")
        }
        Anomaly::Reordering => format!("Record {id} stands before record {earlier}, which was sent earlier."),
    }
}

/// The middle of a long story is left out.
fn shorten(lines: &mut Vec<Line>) {
    if lines.len() > LINES_MAX {
        let (head, gone) = (LINES_MAX / 2, lines.len() - LINES_MAX);
        let at = lines[head].at;
        let text = format!("{gone} more things happen.");
        lines.splice(head..head + gone, [Line { at, text }]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cluster::ElectedBy;
    use crate::engine::common::{LeaderEpoch, PartitionId, TopicId};

    fn of() -> TopicPartition {
        TopicPartition::new(TopicId(0), PartitionId(0))
    }

    fn elected(at: u64, leader: Option<i32>, epoch: i32) -> Event {
        let event = ControllerEvent::LeaderElected {
            partition: of(),
            previous: None,
            leader: leader.map(BrokerId),
            leader_epoch: LeaderEpoch(epoch),
            elected_by: ElectedBy::FirstInSync,
        };
        Event { at: VirtualTime(at), kind: EventKind::Controller(event) }
    }

    fn broker(at: u64, id: i32, event: BrokerEvent) -> Event {
        Event { at: VirtualTime(at), kind: EventKind::Broker { broker: BrokerId(id), event } }
    }

    #[test]
    fn only_a_leader_that_holds_is_said_to_lead() {
        let events = [
            broker(1, 1, BrokerEvent::Crashed),
            broker(2, 2, BrokerEvent::Crashed),
            elected(9, Some(2), 1),
            elected(9, Some(3), 2),
            elected(20, Some(2), 3),
            broker(30, 2, BrokerEvent::Started { incarnation: 2 }),
            elected(31, None, 4),
            elected(40, Some(2), 5),
        ];
        let told: Vec<(u64, String)> =
            cluster_lines(&events, of()).into_iter().map(|line| (line.at.0, line.text)).collect();
        let expected = [
            (9, "Broker 3 leads the partition now, in epoch 2."),
            (20, "The controller names broker 2 leader, in epoch 3: it has not noticed that it is down."),
            (31, "No replica that is in sync is alive: the partition is offline."),
            (40, "Broker 2 leads the partition now, in epoch 5."),
        ];
        assert_eq!(told, expected.map(|(at, text)| (at, text.to_string())));
    }
}
