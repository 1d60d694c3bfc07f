//! How far apart the nodes are: latency, jitter and bandwidth of the links of a scenario.

use super::fault::is_node;
use super::scenario::Scenario;
use crate::engine::common::limits;
use serde::{Deserialize, Serialize};

/// One direction of a link; both directions are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LinkSpec {
    /// From the last byte written to its arrival, in microseconds.
    pub latency_us: u64,
    /// Up to this much more, drawn anew for each message, in microseconds. Messages of one connection never overtake.
    pub jitter_us: u64,
    /// Bytes a second of each connection.
    pub bandwidth_bytes_per_second: u64,
}

impl Default for LinkSpec {
    /// Half a millisecond and 1 Gbit/s: two machines of one data centre, with the software between them and the wire.
    fn default() -> Self {
        Self { latency_us: 500, jitter_us: 0, bandwidth_bytes_per_second: 125_000_000 }
    }
}

impl LinkSpec {
    fn validate(&self) -> Result<(), String> {
        let within = |name: &str, value: u64, least: u64, most: u64| {
            let ok = (least..=most).contains(&value);
            if ok { Ok(()) } else { Err(format!("{name}: {value} is out of range; {least} to {most} is allowed")) }
        };
        within("latencyUs", self.latency_us, 0, limits::LATENCY_US_MAX)?;
        within("jitterUs", self.jitter_us, 0, limits::LATENCY_US_MAX)?;
        within("bandwidthBytesPerSecond", self.bandwidth_bytes_per_second, 1, limits::BANDWIDTH_MAX)
    }
}

/// The links of a scenario, by kind, with exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Links {
    /// Between a producer or consumer and a broker.
    pub client: LinkSpec,
    /// Between two brokers.
    pub broker: LinkSpec,
    /// Between two controllers, and between a broker and a controller.
    pub controller: LinkSpec,
    /// Pairs that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<LinkBetween>,
}

/// The link of one pair of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkBetween {
    /// A producer's or consumer's name, `broker-1`, `controller-1`, or `controller` for every controller.
    pub a: String,
    /// The other one.
    pub b: String,
    /// How far apart they are.
    pub link: LinkSpec,
}

impl Links {
    /// Checks ranges and names.
    pub(super) fn validate(&self, scenario: &Scenario) -> Result<(), String> {
        for (name, link) in [("client", &self.client), ("broker", &self.broker), ("controller", &self.controller)] {
            link.validate().map_err(|message| format!("{name}.{message}"))?;
        }
        for (at, pair) in self.between.iter().enumerate() {
            pair.link.validate().map_err(|message| format!("between[{at}].link.{message}"))?;
            for name in [&pair.a, &pair.b] {
                if !is_node(scenario, name) {
                    return Err(format!("between[{at}]: there is no node `{name}`"));
                }
            }
        }
        Ok(())
    }

    /// The exception for two nodes, by name, in either order.
    #[must_use]
    pub fn exception(&self, a: &str, b: &str) -> Option<LinkSpec> {
        let matches = |pair: &&LinkBetween| (pair.a == a && pair.b == b) || (pair.a == b && pair.b == a);
        self.between.iter().find(matches).map(|pair| pair.link)
    }
}
