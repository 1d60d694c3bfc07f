//! Appending to a log: as the leader from a client, as a follower from the leader (`UnifiedLog.append`).
//!
//! The rule it keeps is the order of KAFKA 1.8: epoch, segment size, roll, producer state, append. So a batch that is refused, or
//! repeats another, may have rolled the log. Nothing is copied: the batch's body is shared from the producer to the last follower.

use super::errors::{AppendError, AppendErrorReason};
use super::log::Log;
use super::producer_state::{BatchMetadata, SequenceCheck};
use super::roll::{Incoming, Roll, roll_reason};
use super::segment::SegmentAppend;
use super::validation::{self, ClientBatch};
use crate::engine::common::{LeaderEpoch, Offset, Timestamp};
use crate::engine::record::RecordBatch;

/// What an append by the leader did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// The roll that came before it, if one was due.
    pub rolled: Option<Roll>,
    /// Appended, or recognised.
    pub outcome: AppendOutcome,
}

/// Appended, or recognised as one that the log has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// The batch is in the log.
    Appended(Appended),
    /// Nothing was written: the producer sent this batch before, and this is what was made of it then.
    DuplicateOf(BatchMetadata),
}

/// A batch that has just joined the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The batch as stored, with its offset and epoch.
    pub batch: RecordBatch,
    /// Base offset of its segment.
    pub segment: Offset,
    /// Where it stands in the file, and which index entries it got.
    pub place: SegmentAppend,
    /// The broker's time that its records got, under LogAppendTime.
    pub log_append_time: Option<Timestamp>,
    /// The leader changed its codec, because the topic has one of its own.
    pub recompressed: bool,
}

/// What an append by a follower did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowerAppend {
    /// The rolls that came before batches.
    pub rolled: Vec<Roll>,
    /// Each batch's segment, by base offset, and place.
    pub places: Vec<(Offset, SegmentAppend)>,
}

impl AppendInfo {
    /// Offset of the batch's first record: of the original if this one repeats it.
    #[must_use]
    pub fn base_offset(&self) -> Offset {
        match &self.outcome {
            AppendOutcome::Appended(appended) => appended.batch.base_offset(),
            AppendOutcome::DuplicateOf(original) => original.first_offset(),
        }
    }

    /// Offset of the batch's last record: of the original if this one repeats it.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        match &self.outcome {
            AppendOutcome::Appended(appended) => appended.batch.last_offset(),
            AppendOutcome::DuplicateOf(original) => original.last_offset,
        }
    }

    /// The batch that this one repeats, if it does.
    #[must_use]
    pub fn duplicate_of(&self) -> Option<BatchMetadata> {
        match self.outcome {
            AppendOutcome::Appended(_) => None,
            AppendOutcome::DuplicateOf(original) => Some(original),
        }
    }
}

impl Log {
    /// Appends a client's batch as the leader of epoch `leader_epoch`, at `now` (milliseconds since 1970).
    ///
    /// # Errors
    /// The batch is refused; the error says whether the log rolled before.
    pub fn append_as_leader(
        &mut self,
        batch: ClientBatch,
        leader_epoch: LeaderEpoch,
        now: Timestamp,
    ) -> Result<AppendInfo, AppendError> {
        let validated = validation::validate(&batch, &self.config, now)?;
        drop(batch);
        let batch = validated.batch.with_offset_and_epoch(self.log_end_offset, leader_epoch);
        self.leader_epochs.assign(leader_epoch, batch.base_offset());
        self.ensure_fits_segment(&batch)?;
        let rolled = self.maybe_roll(std::slice::from_ref(&batch), now);
        let is_sound = !self.accepts_any_sequence;
        let check = if is_sound { self.producers.check_sequence(&batch) } else { Ok(SequenceCheck::NotIdempotent) };
        let outcome = match check {
            Err(reason) => return Err(AppendError { reason, rolled }),
            Ok(SequenceCheck::DuplicateOf(original)) => AppendOutcome::DuplicateOf(original),
            Ok(SequenceCheck::NotIdempotent | SequenceCheck::InSequence) => AppendOutcome::Appended(Appended {
                place: self.append_batch(&batch, now),
                batch,
                segment: self.active.base_offset(),
                log_append_time: validated.log_append_time,
                recompressed: validated.recompressed,
            }),
        };
        self.maybe_flush(now);
        self.debug_assert_invariants();
        Ok(AppendInfo { rolled, outcome })
    }

