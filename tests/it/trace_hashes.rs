//! The trace hashes that WebAssembly has to reproduce: `tests/web/trace_hashes.json`, checked here against a native run.
//!
//! A change of the engine that changes what happens changes them too. Then look at why, and write them anew with
//! `WRITE_TRACE_HASHES=1 cargo test --no-default-features --test it trace_hashes`.

use highwater::engine::sim::{Simulation, generate};
use std::sync::Arc;

/// Generated scenarios, from seed 0 on.
const SCENARIOS: u64 = 50;
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web/trace_hashes.json");

#[test]
fn the_written_hashes_are_those_of_a_native_run() {
    let hash = |seed| {
        let scenario = Arc::new(generate::scenario(seed));
        let mut simulation = Simulation::new(Arc::clone(&scenario));
        simulation.advance_to(scenario.end);
        simulation.state().trace_hash.to_string()
    };
    let hashes: Vec<String> = (0..SCENARIOS).map(hash).collect();
    let text = serde_json::to_string_pretty(&hashes).expect("a list of texts") + "\n";
    if std::env::var_os("WRITE_TRACE_HASHES").is_some() {
        std::fs::write(FILE, &text).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(FILE).expect("the file is there"), text, "see this file's opening");
}
