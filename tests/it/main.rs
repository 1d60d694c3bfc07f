//! The native tests, one binary: each module holds one subject to its vectors.
//! (wasm-pack builds every test; these read files, so they are empty there. `tests/web.rs` is the browser's.)
#![cfg(not(target_arch = "wasm32"))]
// A test's unwrap is an assertion, in its helper functions too; a random test prints its seed.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod accumulator;
mod batches;
mod broker_partitions;
mod cli;
mod cluster_outcomes;
mod codec_fingerprints;
mod compaction;
mod consumers;
mod controllers;
mod corrupt;
mod demonstrations;
mod determinism;
mod elections;
mod faults;
mod house;
mod idempotence;
mod idempotent_runs;
mod inspections;
mod invariant_list;
mod ledger_oracle;
mod lessons;
mod log_append;
mod log_properties;
mod log_vectors;
mod marks;
mod menus;
mod partitioners;
mod producer_sessions;
mod random_records;
mod record_codecs;
mod ring;
mod ring_log;
mod ring_view;
mod run_command;
mod scenario_page;
mod segments;
mod sender;
mod swarm;
mod timeline;
mod trace_hashes;
mod vectors;
