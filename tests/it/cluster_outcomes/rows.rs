//! A scenario's run as rows of `cluster/outcomes.json`: its configuration as its settings are, its outcome as its run ends.
//!
//! Nothing of a row comes from the real run but which settings it names and, once they were found to be alike, its times.

use super::play::{Play, Sent};
use highwater::engine::common::{BrokerId, VirtualTime};
use highwater::engine::config::Value as Setting;
use highwater::engine::sim::{Command, Figure, Scenario};
use serde_json::{Map, Value, json};

/// The rows of a scenario that plays a run of this name; `like`: the real one's first row.
pub(super) fn rows_of(run: &str, scenario: Scenario, like: &Value) -> Vec<Value> {
    let play = Play::of(scenario);
    match run {
        "acks_by_min_insync_by_isr" => acks(play),
        "leader_crash_before_followers_fetch" => vec![leader_crash(play, like)],
        "lost_response" => vec![lost_response(play, like)],
        "not_enough_replicas_after_append" => vec![not_enough_replicas(play, like)],
        "leader_stop_kinds" => vec![leader_stop(play)],
        "all_in_sync_replicas_lost" => vec![all_lost(play, like)],
        unknown => panic!("no way to play `{unknown}`"),
    }
}

/// The cluster's settings, as `outcomes.json` has them for all of its runs.
pub(super) fn settings_of(scenario: &Scenario) -> Value {
    let config = &scenario.brokers.config;
    let mut settings = Map::new();
    settings.insert("brokers".into(), json!(scenario.brokers.count));
    settings.insert("controllers".into(), json!(scenario.controllers.count));
    settings.insert("replication.factor".into(), json!(scenario.topics[0].replication_factor));
    for name in [
        "replica.lag.time.max.ms",
        "broker.session.timeout.ms",
        "broker.heartbeat.interval.ms",
        "auto.leader.rebalance.enable",
    ] {
        settings.insert(name.into(), json!(config.get(name).expect("a setting of brokers")));
    }
    Value::Object(settings)
}

/// A setting as the rows write it: `unclean.leader.election.enable` is a text there.
fn written(name: &str, value: Setting) -> Value {
    if name == "unclean.leader.election.enable" { json!(value.to_string()) } else { json!(value) }
}

/// The settings that the real row names, with the values that they have here.
fn configuration(play: &Play, sent: &Sent, like: &Value) -> Map<String, Value> {
    let producer = play.producer(&sent.producer);
    let topic = &play.scenario.topics[0].config;
    let names = like.as_object().expect("a row").keys();
    let rows = names.filter_map(|name| {
        if name == "enable.idempotence" {
            // Whether it was said or follows from the other settings.
            return Some((name.clone(), json!(producer.is_idempotent())));
        }
        let value = producer.get(name).or_else(|| topic.get(name));
        value.map(|value| (name.clone(), written(name, value)))
    });
    rows.collect()
}

fn with(mut row: Map<String, Value>, outcome: Value) -> Value {
    let Value::Object(outcome) = outcome else { unreachable!("an outcome is an object") };
    row.extend(outcome);
    Value::Object(row)
}

/// As Java prints a list.
fn java_texts(values: &[String]) -> String {
    format!("[{}]", values.join(", "))
}

/// Every send is a row; the last one tells what can be read when all are back.
fn acks(mut play: Play) -> Vec<Value> {
    let min = play.scenario.topics[0].config.min_insync_replicas;
    let mut rows = Vec::new();
    for sent in play.sends() {
        play.before(sent.at);
        let (isr, before) = (play.partition().isr.len(), play.log(1));
        play.after(&sent);
        let after = play.log(1);
        let acks = play.producer(&sent.producer).get("acks").expect("a setting");
        rows.push(json!({
            "isr": isr, "min.insync.replicas": min, "acks": acks.to_string(), "result": play.told(sent.id).1,
            "storedOnLeader": after.0 > before.0, "highWatermarkAdvanced": after.1 > before.1, "elr": play.elr(),
        }));
    }
    play.finish();
    assert_eq!(play.partition().isr.len(), 3, "all are back");
    rows.push(json!({
        "after": "both brokers back, ISR 3", "min.insync.replicas": min, "readable": java_texts(&play.readable()),
    }));
    rows
}

fn is_crash_of(broker: i32) -> impl Fn(&Command) -> bool {
    move |command| *command == Command::CrashBroker { broker: BrokerId(broker) }
}

/// Five records, then the followers freeze, ten more are sent, the leader is killed and the followers go on.
fn leader_crash(mut play: Play, like: &Value) -> Value {
    let frozen_at = *play.times(|it| matches!(it, Command::FreezeBroker { .. })).last().expect("followers freeze");
    let crash_at = play.times(is_crash_of(1))[0];
    let during: Vec<Sent> = play.sends().into_iter().filter(|sent| sent.at > frozen_at).collect();
    assert_eq!(during.len(), 10);
    play.before(crash_at);
    let (delivered_before, stored) = (play.delivered_count(&during), play.log(1).0);
    play.finish();
    let (elected_at, new_leader) = play.elected_after(crash_at).expect("another one leads");
    let readable = play.readable();
    assert_eq!(play.failed_count(&during), 0);
    let missing = during.iter().filter(|sent| !readable.contains(&sent.value)).count();
    let outcome = json!({
        "deliveredBeforeCrash": delivered_before, "storedOnOldLeader": stored, "newLeader": new_leader,
        "msToNewLeader": ms_between(crash_at, elected_at), "delivered": play.delivered_count(&during), "failed": "{}",
        "readableAfter": readable.len(), "duringMissing": missing,
        "duplicates": play.total(Figure::Duplicates), "oldLeaderLogAfterRejoin": play.log(1).0,
    });
    with(configuration(&play, &during[0], like), outcome)
}

