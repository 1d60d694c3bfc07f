//! The list of invariants that the page shows on demand: the run that is played again is the run, and what is broken is told with its moment.

use highwater::course::{Place, Preset, Room};
use highwater::engine::cluster::Breakage;
use highwater::engine::common::{BrokerId, VirtualTime};
use highwater::engine::sim::invariants::INVARIANTS;
use highwater::engine::sim::{Command, Simulation, Timeline};
use highwater::view::invariant_check::{CheckReport, InvariantCheck, unchecked};
use std::sync::Arc;

/// The run of the room Cluster after two seconds, in which a broker has crashed.
fn cluster_room() -> Timeline {
    let preset = Preset::of(Place::Room(Room::Cluster)).expect("the room has one");
    let mut timeline = Timeline::new(preset.scenario());
    timeline.advance_to(VirtualTime::from_ms(1_000));
    timeline.submit(Command::CrashBroker { broker: BrokerId(1) }).expect("it runs");
    timeline.advance_to(VirtualTime::from_ms(2_000));
    timeline
}

/// Goes on to its end, and says in how many steps.
fn finish(check: &mut InvariantCheck) -> usize {
    1 + (0..).take_while(|_| check.step()).count()
}

fn hash(timeline: &Timeline) -> String {
    timeline.state().trace_hash.to_string()
}

#[test]
fn a_run_is_played_again_piece_by_piece_and_every_invariant_holds() {
    let timeline = cluster_room();
    let mut check = InvariantCheck::of(timeline.to_scenario());
    assert_ne!(check.trace_hash(), hash(&timeline), "nothing is played yet");
    let steps = finish(&mut check);
    assert!(steps > 3, "{steps}: the browser draws between them");
    assert_eq!((check.trace_hash(), check.at()), (hash(&timeline), timeline.position()));
    let report = check.report();
    assert_eq!(report.rows, unchecked(), "none is broken");
    assert_eq!(report.rows.len(), INVARIANTS.len());
    // A handful happens at time 0, before anyone can look.
    let events = timeline.state().events_count;
    assert!(report.events <= events && report.events + 50 > events, "{} of {events}", report.events);
    let told = report.summary();
    assert!(told.starts_with("All 23 have held over the ") && told.ends_with("events up to 2,000.000 ms."), "{told}");
}

#[test]
fn a_check_follows_the_run_until_a_command_makes_it_another_one() {
    let mut timeline = cluster_room();
    let mut check = InvariantCheck::of(timeline.to_scenario());
    finish(&mut check);
    let before = check.report().events;
    timeline.advance_to(VirtualTime::from_ms(3_000));
    check.go_on_until(timeline.position());
    finish(&mut check);
    assert_eq!(check.trace_hash(), hash(&timeline));
    assert!(check.report().events > before);
    timeline.submit(Command::CrashBroker { broker: BrokerId(2) }).expect("it runs");
    finish(&mut check);
    assert_ne!(check.trace_hash(), hash(&timeline), "it does not know of the command, and can tell");
}

#[test]
fn a_broken_invariant_is_told_with_its_moment() {
    let preset = Preset::of(Place::Room(Room::Cluster)).expect("the room has one");
    let broken = Some(Breakage::AdvanceHighWatermarkAlone);
    let mut simulation = Simulation::with_breakage(Arc::new(preset.scenario()), broken);
    assert_eq!(CheckReport::of(simulation.state()), None, "nobody watches");
    simulation.watch();
    simulation.advance_to(VirtualTime::from_ms(1_000));
    let report = CheckReport::of(simulation.state()).expect("it is watched");
    let row = report.rows.iter().find(|row| row.name == "HighWatermarkAtMostInSync").expect("it is one of them");
    let breach = row.broken.as_ref().expect("a leader alone went on");
    assert!(breach.at > VirtualTime::ZERO && breach.at <= report.at && !breach.what.is_empty(), "{breach:?}");
    assert!(report.summary().contains(" of 23 "), "{}", report.summary());
}
