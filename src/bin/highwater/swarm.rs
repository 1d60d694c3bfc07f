//! `highwater swarm`: random configurations, workloads and faults against every invariant and guarantee.

use super::{Failure, Streams, unexpected, whole_number};
use highwater::engine::sim::swarm::{self, Tally};
use lexopt::Arg;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(super) const HELP: &str = "\
highwater swarm --runs N [--seed S] [--threads T] [--out FILE]
highwater swarm --print SEED

Makes N random scenarios, from seeds S, S + 1, … (S is 0 unless given), and runs each with every invariant and guarantee watched;
then everything is mended, and the cluster must converge and drain. Prints how many runs, records and events there were, and in
how many runs each thing that is possible was seen, with the smallest seed that shows it.
A run that fails is cut down and printed: its seed, what did not hold, and the scenario, for `highwater run`; --out FILE writes the
scenario there instead. Exit 1 then. --threads T runs T at a time; what is printed does not depend on it.
--print SEED prints the whole scenario of a seed.
";

/// How many runs a thread takes at a time.
const CHUNK: u64 = 64;
/// Most threads.
const THREADS_MAX: u64 = 256;

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (mut runs, mut seed, mut threads, mut out, mut print_seed) = (None, 0, 1, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("runs") => runs = Some(whole_number("--runs", &parser.value()?, u64::MAX)?),
            Arg::Long("seed") => seed = whole_number("--seed", &parser.value()?, u64::MAX)?,
            Arg::Long("threads") => threads = whole_number("--threads", &parser.value()?, u64::MAX)?,
            Arg::Long("print") => print_seed = Some(whole_number("--print", &parser.value()?, u64::MAX)?),
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            other => return Err(unexpected(other)),
        }
    }
    if let Some(seed) = print_seed {
        writeln!(streams.out, "{}", swarm::scenario(seed).to_json())?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(runs) = runs else { return Err(Failure::Usage("--runs is needed".to_string())) };
    if !(1..=THREADS_MAX).contains(&threads) {
        return Err(Failure::Usage(format!("--threads: {threads} is out of range; 1 to {THREADS_MAX} is allowed")));
    }
    let tally = run_all(seed, runs, threads);
    print(&tally, streams)?;
    let Some((seed, failure)) = &tally.failure else { return Ok(ExitCode::SUCCESS) };
    writeln!(streams.out, "failed seed {seed}\n{failure}")?;
    let mut scenario = swarm::shrink(swarm::scenario(*seed), failure, None);
    // The command line's `run` stops at the scenario's end, and the failure may come after it.
    scenario.end = scenario.end.max(swarm::deadline(&scenario));
    match out {
        Some(path) => {
            std::fs::write(&path, scenario.to_json() + "\n").map_err(|error| Failure::file(&path, &error))?;
            writeln!(streams.out, "scenario {}", path.display())?;
        }
        None => writeln!(streams.out, "{}", scenario.to_json())?,
    }
    Ok(ExitCode::FAILURE)
}

/// Every run up to the first failure at least, by as many threads.
fn run_all(seed: u64, runs: u64, threads: u64) -> Tally {
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let work = || {
        let mut tally = Tally::default();
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= runs || failed.load(Ordering::Relaxed) {
                return tally;
            }
            for at in from..runs.min(from + CHUNK) {
                let seed = seed.wrapping_add(at);
                tally.add(seed, swarm::run(&Arc::new(swarm::scenario(seed)), None));
            }
            if tally.failure.is_some() {
                failed.store(true, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut tally = Tally::default();
        for worker in workers {
            tally.merge(worker.join().expect("a run does not panic"));
        }
        tally
    })
}

fn print(tally: &Tally, streams: &mut Streams<'_>) -> Result<(), Failure> {
    writeln!(streams.out, "runs {}\nrecords {}\nevents {}", tally.runs, tally.records, tally.events)?;
    for ((anomaly, reason), (runs, seed)) in &tally.shown {
        writeln!(streams.out, "shown {} {reason:?}: {runs} runs, first with seed {seed}", anomaly.figure().word())?;
    }
    Ok(())
}
