//! Each fault by itself, in a small cluster: what it does, how it ends, and the sentence with which it is refused. Then all of them
//! at once, at random: a cluster that is healed comes to rest.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use highwater::engine::cluster::BrokerEvent;
use highwater::engine::common::{BrokerId, PartitionId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::sim::event::EventKind;
use highwater::engine::sim::producer_session::Phase;
use highwater::engine::sim::{Command, Event, Figure, Scenario, Simulation, Totals, generate};
use highwater::view::fault_acts::{self, FaultAct};
use highwater::view::frame::{BrokerState, Frame, WireState};
use highwater::view::link_acts;
use std::sync::Arc;

const PARTITION: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };

/// Three brokers with one partition that broker 1 leads, a producer that sends 100 records a second for a second, a consumer.
fn scenario(producer: &str) -> Scenario {
    let text = format!(
        r#"{{"version": 1, "seed": 3, "endUs": 10000000,
        "brokers": {{"count": 3, "config": {{"broker.session.timeout.ms": 500, "broker.heartbeat.interval.ms": 100,
            "replica.lag.time.max.ms": 400, "replica.fetch.wait.max.ms": 50, "replica.fetch.backoff.ms": 50}}}},
        "topics": [{{"name": "orders", "partitions": 1, "replicationFactor": 3}}],
        "producers": [{{"name": "shop", "config": {{"enable.idempotence": false, "linger.ms": 0, {producer}}},
            "workload": {{"ratePerSecond": 100, "count": 100}}}}],
        "consumers": [{{"name": "billing"}}]}}"#
    );
    Scenario::from_json(&text).unwrap()
}

/// A run that carries out commands, each the JSON that a scenario would have, and keeps what happened.
struct Run {
    simulation: Simulation,
    events: Vec<Event>,
}

impl Run {
    fn new(producer: &str) -> Self {
        let mut simulation = Simulation::new(Arc::new(scenario(producer)));
        simulation.keep_events();
        Self { simulation, events: Vec::new() }
    }

    fn at(&mut self, ms: u64, command: &str) -> &mut Self {
        self.until(ms);
        let command: Command = serde_json::from_str(command).unwrap();
        let text = serde_json::to_string(&command).unwrap();
        assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command, "{text}");
        self.simulation.submit(command).unwrap();
        self
    }

    fn until(&mut self, ms: u64) -> &mut Self {
        self.simulation.advance_to(VirtualTime(ms * 1000));
        self.events.extend(self.simulation.take_events());
        self
    }

    fn totals(&self) -> Totals {
        *self.simulation.state().ledger.totals()
    }

    fn frame(&self) -> Frame {
        Frame::of(self.simulation.state(), self.simulation.state().now)
    }

    fn count(&self, from_ms: u64, is: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| event.at.0 > from_ms * 1000 && is(&event.kind)).count()
    }

    fn isr(&self) -> Vec<i32> {
        let image = &self.simulation.state().metadata;
        image.partition(PARTITION).unwrap().isr.iter().map(|broker| broker.0).collect()
    }

    fn log_end(&self, broker: i32) -> i64 {
        let broker = self.simulation.state().broker(BrokerId(broker)).unwrap();
        broker.partition(PARTITION).map_or(0, |partition| partition.log().log_end_offset().0)
    }
}

fn is_of(broker: i32) -> impl Fn(&EventKind) -> bool {
    move |event| matches!(event, EventKind::Broker { broker: of, .. } if of.0 == broker)
}

fn is_loss(event: &EventKind) -> bool {
    matches!(event, EventKind::MessageLost { .. })
}

