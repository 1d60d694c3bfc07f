//! The control plane in a running cluster: the active controller dies, another one takes over, and what was written stays written.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::cluster::{ControllerEvent, QuorumEvent};
use highwater::engine::common::{BrokerId, ControllerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::config::Value;
use highwater::engine::sim::event::MarkKind;
use highwater::engine::sim::{Command, Event, EventKind, Scenario, SettingContent, Simulation, Timeline};
use std::sync::Arc;

/// Three brokers with one topic, a slow workload, and so many controllers. Kafka's own timeouts.
fn scenario(controllers: u32) -> Scenario {
    let text = format!(
        r#"{{"version": 1, "seed": 5, "endUs": 60000000,
            "brokers": {{"count": 3}},
            "controllers": {{"count": {controllers}}},
            "topics": [{{"name": "t", "partitions": 3, "replicationFactor": 3}}],
            "producers": [{{"name": "p", "workload": {{"ratePerSecond": 20}}}}]}}"#
    );
    Scenario::from_json(&text).unwrap()
}

struct Run {
    simulation: Simulation,
    events: Vec<Event>,
}

fn ms(ms: u64) -> VirtualTime {
    VirtualTime(ms * 1000)
}

impl Run {
    fn new(controllers: u32) -> Self {
        let mut simulation = Simulation::new(Arc::new(scenario(controllers)));
        simulation.keep_events();
        Self { simulation, events: Vec::new() }
    }

    fn to(&mut self, at_ms: u64) {
        self.simulation.advance_to(ms(at_ms));
        self.events.extend(self.simulation.take_events());
    }

    fn crash_controller(&mut self, id: i32) {
        self.simulation.submit(Command::CrashController { controller: ControllerId(id) }).unwrap();
    }

    fn restart_controller(&mut self, id: i32) {
        self.simulation.submit(Command::RestartController { controller: ControllerId(id) }).unwrap();
    }

    fn crash_broker(&mut self, id: i32) {
        self.simulation.submit(Command::CrashBroker { broker: BrokerId(id) }).unwrap();
    }

    fn active(&self) -> Option<i32> {
        self.simulation.state().active_controller().map(|id| id.0)
    }

    /// When the first event came that this holds for, in ms.
    fn first(&self, is_it: impl Fn(&EventKind) -> bool) -> Option<i64> {
        self.events.iter().find(|event| is_it(&event.kind)).map(|event| event.at.as_ms())
    }

    fn fenced(&self, broker: i32) -> Option<i64> {
        self.first(|kind| *kind == EventKind::Controller(ControllerEvent::BrokerFenced { broker: BrokerId(broker) }))
    }

    fn leader_of(&self, partition: i32) -> Option<i32> {
        let partition = TopicPartition::new(TopicId(0), PartitionId(partition));
        self.simulation.state().metadata.partition(partition).unwrap().leader.map(|leader| leader.0)
    }

    /// Everyone that runs has replayed what is committed, and nothing else.
    #[track_caller]
    fn assert_all_agree(&self) {
        let state = self.simulation.state();
        let known: Vec<_> = state.metadata.partitions().map(|(id, partition)| (id, partition.clone())).collect();
        for controller in state.controllers.iter().filter(|controller| controller.is_up()) {
            let own: Vec<_> = controller.image().partitions().map(|(id, it)| (id, it.clone())).collect();
            assert_eq!(own, known, "controller {}", controller.id());
        }
        for broker in state.brokers.iter().filter(|broker| broker.is_up()) {
            let own: Vec<_> = broker.metadata().partitions().map(|(id, it)| (id, it.clone())).collect();
            assert_eq!(own, known, "broker {}", broker.id());
        }
    }
}

#[test]
fn a_run_begins_at_rest_with_controller_1_active() {
    for controllers in [1, 3, 5] {
        let mut run = Run::new(controllers);
        run.to(0);
        assert_eq!(run.active(), Some(1));
        run.to(20_000);
        assert_eq!(run.active(), Some(1), "nobody has a reason for an election");
        assert_eq!((1..=3).find_map(|broker| run.fenced(broker)), None);
        run.assert_all_agree();
        assert!(run.events.iter().all(|event| event.kind.mark().is_none()), "and the timeline has no mark");
    }
}

