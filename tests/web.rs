//! The engine and mounted components inside a headless browser (`wasm-pack test --headless --chrome`).
//!
//! What the native tests hold to Kafka's vectors is not repeated here in full: these tests show that WebAssembly does the same.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "it/codec_fingerprints.rs"]
mod codec_fingerprints;
#[path = "web/components.rs"]
mod components;
#[path = "web/engine.rs"]
mod engine;
#[path = "it/random_records.rs"]
mod random_records;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
