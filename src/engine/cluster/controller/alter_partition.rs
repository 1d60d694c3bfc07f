//! Whether a leader may have the ISR that it proposes (`ReplicationControlManager.validateAlterPartitionData`).

use super::{Controller, election};
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::ControllerOutput;
use crate::engine::cluster::protocol::{
    AlterPartitionRequest, AlterPartitionResponse, AlterPartitionResult, MetadataDelta, PartitionRegistration,
    ProposedIsr,
};
use crate::engine::common::{BrokerId, KafkaError};

impl Controller {
    /// Makes those of the proposed changes that are valid, as one change of the metadata, and answers each.
    pub(super) fn alter_partitions(
        &mut self,
        leader: BrokerId,
        request: &AlterPartitionRequest,
        out: &mut ControllerOutput,
    ) -> AlterPartitionResponse {
        if self.image.brokers.get(&leader).is_none_or(|known| known.epoch != request.broker_epoch) {
            return AlterPartitionResponse { error: Some(KafkaError::StaleBrokerEpoch), partitions: Vec::new() };
        }
        let mut changed = Vec::new();
        let mut partitions = Vec::new();
        for proposal in &request.partitions {
            let partition = proposal.partition;
            let result = self.alter_partition(leader, proposal);
            match &result {
                Ok(state) if self.image.partition(partition) != Some(state) => changed.push((partition, state.clone())),
                Ok(_) => {}
                Err(error) => {
                    out.events.push(ControllerEvent::IsrProposalRefused { partition, broker: leader, error: *error });
                }
            }
            partitions.push(AlterPartitionResult { partition, result });
        }
        if !changed.is_empty() {
            self.write(MetadataDelta { partitions: changed, ..self.next_delta() }, out);
        }
        AlterPartitionResponse { error: None, partitions }
    }

    /// The partition as it is after the proposal.
    ///
    /// | first of these that holds                        | answer |
    /// |--------------------------------------------------|--------|
    /// | no such partition                                | UNKNOWN_TOPIC_OR_PARTITION |
    /// | leader or partition epoch above the controller's | NOT_CONTROLLER |
    /// | leader epoch below the controller's              | FENCED_LEADER_EPOCH |
    /// | the proposer does not lead                       | INVALID_REQUEST |
    /// | partition epoch below the controller's           | INVALID_UPDATE_VERSION |
    /// | a member is no replica, or the leader is missing | INVALID_REQUEST |
    /// | a member is fenced or of another broker epoch    | INELIGIBLE_REPLICA |
    /// | none                                             | the partition with that ISR |
    fn alter_partition(&self, leader: BrokerId, proposal: &ProposedIsr) -> Result<PartitionRegistration, KafkaError> {
        let known = self.image.partition(proposal.partition).ok_or(KafkaError::UnknownTopicOrPartition)?;
        let isr: Vec<BrokerId> = proposal.isr.iter().map(|(broker, _)| *broker).collect();
        if proposal.leader_epoch > known.leader_epoch || proposal.partition_epoch > known.partition_epoch {
            return Err(KafkaError::NotController);
        }
        if proposal.leader_epoch < known.leader_epoch {
            return Err(KafkaError::FencedLeaderEpoch);
        }
        if known.leader != Some(leader) {
            return Err(KafkaError::InvalidRequest);
        }
        if proposal.partition_epoch < known.partition_epoch {
            return Err(KafkaError::InvalidUpdateVersion);
        }
        if !isr.contains(&leader) || isr.iter().any(|member| !known.replicas.contains(member)) {
            return Err(KafkaError::InvalidRequest);
        }
        if !proposal.isr.iter().all(|(member, epoch)| self.is_eligible(*member, *epoch)) {
            return Err(KafkaError::IneligibleReplica);
        }
        let is_alive = |broker: BrokerId| self.image.is_alive(broker);
        Ok(election::change_partition(known, &isr, is_alive).unwrap_or_else(|| known.clone()))
    }

    /// Alive, and the process that the leader means; −1: the leader does not say which.
    fn is_eligible(&self, broker: BrokerId, epoch: i64) -> bool {
        let registration = self.image.brokers.get(&broker);
        registration.is_some_and(|known| !known.is_fenced && (epoch == -1 || epoch == known.epoch))
    }
}
