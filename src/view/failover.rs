//! How long a cluster is without a controller, by its partitions, with ZooKeeper and with KRaft: the model's sums in words.

use crate::engine::cluster::zookeeper::{ControlPlaneCosts, kraft_takeover, takeover_time, zookeeper_takeover};
use crate::engine::config::ControllerConfig;
use crate::engine::sim::failover::PARTITIONS;
use crate::view::format;

/// One number of partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverLine {
    /// How many, grouped.
    pub partitions: String,
    /// With ZooKeeper, at the longest.
    pub zookeeper: String,
    /// With KRaft, if nobody disputes the election.
    pub kraft: String,
}

/// The lines of the table, for so many brokers and Kafka's own time-outs.
#[must_use]
pub fn lines(brokers: usize) -> Vec<FailoverLine> {
    let costs = ControlPlaneCosts::default();
    let kraft = takeover_time(&kraft_takeover(costs, &ControllerConfig::default()));
    let line = |partitions| FailoverLine {
        partitions: format::grouped(partitions),
        zookeeper: seconds(takeover_time(&zookeeper_takeover(costs, brokers as u64, partitions)).as_ms()),
        kraft: seconds(kraft.as_ms()),
    };
    PARTITIONS.map(line).to_vec()
}

/// `18.0 s`.
fn seconds(ms: i64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_of_partitions_has_its_line() {
        let lines = lines(3);
        let shown = |at: usize| (lines[at].partitions.as_str(), lines[at].zookeeper.as_str(), lines[at].kraft.as_str());
        assert_eq!(shown(0), ("10", "18.0 s", "2.0 s"));
        assert_eq!(shown(5), ("1,000,000", "129.9 s", "2.0 s"));
    }
}
