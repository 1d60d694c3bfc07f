//! How long a cluster is without a controller, by its partitions, with ZooKeeper and with KRaft: the model's sums in words.

use crate::engine::cluster::zookeeper::{
    BANDWIDTH, FSYNC, PARTITION_BYTES, PARTITIONS_PER_TOPIC, ROUND_TRIP, SESSION_TIMEOUT, ZNODE_REQUESTS_IN_FLIGHT,
    kraft_takeover, takeover_time, zookeeper_takeover,
};
use crate::engine::common::VirtualTime;
use crate::engine::config::ControllerConfig;
use crate::engine::sim::failover::PARTITIONS;
use crate::view::format;

/// One number of partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverLine {
    /// How many, grouped.
    pub partitions: String,
    /// With ZooKeeper: a whole session, then the least that the steps take.
    pub zookeeper: String,
    /// With KRaft: a whole time-out, then the least that the steps take, if nobody disputes the election.
    pub kraft: String,
}

/// The lines of the table, for so many brokers and Kafka's own time-outs.
#[must_use]
pub fn lines(brokers: usize) -> Vec<FailoverLine> {
    let kraft = takeover_time(&kraft_takeover(&ControllerConfig::default()));
    let line = |partitions| FailoverLine {
        partitions: format::grouped(partitions),
        zookeeper: format::short_time(takeover_time(&zookeeper_takeover(brokers as u64, partitions))),
        kraft: format::short_time(kraft),
    };
    PARTITIONS.map(line).to_vec()
}

/// What the figures stand for, and what is assumed.
#[must_use]
pub fn assumptions() -> String {
    let timeout = VirtualTime::from_ms(ControllerConfig::default().fetch_timeout_ms);
    format!(
        "From a controller's death to the next one's first decision: a whole time-out, then the least that the steps take. ZooKeeper, up to \
         Kafka 3.9: a session of {}, then every partition's state is read and every broker is told of all. KRaft: a fetch time-out of {}; the \
         next leader has read the log already. Assumed: {} a round trip, {} an fsync, {ZNODE_REQUESTS_IN_FLIGHT} reads at once, \
         {PARTITIONS_PER_TOPIC} partitions a topic, {PARTITION_BYTES} bytes each, {} Gbit/s.",
        format::short_time(SESSION_TIMEOUT),
        format::short_time(timeout),
        format::short_time(ROUND_TRIP),
        format::short_time(FSYNC),
        BANDWIDTH * 8 / 1_000_000_000,
    )
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