fn ms_between(from: VirtualTime, to: VirtualTime) -> i64 {
    to.as_ms() - from.as_ms()
}

/// One record, and then one whose answer does not come; or that one twice.
fn lost_response(mut play: Play, like: &Value) -> Value {
    play.finish();
    let sends = play.sends();
    let [_before, tries @ ..] = sends.as_slice() else { panic!("a record is sent before") };
    let readable = play.readable();
    assert_eq!(readable.len() as i64, play.log(1).0, "all of it can be read");
    let stored = readable.iter().filter(|value| **value == tries[0].value).count();
    let row = configuration(&play, &tries[0], like);
    match tries {
        [only] => {
            let outcome = json!({
                "responsesLost": play.responses_lost(), "result": play.told(only.id).1, "stored": stored,
            });
            let sent = if like.get("sent").is_some() { json!({"sent": tries.len()}) } else { json!({}) };
            with(row, with(outcome.as_object().expect("made above").clone(), sent))
        }
        [first, second] => {
            assert_eq!(first.value, second.value);
            let first_at = play.told(first.id).0.expect("it fails");
            assert!(first_at < second.at, "the application knows of the first one's end");
            let outcome = json!({
                "case": "the application itself sends again after a time-out",
                "first": play.told(first.id).1, "second": play.told(second.id).1, "stored": stored,
            });
            with(row, outcome)
        }
        _ => panic!("one record or two"),
    }
}

/// A record, then the followers freeze, another one, and when that has failed a third; then the followers go on.
fn not_enough_replicas(mut play: Play, like: &Value) -> Value {
    let sends = play.sends();
    let [_, sent, next] = sends.as_slice() else { panic!("three records") };
    play.before(next.at);
    let (ended_at, result) = play.told(sent.id);
    let (stored, isr) = (play.log(1).0, play.isr());
    play.after(next);
    let next_result = play.told(next.id).1;
    let next_stored = play.log(1).0 > stored;
    play.finish();
    let outcome = json!({
        "result": result, "ms": ms_between(sent.at, ended_at.expect("it has failed")), "storedOnLeader": stored == 2,
        "isr": isr, "next": next_result, "nextStoredOnLeader": next_stored,
        "readableAfterHealing": java_texts(&play.readable()),
    });
    with(configuration(&play, sent, like), outcome)
}

fn leader_stop(mut play: Play) -> Value {
    let one = BrokerId(1);
    let kinds = [
        ("TERM", "controlled shutdown", Command::ShutDownBroker { broker: one }),
        ("KILL", "crash", Command::CrashBroker { broker: one }),
        ("STOP", "freeze", Command::FreezeBroker { broker: one }),
    ];
    let stop = |command: &Command| kinds.iter().any(|(_, _, kind)| kind == command);
    let stopped =
        play.scenario.commands.iter().find(|timed| stop(&timed.command)).expect("the leader is stopped").clone();
    let (signal, meaning, _) = kinds.iter().find(|(_, _, kind)| *kind == stopped.command).expect("found above");
    play.before(stopped.at);
    assert_eq!(play.leader(), 1);
    play.finish();
    let (elected_at, leader) = play.elected_after(stopped.at).expect("another one leads");
    assert_eq!(leader, 2);
    assert_eq!(
        play.process(1),
        (*signal == "STOP", *signal == "TERM"),
        "whether it runs, and whether it ended in order"
    );
    json!({
        "signal": signal, "meaning": meaning, "msToNewLeader": ms_between(stopped.at, elected_at), "isrThen": play.isr(),
    })
}

/// The leader alone acknowledges a record and dies; the others come back before it does.
fn all_lost(mut play: Play, like: &Value) -> Value {
    let sends = play.sends();
    let [_, alone] = sends.as_slice() else { panic!("two records") };
    let crash_at = play.times(is_crash_of(1))[0];
    let back_at = play.times(|it| *it == Command::RestartBroker { broker: BrokerId(1) })[0];
    play.before(crash_at);
    let (acked_alone, elr_before) = (play.told(alone.id).1, play.elr());
    play.before(back_at);
    let mut outcome = json!({
        "ackedAlone": acked_alone, "elrBeforeCrash": elr_before, "leaderWithOldLeaderDead": play.leader(),
        "isr": play.isr(), "elr": play.elr(),
    });
    if play.leader() > 0 {
        outcome["readable"] = json!(java_texts(&play.readable()));
    }
    play.finish();
    outcome["readableAfterAllBack"] = json!(java_texts(&play.readable()));
    let is_lost = !play.readable().contains(&alone.value);
    assert_eq!(play.total(Figure::Lost), u64::from(is_lost), "the ledger says the same");
    with(configuration(&play, alone, like), outcome)
}
