//! Elections against `elections/`: every case as Kafka's own `PartitionChangeBuilder` decided it.

use crate::vectors;
use highwater::engine::cluster::protocol::{LeaderRecoveryState, PartitionRegistration};
use highwater::engine::cluster::{ElectionKind, PartitionChangeBuilder};
use highwater::engine::common::{BrokerId, LeaderEpoch};
use serde_json::{Value, json};

fn brokers(list: &Value) -> Vec<BrokerId> {
    let ids = list.as_array().map(Vec::as_slice).unwrap_or_default();
    ids.iter().map(|id| BrokerId(small(id))).collect()
}

fn small(value: &Value) -> i32 {
    i32::try_from(vectors::signed(value)).expect("a small number")
}

fn before(case: &Value) -> PartitionRegistration {
    let leader = small(&case["leader"]);
    PartitionRegistration {
        replicas: brokers(&case["replicas"]).into(),
        isr: brokers(&case["isr"]).into(),
        elr: brokers(&case["elr"]).into(),
        last_known_elr: brokers(&case["lastKnownElr"]).into(),
        leader: (leader >= 0).then_some(BrokerId(leader)),
        leader_epoch: LeaderEpoch(small(&case["leaderEpoch"])),
        partition_epoch: small(&case["partitionEpoch"]),
        leader_recovery_state: LeaderRecoveryState::Recovered,
    }
}

/// Our answer in the words of the file.
fn ours(case: &Value) -> Value {
    let election = match case["election"].as_str().expect("a kind of election") {
        "PREFERRED" => ElectionKind::Preferred,
        "ONLINE" => ElectionKind::Online,
        "UNCLEAN" => ElectionKind::Unclean,
        other => panic!("election {other}"),
    };
    let (partition, alive, target_isr) = (before(case), brokers(&case["alive"]), brokers(&case["targetIsr"]));
    let builder = PartitionChangeBuilder {
        partition: &partition,
        election,
        target_isr: case.get("targetIsr").map(|_| target_isr.as_slice()),
        min_isr: usize::try_from(vectors::integer(&case["min.insync.replicas"])).expect("a small number"),
        elr_enabled: case["elrEnabled"].as_bool().expect("on or off"),
        unclean_shutdown_replicas: &brokers(&case["uncleanShutdownReplicas"]),
        leader_has_recovered: false,
    };
    let Some(change) = builder.build(|broker| alive.contains(&broker)) else { return json!({ "change": "none" }) };
    let after = change.after;
    json!({
        "leader": after.leader.map_or(-1, |leader| leader.0),
        "isr": after.isr,
        "elr": after.elr,
        "lastKnownElr": after.last_known_elr,
        "leaderEpoch": after.leader_epoch,
        "partitionEpoch": after.partition_epoch,
        "recovering": after.leader_recovery_state == LeaderRecoveryState::Recovering,
    })
}

#[test]
fn every_case_is_decided_as_by_kafkas_controller() {
    let mut checked = 0;
    for path in vectors::files("elections", |name| name.ends_with(".json")) {
        let file = vectors::json(&path);
        for (number, case) in file["cases"].as_array().expect("cases is a list").iter().enumerate() {
            vectors::assert_same(&ours(case), &case["then"], &format!("{path}, case {number}: {case}"));
            checked += 1;
        }
    }
    assert!(checked >= 800, "only {checked} cases");
}
