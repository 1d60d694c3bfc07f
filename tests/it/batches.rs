//! Batches that other people's clients wrote: each decodes to what is described, and what is described encodes to the same bytes.

use crate::vectors;
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset, ProducerEpoch, ProducerId};
use highwater::engine::config::CompressionType;
use highwater::engine::record::{
    BatchHeader, BatchOptions, BatchTimestampType, Compression, Compressor, Header, ProducerState, Record, RecordBatch,
    RecordBatchBuilder, SnappyFraming,
};
use serde_json::Value;

/// The batches of the folder: their name, their bytes, what they should be.
fn all() -> Vec<(String, Bytes, Value)> {
    let files = vectors::files("batches", |name| name.ends_with(".json"));
    let read = |path: String| {
        let bytes = vectors::binary(&path.replace(".json", ".bin"));
        let described = vectors::json(&path);
        (path, Bytes::from(bytes), described)
    };
    let batches: Vec<_> = files.into_iter().map(read).collect();
    assert!(batches.len() >= 36, "the folder has its 36 batches");
    batches
}

fn parse(name: &str, bytes: &Bytes) -> RecordBatch {
    let (batch, next) = RecordBatch::parse(bytes, 0).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(next, bytes.len(), "{name}");
    batch.ensure_valid().unwrap_or_else(|error| panic!("{name}: {error}"));
    batch
}

fn described_header(header: &Value) -> BatchHeader {
    let number = |field: &str| vectors::signed(&header[field]);
    BatchHeader {
        base_offset: Offset(number("base_offset")),
        batch_length: number("batch_length") as i32,
        partition_leader_epoch: LeaderEpoch(number("partition_leader_epoch") as i32),
        magic: number("magic") as i8,
        crc: number("crc") as u32,
        attributes: highwater::engine::record::Attributes(number("attributes") as i16),
        last_offset_delta: number("last_offset_delta") as i32,
        base_timestamp: number("base_timestamp"),
        max_timestamp: number("max_timestamp"),
        producer_id: ProducerId(number("producer_id")),
        producer_epoch: ProducerEpoch(number("producer_epoch") as i16),
        base_sequence: number("base_sequence") as i32,
        records_count: number("records_count") as i32,
    }
}

fn described_headers(record: &Value) -> Vec<Header> {
    let header = |pair: &Value| {
        let key = pair[0].as_str().expect("a header's key is text").to_owned();
        Header::new(key, vectors::nullable_bytes(&pair[1]).map(Bytes::from))
    };
    record["headers"].as_array().expect("a list of headers").iter().map(header).collect()
}

fn described_records(described: &Value) -> &Vec<Value> {
    described["records"].as_array().expect("a list of records")
}

#[test]
fn each_decodes_to_what_is_described() {
    for (name, bytes, described) in all() {
        let batch = parse(&name, &bytes);
        assert_eq!(batch.header(), described_header(&described["header"]), "{name}");
        let flags = &described["header"]["flags"];
        assert_eq!(batch.codec().map(CompressionType::word), flags["codec"].as_str(), "{name}");
        assert_eq!(batch.is_transactional(), flags["transactional"], "{name}");
        assert_eq!(batch.is_control(), flags["control"], "{name}");
        assert_eq!(batch.attributes().is_log_append_time(), flags["timestamp_type"] == "LogAppendTime", "{name}");
        assert_eq!(batch.attributes().has_delete_horizon(), flags["delete_horizon"], "{name}");

        let section = &described["records_section"];
        let uncompressed = batch.uncompressed_records().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(batch.stored_records().len(), vectors::integer(&section["stored_bytes"]) as usize, "{name}");
        assert_eq!(uncompressed.len(), vectors::integer(&section["uncompressed_bytes"]) as usize, "{name}");
        assert_eq!(vectors::sha256(&uncompressed), section["uncompressed_sha256"], "{name}");
        check_records(&name, &batch, &described);
    }
}

