//! The log against a naive model of itself: random operations, and after each one everything that can be asked is asked of both.
//!
//! The model is a list of batches, the offsets, and the epochs as a list; it scans where the log looks up. A failure prints its seed.

use highwater::engine::common::{LeaderEpoch, Offset, Prng, Timestamp};
use highwater::engine::config::TopicConfig;
use highwater::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatch, RecordBatchBuilder};
use highwater::engine::storage::{
    ClientBatch, DeletionReason, Log, LogOffsetMetadata, ReadUpTo, RollReason, Segment, Shutdown,
};
use std::sync::Arc;

const START_MS: Timestamp = 1_700_000_000_000;

/// What a log is, without files: batches in order, and where it starts and ends.
#[derive(Clone, Debug)]
struct Model {
    batches: Vec<RecordBatch>,
    log_start_offset: Offset,
    log_end_offset: Offset,
    high_watermark: Offset,
}

impl Model {
    fn append(&mut self, batch: RecordBatch) {
        self.log_end_offset = batch.next_offset();
        self.batches.push(batch);
    }

    /// A batch that holds the cut goes whole; the log ends at the cut all the same.
    fn truncate(&mut self, offset: Offset) {
        if offset < self.log_end_offset {
            self.batches.retain(|batch| batch.last_offset() < offset);
            self.log_end_offset = offset;
            self.log_start_offset = self.log_start_offset.min(offset);
            self.high_watermark = self.high_watermark.min(offset);
        }
    }

    fn first_reaching(&self, offset: Offset) -> Option<&RecordBatch> {
        self.batches.iter().find(|batch| batch.last_offset() >= offset)
    }
}