#[test]
fn a_frozen_broker_does_nothing_and_then_goes_on_with_what_it_believed() {
    let mut run = Run::new(r#""acks": "1""#);
    run.at(300, r#"{"do": "freezeBroker", "broker": 1}"#).until(2_000);
    assert_eq!(run.count(300, is_of(1)), 0, "it does nothing");
    assert!(matches!(run.frame().brokers[0].state, BrokerState::Frozen { since_us: 300_000, .. }));
    assert_eq!(run.isr(), [2, 3], "its session ran out");
    run.at(2_000, r#"{"do": "thawBroker", "broker": 1}"#).until(10_000);
    let appended_late = |event: &EventKind| {
        is_of(1)(event) && matches!(event, EventKind::Broker { event: BrokerEvent::Appended { .. }, .. })
    };
    assert!(run.count(1_999, appended_late) > 0, "it still takes itself for the leader");
    assert!(run.totals().lost > 0, "and what it acknowledged is cut off");
    assert_eq!(run.isr().len(), 3, "it is in sync again");
}

#[test]
fn a_stalled_follower_keeps_its_log_end_and_leaves_the_isr() {
    let mut run = Run::new(r#""acks": "all""#);
    run.at(300, r#"{"do": "stallFollower", "broker": 2}"#);
    let end = run.log_end(2);
    run.until(2_000);
    assert_eq!(run.log_end(2), end);
    assert!(run.frame().brokers[1].stalled);
    assert_eq!(run.isr(), [1, 3]);
    assert_eq!(run.totals().delivered, 100);
    run.at(2_000, r#"{"do": "resumeFollower", "broker": 2}"#).until(4_000);
    assert_eq!((run.log_end(2), run.isr().len()), (100, 3));
}

#[test]
fn a_slow_disk_makes_appends_late() {
    let mut run = Run::new(r#""acks": "1""#);
    run.at(300, r#"{"do": "slowDisk", "broker": 1, "factor": 100000}"#).until(1_200);
    assert_eq!(run.frame().brokers[0].disk_factor, 100_000);
    let slow = run.log_end(1);
    assert!(slow < 90, "{slow}");
    run.at(1_200, r#"{"do": "restoreDisk", "broker": 1}"#).until(4_000);
    assert_eq!(run.totals().delivered, 100);
}

#[test]
fn a_cut_link_is_silent_and_carries_what_waits_once_healed() {
    let mut run = Run::new(r#""acks": "1""#);
    run.at(300, r#"{"do": "cutLink", "a": "shop", "b": "broker-1"}"#);
    let end = run.log_end(1);
    run.until(3_000);
    assert_eq!(run.log_end(1), end, "nothing arrives");
    assert_eq!(run.totals().failed, 0, "and nobody is told");
    let wire = run.frame().wires.into_iter().find(|wire| wire.state == WireState::Cut).unwrap();
    assert_eq!(wire.note, "cut");
    run.at(3_000, r#"{"do": "healLink", "a": "broker-1", "b": "shop"}"#).until(5_000);
    assert_eq!((run.totals().delivered, run.totals().duplicates, run.totals().lost), (100, 0, 0));
}

#[test]
fn a_cut_outlasts_the_request_timeout_and_the_producer_sends_again() {
    let mut run = Run::new(
        r#""acks": "1", "request.timeout.ms": 400, "socket.connection.setup.timeout.ms": 200, "max.in.flight.requests.per.connection": 1"#,
    );
    // The answers are lost, the requests are not.
    run.at(300, r#"{"do": "cutLink", "a": "broker-1", "b": "shop", "way": "aToB"}"#);
    run.at(1_500, r#"{"do": "healLink", "a": "shop", "b": "broker-1"}"#).until(6_000);
    let totals = run.totals();
    assert_eq!(totals.delivered, 100, "{totals:?}");
    assert!(totals.duplicates > 0, "what was appended before its answer was lost was sent again");
}

#[test]
fn a_consumer_behind_a_cut_finds_the_new_leader() {
    let mut run = Run::new(r#""acks": "all""#);
    run.at(300, r#"{"do": "partitionNetwork", "groups": [["broker-1"], ["broker-2", "broker-3", "controller", "shop", "billing"]]}"#);
    run.until(60_000);
    assert_eq!(run.isr(), [2, 3], "the controller does not hear broker 1");
    assert_eq!(run.totals().delivered, 100, "the producer found another leader");
    assert!(
        run.frame().consumers[0].positions.iter().all(|position| position.offset == Some(100)),
        "so did the consumer"
    );
    run.at(60_000, r#"{"do": "healNetwork"}"#).until(62_000);
    assert_eq!(run.isr().len(), 3);
}

#[test]
fn a_delay_and_lost_packets_make_messages_late_and_lose_nothing() {
    for command in [
        r#"{"do": "delayLink", "a": "shop", "b": "broker-1", "delayUs": 150000}"#,
        r#"{"do": "losePackets", "a": "shop", "b": "broker-1", "perMille": 900}"#,
    ] {
        let mut run = Run::new(r#""acks": "1""#);
        run.at(300, command).until(500);
        assert!(run.log_end(1) < 48, "{command}: {}", run.log_end(1));
        run.until(60_000);
        assert_eq!((run.totals().delivered, run.totals().duplicates), (100, 0), "{command}");
    }
}

#[test]
fn a_dropped_message_breaks_its_connection() {
    let mut run = Run::new(r#""acks": "1""#);
    run.at(300, r#"{"do": "dropMessages", "from": "shop", "to": "broker-1", "next": 2}"#).until(5_000);
    assert!(run.count(0, is_loss) >= 2, "what was behind them on their connection is lost too");
    assert_eq!((run.totals().delivered, run.totals().lost), (100, 0));
    let mut run = Run::new(r#""acks": "1", "retries": 0"#);
    run.at(300, r#"{"do": "dropMessages", "from": "shop", "to": "broker-1", "perMille": 500}"#).until(5_000);
    assert!(run.count(0, is_loss) > 5);
    assert!(run.totals().failed > 5, "without retries each loss is an error");
}

#[test]
fn what_breaks_after_it_arrived_comes_twice() {
    for command in [
        r#"{"do": "duplicateMessages", "from": "shop", "to": "broker-1", "next": 2}"#,
        r#"{"do": "loseResponse", "producer": "shop", "broker": 1}"#,
    ] {
        let mut run = Run::new(r#""acks": "1", "max.in.flight.requests.per.connection": 1"#);
        run.at(300, command).until(5_000);
        let totals = run.totals();
        assert_eq!((totals.delivered, totals.failed, totals.lost), (100, 0, 0), "{command}");
        assert!(totals.duplicates > 0, "{command}");
    }
}

#[test]
fn a_broker_that_loses_its_controller_is_fenced_until_the_link_heals() {
    let mut run = Run::new(r#""acks": "all""#);
    run.at(300, r#"{"do": "dropMessages", "from": "controller", "to": "broker-3", "next": 3}"#).until(3_000);
    assert_eq!(run.isr().len(), 3, "a lost heartbeat is sent again");
    run.at(3_000, r#"{"do": "cutLink", "a": "broker-3", "b": "controller", "way": "aToB"}"#).until(5_000);
    assert_eq!(run.isr(), [1, 2]);
    run.at(5_000, r#"{"do": "heal"}"#).until(7_000);
    assert_eq!(run.isr().len(), 3);
}

#[test]
fn a_killed_producer_leaves_its_records_pending_and_comes_back_as_another_session() {
    let mut run = Run::new(r#""acks": "all""#);
    run.at(300, r#"{"do": "cutLink", "a": "shop", "b": "broker-1"}"#);
    run.at(500, r#"{"do": "killProducer", "producer": "shop"}"#).until(3_000);
    let totals = run.totals();
    assert!(totals.pending > 0 && totals.sent < 60, "{totals:?}");
    assert_eq!(totals.sent, totals.delivered + totals.failed + totals.pending);
    assert!(run.frame().producers[0].killed);
    run.at(3_000, r#"{"do": "heal"}"#).at(3_000, r#"{"do": "restartProducer", "producer": "shop"}"#).until(9_000);
    let state = run.simulation.state();
    assert_eq!(state.sessions.iter().map(|session| session.phase).collect::<Vec<_>>(), [Phase::Killed, Phase::Open]);
    assert_eq!(run.totals().sent, 100, "its workload goes on where it was");
    assert_eq!(run.totals().pending, totals.pending, "nobody is told of the others any more");
}

#[test]
fn an_application_sends_again_what_failed_and_only_once() {
    let mut run = Run::new(r#""acks": "1", "retries": 0"#);
    run.at(300, r#"{"do": "loseResponse", "producer": "shop", "broker": 1}"#).until(2_000);
    let failed = run.totals().failed;
    assert!(failed > 0);
    assert_eq!(run.totals().unknown, failed);
    let again = r#"{"do": "resend", "producer": "shop"}"#;
    run.at(2_000, again).until(3_000);
    assert_eq!(run.totals().sent, 100 + failed);
    assert_eq!(run.totals().stored, 100 + failed, "the first ones had been appended");
    let error = run.simulation.submit(serde_json::from_str(again).unwrap()).unwrap_err().to_string();
    assert_eq!(error, "no record of shop has failed that was not sent again");
    run.at(3_000, r#"{"do": "resend", "producer": "shop", "record": 7}"#).until(4_000);
    assert_eq!(run.totals().sent, 101 + failed);
}

#[track_caller]
fn check_refused(before: &[&str], command: &str, sentence: &str) {
    let mut run = Run::new(r#""acks": "1""#);
    for (ms, command) in (100..).zip(before) {
        run.at(ms, command);
    }
    let hash = run.simulation.state().trace_hash.to_string();
    let error = run.simulation.submit(serde_json::from_str(command).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), sentence);
    assert_eq!(run.simulation.state().trace_hash.to_string(), hash, "nothing has changed");
}

#[test]
fn what_is_not_possible_is_refused_in_a_sentence() {
    let none: &[&str] = &[];
    let crash = r#"{"do": "crashBroker", "broker": 1}"#;
    let freeze = r#"{"do": "freezeBroker", "broker": 1}"#;
    for (before, command, sentence) in [
        (none, r#"{"do": "cutPower", "broker": 4}"#, "there is no broker `4`"),
        (&[crash], r#"{"do": "cutPower", "broker": 1}"#, "broker 1 is down"),
        (none, r#"{"do": "restartBrokerWithoutDisk", "broker": 1}"#, "broker 1 is running"),
        (&[freeze], freeze, "broker 1 is frozen"),
        (none, r#"{"do": "thawBroker", "broker": 1}"#, "broker 1 is not frozen"),
        (&[crash], freeze, "broker 1 is down"),
        (
            &[r#"{"do": "stallFollower", "broker": 1}"#, freeze],
            r#"{"do": "resumeFollower", "broker": 1}"#,
            "broker 1 is frozen; thaw it first",
        ),
        (
            none,
            r#"{"do": "slowDisk", "broker": 1, "factor": 1}"#,
            "factor: 1 is out of range; 2 to 10000000 is allowed",
        ),
        (none, r#"{"do": "restoreDisk", "broker": 1}"#, "the disk of broker 1 is not slow"),
        (none, r#"{"do": "resumeFollower", "broker": 1}"#, "broker 1 is not stalled"),
        (none, r#"{"do": "cutLink", "a": "shop", "b": "broker-9"}"#, "there is no node `broker-9`"),
        (
            none,
            r#"{"do": "cutLink", "a": "shop", "b": "billing"}"#,
            "there is no link between `shop` and `billing`: every link has a broker at one end, or a controller at both",
        ),
        (
            &[r#"{"do": "cutLink", "a": "shop", "b": "broker-1"}"#],
            r#"{"do": "cutLink", "a": "broker-1", "b": "shop", "way": "aToB"}"#,
            "the link between broker-1 and shop is cut already",
        ),
        (
            none,
            r#"{"do": "healLink", "a": "shop", "b": "broker-1"}"#,
            "nothing is wrong with the link between shop and broker-1",
        ),
        (none, r#"{"do": "healNetwork"}"#, "nothing is wrong with any link"),
        (
            none,
            r#"{"do": "duplicateMessages", "from": "broker-1", "to": "shop", "next": 1}"#,
            "`broker-1` sends no requests to `shop`, and only a request can come twice",
        ),
        (
            none,
            r#"{"do": "partitionNetwork", "groups": [["broker-1"], ["broker-1"]]}"#,
            "groups: `broker-1` is named twice",
        ),
        (
            none,
            r#"{"do": "partitionNetwork", "groups": [["broker-1"]]}"#,
            "groups: two or more are needed, none of them empty",
        ),
        (none, r#"{"do": "restartProducer", "producer": "shop"}"#, "shop is running"),
        (
            &[r#"{"do": "killProducer", "producer": "shop"}"#],
            r#"{"do": "send", "producer": "shop", "record": {}}"#,
            "shop is not running; restart it first",
        ),
        (none, r#"{"do": "resend", "producer": "shop"}"#, "no record of shop has failed that was not sent again"),
    ] {
        check_refused(before, command, sentence);
    }
}

#[test]
fn every_act_of_the_menus_has_a_name_of_its_own_and_is_possible() {
    let mut run = Run::new(r#""acks": "1""#);
    run.at(200, r#"{"do": "crashBroker", "broker": 3}"#).at(201, r#"{"do": "cutLink", "a": "shop", "b": "broker-2"}"#);
    let frame = run.until(300).frame();
    let mut acts: Vec<FaultAct> =
        frame.brokers.iter().flat_map(|broker| fault_acts::of_broker(&frame, broker)).collect();
    acts.extend(frame.controllers.iter().flat_map(|controller| fault_acts::of_controller(&frame, controller)));
    acts.extend(frame.producers.iter().flat_map(fault_acts::of_producer));
    let rows: Vec<_> = link_acts::links(&frame).into_iter().map(|link| link.row(&frame)).collect();
    assert_eq!(rows.len(), 3 + 3 + 3 + 3, "a link of each client, the controller and each pair of brokers");
    acts.extend(rows.into_iter().flat_map(|row| row.acts));
    let names: std::collections::BTreeSet<&str> = acts.iter().map(|act| act.hook.as_str()).collect();
    assert_eq!(names.len(), acts.len());
    for name in
        ["freeze-broker-1", "restart-without-disk-broker-3", "kill-shop", "cut-shop-broker-1", "heal-shop-broker-2"]
    {
        assert!(names.contains(name), "{name} of {names:?}");
    }
    for act in &acts {
        let possible = run.simulation.clone().submit(act.command.clone());
        let says_why = act.word == "Send failed again" || act.hook.ends_with("-shop-broker-2");
        assert!(possible.is_ok() || says_why, "{}: {possible:?}", act.hook);
    }
}

#[test]
fn a_healed_cluster_comes_to_rest() {
    let mut healed = 0;
    for seed in 0..150 {
        let scenario = generate::scenario_with_faults(seed);
        if generate::healed_at(&scenario).is_none() {
            continue;
        }
        healed += 1;
        let (end, producers) = (scenario.end, scenario.producers.clone());
        let mut simulation = Simulation::new(Arc::new(scenario));
        simulation.advance_to(end);
        for producer in producers {
            simulation.submit(Command::StopWorkload { producer: producer.name }).unwrap();
        }
        simulation.advance_to(end + VirtualTime::from_ms(60_000));
        // Where every eligible replica came back from an unclean stop, Kafka waits for an operator to choose.
        simulation.submit(Command::ElectUnclean { topic: "t".into(), partition: None }).unwrap();
        simulation.advance_to(end + VirtualTime::from_ms(120_000));
        let state = simulation.state();
        for (partition, registration) in state.metadata.partitions() {
            assert!(registration.leader.is_some(), "seed {seed}: nobody leads {partition:?}");
            assert_eq!(registration.isr.len(), registration.replicas.len(), "seed {seed}: ISR of {partition:?}");
        }
        for session in state.sessions.iter().filter(|session| session.phase != Phase::Killed) {
            let pending = state.ledger.list(Figure::Pending, Some(session.id));
            let moments: Vec<_> = pending.iter().map(|record| state.ledger.moments(*record)).collect();
            assert!(
                pending.is_empty(),
                "seed {seed}: session {} ({:?}, acks={}) still waits for an outcome: {moments:?}",
                session.id,
                session.phase,
                session.producer.config().acks.word()
            );
        }
    }
    assert!(healed > 50, "{healed}");
}
