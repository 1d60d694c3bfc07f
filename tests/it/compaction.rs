//! Compaction against Kafka's own log cleaner (`tests/vectors/compaction/`, `broker/compacted`) and against a naive model.
//!
//! The model is the list of all records ever sent and the last value of every key; it knows no segments. A failure prints its seed.

use crate::vectors;
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset, Prng, ProducerEpoch, ProducerId, Timestamp};
use highwater::engine::config::TopicConfig;
use highwater::engine::record::{
    BatchOptions, Compression, Compressor, ProducerState, Record, RecordBatch, RecordBatchBuilder,
};
use highwater::engine::storage::files::{file_name, offset_of_file_name};
use highwater::engine::storage::log_cleaner::{
    CleanerConfig, Cleaning, CleaningReason, LogToClean, RemovalReason, clean, dirtiest,
};
use highwater::engine::storage::recovery::{LogFiles, SegmentFiles};
use highwater::engine::storage::{ClientBatch, Log, ReadUpTo, Segment};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Later than every record of the vectors, and within their `delete.retention.ms`.
const NOW: Timestamp = 1_800_000_000_000;

fn open(folder: &str, config: TopicConfig) -> Log {
    let segments: Vec<SegmentFiles> = vectors::files(folder, |name| name.ends_with(".log"))
        .iter()
        .map(|path| SegmentFiles {
            base_offset: offset_of_file_name(path.rsplit('/').next().expect("a name")).expect("20 digits"),
            log: Bytes::from(vectors::binary(path)),
            indexes: None,
        })
        .collect();
    let (mut log, faults) = LogFiles { segments, log_start_offset: None }.open().expect("a segment");
    assert_eq!(faults, Vec::<String>::new());
    log.update_config(Arc::new(config));
    log
}

fn described(batch: &RecordBatch) -> Value {
    let text = |key: &Bytes| String::from_utf8_lossy(key).into_owned();
    let records = batch.records().expect("a sound batch");
    let records: Vec<Value> = records
        .iter()
        .map(|record| json!([record.offset, record.key.as_ref().map(text), record.value.is_some()]))
        .collect();
    json!({
        "baseOffset": batch.base_offset(),
        "lastOffset": batch.last_offset(),
        "count": batch.records_count(),
        "codec": batch.codec().map(|codec| codec.word()),
        "producerId": batch.producer_id(),
        "baseSequence": batch.base_sequence(),
        "hasDeleteHorizon": batch.attributes().has_delete_horizon(),
        "records": records,
    })
}

fn described_segment(segment: &Segment) -> Value {
    let batches: Vec<Value> = segment.batches().map(|stored| described(&stored.batch)).collect();
    json!({ "file": file_name(segment.base_offset(), "log"), "batches": batches })
}

fn clean_all(log: &mut Log, config: &CleanerConfig, checkpoint: Option<Offset>, now: Timestamp) -> Cleaning {
    let to_clean = LogToClean::of(log, checkpoint, config, now);
    let cleaning = clean(log, &to_clean, config, now).expect("sound batches");
    assert_sound(log, "after a cleaning");
    cleaning
}

/// Every batch has a right checksum, offsets ascend, and every index entry points at the batch that it names.
#[track_caller]
fn assert_sound(log: &Log, what: &str) {
    let mut next = Offset(0);
    for segment in log.segments() {
        assert!(segment.base_offset() >= next, "{what}: segments do not overlap");
        for stored in segment.batches() {
            assert!(stored.batch.base_offset() >= next, "{what}: offsets ascend");
            stored.batch.ensure_valid().unwrap();
            next = stored.batch.next_offset();
        }
        for entry in segment.offset_index().entries() {
            let stored = segment.batches_at(entry.position).next().unwrap();
            assert_eq!((stored.position, stored.batch.last_offset()), (entry.position, entry.offset), "{what}");
        }
        for entry in segment.time_index().entries() {
            let largest = segment.batches().take_while(|stored| stored.batch.last_offset() <= entry.offset);
            assert_eq!(largest.map(|stored| stored.batch.max_timestamp()).max(), Some(entry.timestamp), "{what}");
        }
    }
}

