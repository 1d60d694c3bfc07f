//! What the lessons tell a reader to do comes out as they say, from the moment that each room opens at.

use highwater::course::{Place, Preset, Room};
use highwater::engine::common::{BrokerId, RecordId, VirtualTime};
use highwater::engine::sim::{Command, Timeline};
use highwater::view::Frame;
use highwater::view::known_partitions::partitions_known;
use serde_json::json;
use std::collections::BTreeMap;

fn opened(room: Room) -> Timeline {
    let preset = Preset::of(Place::Room(room)).expect("the room has a run");
    let mut timeline = Timeline::new(preset.scenario());
    timeline.advance_to(preset.opens_at);
    timeline
}

fn play(timeline: &mut Timeline, ms: i64) {
    timeline.advance_to(timeline.position() + VirtualTime::from_ms(ms));
}

/// Sets one of `p1`'s settings, as its control in the lesson does.
#[track_caller]
fn set(timeline: &mut Timeline, setting: &str, value: &str) {
    let command = json!({"do": "setProducer", "producer": "p1", "setting": setting, "value": value});
    timeline.submit(serde_json::from_value(command).expect("a command")).expect("it can be set");
}

fn lost_after_crash_of(mut timeline: Timeline, broker: i32) -> u64 {
    timeline.submit(Command::CrashBroker { broker: BrokerId(broker) }).expect("it runs");
    play(&mut timeline, 5_000);
    timeline.state().ledger.totals().lost
}

#[test]
fn a_crash_of_any_leader_loses_what_acks_1_promised_and_nothing_under_acks_all() {
    for broker in 1..=3 {
        for later_ms in [0, 2, 4] {
            let mut with_one = opened(Room::Acks);
            play(&mut with_one, later_ms);
            assert!(
                lost_after_crash_of(with_one, broker) > 0,
                "acks=1, broker {broker}, {later_ms} ms after the opening"
            );
        }
        let mut with_all = opened(Room::Acks);
        set(&mut with_all, "acks", "all");
        play(&mut with_all, 200);
        let promised = with_all.state().ledger.totals().delivered;
        let before = opened(Room::Acks).state().ledger.totals().delivered;
        assert!(promised > before, "the new producer has delivered something");
        assert_eq!(lost_after_crash_of(with_all, broker), 0, "acks=all, broker {broker}");
    }
}

#[test]
fn a_lost_response_is_recognised_and_without_idempotence_it_stands_twice() {
    let lose = |timeline: &mut Timeline| {
        let leader = timeline.state().metadata.partitions().find_map(|(_, partition)| partition.leader);
        let broker = leader.expect("it has a leader");
        timeline.submit(Command::LoseResponse { producer: "p1".to_string(), broker }).expect("both run");
        play(timeline, 2_000);
    };
    let mut timeline = opened(Room::Idempotence);
    lose(&mut timeline);
    assert_eq!(timeline.state().ledger.totals().duplicates, 0);
    set(&mut timeline, "enable.idempotence", "false");
    play(&mut timeline, 1_000);
    lose(&mut timeline);
    assert!(timeline.state().ledger.totals().duplicates > 0);
}

#[test]
fn each_key_of_the_partitions_room_stays_in_its_lane() {
    let timeline = opened(Room::Partitions);
    let mut lanes: BTreeMap<Vec<u8>, i32> = BTreeMap::new();
    let ledger = &timeline.state().ledger;
    for record in (0..ledger.records_count() as u64).filter_map(|id| ledger.record(RecordId(id))) {
        let (key, partition) = (record.key.as_deref().expect("each has one"), record.partition.partition);
        let lane = *lanes.entry(key.to_vec()).or_insert(partition.0);
        assert!(lane == partition.0 || partition.0 < 0, "{}", String::from_utf8_lossy(key));
    }
    assert_eq!(lanes.len(), 8, "as many keys as colours");
}

#[test]
fn a_partition_that_is_added_is_used_as_soon_as_the_producer_has_heard_of_it() {
    let mut timeline = opened(Room::Partitions);
    let known = |timeline: &Timeline| {
        let frame = Frame::of(timeline.state(), timeline.position());
        let known = partitions_known(&frame).expect("p1 runs and knows its topic");
        assert_eq!((known.producer.as_str(), known.note().is_some()), ("p1", known.known != known.there));
        (known.known, known.there)
    };
    assert_eq!(known(&timeline), (4, 4));
    let add = Command::AddPartitions { topic: "orders.placed".into(), partitions: 5 };
    timeline.submit(add).expect("there may be one more");
    // The controllers write it first.
    let is_there = (0..100).any(|_| {
        play(&mut timeline, 1);
        known(&timeline).1 == 5
    });
    assert!(is_there);
    assert_eq!(known(&timeline).0, 4, "nobody tells it: it has to ask");
    let sent = timeline.state().ledger.records_count() as u64;
    play(&mut timeline, 500);
    assert_eq!(known(&timeline), (5, 5));
    let ledger = &timeline.state().ledger;
    let new = (sent..ledger.records_count() as u64).filter_map(|id| ledger.record(RecordId(id)));
    assert!(new.filter(|record| record.partition.partition.0 == 4).count() > 0, "a key goes to the new lane");
}