#[test]
fn when_the_active_controller_dies_another_takes_over_and_no_broker_loses_its_session() {
    let mut run = Run::new(3);
    run.to(3_000);
    run.crash_controller(1);
    run.to(30_000);
    let claimed = run.first(|kind| {
        matches!(kind, EventKind::Quorum { controller, event: QuorumEvent::BecameActive { .. } } if controller.0 != 1)
    });
    let claimed = claimed.expect("somebody took over");
    assert!((4_500..=8_000).contains(&claimed), "{claimed} ms: a fetch timeout of 2 s, and an election or two");
    assert!(run.active().is_some_and(|active| active != 1));
    assert_eq!((1..=3).find_map(|broker| run.fenced(broker)), None, "heartbeats have found the new one");
    run.assert_all_agree();
    let failed = run.simulation.state().ledger.totals().failed;
    assert_eq!(failed, 0, "producers do not notice");
    let marks: Vec<_> = run.events.iter().filter_map(|event| event.kind.mark()).collect();
    assert!(marks.contains(&MarkKind::Crash) && marks.contains(&MarkKind::Election), "{marks:?}");
    run.restart_controller(1);
    run.to(40_000);
    assert!(run.active().is_some_and(|active| active != 1), "the old one follows");
    run.assert_all_agree();
}

#[test]
fn without_a_majority_nothing_is_decided_and_a_takeover_gives_every_broker_a_whole_session() {
    let mut run = Run::new(3);
    run.to(1_000);
    run.crash_controller(1);
    run.crash_controller(2);
    run.crash_broker(1);
    let before = run.leader_of(0);
    assert_eq!(before, Some(1));
    run.to(20_000);
    assert_eq!(run.active(), None, "one of three is no majority");
    assert_eq!((run.fenced(1), run.leader_of(0)), (None, before), "so nobody is fenced, and nobody is elected");
    run.restart_controller(1);
    run.to(40_000);
    let claimed = run
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Quorum { event: QuorumEvent::BecameActive { .. }, .. }))
        .map(|event| event.at.as_ms())
        .find(|at| *at > 20_000)
        .expect("two of three are a majority");
    let fenced = run.fenced(1).expect("its session ran out");
    assert!((claimed + 9_000..claimed + 9_100).contains(&fenced), "fenced at {fenced}, taken over at {claimed}");
    assert!(run.leader_of(0).is_some_and(|leader| leader != 1));
    assert_eq!((run.fenced(2), run.fenced(3)), (None, None));
    run.assert_all_agree();
}

#[test]
fn what_an_administrator_asks_for_waits_for_an_active_controller() {
    let mut run = Run::new(3);
    run.to(1_000);
    run.crash_controller(1);
    run.simulation.submit(Command::AddPartitions { topic: "t".into(), partitions: 5 }).unwrap();
    run.to(1_500);
    assert_eq!(run.simulation.state().partition_counts, [3]);
    run.to(10_000);
    assert_eq!(run.simulation.state().partition_counts, [5]);
    run.assert_all_agree();
}

#[test]
fn a_change_takes_effect_when_it_is_committed() {
    let mut run = Run::new(3);
    run.to(1_000);
    let value = SettingContent(Value::Int(2));
    let setting = "min.insync.replicas".to_string();
    run.simulation.submit(Command::SetTopic { topic: "t".into(), setting, value }).unwrap();
    let min = |run: &Run, broker: i32| {
        let partition = TopicPartition::new(TopicId(0), PartitionId(0));
        let broker = run.simulation.state().broker(BrokerId(broker)).unwrap();
        broker.partition(partition).unwrap().log().config().min_insync_replicas
    };
    run.to(1_024);
    assert_eq!((min(&run, 1), min(&run, 2)), (1, 1), "the active controller gathers changes for 25 ms");
    run.to(1_040);
    assert_eq!((min(&run, 1), min(&run, 2)), (2, 2), "then a majority has it, and the brokers read it");
}

#[test]
fn a_broker_that_starts_again_replays_its_copy_of_the_log() {
    let mut run = Run::new(3);
    run.to(1_000);
    run.crash_broker(2);
    run.to(15_000);
    assert!(run.fenced(2).is_some());
    run.crash_controller(1);
    run.simulation.submit(Command::RestartBroker { broker: BrokerId(2) }).unwrap();
    run.to(40_000);
    run.assert_all_agree();
    assert!(run.simulation.state().broker(BrokerId(2)).unwrap().is_unfenced());
}

#[test]
fn a_run_with_elections_is_the_same_however_one_gets_there() {
    let mut run = Run::new(5);
    for (at, id) in [(1_000, 1), (9_000, 2)] {
        run.to(at);
        run.crash_controller(id);
    }
    run.to(15_000);
    run.restart_controller(1);
    run.to(25_000);
    let straight = run.simulation.state().trace_hash.to_string();
    let script = [
        (1_000, Command::CrashController { controller: ControllerId(1) }),
        (9_000, Command::CrashController { controller: ControllerId(2) }),
        (15_000, Command::RestartController { controller: ControllerId(1) }),
    ];
    let mut timeline = Timeline::new(scenario(5));
    for (at, command) in script {
        timeline.seek(ms(at));
        timeline.submit(command).unwrap();
    }
    timeline.seek(ms(25_000));
    timeline.seek(ms(4_321));
    timeline.seek(ms(25_000));
    assert_eq!(timeline.state().trace_hash.to_string(), straight);
}

