//! Rounds, medians, and the report.

use std::fmt::Write;
use std::hint::black_box;

use highwater::engine::config::CompressionType;
use highwater::engine::record::Compression;

use crate::records::Records;
use crate::{bare, clock, engine, memory, simulation, swarm};

/// Records of a round.
const RECORDS: usize = 200_000;
/// Rounds of each side; the median counts.
const ROUNDS: usize = 9;

/// Rounds of the whole simulation.
const ROUNDS_OF_A_SIMULATION: usize = 3;

/// Every figure, one a line: `name value`.
pub(crate) fn report() -> String {
    let mut report = String::new();
    // First, so that the largest extent of memory is its own.
    random_runs(&mut report);
    for codec in [CompressionType::None, CompressionType::Lz4] {
        hot_path(&mut report, codec);
    }
    whole_simulation(&mut report);
    report
}

/// Records a second through producers, links, brokers, followers and the ledger.
fn whole_simulation(report: &mut String) {
    let seconds = (0..ROUNDS_OF_A_SIMULATION).map(|_| time(simulation::run)).collect();
    let rate = simulation::RECORDS as f64 / median(seconds);
    writeln!(report, "simulation/records-per-second {rate:.3}").expect("a string takes everything");
}

/// Watched random runs a minute, and the memory that they take: as much after the last round as after the first, if none is lost.
fn random_runs(report: &mut String) {
    let mut peaks = Vec::new();
    let mut round = || {
        let seconds = time(swarm::run_some);
        peaks.extend(memory::peak_mebibytes());
        seconds
    };
    let seconds = (0..ROUNDS_OF_A_SIMULATION).map(|_| round()).collect();
    let rate = 60.0 * swarm::RUNS as f64 / median(seconds);
    writeln!(report, "swarm/runs-per-minute {rate:.3}").expect("a string takes everything");
    let named =
        [("swarm/peak-mebibytes-first-round", peaks.first()), ("swarm/peak-mebibytes-last-round", peaks.last())];
    for (name, peak) in named {
        let Some(peak) = peak else { continue };
        writeln!(report, "{name} {peak:.3}").expect("a string takes everything");
    }
}

/// The engine's hot path and the bare loop, round by round.
fn hot_path(report: &mut String, codec: CompressionType) {
    let records = Records::new(RECORDS);
    let stored = engine::batches(&engine::run(&records, codec));
    records.ensure_written(&stored);
    let batches: usize = stored.iter().map(Vec::len).sum();
    let bytes: usize = stored.iter().flatten().map(|batch| batch.size_in_bytes()).sum();
    let records_per_batch = records.count() / batches;
    let compression = Compression::from(codec);
    records.ensure_written(&bare::parse(&bare::run(&records, compression, records_per_batch)));

    let mut seconds = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        seconds.0.push(time(|| bare::run(&records, compression, records_per_batch)));
        seconds.1.push(time(|| engine::run(&records, codec)));
    }
    let rate = |seconds: Vec<f64>| records.count() as f64 / median(seconds);
    let (bare, engine) = (rate(seconds.0), rate(seconds.1));
    let codec = codec.word();
    let figures = [
        ("bare", bare),
        ("engine", engine),
        ("engine-to-bare", engine / bare),
        ("records-per-batch", records_per_batch as f64),
        ("bytes-per-batch", (bytes / batches) as f64),
    ];
    for (name, value) in figures {
        writeln!(report, "{codec}/{name} {value:.3}").expect("a string takes everything");
    }
}

/// Seconds that the work takes; what it gives is dropped after the clock was read.
fn time<T>(work: impl FnOnce() -> T) -> f64 {
    let begin = clock::seconds();
    let result = black_box(work());
    let took = clock::seconds() - begin;
    drop(result);
    took
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