#[test]
fn every_unit_is_cleaned_as_by_kafkas_cleaner() {
    let units = vectors::files("compaction", |name| !name.contains('.'));
    assert!(units.len() >= 3, "the folder has its units");
    for unit in units {
        let expected = vectors::json(&format!("{unit}/expected.json"));
        let segment_bytes = if unit.ends_with("/users") { 16_000 } else { 9_000 };
        let config = TopicConfig { segment_bytes, index_interval_bytes: 1024, ..TopicConfig::default() };
        let mut log = open(&format!("{unit}/before"), config);
        let active_before = log.active_segment().log_bytes();
        let cleaner = CleanerConfig {
            min_cleanable_dirty_ratio: 0.0,
            delete_retention_ms: if unit.ends_with("/tombstones") { 1 } else { 600_000_000 },
            ..CleanerConfig::default()
        };
        let to_clean = LogToClean::of(&log, None, &cleaner, NOW);
        assert_eq!(to_clean.reason(&cleaner), Some(CleaningReason::DirtyRatio), "{unit}");
        let cleaning = clean_all(&mut log, &cleaner, None, NOW);
        assert_eq!(cleaning.first_dirty_offset, log.active_segment().base_offset(), "{unit}");
        let ours: Vec<Value> = log.segments().map(described_segment).collect();
        vectors::assert_same(&Value::from(ours), &expected["after"], &unit);
        assert_eq!(log.active_segment().log_bytes(), active_before, "{unit}: the active segment is not touched");
    }
}

#[test]
fn what_kafkas_cleaner_has_cleaned_stays_byte_for_byte() {
    let folder = "broker/compacted";
    let config = TopicConfig { segment_bytes: 14_000, index_interval_bytes: 1024, ..TopicConfig::default() };
    let mut log = open(folder, config);
    let batches = |log: &Log| -> Vec<Vec<u8>> {
        let stored = log.segments().flat_map(Segment::batches);
        // An empty batch marks the end of an earlier round; in this round it may go.
        stored.filter(|stored| stored.batch.records_count() > 0).map(|stored| stored.batch.to_vec()).collect()
    };
    let before = batches(&log);
    let horizons = log.segments().flat_map(Segment::batches).filter_map(|stored| stored.batch.delete_horizon_ms());
    let now = horizons.min().expect("tombstones with a horizon") - 1;
    let cleaner = CleanerConfig { delete_retention_ms: 60_000_000, ..CleanerConfig::default() };
    let cleaning = clean_all(&mut log, &cleaner, None, now);
    assert_eq!(batches(&log), before);
    assert!(cleaning.removed.is_empty(), "{:?}", cleaning.removed);
    assert!(cleaning.groups.iter().any(|group| group.replaced.len() > 1), "small segments are joined");
}

#[test]
fn a_tombstone_stays_for_its_time_and_then_goes() {
    let config = TopicConfig { segment_bytes: 9_000, index_interval_bytes: 1024, ..TopicConfig::default() };
    let mut log = open("compaction/tombstones/before", config);
    let cleaner = CleanerConfig { delete_retention_ms: 500, ..CleanerConfig::default() };
    let tombstones = |log: &Log| {
        let closed = log.active_segment().base_offset();
        let stored = log.segments().filter(|segment| segment.base_offset() < closed).flat_map(Segment::batches);
        stored.flat_map(|stored| stored.batch.records().unwrap()).filter(|record| record.value.is_none()).count() as u64
    };
    let expired = |cleaning: &Cleaning| {
        let gone =
            cleaning.removed.iter().filter(|record| matches!(record.why, RemovalReason::TombstoneExpired { .. }));
        gone.count() as u64
    };
    let first = clean_all(&mut log, &cleaner, None, NOW);
    let marked = tombstones(&log);
    assert!(marked > 0 && !first.horizons.is_empty() && expired(&first) == 0);
    let early = clean_all(&mut log, &cleaner, None, NOW + 499);
    assert_eq!((tombstones(&log), early.horizons.len()), (marked, 0), "the horizon is set once");
    let late = clean_all(&mut log, &cleaner, None, NOW + 500);
    assert_eq!((tombstones(&log), expired(&late)), (0, marked));
}

/// Which log is next: clean and cleanable bytes, by how much the lag is exceeded.
#[test]
fn the_dirtiest_log_with_a_reason_is_next() {
    let log = |clean_bytes, cleanable_bytes, compaction_delay_ms| LogToClean {
        first_dirty_offset: Offset(0),
        first_uncleanable_offset: Offset(9),
        clean_bytes,
        cleanable_bytes,
        compaction_delay_ms,
    };
    let config = CleanerConfig::default();
    let next = |logs: &[LogToClean]| dirtiest(&logs.iter().map(|log| (*log, config)).collect::<Vec<_>>());
    assert_eq!(next(&[]), None);
    assert_eq!(next(&[log(50, 50, 0)]), None, "a ratio of one half is not above one half");
    assert_eq!(next(&[log(0, 0, 7)]), None, "nothing can be cleaned");
    assert_eq!(next(&[log(49, 51, 0), log(10, 90, 0), log(99, 1, 0)]), Some(1));
    assert_eq!(next(&[log(50, 50, 0), log(99, 1, 7)]), Some(1), "the lag is a reason of its own");
    assert_eq!(log(99, 1, 7).reason(&config), Some(CleaningReason::MaxCompactionLag));
}

