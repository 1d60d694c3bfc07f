//! Committed records: whoever leads has them, whoever was promised them by all gets them, and consumers see nothing else.
//!
//! Committed is what a leader's high watermark has passed. It survives every clean election. The promise ends exactly where
//! Kafka's does (KAFKA 6.6, 12 D3): with a leader that was elected uncleanly, or that was the last replica in sync and had lost what was
//! on its disk, or in its page cache with the power. From then on what this leader lacks is void, and what leaders of older epochs still
//! write no longer counts. A broker that hears late that it once led is no later leader: it need not have what was committed since.

use super::{Invariant, Verdict};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::engine::config::Acks;
use crate::engine::sim::chunked::Chunked;
use crate::engine::sim::ledger::{BatchRef, CopyEntry, ReplicaLog};
use crate::engine::sim::state::State;

pub(super) const RECORDS_SURVIVE: Invariant = Invariant {
    name: "CommittedRecordsSurvive",
    holds: "A record below a leader's high watermark stands at its offset in the log of every leader of a later epoch, unless it expired or was compacted, the leader was elected uncleanly, or the last in-sync copy was damaged.",
};
pub(super) const ACKED_BY_ALL: Invariant = Invariant {
    name: "AckedByAllIsCommitted",
    holds: "Success is reported for acks=all only when the batch is below the high watermark.",
};
pub(super) const CONSUMERS_READ_COMMITTED: Invariant = Invariant {
    name: "ConsumersReadCommitted",
    holds: "A consumer reads nothing that no leader's high watermark had passed.",
};

/// A batch that is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    base_offset: Offset,
    last_offset: Offset,
    leader_epoch: LeaderEpoch,
}

impl Placed {
    fn of(entry: &CopyEntry) -> Self {
        Self { base_offset: entry.base_offset, last_offset: entry.last_offset, leader_epoch: entry.leader_epoch }
    }
}

/// What was committed in one partition, by offset.
#[derive(Clone, Debug)]
pub(super) struct Committed {
    /// Each batch, and the epoch of the leader whose high watermark passed it first.
    batches: Chunked<(Placed, LeaderEpoch)>,
    /// The highest that any leader's high watermark was.
    highest: Offset,
    /// Leaders of epochs before this one commit nothing any more.
    reign: LeaderEpoch,
    /// The smallest offset from which something committed was void at some time.
    void_from: Option<Offset>,
}

impl Default for Committed {
    fn default() -> Self {
        Self { batches: Chunked::default(), highest: Offset(0), reign: LeaderEpoch(0), void_from: None }
    }
}

impl Committed {
    fn end(&self) -> Offset {
        self.batches.last().map_or(Offset(0), |(last, _)| last.last_offset.plus(1))
    }

    fn at(&self, offset: Offset) -> Option<&Placed> {
        let (found, _) = self.batches.get(self.batches.partition_point(|(batch, _)| batch.last_offset < offset))?;
        (found.base_offset <= offset).then_some(found)
    }

    /// The high watermark of the leader with this log moved: what it passed is committed now, or was already and is the same.
    pub(super) fn advance(&mut self, log: &ReplicaLog, epoch: LeaderEpoch, (from, to): (Offset, Offset)) -> Verdict {
        self.highest = self.highest.max(to);
        if epoch < self.reign {
            return Ok(());
        }
        for position in log.floor(from.max(log.log_start_offset))..log.entries.back() {
            let Some(entry) = log.entries.get(position).filter(|entry| entry.last_offset < to) else { break };
            let placed = Placed::of(entry);
            if placed.base_offset >= self.end() {
                self.batches.push((placed, epoch));
            } else if let Some(known) = self.at(placed.base_offset).filter(|known| **known != placed) {
                return Err(format!("{placed:?} is committed where {known:?} was"));
            }
        }
        Ok(())
    }

    /// A broker leads from now on. `excused`: its election could not keep the promise.
    pub(super) fn led_by(
        &mut self,
        log: Option<&ReplicaLog>,
        broker: BrokerId,
        epoch: LeaderEpoch,
        excused: bool,
    ) -> Verdict {
        let lacks = |batch: &Placed| match log {
            Some(log) if batch.last_offset < log.log_start_offset => false,
            Some(log) => match log.at(batch.last_offset) {
                Some(entry) => Placed::of(&entry) != *batch,
                None => !log.is_hole(batch.last_offset),
            },
            None => true,
        };
        let missing = self.batches.iter().find(|(_, (batch, by))| *by < epoch && lacks(batch));
        let missing = missing.map(|(position, (batch, _))| (position, *batch));
        if excused {
            self.reign = self.reign.max(epoch);
            let end = self.end();
            let from = missing.map_or(end, |(_, batch)| batch.base_offset);
            self.void_from = Some(self.void_from.map_or(from, |known| known.min(from)));
            if let Some((position, _)) = missing {
                self.batches.truncate(position);
            }
            return Ok(());
        }
        match missing {
            Some((_, batch)) => Err(format!("broker {broker} leads in epoch {epoch} without the committed {batch:?}")),
            None => Ok(()),
        }
    }

    /// Success was reported for a batch at an offset.
    pub(super) fn acked(&self, state: &State, partition: TopicPartition, batch: BatchRef, offset: Offset) -> Verdict {
        let session = state.ledger.batch(batch).and_then(|entry| state.session(entry.session));
        let by_all = session.is_some_and(|session| session.producer.config().acks == Acks::All);
        if !by_all || offset < Offset(0) || self.void_from.is_some_and(|void| offset >= void) {
            return Ok(());
        }
        let found =
            self.at(offset).and_then(|it| state.ledger.batch_written(partition, it.leader_epoch, it.base_offset));
        if found == Some(batch) {
            return Ok(());
        }
        Err(format!("success was reported for {batch:?} at offset {offset}, where {found:?} is committed"))
    }