#[test]
fn a_quorum_has_1_3_or_5_controllers() {
    let text = scenario(3).to_json();
    assert_eq!(Scenario::from_json(&text).unwrap(), scenario(3), "written and read again");
    let wrong = text.replace("\"count\": 3\n  },\n  \"topics\"", "\"count\": 2\n  },\n  \"topics\"");
    let error = Scenario::from_json(&wrong).unwrap_err();
    assert_eq!(error.place, "controllers.count");
}

/// The JSON of a command, as a scenario would have it.
fn submit(run: &mut Run, command: &str) {
    run.simulation.submit(serde_json::from_str(command).unwrap()).unwrap();
}

#[test]
fn the_next_controller_finds_another_leader_when_a_broker_crashes() {
    let mut run = Run::new(3);
    run.to(3_000);
    run.crash_controller(1);
    run.to(10_000);
    assert!(run.active().is_some_and(|active| active != 1));
    run.crash_broker(1);
    assert_eq!(run.leader_of(0), Some(1));
    run.to(22_000);
    assert!(run.fenced(1).is_some());
    assert!(run.leader_of(0).is_some_and(|leader| leader != 1));
    run.assert_all_agree();
}

#[test]
fn while_the_only_controller_is_down_nobody_is_fenced_and_nobody_elected() {
    let mut run = Run::new(1);
    run.to(1_000);
    run.crash_controller(1);
    run.crash_broker(1);
    run.to(25_000);
    assert_eq!((run.active(), run.fenced(1), run.leader_of(0)), (None, None, Some(1)));
    run.restart_controller(1);
    run.to(40_000);
    assert_eq!(run.active(), Some(1), "it needs no other's vote");
    assert!(run.leader_of(0).is_some_and(|leader| leader != 1));
    run.assert_all_agree();
}

#[test]
fn a_frozen_controller_is_succeeded_and_gives_up_when_it_goes_on() {
    let mut run = Run::new(3);
    run.to(3_000);
    submit(&mut run, r#"{"do": "freezeController", "controller": 1}"#);
    run.to(15_000);
    let state = run.simulation.state();
    assert!(run.active().is_some_and(|active| active != 1));
    assert!(state.controllers[0].is_active(), "it does not know");
    submit(&mut run, r#"{"do": "thawController", "controller": 1}"#);
    run.to(20_000);
    let active = run.simulation.state().controllers.iter().filter(|controller| controller.is_active()).count();
    assert_eq!(active, 1, "it knows now");
    run.assert_all_agree();
}

#[test]
fn an_active_controller_that_nobody_hears_resigns_by_itself() {
    let mut run = Run::new(3);
    run.to(3_000);
    submit(
        &mut run,
        r#"{"do": "partitionNetwork", "groups": [["controller-1"], ["controller-2", "controller-3", "broker-1", "broker-2", "broker-3"]]}"#,
    );
    run.to(12_000);
    assert!(!run.simulation.state().controllers[0].is_active(), "no fetches of a majority for three seconds");
    assert!(run.active().is_some_and(|active| active != 1));
    submit(&mut run, r#"{"do": "healNetwork"}"#);
    run.to(30_000);
    run.assert_all_agree();
}

#[test]
fn a_broker_that_only_the_active_controller_can_not_hear_is_fenced() {
    let mut run = Run::new(3);
    run.to(3_000);
    submit(&mut run, r#"{"do": "cutLink", "a": "broker-2", "b": "controller-1"}"#);
    run.to(16_000);
    assert!(run.fenced(2).is_some(), "that the others could hear it does not matter");
    submit(&mut run, r#"{"do": "healLink", "a": "controller-1", "b": "broker-2"}"#);
    run.to(30_000);
    assert!(run.simulation.state().broker(BrokerId(2)).unwrap().is_unfenced());
    run.assert_all_agree();
}

#[test]
fn requests_to_controllers_that_are_lost_or_come_twice_are_sent_again() {
    for command in [
        r#"{"do": "dropMessages", "from": "broker-2", "to": "controller", "next": 5}"#,
        r#"{"do": "dropMessages", "from": "controller", "to": "broker-2", "next": 5}"#,
        r#"{"do": "dropMessages", "from": "controller-2", "to": "controller-1", "next": 5}"#,
        r#"{"do": "duplicateMessages", "from": "broker-2", "to": "controller", "next": 5}"#,
        r#"{"do": "duplicateMessages", "from": "controller-3", "to": "controller-1", "next": 5}"#,
    ] {
        let mut run = Run::new(3);
        run.to(3_000);
        submit(&mut run, command);
        run.crash_broker(3);
        run.to(30_000);
        assert_eq!(run.active(), Some(1), "{command}");
        assert_eq!((run.fenced(1), run.fenced(2)), (None, None), "{command}");
        assert!(run.leader_of(2).is_some_and(|leader| leader != 3), "{command}");
        run.assert_all_agree();
    }
}
