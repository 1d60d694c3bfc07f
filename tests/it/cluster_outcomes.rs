//! Runs of a real three-broker cluster (`cluster/outcomes.json`), as scenarios with the same configuration and faults: each ends the
//! same way. Times are of that machine; what is compared is who is answered what, what is stored and what can be read, who leads,
//! ISR and ELR, and a time only as far as it is a time-out's.
//!
//! A demonstration that names such a run in its `expected.json` (`realCluster`) is held to it in the same way: the page says of
//! it that a real cluster did the same.

mod play;
mod rows;

use crate::vectors;
use highwater::course::PRESETS;
use highwater::course::preset::{REAL_CLUSTER, RealRun};
use highwater::engine::sim::Scenario;
use rows::{rows_of, settings_of};
use serde_json::{Value, json};

fn outcomes() -> Value {
    vectors::json("cluster/outcomes.json")
}

fn rows<'a>(outcomes: &'a Value, run: &str) -> &'a [Value] {
    outcomes[run].as_array().unwrap_or_else(|| panic!("there is no run `{run}`"))
}

/// Commands, each so many milliseconds after the one before it.
struct Script {
    at_ms: u64,
    commands: Vec<Value>,
}

impl Script {
    /// Begins when the cluster has settled.
    fn new() -> Self {
        Self { at_ms: 5_000, commands: Vec::new() }
    }

    fn wait(&mut self, ms: u64) {
        self.at_ms += ms;
    }

    fn then(&mut self, mut command: Value) {
        command["atUs"] = json!(self.at_ms * 1_000);
        self.commands.push(command);
    }

    fn broker(&mut self, what: &str, broker: i32) {
        self.then(json!({"do": what, "broker": broker}));
    }

    fn send(&mut self, producer: &str, value: &str) {
        self.then(json!({"do": "send", "producer": producer, "record": {"value": value}}));
    }
}

/// The cluster as the real one was, its topic with these settings, and the producers with those of each.
fn scenario(topic: &Value, producers: &[(&str, Value)], script: Script) -> Scenario {
    let producer = |(name, config): &(&str, Value)| json!({"name": name, "config": config});
    let scenario = json!({
        "version": 1, "seed": 1, "endUs": script.at_ms * 1_000,
        "brokers": {"count": 3, "config": {
            "replica.lag.time.max.ms": 10_000, "broker.session.timeout.ms": 9_000,
            "broker.heartbeat.interval.ms": 2_000, "auto.leader.rebalance.enable": false,
        }},
        "topics": [{"name": "t", "partitions": 1, "replicationFactor": 3, "assignments": [[1, 2, 3]], "config": topic}],
        "producers": producers.iter().map(producer).collect::<Vec<_>>(),
        "commands": script.commands,
    });
    Scenario::from_json(&scenario.to_string()).expect("a valid scenario")
}

/// Whether a scenario's run gives these rows, its configuration included.
#[track_caller]
fn check(run: &str, scenario: Scenario, real: &[&Value]) {
    assert_eq!(settings_of(&scenario), outcomes()["settings"], "{run}");
    let mut ours = rows_of(run, scenario, real[0]);
    assert_eq!(ours.len(), real.len(), "{run}: {ours:?}");
    for (ours, real) in ours.iter_mut().zip(real) {
        for time in ["ms", "msToNewLeader"] {
            take_time(ours, real, time);
        }
        assert_eq!(ours, *real, "{run}");
    }
}

/// Two times are alike if they are those of the same time-out; then the row is given the real one.
#[track_caller]
fn take_time(ours: &mut Value, real: &Value, name: &str) {
    let Some(time) = real.get(name) else { return };
    let ms = |row: &Value| row[name].as_i64().expect("a number of milliseconds");
    let of_a_kind = [
        0..=500,         // nobody waits
        7_000..=11_000,  // the rest of a session of 9 s, or all of it and the controller's next look
        45_000..=45_100, // linger.ms and request.timeout.ms of that run
    ];
    let alike = of_a_kind.iter().any(|range| range.contains(&ms(ours)) && range.contains(&ms(real)));
    assert!(alike, "{name}: {} here, {} there", ms(ours), ms(real));
    ours[name] = time.clone();
}