struct Run {
    seed: u64,
    prng: Prng,
    log: Log,
    model: Model,
    now: Timestamp,
    epoch: LeaderEpoch,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut prng = Prng::stream(seed, "log properties");
        let config = TopicConfig {
            segment_bytes: prng.between(600, 6000) as i64,
            segment_ms: if prng.chance(300) { prng.between(500, 9000) as i64 } else { i64::MAX },
            index_interval_bytes: prng.between(0, 1500) as i64,
            segment_index_bytes: if prng.chance(200) { prng.between(24, 200) as i64 } else { 10_485_760 },
            retention_ms: if prng.chance(500) { prng.between(2000, 20_000) as i64 } else { -1 },
            retention_bytes: if prng.chance(500) { prng.between(0, 12_000) as i64 } else { -1 },
            ..TopicConfig::default()
        };
        let zero = Offset(0);
        let model = Model { batches: Vec::new(), log_start_offset: zero, log_end_offset: zero, high_watermark: zero };
        let log = Log::new(Arc::new(config), START_MS);
        Self { seed, prng, log, model, now: START_MS, epoch: LeaderEpoch(0) }
    }

    fn batch(&mut self) -> RecordBatch {
        let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
        for _ in 0..self.prng.between(1, 6) {
            let timestamp = self.now + self.prng.between(0, 4000) as i64 - 2000;
            let value = vec![b'v'; self.prng.below(80) as usize];
            builder.append(timestamp, None, Some(&value), &[]);
        }
        builder.close(ProducerState::NONE, &mut Compressor::default()).batch
    }

    fn offset_within(&mut self) -> Offset {
        Offset(self.prng.between(0, self.model.log_end_offset.0 as u64 + 3) as i64)
    }

    fn step(&mut self) {
        self.now += self.prng.below(400) as i64;
        match self.prng.below(100) {
            0..60 => self.append(),
            60..70 => self.move_high_watermark(),
            70..76 => self.truncate(),
            76..82 => self.delete_records(),
            82..90 => self.retain(),
            90..93 => {
                self.log.roll(self.now);
            }
            93..96 => {
                self.epoch.0 += 1;
                self.log.assign_epoch_start_offset(self.epoch, self.model.log_end_offset);
            }
            _ => self.reopen(),
        }
    }

    fn append(&mut self) {
        let batch = self.batch();
        let before = self.log.segments_count();
        let info = self.log.append_as_leader(ClientBatch::Built(batch.clone()), self.epoch, self.now);
        let info = info.expect("the batch fits");
        let stored = batch.with_offset_and_epoch(self.model.log_end_offset, self.epoch);
        assert_eq!((info.base_offset(), info.last_offset()), (stored.base_offset(), stored.last_offset()));
        assert_eq!(self.log.segments_count(), before + usize::from(info.rolled.is_some()));
        if let Some(roll) = info.rolled {
            assert_eq!(roll.base_offset, stored.base_offset(), "a segment starts with the batch that did not fit");
            assert_ne!(roll.reason, RollReason::Requested);
        }
        self.model.append(stored);
    }

    fn move_high_watermark(&mut self) {
        // On a broker the high watermark is the log end of some replica: where a batch starts, or the end.
        let starts = self.model.batches.iter().map(RecordBatch::base_offset);
        let targets: Vec<Offset> = starts.chain([self.model.log_end_offset]).collect();
        let target = targets[self.prng.below(targets.len() as u64) as usize];
        if let Some(moved) = self.log.maybe_increment_high_watermark(target) {
            assert_eq!(moved, target);
            self.model.high_watermark = target;
        }
    }

    fn truncate(&mut self) {
        let high_watermark = self.model.high_watermark;
        let offset = self.offset_within().max(high_watermark);
        let cut = self.log.truncate_to(offset, self.now);
        assert_eq!(cut, offset < self.model.log_end_offset);
        self.model.truncate(offset);
        // A cut inside of a batch leaves a hole. A high watermark there moves to its end with the next read; here, at once.
        if self.model.first_reaching(self.model.high_watermark).is_none() {
            self.model.high_watermark = self.model.log_end_offset;
            self.log.update_high_watermark(self.model.log_end_offset);
        }
    }

    fn delete_records(&mut self) {
        let offset = self.offset_within();
        let allowed = offset <= self.model.high_watermark;
        let moved = self.log.delete_records(offset);
        assert_eq!(moved.is_ok(), allowed);
        if moved == Ok(true) {
            self.model.log_start_offset = offset;
        }
    }

    /// What retention takes, it may take, and what it leaves, it must leave; the model then forgets the same.
    fn retain(&mut self) {
        let (before, config) = (self.log.clone(), self.log.config().clone());
        let retention = self.log.delete_old_segments(self.now);
        let mut log_bytes = before.size_in_bytes() as i64;
        for (gone, was) in retention.deleted.iter().zip(before.segments()) {
            assert_eq!(gone.segment.base_offset(), was.base_offset(), "oldest first");
            assert!(gone.segment.next_offset() <= self.model.high_watermark, "only below the high watermark");
            match gone.reason {
                DeletionReason::LogStartOffsetBreach { next_base_offset, log_start_offset } => {
                    assert!(next_base_offset <= log_start_offset);
                }
                DeletionReason::RetentionBytes { retention_bytes, .. } => {
                    assert!(log_bytes - i64::from(was.size_in_bytes()) >= retention_bytes && retention_bytes >= 0);
                }
                DeletionReason::RetentionMs { age_ms, retention_ms, .. } => {
                    let largest = was.batches().map(|stored| stored.batch.max_timestamp()).max();
                    assert_eq!(age_ms, self.now - largest.unwrap_or(self.now - age_ms));
                    assert!(age_ms > retention_ms && retention_ms >= 0);
                }
            }
            log_bytes -= i64::from(was.size_in_bytes());
        }
        let first = self.log.segments().next().expect("a log has a segment");
        let oldest_goes_below = self.model.high_watermark >= first.next_offset() && self.log.segments_count() > 1;
        if config.retention_bytes >= 0 && oldest_goes_below && !first.is_empty() {
            let without = self.log.size_in_bytes() as i64 - i64::from(first.size_in_bytes());
            let next = self.log.segments().nth(1).expect("more than one").base_offset();
            assert!(without < config.retention_bytes || self.model.high_watermark < next, "the oldest should go");
        }
        if !retention.deleted.is_empty() {
            let base = first.base_offset();
            self.model.batches.retain(|batch| batch.base_offset() >= base);
            self.model.log_start_offset = self.model.log_start_offset.max(base);
        }
    }

    fn reopen(&mut self) {
        let shutdown = if self.prng.chance(500) { Shutdown::Clean } else { Shutdown::Crash };
        self.log.reopen(shutdown, self.model.high_watermark, self.now);
    }

    /// Asks everything of both.
    fn check(&mut self) {
        let (log, model) = (&self.log, &self.model);
        assert_eq!(log.log_start_offset(), model.log_start_offset, "log start");
        assert_eq!(log.log_end_offset(), model.log_end_offset, "log end");
        assert_eq!(log.high_watermark(), model.high_watermark, "high watermark");
        let batches: Vec<&RecordBatch> =
            log.segments().flat_map(Segment::batches).map(|stored| &stored.batch).collect();
        assert!(batches.iter().copied().eq(&model.batches), "the same batches");
        for segment in log.segments() {
            check_segment(segment, log.config().index_interval_bytes);
        }
        let target = self.offset_within();
        self.check_seek(target);
        self.check_read(target);
        let timestamp = self.now + self.prng.between(0, 30_000) as i64 - 25_000;
        self.check_timestamp(timestamp);
        self.check_epochs();
    }

    fn check_seek(&self, target: Offset) {
        let expected = (target >= self.model.log_start_offset).then(|| self.model.first_reaching(target)).flatten();
        let seek = self.log.seek(target);
        let found = seek.as_ref().and_then(|seek| seek.found.as_ref());
        assert_eq!(found.map(|stored| &stored.batch), expected, "seek {target}");
        if let Some(seek) = &seek {
            assert!(seek.floor.offset <= target || seek.floor.position == 0, "the floor is not beyond the target");
            let sizes: u32 = seek.scanned.iter().map(|batch| batch.size_in_bytes).sum();
            assert_eq!(seek.scanned_bytes(), sizes, "every byte from the floor on was scanned");
        }
    }

    fn check_read(&mut self, offset: Offset) {
        let max_bytes = self.prng.below(3000) as usize;
        let up_to = if self.prng.chance(500) { ReadUpTo::LogEnd } else { ReadUpTo::HighWatermark };
        let limit = match up_to {
            ReadUpTo::LogEnd => self.model.log_end_offset,
            ReadUpTo::HighWatermark => self.model.high_watermark,
        };
        let in_range = offset >= self.model.log_start_offset && offset <= self.model.log_end_offset;
        let read = self.log.read(offset, max_bytes, up_to);
        assert_eq!(read.is_ok(), in_range, "read {offset}");
        let Ok(read) = read else { return };
        let mut expected = self.model.batches.iter().filter(|batch| batch.last_offset() >= offset).peekable();
        let starts = expected.peek().is_some_and(|first| first.base_offset() < limit) && offset < limit;
        assert_eq!(!read.batches.is_empty(), starts, "read {offset} up to {limit} gives a whole batch if there is one");
        for batch in &read.batches {
            assert_eq!(Some(batch), expected.next(), "read {offset}");
            assert!(batch.next_offset() <= limit, "nothing beyond the limit");
        }
        let first = read.batches.first().map_or(0, RecordBatch::size_in_bytes);
        assert!(read.size_in_bytes <= max_bytes.max(first), "no more bytes than asked for");
    }

    /// Kafka's rule by a plain scan: the first segment whose largest timestamp reaches the target decides alone.
    fn check_timestamp(&self, target: Timestamp) {
        let decides = self.log.segments().find(|segment| segment.largest_timestamp() >= target);
        let records = decides.into_iter().flat_map(Segment::batches);
        let expected = records
            .flat_map(|stored| stored.batch.records().expect("sound records"))
            .find(|record| record.timestamp >= target && record.offset >= self.model.log_start_offset);
        let found = self.log.offset_for_timestamp(target).expect("sound records");
        let pair = |offset: Offset, timestamp| (offset, timestamp);
        assert_eq!(
            found.map(|found| pair(found.offset, found.timestamp)),
            expected.map(|record| pair(record.offset, record.timestamp)),
            "timestamp {target}"
        );
    }

    fn check_epochs(&self) {
        let entries: Vec<_> = self.log.leader_epochs().entries().collect();
        assert!(entries.windows(2).all(|pair| pair[0].epoch < pair[1].epoch), "epochs ascend");
        assert!(entries.windows(2).all(|pair| pair[0].start_offset < pair[1].start_offset), "starts ascend");
        for batch in self.model.batches.iter().filter(|batch| batch.base_offset() >= self.model.log_start_offset) {
            let known = self.log.leader_epochs().epoch_for_offset(batch.base_offset());
            assert_eq!(known, Some(batch.partition_leader_epoch()), "the epoch of {}", batch.base_offset());
        }
    }
}

