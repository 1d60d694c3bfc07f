//! The application that uses a consumer: it calls `poll()`, is at work on what it was given, and calls it again.
//!
//! The rule it keeps: a position moves when `poll()` gives records, not when they come from a broker, and no faster than the
//! application works. What is fetched meanwhile waits in the consumer (`FetchBuffer`), at most one answer of each broker.

use super::output::{ConsumerEffect, ConsumerEvent, ConsumerOutput};
use super::position::{FetchPosition, PollException, Position};
use super::{Consumer, PartitionState};
use crate::engine::common::{BrokerId, Offset, TopicPartition, VirtualTime};
use crate::engine::record::RecordBatch;
use std::collections::{BTreeMap, VecDeque};

/// What the application does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// It waits in `poll()`, or would call it if the consumer were not paused.
    Polling,
    /// It is at work on what the last `poll()` gave.
    Processing {
        /// How many records.
        records: u32,
        /// When it will be done.
        until: VirtualTime,
    },
}

/// Batches of one partition that a broker gave and `poll()` did not yet (`CompletedFetch`).
#[derive(Clone, Debug)]
pub(super) struct CompletedFetch {
    pub(super) from: BrokerId,
    pub(super) partition: TopicPartition,
    /// The position that it continues.
    pub(super) next: Offset,
    pub(super) batches: VecDeque<RecordBatch>,
}

/// What `poll()` takes from one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    first: Offset,
    next: Offset,
    records: u32,
}

impl Consumer {
    /// Lets the application go on as far as it can at this moment.
    pub(super) fn poll(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        loop {
            if matches!(self.application, Application::Processing { until, .. } if until > now) {
                return;
            }
            self.application = Application::Polling;
            self.maybe_raise_for_no_position(out);
            if self.exception.is_some() {
                return;
            }
            let records = if self.is_paused { 0 } else { self.collect(out) };
            self.fetch(now, out);
            if records == 0 {
                return;
            }
            let work = u64::try_from(self.config.processing_us_per_record).unwrap_or(0) * u64::from(records);
            if work > 0 {
                let until = now + VirtualTime(work);
                self.application = Application::Processing { records, until };
                out.effects.push(ConsumerEffect::Schedule { at: until });
                return;
            }
        }
    }

    /// Takes up to `max.poll.records` records from what was fetched, oldest answer first. Returns how many.
    fn collect(&mut self, out: &mut ConsumerOutput) -> u32 {
        let most = u32::try_from(self.config.max_poll_records).unwrap_or(u32::MAX);
        let mut records = 0;
        while records < most {
            let Some(fetched) = self.fetched.front_mut() else { break };
            match self.partitions.get_mut(&fetched.partition) {
                Some(state) if state.is_at(fetched.next) => records += give(fetched, state, most - records, out),
                // A seek, or a new leader, has made it worthless meanwhile.
                _ => fetched.batches.clear(),
            }
            if fetched.batches.is_empty() {
                self.fetched.pop_front();
            }
        }
        records
    }

    /// Whether records of a partition wait to be polled.
    pub(super) fn is_buffered(&self, partition: TopicPartition) -> bool {
        self.fetched.iter().any(|fetched| fetched.partition == partition)
    }

    /// What the application does.
    #[must_use]
    pub fn application(&self) -> Application {
        self.application
    }

    /// The exception for which the application stands still, and on account of which partition.
    #[must_use]
    pub fn exception(&self) -> Option<(TopicPartition, PollException)> {
        self.exception
    }

    /// How many records of each partition were fetched and wait to be polled.
    #[must_use]
    pub fn buffered(&self) -> BTreeMap<TopicPartition, u64> {
        let mut buffered = BTreeMap::new();
        for fetched in &self.fetched {
            let from = fetched.next;
            // Only the first batch may have been read in part; the records of the others need not be looked at to be counted.
            let left = fetched.batches.iter().map(|batch| match u32::try_from(batch.records_count()) {
                Ok(count) if from <= batch.base_offset() => u64::from(count),
                _ => u64::from(records_from(batch, from, u32::MAX).records),
            });
            *buffered.entry(fetched.partition).or_default() += left.sum::<u64>();
        }
        buffered
    }
}

/// Gives the application up to `most` records of one answer, and moves the position past them. Returns how many.
fn give(fetched: &mut CompletedFetch, state: &mut PartitionState, most: u32, out: &mut ConsumerOutput) -> u32 {
    let mut position = FetchPosition { offset: fetched.next, epoch: None };
    let (mut first, mut records) = (None, 0);
    while let Some(batch) = fetched.batches.front().filter(|_| records < most) {
        let taken = records_from(batch, position.offset, most - records);
        if taken.records > 0 {
            first = first.or(Some(taken.first));
        }
        records += taken.records;
        position = FetchPosition { offset: taken.next, epoch: Some(batch.partition_leader_epoch()) };
        if taken.next >= batch.next_offset() {
            fetched.batches.pop_front();
        }
    }
    fetched.next = position.offset;
    state.position = Position::At(position);
    if let Some(first_offset) = first {
        let (from, partition, next_offset) = (fetched.from, fetched.partition, position.offset);
        out.events.push(ConsumerEvent::Read { from, partition, first_offset, next_offset, records });
    }
    records
}

/// The first `most` records of a batch at or after an offset. What compaction left is told by the records themselves.
fn records_from(batch: &RecordBatch, from: Offset, most: u32) -> Taken {
    if !batch.is_dense()
        && let Ok(offsets) = batch.offsets()
    {
        let left = &offsets[offsets.partition_point(|offset| *offset < from)..];
        let taken = left.len().min(most as usize);
        let next = left.get(taken).copied().unwrap_or(batch.next_offset());
        let first = left.first().copied().unwrap_or(from);
        return Taken { first, next, records: u32::try_from(taken).unwrap_or(u32::MAX) };
    }
    let first = batch.base_offset().max(from);
    let left = u32::try_from(batch.next_offset().0 - first.0).unwrap_or(0);
    let records = left.min(most);
    Taken { first, next: first.plus(i64::from(records)), records }
}
