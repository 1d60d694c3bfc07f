//! Runs of a real three-broker cluster (`cluster/outcomes.json`), as scenarios with the same configuration and faults: each ends the
//! same way. Times are of that machine; what is compared is who is answered what, what is stored and what can be read, who leads,
//! ISR and ELR. The runs whose fault the simulation does not have yet are named with it, and counted.

use crate::vectors;
use highwater::engine::cluster::protocol::PartitionRegistration;
use highwater::engine::common::{BrokerId, Offset, PartitionId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::sim::{Command, EventKind, ProducerEvent, Scenario, Simulation};
use serde_json::{Value, json};
use std::sync::Arc;

const P0: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };

/// Runs that wait, and what for.
const WAITING: [(&str, &str); 4] = [
    ("leader_crash_before_followers_fetch", "a frozen broker"),
    ("lost_response", "a lost response"),
    ("not_enough_replicas_after_append", "a frozen broker"),
    ("leader_stop_kinds STOP", "a frozen broker"),
];

fn outcomes() -> Value {
    vectors::json("cluster/outcomes.json")
}

fn rows<'a>(outcomes: &'a Value, name: &str) -> &'a [Value] {
    outcomes[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

/// A cluster as the real one was, with a producer for each of acks 0, 1 and all.
struct Run {
    simulation: Simulation,
}

impl Run {
    fn new(topic: &Value) -> Self {
        let producer = |acks: &str| {
            let config = json!({"acks": acks, "linger.ms": 0, "retries": 0, "enable.idempotence": false});
            json!({"name": acks, "config": config})
        };
        let producers = ["0", "1", "all"].map(producer);
        let scenario = json!({
            "version": 1, "seed": 1, "endUs": 600_000_000,
            "brokers": {"count": 3, "config": {
                "replica.lag.time.max.ms": 10_000, "broker.session.timeout.ms": 9_000,
                "broker.heartbeat.interval.ms": 2_000, "auto.leader.rebalance.enable": false,
            }},
            "topics": [{"name": "t", "partitions": 1, "replicationFactor": 3, "assignments": [[1, 2, 3]], "config": topic}],
            "producers": producers,
        });
        let scenario = Scenario::from_json(&scenario.to_string()).expect("a valid scenario");
        let mut run = Self { simulation: Simulation::new(Arc::new(scenario)) };
        run.simulation.keep_events();
        run.wait_ms(5_000);
        run
    }

    fn wait_ms(&mut self, ms: i64) {
        let until = self.simulation.state().now + VirtualTime::from_ms(ms);
        self.simulation.advance_to(until);
    }

    fn submit(&mut self, command: Value) {
        let command: Command = serde_json::from_value(command).expect("a command");
        self.simulation.submit(command).expect("a possible command");
    }

    fn crash(&mut self, broker: i32) {
        self.submit(json!({"do": "crashBroker", "broker": broker}));
    }

    fn restart(&mut self, broker: i32) {
        self.submit(json!({"do": "restartBroker", "broker": broker}));
    }

    /// Sends one record, and what the application is told within a second.
    fn send(&mut self, acks: &str, value: &str) -> String {
        self.simulation.take_events();
        self.submit(json!({"do": "send", "producer": acks, "record": {"value": value}}));
        self.wait_ms(1_000);
        let told = |event: EventKind| match event {
            EventKind::Producer { event: ProducerEvent::Delivered { base_offset: Offset(-1), .. }, .. } => {
                Some("no offset (-1)".to_string())
            }
            EventKind::Producer { event: ProducerEvent::Delivered { base_offset, .. }, .. } => {
                Some(format!("offset {base_offset}"))
            }
            EventKind::Producer { event: ProducerEvent::Failed { why, .. }, .. } => Some(why.exception().to_string()),
            _ => None,
        };
        let events = self.simulation.take_events();
        events.into_iter().find_map(|event| told(event.kind)).unwrap_or_else(|| "nothing".to_string())
    }

    fn partition(&self) -> &PartitionRegistration {
        self.simulation.state().controller.image().partition(P0).expect("the partition exists")
    }

    fn leader(&self) -> i32 {
        self.partition().leader.map_or(-1, |leader| leader.0)
    }

    /// Log end and high watermark of a broker's log.
    fn log(&self, broker: i32) -> (i64, i64) {
        let broker = self.simulation.state().broker(BrokerId(broker)).expect("a broker of the run");
        let partition = broker.partition(P0).expect("every broker holds it");
        (partition.log().log_end_offset().0, partition.high_watermark().0)
    }

    /// The values that a consumer can read, in order, as Java prints a list.
    fn readable(&self) -> String {
        let leader = BrokerId(self.leader());
        let ledger = &self.simulation.state().ledger;
        let value_at = |offset| {
            let id = ledger.record_at(P0, leader, Offset(offset)).expect("a record stands there");
            let value = ledger.content(id).and_then(|content| content.value).expect("it has a value");
            String::from_utf8(value.to_vec()).expect("a text")
        };
        let values: Vec<String> = (0..self.log(leader.0).1).map(value_at).collect();
        format!("[{}]", values.join(", "))
    }
}

/// As Java prints a list.
fn java_list(brokers: &[BrokerId]) -> String {
    let ids: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(", "))
}

