//! A partition of the stage's topic as the controllers have it: who leads, who is in sync, whoever has heard of it.

use crate::engine::cluster::protocol::{LeaderRecoveryState, PartitionRegistration};
use crate::engine::common::{BrokerId, TopicId};
use crate::engine::sim::State;
use serde::Serialize;

/// One partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionFrame {
    /// Its number.
    pub partition: i32,
    /// Who leads it, if anybody does.
    pub leader: Option<i32>,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// Its replicas; the first is the preferred leader.
    pub replicas: Vec<i32>,
    /// Those in sync.
    pub isr: Vec<i32>,
    /// Those that are out of the ISR and may lead.
    pub elr: Vec<i32>,
    /// Its leader was elected uncleanly, and has not recovered.
    pub recovering: bool,
}

impl PartitionFrame {
    pub(super) fn all(state: &State) -> Vec<Self> {
        let registered = state.metadata.partitions().filter(|(id, _)| id.topic == TopicId(0));
        registered.map(|(id, registration)| Self::of(id.partition.0, registration)).collect()
    }

    fn of(partition: i32, registration: &PartitionRegistration) -> Self {
        let ids = |brokers: &[BrokerId]| brokers.iter().map(|broker| broker.0).collect();
        Self {
            partition,
            leader: registration.leader.map(|leader| leader.0),
            leader_epoch: registration.leader_epoch.0,
            replicas: ids(&registration.replicas),
            isr: ids(&registration.isr),
            elr: ids(&registration.elr),
            recovering: registration.leader_recovery_state == LeaderRecoveryState::Recovering,
        }
    }
}
