//! Idempotence end to end: random runs with crashes, slow links, rolls and changed settings, in which sessions with idempotence must
//! leave no record twice and none out of order, except where Kafka itself does.
//!
//! What is excepted is what KAFKA 4.4 to 4.6 name: a new epoch numbers batches anew that may have been appended (KAFKA-14034). Such a
//! session says so with an event. Each run is named by its seed.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::cluster::BrokerEvent;
use highwater::engine::common::{ProducerId, SessionId};
use highwater::engine::sim::event::{EventKind, ProducerEvent};
use highwater::engine::sim::{Simulation, State, generate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const SEEDS: std::ops::Range<u64> = 0..400;

/// What the events of many runs tell.
#[derive(Default)]
struct Seen {
    idempotent_sessions: u64,
    duplicates_recognised: u64,
    out_of_order_refused: u64,
    bumps: u64,
    delivered: u64,
    duplicates_of_others: u64,
    reordered_of_others: u64,
}

/// What the events of one run tell.
#[derive(Default)]
struct Run {
    ids: BTreeMap<ProducerId, SessionId>,
    renumbered: BTreeSet<SessionId>,
}

impl Run {
    fn observe(&mut self, seed: u64, kind: &EventKind, seen: &mut Seen) {
        match kind {
            EventKind::Producer { session, event: ProducerEvent::ProducerIdReceived { producer_id, .. } } => {
                let other = self.ids.insert(*producer_id, *session);
                assert_eq!(other, None, "seed {seed}: producer id {producer_id} was given twice");
            }
            EventKind::Producer { session, event: ProducerEvent::SequenceReset { .. } } => {
                self.renumbered.insert(*session);
            }
            EventKind::Producer { event: ProducerEvent::EpochBumped { .. }, .. } => seen.bumps += 1,
            EventKind::Producer { session, event: ProducerEvent::RequestSent { batches, .. } } => {
                for batch in batches.iter().filter(|batch| batch.producer_id != ProducerId::NONE) {
                    assert_eq!(self.ids.get(&batch.producer_id), Some(session), "seed {seed}: whose id is it");
                    assert!(batch.base_sequence >= 0 && batch.producer_epoch.0 >= 0, "seed {seed}: {batch:?}");
                }
            }
            EventKind::Broker { event: BrokerEvent::DuplicateRecognised { .. }, .. } => seen.duplicates_recognised += 1,
            EventKind::Broker { event: BrokerEvent::AppendRefused { error, .. }, .. } => {
                seen.out_of_order_refused += u64::from(error.name() == "OUT_OF_ORDER_SEQUENCE_NUMBER");
            }
            _ => {}
        }
    }

    fn judge(&self, seed: u64, state: &State, seen: &mut Seen) {
        for (id, totals) in (0..).map(SessionId).zip(state.ledger.rows()) {
            if !state.session(id).unwrap().producer.config().is_idempotent() {
                seen.duplicates_of_others += totals.duplicates;
                seen.reordered_of_others += totals.reordered;
                continue;
            }
            seen.idempotent_sessions += 1;
            seen.delivered += totals.delivered;
            if !self.renumbered.contains(&id) {
                assert_eq!((totals.duplicates, totals.reordered), (0, 0), "seed {seed}, session {id}");
            }
        }
    }
}

fn run(seed: u64, seen: &mut Seen) {
    let scenario = generate::scenario(seed);
    let end = scenario.end;
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.keep_events();
    let mut run = Run::default();
    simulation.advance_to(end);
    for event in simulation.take_events() {
        run.observe(seed, &event.kind, seen);
    }
    run.judge(seed, simulation.state(), seen);
}

#[test]
fn with_idempotence_nothing_stands_twice_or_out_of_order() {
    let mut seen = Seen::default();
    SEEDS.for_each(|seed| run(seed, &mut seen));
    // The net must have caught something to be a net.
    assert!(seen.idempotent_sessions > 100, "{} sessions", seen.idempotent_sessions);
    assert!(seen.delivered > 10_000, "{} delivered", seen.delivered);
    assert!(seen.duplicates_recognised > 10, "{} duplicates recognised", seen.duplicates_recognised);
    assert!(seen.out_of_order_refused > 10, "{} refused", seen.out_of_order_refused);
    assert!(seen.bumps > 0, "no epoch was raised");
    assert!(seen.duplicates_of_others > 10, "{} without idempotence", seen.duplicates_of_others);
    assert!(seen.reordered_of_others > 10, "{} without idempotence", seen.reordered_of_others);
}