/// The indexes by plain scans: every entry is a batch, far enough from the one before, and the time index is the running maximum.
fn check_segment(segment: &Segment, index_interval_bytes: i64) {
    let mut position = 0;
    for stored in segment.batches() {
        assert_eq!(stored.position, position, "batches stand end to end");
        position = stored.end_position();
    }
    assert_eq!(segment.size_in_bytes(), position);
    let mut last = 0;
    for entry in segment.offset_index().entries() {
        let stored = segment.batches().find(|stored| stored.position == entry.position).expect("an entry is a batch");
        assert_eq!(stored.batch.last_offset(), entry.offset);
        assert!(i64::from(entry.position) - last > index_interval_bytes, "entries are apart");
        last = i64::from(entry.position);
    }
    for entry in segment.time_index().entries() {
        let up_to = segment.batches().take_while(|stored| stored.batch.last_offset() <= entry.offset);
        let largest = up_to.map(|stored| stored.batch.max_timestamp()).max();
        assert_eq!(largest, Some(entry.timestamp), "the largest timestamp so far");
    }
    let largest = segment.batches().map(|stored| stored.batch.max_timestamp()).max().unwrap_or(-1);
    assert_eq!(segment.largest_timestamp_of_records().timestamp, largest);
}

/// Runs `body` for a seed, and names the seed if it fails.
fn with_seed(seed: u64, body: impl FnOnce() + std::panic::UnwindSafe) {
    if let Err(panic) = std::panic::catch_unwind(body) {
        eprintln!("seed {seed}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn random_operations_against_the_model() {
    for seed in 0..60 {
        with_seed(seed, || {
            let mut run = Run::new(seed);
            for _ in 0..250 {
                run.step();
                run.check();
            }
            assert!(run.model.log_end_offset.0 > 100, "seed {} did something", run.seed);
        });
    }
}

/// A checkpoint stays what it was however the log goes on, and going on from it gives the same log.
#[test]
fn a_clone_is_a_checkpoint() {
    for seed in 100..130 {
        with_seed(seed, || {
            let mut run = Run::new(seed);
            (0..100).for_each(|_| run.step());
            let (checkpoint, prng, model, now, epoch) =
                (run.log.clone(), run.prng.clone(), run.model.clone(), run.now, run.epoch);
            let files = checkpoint.files();
            (0..100).for_each(|_| run.step());
            assert!(checkpoint.files() == files, "the checkpoint has not changed");
            let mut again = Run { seed, prng, log: checkpoint, model, now, epoch };
            (0..100).for_each(|_| again.step());
            assert!(again.log.files() == run.log.files(), "the same steps from the checkpoint give the same log");
            assert_eq!(again.log.high_watermark(), run.log.high_watermark());
        });
    }
}

/// Followers that fetch at their own pace have the leader's batches and epochs in the end.
#[test]
fn a_follower_has_what_the_leader_has() {
    for seed in 200..230 {
        with_seed(seed, || {
            let mut run = Run::new(seed);
            let mut follower = Log::new(run.log.config().clone(), START_MS);
            for _ in 0..300 {
                if run.prng.chance(100) {
                    run.epoch.0 += 1;
                    run.log.assign_epoch_start_offset(run.epoch, run.log.log_end_offset());
                }
                run.append();
                if run.prng.chance(400) {
                    copy(&mut run, &mut follower);
                }
            }
            while follower.log_end_offset() < run.log.log_end_offset() {
                copy(&mut run, &mut follower);
            }
            let bytes = |log: &Log| log.segments().flat_map(Segment::log_bytes).collect::<Vec<u8>>();
            assert!(bytes(&follower) == bytes(&run.log), "the same bytes");
            assert_eq!(follower.leader_epochs(), run.log.leader_epochs());
        });
    }
}

fn copy(run: &mut Run, follower: &mut Log) {
    let max_bytes = run.prng.below(5000) as usize;
    let read = run.log.read(follower.log_end_offset(), max_bytes, ReadUpTo::LogEnd).expect("in range");
    follower.append_as_follower(&read.batches, run.now).expect("the leader's batches continue");
}

/// The high watermark's place is looked up once, and is that of its batch.
#[test]
fn a_high_watermark_has_its_place() {
    let mut run = Run::new(300);
    (0..40).for_each(|_| run.append());
    let target = run.model.batches[20].base_offset();
    run.log.update_high_watermark(target);
    let LogOffsetMetadata { offset, place } = run.log.limit(ReadUpTo::HighWatermark);
    let (segment, position) = place.expect("resolved");
    assert_eq!(offset, target);
    let segment = run.log.floor_segment(segment).expect("the segment");
    assert_eq!(segment.translate_offset(target).map(|stored| stored.position), Some(position));
}