#[test]
fn acks_by_min_insync_by_isr() {
    let outcomes = outcomes();
    let rows = rows(&outcomes, "acks_by_min_insync_by_isr");
    let producers =
        ["0", "1", "all"].map(|acks| (acks, json!({"acks": acks, "retries": 0, "enable.idempotence": false})));
    for min in 1..=3 {
        let mut script = Script::new();
        for isr in [3, 2, 1] {
            if isr < 3 {
                script.broker("crashBroker", isr + 1);
                script.wait(12_000);
            }
            for acks in ["0", "1", "all"] {
                script.send(acks, &format!("r-{isr}-{min}-{acks}"));
                script.wait(1_000);
            }
        }
        script.broker("restartBroker", 2);
        script.broker("restartBroker", 3);
        script.wait(30_000);
        let real: Vec<&Value> = rows.iter().filter(|row| row["min.insync.replicas"] == min).collect();
        assert_eq!(real.len(), 10);
        check("acks_by_min_insync_by_isr", scenario(&json!({"min.insync.replicas": min}), &producers, script), &real);
    }
    assert_eq!(rows.len(), 30);
}

#[test]
fn leader_crash_before_followers_fetch() {
    let outcomes = outcomes();
    for row in rows(&outcomes, "leader_crash_before_followers_fetch") {
        let mut script = Script::new();
        (0..5).for_each(|n| script.send("p", &format!("before-{n}")));
        script.wait(1_000);
        script.broker("freezeBroker", 2);
        script.broker("freezeBroker", 3);
        // Longer than a fetch waits: the leader owes the followers no answer then.
        script.wait(1_000);
        (0..10).for_each(|n| script.send("p", &format!("during-{n}")));
        script.wait(1_000);
        script.broker("crashBroker", 1);
        script.broker("thawBroker", 2);
        script.broker("thawBroker", 3);
        script.wait(20_000);
        script.broker("restartBroker", 1);
        script.wait(20_000);
        let producer = json!({"acks": row["acks"], "enable.idempotence": row["enable.idempotence"]});
        let topic = json!({"min.insync.replicas": row["min.insync.replicas"]});
        check("leader_crash_before_followers_fetch", scenario(&topic, &[("p", producer)], script), &[row]);
    }
}

#[test]
fn lost_response() {
    let outcomes = outcomes();
    for row in rows(&outcomes, "lost_response") {
        let mut producer = json!({"acks": row["acks"], "enable.idempotence": row["enable.idempotence"]});
        let mut script = Script::new();
        script.send("p", "before");
        script.wait(1_000);
        if row.get("case").is_some() {
            producer["delivery.timeout.ms"] = row["delivery.timeout.ms"].clone();
            producer["request.timeout.ms"] = json!(1_000);
            script.then(json!({"do": "cutLink", "a": "broker-1", "b": "p", "way": "aToB"}));
            script.send("p", "x");
            script.wait(2_000);
            script.then(json!({"do": "healLink", "a": "broker-1", "b": "p"}));
            script.wait(1_000);
        } else {
            script.then(json!({"do": "loseResponse", "producer": "p", "broker": 1}));
        }
        if let Some(retries) = row.get("retries") {
            producer["retries"] = retries.clone();
        }
        script.send("p", "x");
        script.wait(5_000);
        check("lost_response", scenario(&json!({}), &[("p", producer)], script), &[row]);
    }
}

#[test]
fn not_enough_replicas_after_append() {
    let outcomes = outcomes();
    for row in rows(&outcomes, "not_enough_replicas_after_append") {
        let mut script = Script::new();
        script.send("p", "before");
        script.wait(1_000);
        script.broker("freezeBroker", 2);
        script.broker("freezeBroker", 3);
        script.wait(1_000);
        script.send("p", "x");
        script.wait(46_000);
        script.send("p", "next");
        script.wait(2_000);
        script.broker("thawBroker", 2);
        script.broker("thawBroker", 3);
        script.wait(20_000);
        let producer = json!({
            "acks": row["acks"], "retries": row["retries"], "enable.idempotence": false,
            "request.timeout.ms": 45_000,
        });
        let topic = json!({"min.insync.replicas": row["min.insync.replicas"]});
        check("not_enough_replicas_after_append", scenario(&topic, &[("p", producer)], script), &[row]);
    }
}

