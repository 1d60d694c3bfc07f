//! What we encode decodes to the same, in every codec, by our decoders and by other people's.

use crate::codec_fingerprints;
use crate::random_records::{self, COMPRESSIONS, Sent};
use bytes::Bytes;
use highwater::engine::common::{LeaderEpoch, Offset, Prng};
use highwater::engine::record::{Compression, Compressor, RecordBatch, SnappyFraming};
use std::io::Read;

#[track_caller]
fn check_round_trip(context: &str, batch: &RecordBatch, sent: &[Sent]) {
    let offset = 1_000_000_007;
    let stored = batch.with_offset_and_epoch(Offset(offset), LeaderEpoch(3));
    let file = Bytes::from(stored.to_vec());
    let (read, next) = RecordBatch::parse(&file, 0).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!((&read, next), (&stored, file.len()), "{context}");
    read.ensure_valid().unwrap_or_else(|error| panic!("{context}: {error}"));
    let records = read.records().unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(records.len(), sent.len(), "{context}");
    let mut bytes = 0;
    for (index, (record, sent)) in records.iter().zip(sent).enumerate() {
        assert_eq!(record.offset, Offset(offset + index as i64), "{context}");
        let found = Sent {
            timestamp: record.timestamp,
            key: record.key.as_ref().map(|key| key.to_vec()),
            value: record.value.as_ref().map(|value| value.to_vec()),
            headers: record.headers.clone(),
        };
        assert_eq!(found, *sent, "{context}, record {index}");
        bytes += record.size_in_bytes;
    }
    assert_eq!(bytes, read.uncompressed_records().expect("decoded above").len(), "{context}");
    assert_eq!(read.max_timestamp(), sent.iter().map(|record| record.timestamp).max().expect("records"), "{context}");
}

#[test]
fn random_records_come_back_in_every_codec() {
    let mut compressor = Compressor::default();
    for seed in 0..150 {
        let mut prng = Prng::stream(seed, "record codecs");
        // Mostly batches as producers send them; some span several blocks of lz4, snappy and zstd.
        let (records_max, value_max) = if seed % 25 == 0 { (40, 30_000) } else { (60, 300) };
        let sent = random_records::records(&mut prng, records_max, value_max);
        for compression in COMPRESSIONS {
            let context = format!("seed {seed}, {compression:?}");
            let batch = random_records::batch(&mut prng.clone(), &sent, compression, &mut compressor);
            check_round_trip(&context, &batch, &sent);
            // A compressor remembers nothing: a replay, which begins with a fresh one, gives the same bytes.
            let fresh = random_records::batch(&mut prng.clone(), &sent, compression, &mut Compressor::default());
            assert!(fresh == batch, "{context}: a fresh compressor gives other bytes");
        }
    }
}

#[test]
fn compressed_bytes_are_the_same_on_every_machine() {
    assert_eq!(COMPRESSIONS.map(codec_fingerprints::fingerprint), codec_fingerprints::EXPECTED);
}

#[test]
fn other_decoders_read_what_we_compress() {
    let mut compressor = Compressor::default();
    for seed in 0..40 {
        let mut prng = Prng::stream(seed, "other decoders");
        let sent = random_records::records(&mut prng, 80, if seed % 8 == 0 { 20_000 } else { 200 });
        let mut section_in = |compression| {
            let batch = random_records::batch(&mut prng, &sent, compression, &mut compressor);
            batch.stored_records()
        };
        let plain = section_in(Compression::None);
        let raw_snappy = section_in(Compression::Snappy(SnappyFraming::Raw));
        assert_eq!(snap::raw::Decoder::new().decompress_vec(&raw_snappy).expect("snappy"), plain, "seed {seed}");
        let lz4 = section_in(Compression::Lz4);
        assert_eq!(lz4[..7], [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82], "Kafka's frame header");
        assert_eq!(all_of(lz4_flex::frame::FrameDecoder::new(&lz4[..])), plain, "seed {seed}");
        let zstd = section_in(Compression::Zstd);
        let decoder = ruzstd::decoding::StreamingDecoder::new(&zstd[..]).expect("a zstd frame");
        assert_eq!(all_of(decoder), plain, "seed {seed}");
        let xerial = section_in(Compression::Snappy(SnappyFraming::Xerial));
        assert_eq!(xerial[..16], *b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01", "snappy-java's header");
    }
}

#[test]
fn we_read_frames_with_options_that_kafka_does_not_write() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    use std::io::Write;
    let mut prng = Prng::stream(5, "lz4 frames");
    let plain: Vec<u8> = (0..300_000).map(|_| b'a' + prng.below(3) as u8).collect();
    for block_size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        for (block_checksums, content_checksum, content_size) in
            [(true, false, None), (false, true, None), (true, true, Some(plain.len() as u64))]
        {
            let info = FrameInfo::new()
                .block_mode(BlockMode::Independent)
                .block_size(block_size)
                .block_checksums(block_checksums)
                .content_checksum(content_checksum)
                .content_size(content_size);
            let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(&plain).expect("writing to memory");
            let frame = encoder.finish().expect("writing to memory");
            let ours =
                highwater::engine::record::codec::decompress(highwater::engine::config::CompressionType::Lz4, &frame);
            assert!(ours.as_deref() == Ok(&plain[..]), "{block_size:?} {block_checksums} {content_checksum}");
        }
    }
    let linked = FrameInfo::new().block_mode(BlockMode::Linked);
    let mut encoder = FrameEncoder::with_frame_info(linked, Vec::new());
    encoder.write_all(&plain).expect("writing to memory");
    let frame = encoder.finish().expect("writing to memory");
    let error = highwater::engine::record::codec::decompress(highwater::engine::config::CompressionType::Lz4, &frame)
        .expect_err("Java reads no dependent blocks");
    assert!(error.to_string().contains("dependent"), "{error}");
}

fn all_of(mut reader: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("a sound stream");
    bytes
}
