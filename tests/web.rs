//! The engine and mounted components inside a headless browser (`wasm-pack test --headless --chrome`).
//!
//! What the native tests hold to Kafka's vectors is not repeated here in full: these tests show that WebAssembly does the same.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "web/components.rs"]
mod components;
#[path = "web/engine.rs"]
mod engine;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