/// A random log, every record that was ever sent to it, and the cleaner's checkpoint.
struct Run {
    seed: u64,
    prng: Prng,
    log: Log,
    sent: BTreeMap<Offset, Record>,
    config: CleanerConfig,
    checkpoint: Option<Offset>,
    now: Timestamp,
    sequences: [i32; 2],
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut prng = Prng::stream(seed, "compaction");
        let config = TopicConfig {
            segment_bytes: prng.between(500, 4000) as i64,
            index_interval_bytes: prng.between(0, 600) as i64,
            segment_index_bytes: if prng.chance(200) { prng.between(24, 200) as i64 } else { 10_485_760 },
            ..TopicConfig::default()
        };
        let cleaner = CleanerConfig {
            delete_retention_ms: prng.between(0, 20_000) as i64,
            min_compaction_lag_ms: if prng.chance(300) { prng.between(1, 5000) as i64 } else { 0 },
            // Sometimes a map of few keys, so that a cleaning ends in the middle.
            dedupe_buffer_bytes: if prng.chance(400) { prng.between(24 * 8, 24 * 30) } else { 1 << 20 },
            ..CleanerConfig::default()
        };
        let log = Log::new(Arc::new(config), NOW);
        let (sent, sequences) = (BTreeMap::new(), [0; 2]);
        Self { seed, prng, log, sent, config: cleaner, checkpoint: None, now: NOW, sequences }
    }

    fn append(&mut self) {
        let compression = if self.prng.chance(300) { Compression::Lz4 } else { Compression::None };
        let options = BatchOptions { compression, ..BatchOptions::default() };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        let count = self.prng.between(1, 5);
        for _ in 0..count {
            let key = format!("k{}", self.prng.below(12)).into_bytes();
            let key = (!self.prng.chance(30)).then_some(key);
            let value = vec![b'v'; self.prng.below(60) as usize];
            let value = (!self.prng.chance(250)).then_some(value);
            let timestamp = self.now - self.prng.below(3000) as i64;
            builder.append(timestamp, key.as_deref(), value.as_deref(), &[]);
        }
        let producer = self.prng.below(3) as usize;
        let state = match self.sequences.get_mut(producer) {
            Some(sequence) => {
                let base_sequence = *sequence;
                *sequence += count as i32;
                let producer_id = ProducerId(producer as i64);
                ProducerState { producer_id, producer_epoch: ProducerEpoch(0), base_sequence, is_transactional: false }
            }
            None => ProducerState::NONE,
        };
        let batch = builder.close(state, &mut Compressor::default()).batch;
        let at = self.log.log_end_offset();
        self.log.append_as_leader(ClientBatch::Built(batch.clone()), LeaderEpoch(0), self.now).expect("it fits");
        let stored = batch.with_offset_and_epoch(at, LeaderEpoch(0));
        self.sent.extend(stored.records().unwrap().into_iter().map(|record| (record.offset, record)));
    }

    fn clean(&mut self) {
        let to_clean = LogToClean::of(&self.log, self.checkpoint, &self.config, self.now);
        let untouched = |log: &Log| -> Vec<Vec<u8>> {
            let stored = log.segments().flat_map(Segment::batches);
            stored
                .filter(|stored| stored.batch.base_offset() >= to_clean.first_uncleanable_offset)
                .map(|stored| stored.batch.to_vec())
                .collect()
        };
        let (before, ends) = (untouched(&self.log), self.ends());
        let producers: Vec<_> = self.log.producer_state().producers().cloned().collect();
        let young_before = self.young();
        let there: BTreeSet<Offset> = self.records().into_iter().map(|record| record.offset).collect();
        let cleaning = clean(&mut self.log, &to_clean, &self.config, self.now).expect("sound batches");
        let seed = self.seed;
        assert_eq!(untouched(&self.log), before, "seed {seed}: nothing uncleanable is touched");
        assert_eq!(self.ends(), ends, "seed {seed}: the log begins and ends as before");
        let left: BTreeSet<Offset> = self.records().into_iter().map(|record| record.offset).collect();
        let gone: Vec<Offset> = there.difference(&left).copied().collect();
        let told: Vec<Offset> = cleaning.removed.iter().map(|record| record.offset).collect();
        assert_eq!(told, gone, "seed {seed}: what is told to have gone has, and nothing else");
        let end = cleaning.first_dirty_offset;
        let bound = to_clean.first_uncleanable_offset.max(to_clean.first_dirty_offset);
        assert!((to_clean.first_dirty_offset..=bound).contains(&end), "seed {seed}: the checkpoint {end}");
        assert_eq!(self.young(), young_before, "seed {seed}: none goes before min.compaction.lag.ms");
        self.assert_no_duplicate_below(end);
        self.checkpoint = Some(end);
        // What followers and restarts build from the batches: sequences go on where they were.
        let mut reopened = self.log.clone();
        reopened.reopen_after_crash(Offset(0), self.log.high_watermark(), NOW);
        for producer in producers {
            let known = reopened.producer_state().producer(producer.producer_id);
            let known = known.unwrap_or_else(|| panic!("seed {seed}: {producer:?} is forgotten"));
            assert_eq!(known.last_sequence(), producer.last_sequence(), "seed {seed}: {producer:?}");
        }
    }

    fn ends(&self) -> [Offset; 3] {
        [self.log.log_start_offset(), self.log.high_watermark(), self.log.log_end_offset()]
    }

    fn records(&self) -> Vec<Record> {
        let stored = self.log.segments().flat_map(Segment::batches);
        stored.flat_map(|stored| stored.batch.records().unwrap()).collect()
    }

    /// Records that are left and must not go yet, because of `min.compaction.lag.ms`.
    fn young(&self) -> Vec<Offset> {
        let old_enough = self.now - self.config.min_compaction_lag_ms;
        let lag_is_set = self.config.min_compaction_lag_ms > 0;
        let records = self.records().into_iter().filter(|record| lag_is_set && record.timestamp > old_enough);
        records.map(|record| record.offset).collect()
    }

    /// Of every key at most one record is left in the part that was cleaned.
    fn assert_no_duplicate_below(&self, end: Offset) {
        let mut seen = BTreeMap::new();
        for record in self.records().into_iter().filter(|record| record.offset < end) {
            let key = record.key.clone().unwrap_or_else(|| panic!("seed {}: a record without key", self.seed));
            let before = seen.insert(key, record.offset);
            assert_eq!(before, None, "seed {}: twice below {end}: {record:?}", self.seed);
        }
    }

    /// What somebody knows who reads these records in order: the last value of every key, and the records without a key are left out.
    fn state(records: impl Iterator<Item = Record>) -> BTreeMap<Bytes, (Offset, Bytes)> {
        let mut state = BTreeMap::new();
        for record in records {
            match (record.key, record.value) {
                (Some(key), Some(value)) => {
                    state.insert(key, (record.offset, value));
                }
                (Some(key), None) => {
                    state.remove(&key);
                }
                (None, _) => {}
            }
        }
        state
    }

    fn check(&mut self) {
        let (seed, records) = (self.seed, self.records());
        assert_sound(&self.log, &format!("seed {seed}"));
        for record in &records {
            let sent = &self.sent[&record.offset];
            let same = (record.timestamp, &record.key, &record.value) == (sent.timestamp, &sent.key, &sent.value);
            assert!(same, "seed {seed}: {record:?} was sent as {sent:?}");
        }
        let last_values = Self::state(self.sent.values().cloned());
        assert_eq!(Self::state(records.into_iter()), last_values, "seed {seed}: the last value of every key");
        let end = self.log.log_end_offset();
        let at = Offset(self.prng.between(0, end.0 as u64) as i64);
        let read = self.log.read(at, 1, ReadUpTo::LogEnd).unwrap_or_else(|_| panic!("seed {seed}: {at} is in the log"));
        let stored = self.log.segments().flat_map(Segment::batches);
        let reaching = stored.map(|stored| &stored.batch).find(|batch| batch.last_offset() >= at);
        assert_eq!(read.batches.first(), reaching, "seed {seed}: a read at {at}");
    }
}

#[test]
fn any_number_of_cleanings_keeps_the_last_value_of_every_key() {
    let (mut removed, mut joined) = (0, 0);
    for seed in 0..150 {
        let mut run = Run::new(seed);
        for _ in 0..120 {
            run.now += run.prng.below(600) as i64;
            match run.prng.below(100) {
                0..75 => run.append(),
                75..85 => {
                    // On a broker the high watermark stands where a batch begins.
                    let stored = run.log.segments().flat_map(Segment::batches);
                    let starts: Vec<Offset> = stored.map(|stored| stored.batch.base_offset()).collect();
                    let at = run.prng.below(starts.len() as u64 + 1) as usize;
                    let at = starts.get(at).copied().unwrap_or(run.log.log_end_offset());
                    run.log.maybe_increment_high_watermark(at);
                }
                85..88 => {
                    run.log.roll(run.now);
                }
                _ => {
                    let (records, segments) = (run.records().len(), run.log.segments_count());
                    run.clean();
                    removed += records - run.records().len();
                    joined += segments - run.log.segments_count();
                }
            }
            run.check();
        }
    }
    assert!(removed > 5_000 && joined > 100, "cleanings remove records and join segments: {removed}, {joined}");
}
