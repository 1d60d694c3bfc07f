//! Hostile bytes: mutated input never panics a decoder, never hangs it, and never takes more memory than `limits` states.
//!
//! A binary of its own, because it counts every allocation. 100,000 inputs a decoder; a failure prints the seed and the input.
#![cfg(not(target_arch = "wasm32"))]

#[path = "it/random_records.rs"]
mod random_records;
#[path = "hostile/storage.rs"]
mod storage;

use bytes::Bytes;
use highwater::engine::common::{Prng, limits};
use highwater::engine::config::CompressionType;
use highwater::engine::record::{Compression, Compressor, RecordBatch, RecordBatches, SnappyFraming, codec, varint};
use peak_alloc::PeakAlloc;
use random_records::COMPRESSIONS;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// One test at a time: the heap's peak is the whole program's.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const INPUTS: u64 = 100_000;

/// Most memory held at once by `work` beyond what was held before.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let result = work();
    (result, HEAP.peak_usage().saturating_sub(before))
}

fn expansion(codec: CompressionType) -> usize {
    match codec {
        CompressionType::None => 1,
        CompressionType::Gzip => limits::GZIP_EXPANSION_MAX,
        CompressionType::Snappy => limits::SNAPPY_EXPANSION_MAX,
        CompressionType::Lz4 => limits::LZ4_EXPANSION_MAX,
        CompressionType::Zstd => limits::ZSTD_EXPANSION_MAX,
    }
}

/// Changes some bytes, cuts, repeats, or puts lengths where they hurt.
fn mutate(prng: &mut Prng, bytes: &mut Vec<u8>) {
    const ABSURD: [[u8; 4]; 5] =
        [[0x7f, 0xff, 0xff, 0xff], [0xff; 4], [0x80, 0, 0, 0], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0x0f]];
    for _ in 0..prng.between(1, 4) {
        let at = prng.below(bytes.len() as u64 + 1) as usize;
        match prng.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, prng.next_u64() as u8),
            2 => {
                let absurd = ABSURD[prng.below(5) as usize];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&absurd[..end - at]);
            }
            3 => {
                let end = (at + prng.below(12) as usize).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let end = (at + prng.below(12) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << prng.below(8),
            _ => {}
        }
    }
}

/// Small batches of one kind to begin from.
fn seeds(prng: &mut Prng, compression: Compression) -> Vec<RecordBatch> {
    let mut compressor = Compressor::default();
    (0..50)
        .map(|_| {
            let sent = random_records::records(prng, 6, 60);
            random_records::batch(prng, &sent, compression, &mut compressor)
        })
        .collect()
}

/// Runs `decode` on mutated inputs and holds its memory to `bound(input bytes)`. Says how many inputs still decoded.
fn fuzz(name: &str, seeds: &[Vec<u8>], bound: impl Fn(usize) -> usize, mut decode: impl FnMut(Vec<u8>) -> bool) {
    let seed = 0x2026;
    let mut prng = Prng::stream(seed, name);
    let mut decoded = 0;
    for input in 0..INPUTS {
        let mut bytes = seeds[prng.below(seeds.len() as u64) as usize].clone();
        mutate(&mut prng, &mut bytes);
        let length = bytes.len();
        let shown = bytes.clone();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| peak_of(|| decode(bytes))));
        let Ok((is_decoded, peak)) = result else { panic!("{name}, seed {seed}, input {input}: {shown:02x?}") };
        let bound = bound(length);
        assert!(peak <= bound, "{name}, seed {seed}, input {input}: {peak} bytes held, {bound} allowed: {shown:02x?}");
        decoded += u64::from(is_decoded);
    }
    // A fuzz whose every input is refused at the door, or none is, tests nothing.
    assert!((1..INPUTS).contains(&decoded), "{name}, seed {seed}: {decoded} of {INPUTS} inputs decoded");
}

