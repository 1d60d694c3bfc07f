//! The demonstrations: folders with a scenario and what it must end with. A new one is a new folder, and no Rust.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::sim::{Figure, RunReport, Scenario, Simulation, Totals};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `expected.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The sentence that the run proves.
    proves: String,
    /// Bounds of the ledger's figures, by their word.
    ledger: BTreeMap<String, Bounds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
}

pub(crate) fn scenarios_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(scenarios_root().join("demonstrations")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn run(scenario: Scenario) -> Simulation {
    let end = scenario.end;
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(end);
    simulation
}

fn figure(totals: &Totals, word: &str) -> u64 {
    let figure = Figure::ALL.into_iter().find(|figure| figure.word() == word);
    totals.get(figure.unwrap_or_else(|| panic!("`{word}` is no figure")))
}

#[test]
fn every_demonstration_ends_as_it_says() {
    let folders = folders();
    assert!(folders.len() >= 9, "{} folders", folders.len());
    for folder in folders {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let scenario =
            Scenario::from_json(&read("scenario.json")).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let expected: Expected = serde_json::from_str(&read("expected.json")).unwrap();
        assert!(expected.proves.ends_with('.'), "{}: a sentence", folder.display());
        let simulation = run(scenario);
        let totals = simulation.state().ledger.totals();
        for (word, bounds) in &expected.ledger {
            let found = figure(totals, word);
            let holds = bounds.least.is_none_or(|least| found >= least) && bounds.most.is_none_or(|most| found <= most);
            let report = serde_json::to_string(&RunReport::of(simulation.state(), "")).unwrap();
            assert!(holds, "{}: {word} is {found}: {report}", folder.display());
        }
    }
}

#[test]
fn a_lost_record_was_acknowledged_and_another_stands_at_its_offset() {
    let folder = scenarios_root().join("demonstrations/acks-one-loses-on-clean-failover");
    let text = std::fs::read_to_string(folder.join("scenario.json")).unwrap();
    let simulation = run(Scenario::from_json(&text).unwrap());
    let ledger = &simulation.state().ledger;
    for id in ledger.list(Figure::Lost, None) {
        let entry = ledger.record(id).unwrap();
        assert!(ledger.is(id, Figure::Delivered), "{id} was acknowledged");
        let (_, batch) = entry.batched.unwrap();
        let batch = ledger.batch(batch).unwrap();
        use highwater::engine::sim::ledger::BatchMoment;
        let offset = batch.moments.iter().find_map(|(_, moment)| match moment {
            BatchMoment::Appended { base_offset, .. } => Some(base_offset.plus(i64::from(entry.index))),
            _ => None,
        });
        let leader = ledger.partition(entry.partition).unwrap().shown().unwrap();
        let there = ledger.record_at(entry.partition, leader, offset.unwrap());
        assert_ne!(there, Some(id), "another record has taken the offset, or none");
    }
}
