//! `highwater run`, the real binary: what it prints, another seed, and how it refuses a scenario.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use crate::demonstrations::scenarios_root;
use serde_json::Value;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_highwater"))
        .arg("run")
        .args(arguments)
        .current_dir(scenarios_root())
        .output()
        .expect("the binary runs")
}

#[test]
fn a_folder_gives_one_object_with_the_keys_of_the_plan() {
    let output = run(&["demonstrations/acks-one-loses-on-clean-failover", "--json"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["scenario"], "acks-one-loses-on-clean-failover");
    assert_eq!((&object["seed"], &object["endUs"]), (&Value::from(7), &Value::from(4_000_000)));
    assert_eq!(object["traceHash"].as_str().unwrap().len(), 16);
    assert!(object["events"].as_u64().unwrap() > 1_000);
    assert!(object["ledger"]["lost"].as_u64().unwrap() > 0);
    assert!(object["metrics"]["produceLatencyUs"]["p50"].as_u64().unwrap() > 0);
    let partition = &object["partitions"][0];
    assert_eq!((&partition["topic"], &partition["leader"]), (&Value::from("orders.placed"), &Value::from(2)));
    for key in ["partition", "leaderEpoch", "logEndOffset", "highWatermark", "isr"] {
        assert!(!partition[key].is_null(), "{key}");
    }
    // The same run again, by its file and in lines.
    let lines = run(&["demonstrations/acks-one-loses-on-clean-failover/scenario.json"]);
    let lines = String::from_utf8(lines.stdout).unwrap();
    assert!(lines.contains(&format!("traceHash {}\n", object["traceHash"].as_str().unwrap())), "{lines}");
    assert!(lines.contains("ledger.sent "), "{lines}");
}

#[test]
fn another_seed_is_another_run() {
    let hash = |arguments: &[&str]| {
        let object: Value = serde_json::from_slice(&run(arguments).stdout).unwrap();
        (object["seed"].as_u64().unwrap(), object["traceHash"].as_str().unwrap().to_string())
    };
    let file = "demonstrations/a-sync-caller-waits-out-linger";
    let (seed, own) = hash(&[file, "--json"]);
    assert_eq!(hash(&[file, "--json", "--seed", "7"]), (seed, own.clone()));
    let (other_seed, other) = hash(&[file, "--json", "--seed", "8"]);
    assert_eq!(other_seed, 8);
    assert_ne!(other, own);
}

#[test]
fn a_bad_scenario_is_refused_with_its_place() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("run-command");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("scenario.json");
    let text = std::fs::read_to_string(scenarios_root().join("presets/acks.json")).unwrap();
    let bad = text.replace("\"acks\": \"1\"", "\"acks\": \"7\"");
    assert_ne!(bad, text);
    std::fs::write(&file, bad).unwrap();
    let output = run(&[file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.ends_with("producers[0].config: acks: `7` is not one of 0, 1, all\n"), "{sentence}");
    for arguments in [&["nowhere.json"][..], &[], &["a", "b"], &["presets/acks.json", "--seed", "x"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
