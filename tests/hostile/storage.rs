//! The log's files: mutated indexes, snapshots, transaction indexes, checkpoints and segments, read by everything that reads them.

use super::{COMPRESSIONS, alone, fuzz, random_records};
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset, Prng, ProducerEpoch, ProducerId, limits};
use highwater::engine::record::{Compressor, RecordBatch, crc32c};
use highwater::engine::storage::dump::{DumpFormat, dump};
use highwater::engine::storage::producer_snapshot::SnapshotEntry;
use highwater::engine::storage::recovery::{LogFiles, SegmentFiles};
use highwater::engine::storage::segment::Moment;
use highwater::engine::storage::txn_index::AbortedTxn;
use highwater::engine::storage::{
    LeaderEpochCache, OffsetIndex, ProducerSnapshot, RecoveredSegment, TimeIndex, TimestampOffset,
};

const FORMATS: [DumpFormat; 3] =
    [DumpFormat::Json { records: true }, DumpFormat::Json { records: false }, DumpFormat::Text { data: true }];

/// Most memory that reading a file of the log may hold: its entries in memory, and the lists that they stand in.
fn bound(bytes: usize) -> usize {
    limits::log_file_peak_bytes(bytes)
}

/// Most memory where records are decoded too: a mutated codec bit brings any decoder into play.
fn bound_with_records(bytes: usize) -> usize {
    bound(bytes) + 4 * limits::decode_peak_bytes(bytes, limits::ZSTD_EXPANSION_MAX)
}

/// Dumps a file as everything; says whether all of it was good.
fn dumps_cleanly(name: &str, bytes: &Bytes) -> bool {
    FORMATS.iter().all(|format| dump(name, bytes, *format).filter(|part| part.bad.is_some()).count() == 0)
}

#[test]
fn offset_indexes() {
    let _alone = alone();
    let mut index = OffsetIndex::new(Offset(1000), 1000);
    (1..20).for_each(|number| index.append(Offset(1000 + number * 7), number as u32 * 100));
    fuzz("offset index", &[index.to_bytes()], bound, |bytes| {
        let bytes = Bytes::from(bytes);
        dumps_cleanly("00000000000000001000.index", &bytes);
        let parsed = OffsetIndex::parse(Offset(1000), i64::MAX, &bytes);
        if let Ok(mut index) = parsed.clone() {
            let found = index.lookup(Offset(1050));
            assert!(found.offset <= Offset(1050), "the floor");
            index.truncate_to(Offset(1060));
        }
        parsed.is_ok()
    });
}

#[test]
fn time_indexes() {
    let _alone = alone();
    let mut index = TimeIndex::new(Offset(1000), 1000);
    for number in 1..20 {
        index.maybe_append(TimestampOffset { timestamp: 1_700_000_000_000 + number, offset: Offset(1000 + number) });
    }
    fuzz("time index", &[index.to_bytes()], bound, |bytes| {
        let bytes = Bytes::from(bytes);
        dumps_cleanly("00000000000000001000.timeindex", &bytes);
        let parsed = TimeIndex::parse(Offset(1000), i64::MAX, &bytes);
        if let Ok(mut index) = parsed.clone() {
            let found = index.lookup(1_700_000_000_009);
            assert!(found.timestamp <= 1_700_000_000_009, "the floor");
            index.truncate_to(Offset(1010));
        }
        parsed.is_ok()
    });
}

#[test]
fn producer_snapshots() {
    let _alone = alone();
    let entry = |producer_id| SnapshotEntry {
        producer_id: ProducerId(producer_id),
        producer_epoch: ProducerEpoch(3),
        last_sequence: 9,
        last_offset: Offset(40),
        offset_delta: 4,
        timestamp: 1_700_000_000_000,
        coordinator_epoch: -1,
        current_txn_first_offset: Offset(-1),
    };
    let seeds: Vec<Vec<u8>> =
        [0, 1, 3, 20].map(|count| ProducerSnapshot::new((0..count).map(entry).collect()).to_bytes()).to_vec();
    let mut number = 0_u64;
    fuzz("producer snapshot", &seeds, bound, |mut bytes| {
        number += 1;
        // Every other input gets the checksum that its bytes need, so that the checks behind it are reached.
        if number.is_multiple_of(2) && bytes.len() > 6 {
            let crc = crc32c::crc32c(&bytes[6..]);
            bytes[2..6].copy_from_slice(&crc.to_be_bytes());
        }
        let bytes = Bytes::from(bytes);
        dumps_cleanly("00000000000000001000.snapshot", &bytes);
        ProducerSnapshot::parse(&bytes).is_ok()
    });
}