fn check_records(name: &str, batch: &RecordBatch, described: &Value) {
    let records = batch.records().unwrap_or_else(|error| panic!("{name}: {error}"));
    let expected = described_records(described);
    assert_eq!(records.len(), expected.len(), "{name}");
    for (record, expected) in records.iter().zip(expected) {
        assert_eq!(record.offset, Offset(vectors::signed(&expected["offset"])), "{name}");
        assert_eq!(record.timestamp, vectors::signed(&expected["timestamp"]), "{name}");
        assert_eq!(
            record.key.as_ref().map(|key| key.to_vec()),
            vectors::nullable_bytes(&expected["key_hex"]),
            "{name}"
        );
        let value = record.value.as_ref().map(|value| value.to_vec());
        assert_eq!(value, vectors::nullable_bytes(&expected["value_hex"]), "{name}");
        assert_eq!(record.headers, described_headers(expected), "{name}");
    }
}

/// Builds what is described through the builder that producers and brokers use.
fn build(described: &Value, compression: Compression) -> RecordBatch {
    let header = described_header(&described["header"]);
    let attributes = header.attributes;
    let options = BatchOptions {
        compression,
        base_offset: header.base_offset,
        partition_leader_epoch: header.partition_leader_epoch,
        timestamp_type: if attributes.is_log_append_time() {
            BatchTimestampType::LogAppendTime(header.max_timestamp)
        } else {
            BatchTimestampType::CreateTime
        },
        is_control: attributes.is_control(),
        delete_horizon_ms: attributes.has_delete_horizon().then_some(header.base_timestamp),
        ..BatchOptions::default()
    };
    let mut builder = RecordBatchBuilder::new(options, Vec::new());
    for record in described_records(described) {
        let offset = Offset(vectors::signed(&record["offset"]));
        let timestamp = header.base_timestamp + vectors::signed(&record["timestamp_delta"]);
        let (key, value) = (vectors::nullable_bytes(&record["key_hex"]), vectors::nullable_bytes(&record["value_hex"]));
        builder.append_with_offset(offset, timestamp, key.as_deref(), value.as_deref(), &described_headers(record));
    }
    builder.override_last_offset(header.base_offset.plus(i64::from(header.last_offset_delta)));
    let producer = ProducerState {
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
        is_transactional: attributes.is_transactional(),
    };
    builder.close(producer, &mut Compressor::default()).batch
}

#[test]
fn uncompressed_ones_encode_byte_for_byte() {
    let mut count = 0;
    for (name, bytes, described) in all() {
        if described["codec"] == "none" {
            assert_eq!(build(&described, Compression::None).to_vec(), bytes, "{name}");
            count += 1;
        }
    }
    assert!(count >= 17, "{count} uncompressed batches");
}

#[test]
fn compressed_ones_encode_to_the_same_records_in_every_codec() {
    let codecs = [
        Compression::Gzip,
        Compression::Snappy(SnappyFraming::Xerial),
        Compression::Snappy(SnappyFraming::Raw),
        Compression::Lz4,
        Compression::Zstd,
    ];
    for (name, bytes, described) in all() {
        let theirs = parse(&name, &bytes);
        for compression in codecs {
            let name = format!("{name} as {compression:?}");
            let ours = parse(&name, &Bytes::from(build(&described, compression).to_vec()));
            assert_eq!(ours.codec(), Some(compression.codec()), "{name}");
            let uncompressed = ours.uncompressed_records().unwrap_or_else(|error| panic!("{name}: {error}"));
            let sha256 = &described["records_section"]["uncompressed_sha256"];
            assert_eq!(vectors::sha256(&uncompressed), *sha256, "{name}");
            assert_eq!(decoded(&ours), decoded(&theirs), "{name}");
        }
    }
}

fn decoded(batch: &RecordBatch) -> Vec<Record> {
    batch.records().expect("a valid batch decodes")
}

/// A batch of the size that producers send should come out about as small as the reference encoders make it.
#[test]
fn our_encoders_compress_about_as_well_as_theirs() {
    for (name, bytes, described) in all() {
        let theirs = parse(&name, &bytes);
        let codec = theirs.codec().expect("a known codec");
        if codec == CompressionType::None || theirs.stored_records().len() < 1000 {
            continue;
        }
        let ours = build(&described, Compression::from(codec));
        let (ours, theirs) = (ours.stored_records().len(), theirs.stored_records().len());
        assert!(ours * 100 <= theirs * 120, "{name}: {ours} bytes against {theirs}");
    }
}