#[test]
fn acks_by_min_insync_by_isr() {
    let outcomes = outcomes();
    let rows = rows(&outcomes, "acks_by_min_insync_by_isr");
    let mut checked = 0;
    for min in 1..=3 {
        let mut run = Run::new(&json!({ "min.insync.replicas": min }));
        for isr in [3, 2, 1] {
            if isr < 3 {
                run.crash(isr + 1);
                run.wait_ms(12_000);
            }
            for row in rows.iter().filter(|row| row["isr"] == isr && row["min.insync.replicas"] == min) {
                assert_eq!(check_acks_row(&mut run, row), *row);
                checked += 1;
            }
        }
        run.restart(2);
        run.restart(3);
        run.wait_ms(30_000);
        let healed = rows.iter().find(|row| row["after"].is_string() && row["min.insync.replicas"] == min);
        assert_eq!(run.partition().isr.len(), 3);
        assert_eq!(run.readable(), healed.expect("the row is there")["readable"].as_str().expect("a text"));
        checked += 1;
    }
    assert_eq!((checked, rows.len()), (30, 30));
}

/// The row as the simulation has it.
fn check_acks_row(run: &mut Run, row: &Value) -> Value {
    let (isr, min, acks) = (&row["isr"], &row["min.insync.replicas"], row["acks"].as_str().expect("a text"));
    let before = run.log(1);
    let result = run.send(acks, &format!("r-{isr}-{min}-{acks}"));
    let after = run.log(1);
    assert_eq!(run.partition().isr.len() as u64, vectors::integer(isr));
    json!({
        "isr": isr, "min.insync.replicas": min, "acks": acks, "result": result,
        "storedOnLeader": after.0 > before.0, "highWatermarkAdvanced": after.1 > before.1,
        "elr": java_list(&run.partition().elr),
    })
}

#[test]
fn leader_stop_kinds() {
    let outcomes = outcomes();
    let rows = rows(&outcomes, "leader_stop_kinds");
    assert_eq!(rows.len(), 3);
    for (signal, command, soonest_ms, latest_ms) in
        [("TERM", "shutDownBroker", 0, 500), ("KILL", "crashBroker", 7_000, 11_000)]
    {
        let row = rows.iter().find(|row| row["signal"] == signal).expect("the row is there");
        let real_ms = row["msToNewLeader"].as_i64().expect("a number");
        assert!((soonest_ms..=latest_ms).contains(&real_ms), "the bounds are those of the real run");
        let mut run = Run::new(&json!({ "min.insync.replicas": 2 }));
        run.send("all", "before");
        run.submit(json!({ "do": command, "broker": 1 }));
        run.wait_ms(soonest_ms);
        assert_eq!(run.leader(), 1, "{signal}: not sooner");
        run.wait_ms(latest_ms - soonest_ms);
        assert_eq!((run.leader(), java_list(&run.partition().isr)), (2, row["isrThen"].as_str().unwrap().to_string()));
        run.wait_ms(5_000);
        let old = run.simulation.state().broker(BrokerId(1)).expect("a broker of the run");
        assert_eq!((old.is_up(), old.has_stopped_cleanly()), (false, signal == "TERM"));
    }
}

#[test]
fn all_in_sync_replicas_lost() {
    let outcomes = outcomes();
    let rows = rows(&outcomes, "all_in_sync_replicas_lost");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let unclean = row["unclean.leader.election.enable"] == "true";
        let mut run = Run::new(&json!({ "min.insync.replicas": 1, "unclean.leader.election.enable": unclean }));
        run.send("all", "before");
        run.crash(2);
        run.crash(3);
        run.wait_ms(12_000);
        let acked_alone = run.send("all", "x");
        let elr_before = java_list(&run.partition().elr);
        run.crash(1);
        run.restart(2);
        run.wait_ms(1_000);
        run.restart(3);
        run.wait_ms(20_000);
        let mut ours = json!({
            "acks": "all", "min.insync.replicas": 1, "unclean.leader.election.enable": unclean.to_string(),
            "ackedAlone": acked_alone, "elrBeforeCrash": elr_before, "leaderWithOldLeaderDead": run.leader(),
            "isr": java_list(&run.partition().isr), "elr": java_list(&run.partition().elr),
        });
        if unclean {
            ours["readable"] = json!(run.readable());
        }
        run.restart(1);
        run.wait_ms(20_000);
        ours["readableAfterAllBack"] = json!(run.readable());
        assert_eq!(ours, *row);
        assert_eq!(run.simulation.state().ledger.totals().lost, u64::from(unclean), "x, which was acknowledged");
    }
}

#[test]
fn every_run_is_a_scenario_or_waits_for_a_fault() {
    let outcomes = outcomes();
    let about = ["broker", "features", "settings"];
    let runs = outcomes.as_object().expect("an object").keys().filter(|key| !about.contains(&key.as_str()));
    let here = ["acks_by_min_insync_by_isr", "leader_stop_kinds", "all_in_sync_replicas_lost"];
    let known = |run: &String| here.contains(&run.as_str()) || WAITING.iter().any(|(waiting, _)| waiting == run);
    let unknown: Vec<&String> = runs.filter(|run| !known(run)).collect();
    assert!(unknown.is_empty(), "no scenario for {unknown:?}");
    for (run, fault) in WAITING {
        println!("{run} waits for {fault}");
    }
}