#[test]
fn transaction_indexes() {
    let _alone = alone();
    let seed: Vec<u8> =
        (0..3 * AbortedTxn::ENTRY_BYTES).map(|at| if at % AbortedTxn::ENTRY_BYTES < 3 { 0 } else { 7 }).collect();
    fuzz("transaction index", &[seed], bound, |bytes| {
        let bytes = Bytes::from(bytes);
        dumps_cleanly("00000000000000001000.txnindex", &bytes);
        AbortedTxn::read_all(&bytes).all(|entry| entry.is_ok())
    });
}

#[test]
fn epoch_checkpoints() {
    let _alone = alone();
    let mut cache = LeaderEpochCache::new();
    (0..9).for_each(|epoch| cache.assign(LeaderEpoch(epoch), Offset(i64::from(epoch) * 100)));
    fuzz("epoch checkpoint", &[cache.to_checkpoint().into_bytes()], bound, |bytes| {
        let text = String::from_utf8_lossy(&bytes);
        let parsed = LeaderEpochCache::parse_checkpoint(&text);
        if let Ok(cache) = &parsed {
            assert_eq!(LeaderEpochCache::parse_checkpoint(&cache.to_checkpoint()).as_ref(), Ok(cache));
        }
        parsed.is_ok()
    });
}

/// A small segment's bytes: a few batches one after the other.
fn segment(prng: &mut Prng, base_offset: i64) -> Vec<u8> {
    let (mut bytes, mut next) = (Vec::new(), Offset(base_offset));
    let mut compressor = Compressor::default();
    for _ in 0..prng.between(1, 6) {
        let sent = random_records::records(prng, 3, 30);
        let compression = COMPRESSIONS[prng.below(COMPRESSIONS.len() as u64) as usize];
        let batch = random_records::batch(prng, &sent, compression, &mut compressor);
        let batch = batch.with_offset_and_epoch(next, LeaderEpoch(4));
        next = batch.next_offset();
        batch.write_to(&mut bytes);
    }
    bytes
}

/// Gives every batch the checksum that its bytes need, as far as the lengths lead.
fn mend_checksums(bytes: &mut [u8]) {
    let mut at = 0;
    while let Ok((batch, next)) = RecordBatch::parse(&Bytes::copy_from_slice(bytes), at) {
        bytes[at + 17..at + 21].copy_from_slice(&batch.compute_crc().to_be_bytes());
        at = next;
    }
}

#[test]
fn segments() {
    let _alone = alone();
    let mut prng = Prng::stream(4, "segments");
    let seeds: Vec<Vec<u8>> = (0..50).map(|_| segment(&mut prng, 1000)).collect();
    let mut number = 0_u64;
    fuzz("segment", &seeds, bound, |mut bytes| {
        number += 1;
        if number.is_multiple_of(2) {
            mend_checksums(&mut bytes);
        }
        let bytes = Bytes::from(bytes);
        let moment = Moment { now: 0, file_time: 0 };
        let recovered = RecoveredSegment::read(Offset(1000), &bytes, 64, 1000, moment);
        assert_eq!(recovered.valid_bytes + recovered.cut_bytes, bytes.len());
        assert_eq!(recovered.error.is_some(), recovered.cut_bytes > 0);
        assert_eq!(recovered.segment.log_bytes(), bytes[..recovered.valid_bytes]);
        let seek = recovered.segment.seek(Offset(1005));
        let direct = recovered.segment.translate_offset(Offset(1005));
        assert_eq!(seek.found.as_ref(), direct, "the two steps lead where the search leads");
        recovered.error.is_none() && !bytes.is_empty()
    });
}

#[test]
fn folders_with_a_bad_file() {
    let _alone = alone();
    let mut prng = Prng::stream(5, "folders");
    let good = Bytes::from(segment(&mut prng, 1000));
    let seeds: Vec<Vec<u8>> = (0..20).map(|_| segment(&mut prng, 1100)).collect();
    let mut number = 0_u64;
    fuzz("folder", &seeds, bound_with_records, |mut bytes| {
        number += 1;
        if number.is_multiple_of(2) {
            mend_checksums(&mut bytes);
        }
        let indexes = number.is_multiple_of(3).then(|| (bytes[..bytes.len() / 8 * 8].to_vec(), bytes.clone()));
        let segments = vec![
            SegmentFiles { base_offset: Offset(1000), log: good.clone(), indexes: None },
            SegmentFiles { base_offset: Offset(1100), log: Bytes::from(bytes), indexes },
        ];
        let (log, faults) = LogFiles { segments, log_start_offset: None }.open().expect("there are segments");
        let _ = log.seek(Offset(1101));
        let _ = log.first_record_at_or_after(Offset(1101));
        let _ = log.offset_for_timestamp(1_700_000_000_500);
        for file in log.files() {
            dumps_cleanly(&file.name, &Bytes::from(file.bytes));
        }
        faults.is_empty()
    });
}