fn fuzz_batches(compression: Compression) {
    let _alone = alone();
    let name = format!("batch {compression:?}");
    let mut prng = Prng::stream(1, &name);
    let seeds: Vec<Vec<u8>> = seeds(&mut prng, compression).iter().map(RecordBatch::to_vec).collect();
    // A mutated codec bit brings any decoder into play.
    let bound = |bytes| limits::decode_peak_bytes(bytes, limits::ZSTD_EXPANSION_MAX);
    fuzz(&name, &seeds, bound, |bytes| {
        let mut is_decoded = false;
        for (_, batch) in RecordBatches::new(Bytes::from(bytes)).without_crc_check() {
            let Ok(batch) = batch else { continue };
            let _ = batch.ensure_valid();
            let _ = format!("{batch:?}");
            match batch.records() {
                Ok(_) => is_decoded = true,
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        is_decoded
    });
}

fn fuzz_decompressor(compression: Compression) {
    let _alone = alone();
    let codec = compression.codec();
    let name = format!("decompress {compression:?}");
    let mut prng = Prng::stream(2, &name);
    let seeds: Vec<Vec<u8>> =
        seeds(&mut prng, compression).iter().map(|batch| batch.stored_records().to_vec()).collect();
    let bound = |bytes| limits::decompress_peak_bytes(bytes, expansion(codec));
    fuzz(&name, &seeds, bound, |bytes| codec::decompress(codec, &bytes).is_ok());
}

#[test]
fn uncompressed_batches() {
    fuzz_batches(COMPRESSIONS[0]);
}

#[test]
fn gzip_batches() {
    fuzz_batches(Compression::Gzip);
}

#[test]
fn xerial_snappy_batches() {
    fuzz_batches(Compression::Snappy(SnappyFraming::Xerial));
}

#[test]
fn raw_snappy_batches() {
    fuzz_batches(Compression::Snappy(SnappyFraming::Raw));
}

#[test]
fn lz4_batches() {
    fuzz_batches(Compression::Lz4);
}

#[test]
fn zstd_batches() {
    fuzz_batches(Compression::Zstd);
}

#[test]
fn gzip() {
    fuzz_decompressor(Compression::Gzip);
}

#[test]
fn xerial_snappy() {
    fuzz_decompressor(Compression::Snappy(SnappyFraming::Xerial));
}

#[test]
fn raw_snappy() {
    fuzz_decompressor(Compression::Snappy(SnappyFraming::Raw));
}

#[test]
fn lz4() {
    fuzz_decompressor(Compression::Lz4);
}

#[test]
fn zstd() {
    fuzz_decompressor(Compression::Zstd);
}

#[test]
fn varints() {
    let _alone = alone();
    let mut prng = Prng::stream(3, "varints");
    let seeds: Vec<Vec<u8>> = (0..50)
        .map(|_| {
            let mut bytes = Vec::new();
            varint::write_varlong(&mut bytes, prng.next_u64() as i64 >> prng.below(64));
            bytes
        })
        .collect();
    fuzz(
        "varints",
        &seeds,
        // They take no memory; the threads of the test itself may take some beside them.
        |_| limits::DECODER_WORKING_BYTES_MAX,
        |bytes| {
            let long = varint::read_varlong(&bytes);
            if let Some((_, size)) = varint::read_varint(&bytes) {
                assert!(size <= varint::VARINT_BYTES_MAX.min(bytes.len()));
                assert_eq!(varint::read_unsigned_varint(&bytes).map(|(_, size)| size), Some(size));
            }
            if let Some((_, size)) = long {
                assert!(size <= varint::VARLONG_BYTES_MAX.min(bytes.len()));
            }
            long.is_some()
        },
    );
}

/// A length field that asks for gigabytes gets what the few bytes behind it justify.
#[test]
fn absurd_lengths_are_not_believed() {
    let _alone = alone();
    let zstd_of_2_gib = [0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x80, 0x01, 0, 0];
    let snappy_of_4_gib = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, b'a'];
    let xerial_of_2_gib = [&b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01"[..], &[0x7f, 0xff, 0xff, 0xff, 0]].concat();
    let lz4_of_4_mib_blocks = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, 2, 0, 0, 0, 0x10, b'a', 0, 0, 0, 0];
    let cases: [(CompressionType, &[u8]); 4] = [
        (CompressionType::Zstd, &zstd_of_2_gib),
        (CompressionType::Snappy, &snappy_of_4_gib),
        (CompressionType::Snappy, &xerial_of_2_gib),
        (CompressionType::Lz4, &lz4_of_4_mib_blocks),
    ];
    for (codec, bytes) in cases {
        let (_, peak) = peak_of(|| codec::decompress(codec, bytes));
        assert!(peak <= limits::DECODER_WORKING_BYTES_MAX, "{codec:?}: {peak} bytes held for {bytes:02x?}");
    }
    let mut prng = Prng::stream(4, "absurd");
    let batch = &seeds(&mut prng, Compression::None)[0];
    let mut bytes = batch.to_vec();
    bytes[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
    let (batch, _) = RecordBatch::parse(&Bytes::from(bytes), 0).expect("the header is sound");
    let (result, peak) = peak_of(|| batch.records());
    assert!(result.is_err());
    assert!(peak <= 64 * batch.size_in_bytes(), "{peak} bytes held for an absurd count");
}

/// A small input that unpacks to more than is allowed is refused when the limit is reached, within the bound stated.
#[test]
fn bombs_are_refused_at_the_limit() {
    let _alone = alone();
    let flood = vec![0; limits::DECOMPRESSED_BYTES_MAX + 1];
    for compression in COMPRESSIONS {
        let codec = compression.codec();
        if codec == CompressionType::None {
            continue;
        }
        let bomb = Compressor::default().compress(compression, &flood).to_vec();
        let (result, peak) = peak_of(|| codec::decompress(codec, &bomb));
        assert_eq!(result, Err(codec::DecompressError::TooLarge), "{compression:?}");
        let bound = limits::decompress_peak_bytes(bomb.len(), expansion(codec)).min(2 * limits::DECOMPRESSED_BYTES_MAX);
        assert!(peak <= bound, "{compression:?}: {peak} bytes held, {bound} allowed");
    }
}