    /// A consumer has read everything before an offset.
    pub(super) fn read_up_to(&self, next_offset: Offset) -> Verdict {
        if next_offset <= self.highest {
            return Ok(());
        }
        Err(format!("a consumer read up to {next_offset}, but no high watermark was above {}", self.highest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{PartitionId, TopicId, VirtualTime};
    use crate::engine::sim::{Scenario, Simulation};
    use std::sync::Arc;

    /// A log of batches of one record, by epoch.
    fn log(epochs: &[i32]) -> ReplicaLog {
        let mut log = ReplicaLog::default();
        for (offset, epoch) in (0..).zip(epochs) {
            let (base_offset, last_offset) = (Offset(offset), Offset(offset));
            log.entries.push(CopyEntry {
                base_offset,
                last_offset,
                leader_epoch: LeaderEpoch(*epoch),
                batch: BatchRef(0),
            });
        }
        log
    }

    fn committed(epochs: &[i32], up_to: i64) -> Committed {
        let mut committed = Committed::default();
        committed.advance(&log(epochs), LeaderEpoch(0), (Offset(0), Offset(up_to))).unwrap();
        committed
    }

    /// Three batches, two of them committed; then a leader with this log.
    #[track_caller]
    fn check(leader: &[i32], excused: bool, holds: bool, left: i64) -> Committed {
        let mut known = committed(&[0, 0, 0], 2);
        let verdict = known.led_by(Some(&log(leader)), BrokerId(2), LeaderEpoch(1), excused);
        assert_eq!(verdict.is_ok(), holds, "{verdict:?}");
        assert_eq!(known.end(), Offset(left));
        known
    }

    #[test]
    fn a_leader_without_what_was_committed_is_seen_and_excused_only_with_a_reason() {
        check(&[0, 0], false, true, 2);
        check(&[0], false, false, 2);
        check(&[0, 1], false, false, 2);
        check(&[0], true, true, 1);
    }

    #[test]
    fn a_leader_of_whom_was_heard_late_need_not_have_what_was_committed_since() {
        let mut known = committed(&[0], 1);
        known.advance(&log(&[0, 2]), LeaderEpoch(2), (Offset(1), Offset(2))).unwrap();
        let mut led =
            |epochs: &[i32], epoch| known.led_by(Some(&log(epochs)), BrokerId(2), LeaderEpoch(epoch), false).is_ok();
        assert!(led(&[0], 1) && !led(&[], 1) && !led(&[0], 3));
    }

    #[test]
    fn another_record_at_a_committed_offset_is_seen() {
        let mut known = committed(&[0, 0], 2);
        let again =
            |known: &mut Committed, epochs: &[i32]| known.advance(&log(epochs), LeaderEpoch(1), (Offset(0), Offset(2)));
        assert!(again(&mut known, &[0, 0]).is_ok());
        assert!(again(&mut known, &[0, 1]).is_err());
    }

    #[test]
    fn after_an_excused_election_an_older_leader_commits_nothing() {
        let mut known = check(&[0], true, true, 1);
        known.advance(&log(&[0, 0, 0]), LeaderEpoch(0), (Offset(2), Offset(3))).unwrap();
        assert_eq!(known.end(), Offset(1));
        assert_eq!(known.void_from, Some(Offset(1)));
    }

    #[test]
    fn reading_past_every_high_watermark_is_seen() {
        let known = committed(&[0, 0, 0], 2);
        assert!(known.read_up_to(Offset(2)).is_ok());
        assert!(known.read_up_to(Offset(3)).is_err());
    }

    #[test]
    fn success_for_a_batch_that_is_not_the_committed_one_is_seen() {
        let scenario = Scenario::from_json(
            r#"{"version": 1, "seed": 1, "endUs": 2000000, "brokers": {"count": 1},
                "topics": [{"name": "t", "partitions": 1, "replicationFactor": 1}],
                "producers": [{"name": "p1", "config": {"acks": "all", "linger.ms": 0}}],
                "commands": [{"atUs": 500000, "do": "send", "producer": "p1", "record": {"value": "a"}},
                             {"atUs": 900000, "do": "send", "producer": "p1", "record": {"value": "b"}}]}"#,
        );
        let mut simulation = Simulation::new(Arc::new(scenario.expect("a scenario")));
        simulation.advance_to(VirtualTime(2_000_000));
        let state = simulation.state();
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        let replica = state.ledger.partition(partition).and_then(|partition| partition.replica(BrokerId(1)));
        let replica = replica.expect("broker 1 has one");
        let entries = [0, 1].map(|offset| replica.at(Offset(offset)).expect("both were appended"));
        let mut known = Committed::default();
        known.advance(replica, LeaderEpoch(0), (Offset(0), Offset(2))).unwrap();
        for (at, batch, holds) in [(0, 0, true), (1, 1, true), (0, 1, false), (1, 0, false)] {
            let verdict = known.acked(state, partition, entries[batch].batch, Offset(at));
            assert_eq!(verdict.is_ok(), holds, "batch {batch} at {at}: {verdict:?}");
        }
        assert!(known.acked(state, partition, entries[0].batch, Offset(2)).is_err(), "nothing is committed there");
    }
}
