//! Marks: where the timeline jumps to, what it says there, and that the ledger's figures hold beside them.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use crate::demonstrations::scenarios_root;
use highwater::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::config::Value;
use highwater::engine::sim::{Command, Figure, MarkKind, Scenario, SettingContent, Timeline};
use highwater::view::playback::{Playback, Speed};
use highwater::view::transport::TransportView;

fn partition() -> TopicPartition {
    TopicPartition::new(TopicId(0), PartitionId(0))
}

fn scenario(path: &str) -> Scenario {
    Scenario::from_json(&std::fs::read_to_string(scenarios_root().join(path)).unwrap()).unwrap()
}

fn figure(timeline: &Timeline, figure: Figure) -> u64 {
    timeline.state().ledger.totals().get(figure)
}

/// Goes from mark to mark through a demonstration until one of this kind: the first moment at which the figure is not 0.
#[track_caller]
fn check_walk(folder: &str, kind: MarkKind, of: Figure) {
    let mut timeline = Timeline::new(scenario(&format!("demonstrations/{folder}/scenario.json")));
    let end = VirtualTime(timeline.state().scenario.end.0 + 5_000_000);
    timeline.advance_to(end);
    timeline.seek(VirtualTime::ZERO);
    loop {
        let from = timeline.position();
        timeline.next_mark();
        assert!(timeline.position() > from, "{folder}: no mark is left, and none was a {kind:?}");
        let is_here = timeline.marks().iter().any(|mark| mark.at == timeline.position() && mark.kind == kind);
        assert_eq!(figure(&timeline, of) > 0, is_here, "{folder} at {}", timeline.position());
        if is_here {
            break;
        }
    }
    let view = TransportView::of(&timeline, &Playback::new(Speed::at_step(10)));
    let told = view.mark_shown().unwrap().told();
    assert!(told.contains(&format!("{} in all", figure(&timeline, of))), "{folder}: {told}");
}

#[test]
fn going_from_mark_to_mark_arrives_at_a_duplicate_and_at_a_swap() {
    check_walk("a-lost-response-duplicates", MarkKind::Duplicate, Figure::Duplicates);
    check_walk("retries-duplicate-without-idempotence", MarkKind::Duplicate, Figure::Duplicates);
    check_walk("a-refusal-for-too-few-replicas-swaps-batches", MarkKind::Reordering, Figure::Reordered);
}

/// The leader of the landing page's partition, which has all three brokers as replicas.
fn leader(timeline: &Timeline) -> Option<BrokerId> {
    timeline.state().metadata.partition(partition()).unwrap().leader
}

#[test]
fn what_is_lost_stays_lost_while_nobody_leads() {
    let mut timeline = Timeline::new(scenario("presets/landing.json"));
    let value = SettingContent(Value::Text("1".into()));
    timeline.submit(Command::SetProducer { producer: "p1".into(), setting: "acks".into(), value }).unwrap();
    let lost = [503, 807, 1_111, 1_502, 1_955].into_iter().find_map(|ms| {
        timeline.seek(VirtualTime(ms * 1_000));
        timeline.submit(Command::CrashBroker { broker: leader(&timeline)? }).unwrap();
        timeline.advance_to(VirtualTime((ms + 6_000) * 1_000));
        Some(figure(&timeline, Figure::Lost)).filter(|lost| *lost > 0)
    });
    assert!(lost.is_some(), "acks=1 loses something at one of five moments at least");
    let mut before = 0;
    while let Some(broker) = leader(&timeline) {
        before = figure(&timeline, Figure::Lost);
        timeline.submit(Command::CrashBroker { broker }).unwrap();
        timeline.advance_to(VirtualTime(timeline.position().0 + 20_000_000));
    }
    let ledger = &timeline.state().ledger;
    assert_eq!((ledger.totals().lost, ledger.list(Figure::Lost, None).len() as u64), (before, before));
    assert!(
        ledger
            .list(Figure::Lost, None)
            .iter()
            .all(|id| ledger.is(*id, Figure::Lost) && !ledger.is(*id, Figure::Stored))
    );

    // Whoever led last has lost nothing by its crash: with it back, nothing is lost once more.
    let marks = |timeline: &Timeline| timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Loss).count();
    let losses = marks(&timeline);
    for broker in [1, 2, 3].map(BrokerId) {
        let _ = timeline.submit(Command::RestartBroker { broker });
    }
    timeline.advance_to(VirtualTime(timeline.position().0 + 20_000_000));
    assert!(leader(&timeline).is_some());
    assert_eq!((figure(&timeline, Figure::Lost), marks(&timeline)), (before, losses));
}

#[test]
fn a_power_cut_is_told_apart_from_a_crash() {
    let mut timeline = Timeline::new(scenario("presets/landing.json"));
    timeline.advance_to(VirtualTime(503_000));
    timeline.submit(Command::CutPower { broker: BrokerId(1) }).unwrap();
    timeline.submit(Command::CrashBroker { broker: BrokerId(2) }).unwrap();
    let view = TransportView::of(&timeline, &Playback::new(Speed::at_step(10)));
    let told: Vec<String> = view.marks.iter().filter(|mark| mark.at_us == 503_000).map(|mark| mark.told()).collect();
    let expected = [
        "503.000 ms · command: power of broker 1 cut",
        "503.000 ms · power cut: broker 1 went down without what it had not flushed",
        "503.000 ms · command: crash of broker 2",
        "503.000 ms · crash: broker 2 crashed",
    ];
    assert_eq!(told, expected);
}