    /// Appends what the leader sent. The batches carry their offsets and epochs and are sound: they share the leader's memory.
    ///
    /// Kafka takes a fetch's batches as one append, which it refuses if it is larger than a segment. There it never is: a fetch of one
    /// partition has 1 MiB and a segment no less. Here segments may be smaller, so batches go in runs that fit.
    ///
    /// # Errors
    /// A batch that does not come after the log end (`UnexpectedAppendOffsetException`); the ones before it are in the log.
    pub fn append_as_follower(
        &mut self,
        batches: &[RecordBatch],
        now: Timestamp,
    ) -> Result<FollowerAppend, AppendError> {
        let mut append = FollowerAppend::default();
        let mut rest = batches;
        while !rest.is_empty() {
            let (run, after) = rest.split_at(self.run_that_fits_a_segment(rest));
            self.ensure_continues(run)?;
            for batch in run.iter().filter(|batch| batch.partition_leader_epoch() >= LeaderEpoch(0)) {
                self.leader_epochs.assign(batch.partition_leader_epoch(), batch.base_offset());
            }
            append.rolled.extend(self.maybe_roll(run, now));
            for batch in run {
                debug_assert!(batch.ensure_valid().is_ok(), "a leader's batch is sound");
                let place = self.append_batch(batch, now);
                append.places.push((self.active.base_offset(), place));
            }
            rest = after;
        }
        self.maybe_flush(now);
        self.debug_assert_invariants();
        Ok(append)
    }

    fn ensure_fits_segment(&self, batch: &RecordBatch) -> Result<(), AppendErrorReason> {
        let (size_in_bytes, segment_bytes) = (batch.size_in_bytes(), self.config.segment_bytes);
        if i64::try_from(size_in_bytes).is_ok_and(|size| size <= segment_bytes) {
            return Ok(());
        }
        Err(AppendErrorReason::LargerThanSegment { size_in_bytes, segment_bytes })
    }

    /// How many of the batches, one at least, are together no larger than a segment.
    fn run_that_fits_a_segment(&self, batches: &[RecordBatch]) -> usize {
        let limit = usize::try_from(self.config.segment_bytes).unwrap_or(0);
        let mut size = 0;
        let fits = |batch: &&RecordBatch| {
            size += batch.size_in_bytes();
            size <= limit
        };
        batches.iter().take_while(fits).count().max(1)
    }

    fn ensure_continues(&self, batches: &[RecordBatch]) -> Result<(), AppendErrorReason> {
        let mut log_end_offset = self.log_end_offset;
        for batch in batches {
            let base_offset = batch.base_offset();
            if base_offset < log_end_offset {
                return Err(AppendErrorReason::UnexpectedOffset { base_offset, log_end_offset });
            }
            log_end_offset = batch.next_offset();
        }
        Ok(())
    }

    /// Rolls if the batches, which are appended together, do not belong into the active segment.
    fn maybe_roll(&mut self, batches: &[RecordBatch], now: Timestamp) -> Option<Roll> {
        let (first, last) = (batches.first()?, batches.last()?);
        let incoming = Incoming {
            size_in_bytes: batches.iter().map(RecordBatch::size_in_bytes).sum(),
            max_timestamp: batches.iter().map(RecordBatch::max_timestamp).max().unwrap_or(-1),
            last_offset: last.last_offset(),
        };
        let reason = roll_reason(&self.active, incoming, &self.config, now)?;
        self.roll_to(first.base_offset(), reason, now)
    }

    fn append_batch(&mut self, batch: &RecordBatch, now: Timestamp) -> SegmentAppend {
        let moment = self.moment(now);
        let place = self.active.append(batch.clone(), self.config.index_interval_bytes, moment);
        self.log_end_offset = batch.next_offset();
        self.producers.update(batch);
        self.producers.update_map_end_offset(self.log_end_offset);
        place
    }
}

impl From<AppendErrorReason> for AppendError {
    fn from(reason: AppendErrorReason) -> Self {
        Self { reason, rolled: None }
    }
}
