//! Determinism from three sides, over generated scenarios: the same seed twice, a seek against the straight run, and any
//! frame rate. (The fourth, native against WebAssembly, is `trace_hashes` with `tests/web.rs`.)
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::common::{Prng, VirtualTime};
use highwater::engine::sim::{RunReport, Scenario, Simulation, State, Timeline, generate};
use highwater::view::frame::Frame;
use std::sync::Arc;

/// How many scenarios of crashes and settings, and how many with every fault.
const SCENARIOS: u64 = 90;
const WITH_FAULTS: u64 = 90;
/// Seeks in each.
const SEEKS: u64 = 20;

fn scenarios() -> impl Iterator<Item = (u64, Scenario)> {
    let plain = (0..SCENARIOS).map(|seed| (seed, generate::scenario(seed)));
    plain.chain((0..WITH_FAULTS).map(|seed| (seed, generate::scenario_with_faults(seed))))
}

fn straight(scenario: &Scenario) -> Simulation {
    let mut simulation = Simulation::new(Arc::new(scenario.clone()));
    simulation.advance_to(scenario.end);
    simulation
}

/// Everything about a state that anyone can see, as text.
fn picture(state: &State) -> String {
    let messages: Vec<_> = state.network.messages().map(|m| (m.id, m.from, m.to, m.sent_at, m.arrives_at)).collect();
    let replicas: Vec<_> = state
        .brokers
        .iter()
        .flat_map(|broker| {
            broker.partitions().map(|(id, partition)| {
                let log = partition.log();
                (
                    broker.id(),
                    broker.is_up(),
                    id,
                    log.log_start_offset(),
                    log.log_end_offset(),
                    partition.high_watermark(),
                )
            })
        })
        .collect();
    let report = serde_json::to_string(&RunReport::of(state, "")).unwrap();
    let frame = serde_json::to_string(&Frame::of(state, state.now)).unwrap();
    format!("{report} {:?} {messages:?} {replicas:?} {:?} {frame}", state.now, state.ledger.rows())
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for (seed, scenario) in scenarios() {
        let (once, twice) = (straight(&scenario), straight(&scenario));
        assert_eq!(picture(once.state()), picture(twice.state()), "seed {seed}");
        let read = Scenario::from_json(&scenario.to_json()).unwrap();
        assert_eq!(straight(&read).state().trace_hash, once.state().trace_hash, "seed {seed}, from its text");
    }
}

#[test]
fn the_frame_rate_does_not_matter() {
    for (seed, scenario) in scenarios() {
        let expected = straight(&scenario).state().trace_hash;
        for frame_us in [16_667, 1_999, 250_000] {
            let mut simulation = Simulation::new(Arc::new(scenario.clone()));
            let mut at = 0;
            while at < scenario.end.0 {
                at = (at + frame_us).min(scenario.end.0);
                simulation.advance_to(VirtualTime(at));
            }
            assert_eq!(simulation.state().trace_hash, expected, "seed {seed}, a frame every {frame_us} µs");
        }
    }
}

#[test]
fn a_seek_shows_what_the_straight_run_shows() {
    for (seed, scenario) in scenarios() {
        let mut timeline = Timeline::new(scenario.clone());
        timeline.advance_to(scenario.end);
        let mut prng = Prng::stream(seed, "seeks");
        let mut moments: Vec<u64> = (0..SEEKS).map(|_| prng.below(scenario.end.0 + 1)).collect();
        let mut order = moments.clone();
        moments.sort_unstable();
        let mut straight = Simulation::new(Arc::new(scenario.clone()));
        let pictures: Vec<String> = moments
            .iter()
            .map(|at| {
                straight.advance_to(VirtualTime(*at));
                picture(straight.state())
            })
            .collect();
        order.reverse();
        for at in order {
            timeline.seek(VirtualTime(at));
            let expected = &pictures[moments.binary_search(&at).unwrap()];
            assert_eq!(&picture(timeline.state()), expected, "seed {seed}, at {at} µs");
        }
    }
}
