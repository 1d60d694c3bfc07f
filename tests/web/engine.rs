//! The engine as WebAssembly gives the answers that it gives natively.

use bytes::Bytes;
use highwater::engine::common::Prng;
use highwater::engine::producer::partitioner::murmur2::{murmur2, partition_for_key};
use highwater::engine::record::{
    BatchOptions, Compression, Compressor, ProducerState, RecordBatch, RecordBatchBuilder,
};
use highwater::engine::sim::{Simulation, generate};
use std::sync::Arc;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn chance_is_the_same_on_every_machine() {
    // The first numbers of xoshiro256** as computed outside of Rust.
    let mut prng = Prng::stream(7, "network");
    let drawn = [prng.next_u64(), prng.next_u64(), prng.next_u64(), prng.next_u64()];
    assert_eq!(drawn, [0x6ad6_fbdc_b805_dc4f, 0xd751_bd26_2ab9_01ab, 0xfc3d_dcb2_7a4e_ca16, 0xfd0c_5f2b_e878_1b44]);
}

#[wasm_bindgen_test]
fn keys_hash_and_land_as_in_other_clients() {
    let file: serde_json::Value = serde_json::from_str(include_str!("../vectors/partitioner.json")).unwrap();
    let keys = file["keys"].as_array().unwrap();
    assert!(keys.len() >= 99, "{} keys", keys.len());
    for entry in keys {
        let key = bytes_of_hex(entry["key_hex"].as_str().unwrap());
        assert_eq!(entry["murmur2_u32"], murmur2(&key), "{entry}");
        for (partitions, expected) in entry["java_murmur2"].as_object().unwrap() {
            let placed = partition_for_key(&key, partitions.parse().unwrap());
            assert_eq!(*expected, placed.0, "{entry}");
        }
    }
}

#[wasm_bindgen_test]
fn batches_of_another_client_decode() {
    for (name, batch) in [
        ("none", &include_bytes!("../vectors/batches/aiokafka-none.bin")[..]),
        ("snappy", include_bytes!("../vectors/batches/aiokafka-snappy.bin")),
        ("lz4", include_bytes!("../vectors/batches/aiokafka-lz4.bin")),
        ("zstd", include_bytes!("../vectors/batches/aiokafka-zstd.bin")),
    ] {
        let (batch, end) = RecordBatch::parse(&Bytes::from_static(batch), 0).unwrap();
        assert_eq!(end, batch.size_in_bytes(), "{name}");
        batch.ensure_valid().unwrap();
        assert_eq!(batch.codec().unwrap().word(), name);
        assert_eq!(batch.records().unwrap().len(), batch.records_count() as usize, "{name}");
    }
}

#[wasm_bindgen_test]
fn compressed_bytes_are_the_same_on_every_machine() {
    let here = crate::random_records::COMPRESSIONS.map(crate::codec_fingerprints::fingerprint);
    assert_eq!(here, crate::codec_fingerprints::EXPECTED);
}

#[wasm_bindgen_test]
fn every_codec_gives_back_what_it_was_given() {
    let mut prng = Prng::stream(3, "web/codecs");
    let values: Vec<Vec<u8>> =
        (0..500).map(|_| (0..prng.below(200)).map(|_| b"abcdefgh"[prng.below(8) as usize]).collect()).collect();
    let codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
    for word in codecs {
        let codec = highwater::engine::config::CompressionType::WORDS.iter().position(|known| *known == word).unwrap();
        let codec = highwater::engine::config::CompressionType::from_id(codec as u8).unwrap();
        let options = BatchOptions { compression: Compression::from(codec), ..BatchOptions::default() };
        let mut builder = RecordBatchBuilder::new(options, Vec::new());
        for (at, value) in values.iter().enumerate() {
            builder.append(1_700_000_000_000 + at as i64, None, Some(value), &[]);
        }
        let batch = builder.close(ProducerState::NONE, &mut Compressor::default()).batch;
        let (parsed, _) = RecordBatch::parse(&Bytes::from(batch.to_vec()), 0).unwrap();
        parsed.ensure_valid().unwrap();
        let decoded: Vec<Vec<u8>> =
            parsed.records().unwrap().into_iter().map(|record| record.value.unwrap().to_vec()).collect();
        assert!(decoded == values, "{word}");
    }
}

#[wasm_bindgen_test]
fn generated_scenarios_have_the_trace_hashes_of_a_native_run() {
    let native: Vec<String> = serde_json::from_str(include_str!("trace_hashes.json")).unwrap();
    assert_eq!(native.len(), 50);
    for (seed, native) in (0..).zip(native) {
        let scenario = Arc::new(generate::scenario(seed));
        let mut simulation = Simulation::new(Arc::clone(&scenario));
        simulation.advance_to(scenario.end);
        assert_eq!(simulation.state().trace_hash.to_string(), native, "seed {seed}");
    }
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
