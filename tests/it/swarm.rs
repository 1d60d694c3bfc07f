//! The net holds: an engine that is broken on purpose is caught, a sound one is not, and what is possible has been seen.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use crate::demonstrations::scenarios_root;
use highwater::engine::cluster::Breakage;
use highwater::engine::config::Acks;
use highwater::engine::sim::guarantees::{Faults, Terms, guarantees};
use highwater::engine::sim::swarm::{self, Failure};
use highwater::engine::sim::{Anomaly, Promise, Scenario, Simulation};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// Runs within which a broken engine must be caught.
const CAUGHT_WITHIN: u64 = 10_000;

/// The first seed whose run catches a broken engine, and what it breaks.
fn caught(breakage: Breakage) -> Option<(u64, Failure)> {
    (0..CAUGHT_WITHIN).find_map(|seed| {
        let scenario = Arc::new(swarm::scenario(seed));
        Some((seed, swarm::run(&scenario, Some(breakage)).failure?))
    })
}

#[track_caller]
fn check(breakage: Breakage, by: &[&str]) {
    let (seed, failure) = caught(breakage).unwrap_or_else(|| panic!("{breakage:?} is not caught"));
    let rule = match &failure {
        Failure::Broken { invariant, .. } => invariant,
        Failure::NotConverged { .. } => "Converges",
    };
    assert!(by.contains(&rule), "{breakage:?}, seed {seed}: {failure}");
    let sound = swarm::run(&Arc::new(swarm::scenario(seed)), None).failure;
    assert_eq!(sound, None, "seed {seed}: the same run of a sound engine");
}

#[test]
fn an_engine_without_the_min_isr_gate_is_caught() {
    check(Breakage::SkipMinIsrGate, &["HighWatermarkNeedsMinIsr"]);
}

#[test]
fn an_engine_that_forgets_leader_epochs_is_caught() {
    check(
        Breakage::ForgetLeaderEpochs,
        // A follower whose log is longer than the leader's can also be stuck.
        &["FollowersArePrefixes", "CommittedRecordsSurvive", "HighWatermarkAtMostInSync", "Converges"],
    );
}

#[test]
fn an_engine_that_moves_the_high_watermark_alone_is_caught() {
    check(Breakage::AdvanceHighWatermarkAlone, &["HighWatermarkAtMostInSync"]);
}

#[test]
fn an_engine_that_accepts_any_sequence_is_caught() {
    check(Breakage::AcceptAnySequence, &["ContiguousSequences"]);
}

#[test]
fn an_engine_that_elects_out_of_the_isr_is_caught() {
    check(Breakage::ElectOutOfIsr, &["LeadersComeFromIsr"]);
}

#[test]
fn a_failing_run_is_cut_down_and_fails_still() {
    let breakage = Breakage::AdvanceHighWatermarkAlone;
    let (seed, failure) = caught(breakage).unwrap();
    let whole = swarm::scenario(seed);
    let small = swarm::shrink(whole.clone(), &failure, Some(breakage));
    assert!(small.commands.len() <= whole.commands.len() && small.producers.len() == 1);
    let again = Scenario::from_json(&small.to_json()).unwrap();
    let failure_again = swarm::run(&Arc::new(again), Some(breakage)).failure.unwrap();
    assert!(failure_again.is_like(&failure), "{failure_again}");
}

