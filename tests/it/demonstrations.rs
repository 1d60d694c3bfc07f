//! The demonstrations: folders with a scenario and what it must end with. A new one is a new folder, and no Rust.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod measured;

use highwater::engine::cluster::BrokerEvent;
use highwater::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition};
use highwater::engine::consumer::ConsumerEvent;
use highwater::engine::sim::event::{EventKind, ProducerEvent};
use highwater::engine::sim::{Figure, RunReport, Scenario, Simulation, Totals};
use highwater::engine::storage::RemovalReason;
use measured::{measured, partitions_of_key};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `expected.json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    /// The sentence that the run proves.
    proves: String,
    /// Which of the demonstrations of KAFKA 12 it shows, `D1` to `D15`, as they are or against a contrast.
    #[serde(default)]
    shows: Vec<String>,
    /// Bounds of the ledger's figures, by their word.
    ledger: BTreeMap<String, Bounds>,
    /// Bounds of what else is measured of the run, by the words of `measured`.
    #[serde(default)]
    measured: BTreeMap<String, Bounds>,
    /// The partitions that a key's records went to, in order.
    #[serde(default)]
    keys: BTreeMap<String, Vec<i32>>,
    /// Bounds of how often something happened, by the words of `happened`.
    #[serde(default)]
    events: BTreeMap<String, Bounds>,
    /// The run of a real cluster that it repeats: `cluster_outcomes` holds it to that.
    #[serde(default)]
    #[allow(dead_code, reason = "read by the page's presets")]
    real_cluster: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
}

impl Bounds {
    fn hold(&self, found: u64) -> bool {
        self.least.is_none_or(|least| found >= least) && self.most.is_none_or(|most| found <= most)
    }
}

/// What `expected.json` counts of an event: words, and how often.
fn happened(event: &EventKind) -> Vec<(String, u64)> {
    if let EventKind::Broker { event: BrokerEvent::LogCleaned { cleaned, .. }, .. } = event {
        let removed = |wanted: fn(&RemovalReason) -> bool| {
            cleaned.removed.iter().filter(|removed| wanted(&removed.why)).count() as u64
        };
        return vec![
            ("logCleaned".to_string(), 1),
            ("superseded".to_string(), removed(|why| matches!(why, RemovalReason::Superseded { .. }))),
            ("tombstoneExpired".to_string(), removed(|why| matches!(why, RemovalReason::TombstoneExpired { .. }))),
            ("deleteHorizonSet".to_string(), cleaned.horizons.len() as u64),
        ];
    }
    happened_once(event).map(|word| (word, 1)).into_iter().collect()
}

/// The word under which `expected.json` counts an event, if it can.
fn happened_once(event: &EventKind) -> Option<String> {
    Some(match event {
        EventKind::Producer { event: ProducerEvent::Retrying { .. }, .. } => "retrying".to_string(),
        EventKind::Producer { event: ProducerEvent::EpochBumped { .. }, .. } => "epochBumped".to_string(),
        EventKind::Producer { event: ProducerEvent::ProducerIdReceived { .. }, .. } => "producerIdReceived".to_string(),
        EventKind::Broker { event: BrokerEvent::DuplicateRecognised { .. }, .. } => "duplicateRecognised".to_string(),
        EventKind::Broker { event: BrokerEvent::AppendRefused { error, .. }, .. } => error.name().to_string(),
        EventKind::Consumer { event: ConsumerEvent::OutOfRange { .. }, .. } => "outOfRange".to_string(),
        EventKind::Consumer { event: ConsumerEvent::TruncationDetected { .. }, .. } => "truncationDetected".to_string(),
        EventKind::Consumer { event: ConsumerEvent::PollFailed { .. }, .. } => "pollFailed".to_string(),
        _ => return None,
    })
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
    simulation.keep_events();
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
    assert!(folders.len() >= 18, "{} folders", folders.len());
    for folder in folders {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let scenario =
            Scenario::from_json(&read("scenario.json")).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let expected: Expected = serde_json::from_str(&read("expected.json")).unwrap();
        assert!(expected.proves.ends_with('.'), "{}: a sentence", folder.display());
        let mut simulation = run(scenario);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (word, times) in simulation.take_events().iter().flat_map(|event| happened(&event.kind)) {
            *counts.entry(word).or_default() += times;
        }
        for (word, bounds) in &expected.events {
            let found = counts.get(word).copied().unwrap_or(0);
            assert!(bounds.hold(found), "{}: {word} happened {found} times: {counts:?}", folder.display());
        }
        let measured = measured(&simulation);
        for (word, bounds) in &expected.measured {
            let found = measured.get(word).copied().unwrap_or(0);
            assert!(bounds.hold(found), "{}: {word} is {found}: {measured:?}", folder.display());
        }
        for (key, partitions) in &expected.keys {
            assert_eq!(&partitions_of_key(&simulation, key), partitions, "{}: {key}", folder.display());
        }
        let totals = simulation.state().ledger.totals();
        for (word, bounds) in &expected.ledger {
            let found = figure(totals, word);
            let report = serde_json::to_string(&RunReport::of(simulation.state(), "")).unwrap();
            assert!(bounds.hold(found), "{}: {word} is {found}: {report}, {counts:?}", folder.display());
        }
    }
}

/// Each of the fifteen has a folder, and a folder names no other.
#[test]
fn no_demonstration_of_kafka_12_is_missing() {
    let known: BTreeSet<String> = (1..=15).map(|number| format!("D{number}")).collect();
    let shown: BTreeSet<String> = folders()
        .iter()
        .flat_map(|folder| {
            let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
            serde_json::from_str::<Expected>(&text).unwrap().shows
        })
        .collect();
    assert_eq!(shown, known);
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

/// Producer id, epoch and sequence of every record with this value in the log of the partition's leader.
fn identities_of(simulation: &Simulation, value: &str) -> Vec<(i64, i16, i32)> {
    let state = simulation.state();
    let partition = TopicPartition::new(TopicId(0), PartitionId(0));
    let leader: BrokerId = state.ledger.partition(partition).unwrap().shown().unwrap();
    let log = state.broker(leader).unwrap().partition(partition).unwrap().log();
    let batches = log.segments().flat_map(|segment| segment.batches());
    let identities = batches.flat_map(|stored| {
        let batch = &stored.batch;
        let records = batch.records().unwrap();
        let same = (0..).zip(records).filter(|(_, record)| record.value.as_deref() == Some(value.as_bytes()));
        let of = |(n, _)| (batch.producer_id().0, batch.producer_epoch().0, batch.base_sequence() + n);
        same.map(of).collect::<Vec<_>>()
    });
    identities.collect()
}

#[track_caller]
fn check_sent_twice(folder: &str, is_same_producer: bool) {
    let path = scenarios_root().join("demonstrations").join(folder).join("scenario.json");
    let simulation = run(Scenario::from_json(&std::fs::read_to_string(path).unwrap()).unwrap());
    let found = identities_of(&simulation, "order 17");
    let [first, second] = found.as_slice() else { panic!("{folder}: {found:?}") };
    assert!(first.0 >= 0 && second.0 >= 0, "{folder}: with idempotence: {found:?}");
    assert_ne!(first, second, "{folder}: the broker has nothing to tell them by");
    assert_eq!(first.0 == second.0, is_same_producer, "{folder}: {found:?}");
}

#[test]
fn what_an_application_sends_twice_stands_there_twice_in_spite_of_idempotence() {
    check_sent_twice("a-send-after-a-timeout-duplicates-in-spite-of-idempotence", true);
    check_sent_twice("a-restarted-producer-is-another-producer", false);
}
