//! The whole simulation: three brokers, twelve partitions of three replicas, acks=all, with links, ledger, events and trace hash.

use std::sync::Arc;

use highwater::engine::common::VirtualTime;
use highwater::engine::sim::{Figure, Scenario, Simulation};

/// Records that a run sends.
pub(crate) const RECORDS: u64 = 200_000;

const SCENARIO: &str = r#"{
    "version": 1, "seed": 1, "endUs": 10000000,
    "brokers": {"count": 3},
    "topics": [{"name": "orders", "partitions": 12, "replicationFactor": 3}],
    "producers": [{
        "name": "shop",
        "config": {"acks": "all", "compression.type": "lz4"},
        "workload": {
            "ratePerSecond": 200000, "count": 200000,
            "keys": {"numbered": {"prefix": "user-", "count": 1000}}, "values": {"json": {"bytes": 100}}
        }
    }]
}"#;

/// Runs it until every record is answered, and checks that every one is committed.
pub(crate) fn run() -> Simulation {
    let scenario = Scenario::from_json(SCENARIO).expect("the benchmark's scenario is valid");
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(VirtualTime::from_ms(5_000));
    let totals = simulation.state().ledger.totals();
    for figure in [Figure::Sent, Figure::Delivered, Figure::Committed] {
        assert_eq!(totals.get(figure), RECORDS, "{}", figure.word());
    }
    simulation
}