/// Every file of a folder of scenarios, as (name, scenario).
fn scenarios(folder: &str) -> Vec<(String, Scenario)> {
    let entries = std::fs::read_dir(scenarios_root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let scenario = Scenario::from_json(&std::fs::read_to_string(path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, scenario.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    paths.iter().map(read).collect()
}

/// Every set of terms.
fn all_terms() -> impl Iterator<Item = Terms> {
    let acks = [Acks::Zero, Acks::One, Acks::All].into_iter();
    let sizes = [(1, 1), (3, 1), (3, 2), (3, 3)];
    let rest = acks.flat_map(move |acks| sizes.map(|size| (acks, size)));
    rest.flat_map(|(acks, (replication_factor, min_isr))| {
        (0_u32..256).map(move |bits| {
            let bit = |at: u32| bits >> at & 1 == 1;
            Terms {
                acks,
                is_idempotent: bit(0),
                has_retries: bit(1),
                has_many_in_flight: bit(2),
                min_isr,
                replication_factor,
                allows_unclean_election: bit(3),
                has_concurrent_calls: bit(4),
                faults: Faults { connections: bit(5), failover: bit(6), storage: bit(7) },
            }
        })
    })
}

/// What is possible under some settings and faults, as the tables say: figure and reason.
fn possible() -> BTreeSet<String> {
    let mut possible = BTreeSet::new();
    for terms in all_terms() {
        for anomaly in Anomaly::ALL {
            if let Promise::Possible { when } = guarantees(&terms).of(anomaly) {
                possible.insert(format!("{}-{when:?}", anomaly.figure().word()));
            }
        }
    }
    possible
}

#[test]
fn every_possible_anomaly_has_a_witness_and_every_witness_shows_it() {
    let witnesses = scenarios("witnesses");
    let names: BTreeSet<String> = witnesses.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, possible());
    for (name, scenario) in witnesses {
        let end = scenario.end;
        let mut simulation = Simulation::new(Arc::new(scenario));
        simulation.watch();
        simulation.advance_to(end);
        let state = simulation.state();
        let watch = state.invariants().unwrap();
        assert!(watch.violations().is_empty(), "{name}: {:?}", watch.violations());
        let shows = |anomaly: Anomaly| {
            let mut rows = watch.promised().iter().zip(state.ledger.rows());
            rows.any(|(promised, totals)| match promised.of(anomaly) {
                Promise::Possible { when } => {
                    anomaly.count(totals) > 0 && name == format!("{}-{when:?}", anomaly.figure().word())
                }
                Promise::Impossible { .. } => false,
            })
        };
        assert!(Anomaly::ALL.into_iter().any(shows), "{name}: {:?}", state.ledger.rows());
    }
}

#[test]
fn what_failed_once_does_not_fail_again() {
    for (name, scenario) in scenarios("regressions") {
        let outcome = swarm::run(&Arc::new(scenario), None);
        assert_eq!(outcome.failure, None, "{name}");
    }
}

/// Runs the command line: exit code and standard output.
fn highwater(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_highwater")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_command_line_runs_a_swarm_and_says_the_same_on_any_number_of_threads() {
    let one = highwater(&["swarm", "--runs", "70", "--seed", "5"]);
    assert_eq!(one.0, Some(0), "{}", one.1);
    assert!(one.1.starts_with("runs 70\n"), "{}", one.1);
    assert_eq!(one, highwater(&["swarm", "--runs", "70", "--seed", "5", "--threads", "3"]));
    assert_eq!(highwater(&["swarm"]).0, Some(2));
    assert_eq!(highwater(&["swarm", "--print", "5"]).1, swarm::scenario(5).to_json() + "\n");
    assert_eq!(highwater(&["swarm", "--runs", "1", "--threads", "0"]).0, Some(2));
}

#[test]
fn the_command_line_breaks_a_scenario_and_tells_how() {
    let scenario = scenarios_root().join("demonstrations/acks-one-loses-on-clean-failover");
    let arguments = ["break", scenario.to_str().unwrap(), "--tries", "200", "--anomaly", "lost"];
    let (code, out) = highwater(&arguments);
    assert_eq!(code, Some(0), "{out}");
    for words in ["lost: possible.", "crashes.", "it is lost.", "\"version\": 1"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert_eq!(highwater(&["break"]).0, Some(2));
    assert_eq!(highwater(&["break", scenario.to_str().unwrap(), "--anomaly", "sent"]).0, Some(2));
    let (code, out) = highwater(&["break", scenario.to_str().unwrap(), "--tries", "0", "--anomaly", "lost"]);
    assert_eq!((code, out.ends_with("0 schedules tried, nothing found\n")), (Some(1), true), "{out}");
}
