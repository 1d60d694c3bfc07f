//! The engine and mounted components inside a headless browser (`wasm-pack test --headless --chrome`).
//!
//! What the native tests hold to Kafka's vectors is not repeated here: these tests show that WebAssembly does the same.
#![cfg(target_arch = "wasm32")]

use highwater::engine::common::Prng;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn chance_is_the_same_on_every_machine() {
    // The first numbers of xoshiro256** as computed outside of Rust.
    let mut prng = Prng::stream(7, "network");
    let drawn = [prng.next_u64(), prng.next_u64(), prng.next_u64(), prng.next_u64()];
    assert_eq!(drawn, [0x6ad6_fbdc_b805_dc4f, 0xd751_bd26_2ab9_01ab, 0xfc3d_dcb2_7a4e_ca16, 0xfd0c_5f2b_e878_1b44]);
}