#[test]
fn leader_stop_kinds() {
    let outcomes = outcomes();
    for row in rows(&outcomes, "leader_stop_kinds") {
        let mut script = Script::new();
        script.send("p", "before");
        script.wait(1_000);
        let commands = [("TERM", "shutDownBroker"), ("KILL", "crashBroker"), ("STOP", "freezeBroker")];
        let (_, command) = commands.iter().find(|(signal, _)| row["signal"] == *signal).expect("a signal that we know");
        script.broker(command, 1);
        script.wait(20_000);
        let topic = json!({"min.insync.replicas": 2});
        check("leader_stop_kinds", scenario(&topic, &[("p", json!({"acks": "all"}))], script), &[row]);
    }
}

#[test]
fn all_in_sync_replicas_lost() {
    let outcomes = outcomes();
    for row in rows(&outcomes, "all_in_sync_replicas_lost") {
        let mut script = Script::new();
        script.send("p", "before");
        script.wait(1_000);
        script.broker("crashBroker", 2);
        script.broker("crashBroker", 3);
        script.wait(12_000);
        script.send("p", "x");
        script.wait(1_000);
        script.broker("crashBroker", 1);
        script.broker("restartBroker", 2);
        script.wait(1_000);
        script.broker("restartBroker", 3);
        script.wait(20_000);
        script.broker("restartBroker", 1);
        script.wait(20_000);
        let topic = json!({
            "min.insync.replicas": row["min.insync.replicas"],
            "unclean.leader.election.enable": row["unclean.leader.election.enable"],
        });
        check("all_in_sync_replicas_lost", scenario(&topic, &[("p", json!({"acks": row["acks"]}))], script), &[row]);
    }
}

#[test]
fn no_run_of_the_real_cluster_is_left_out() {
    let outcomes = outcomes();
    let about = ["broker", "features", "settings"];
    let runs: Vec<&String> =
        outcomes.as_object().expect("an object").keys().filter(|key| !about.contains(&key.as_str())).collect();
    // One test above for each; all of them take every row.
    let here = [
        "acks_by_min_insync_by_isr",
        "all_in_sync_replicas_lost",
        "leader_crash_before_followers_fetch",
        "leader_stop_kinds",
        "lost_response",
        "not_enough_replicas_after_append",
    ];
    assert_eq!(runs, here);
}

/// The rows of a run whose fields are those.
fn named<'a>(outcomes: &'a Value, real: &RealRun) -> Vec<&'a Value> {
    let fits = |row: &&Value| real.fields.iter().all(|(name, value)| row.get(name) == Some(value));
    rows(outcomes, &real.run).iter().filter(fits).collect()
}

#[test]
fn a_preset_that_says_that_a_real_cluster_did_the_same_does_what_it_did() {
    let outcomes = outcomes();
    let mut runs: Vec<String> = Vec::new();
    for preset in PRESETS.iter() {
        match preset.real_run() {
            Some(real) => {
                let rows = named(&outcomes, &real);
                let is_one_run = rows.len() == 1 || real.run == "acks_by_min_insync_by_isr" && rows.len() == 10;
                assert!(is_one_run, "{}: {} rows", preset.name, rows.len());
                println!("{}", preset.name);
                check(&real.run, preset.scenario(), &rows);
                runs.push(real.run);
            }
            None => assert_ne!(settings_of(&preset.scenario()), outcomes["settings"], "{}: which run?", preset.name),
        }
    }
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 6, "every kind of run has a preset: {runs:?}");
    assert!(outcomes["broker"].as_str().is_some_and(|broker| broker.starts_with(REAL_CLUSTER)));
}
