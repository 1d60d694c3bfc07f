//! Whether a leader may have the ISR that it proposes (`ReplicationControlManager.validateAlterPartitionData`).

use super::Controller;
use super::election::Wanted;
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::ControllerOutput;
use crate::engine::cluster::partition_change::PartitionChange;
use crate::engine::cluster::protocol::{
    AlterPartitionRequest, AlterPartitionResponse, AlterPartitionResult, PartitionRegistration, ProposedIsr,
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
            let result = self.alter_partition(leader, proposal).map(|(state, change)| {
                changed.extend(change.map(|change| (partition, change)));
                state
            });
            if let Err(error) = result {
                out.events.push(ControllerEvent::IsrProposalRefused { partition, broker: leader, error });
            }
            partitions.push(AlterPartitionResult { partition, result });
        }
        self.write_changes(changed, out);
        AlterPartitionResponse { error: None, partitions }
    }

    /// The partition as it is after the proposal, and the change if there is one. A leader that was elected uncleanly has
    /// recovered with its first proposal.
    ///
    /// | first of these that holds                        | answer |
    /// |--------------------------------------------------|--------|
    /// | no such partition                                | UNKNOWN_TOPIC_OR_PARTITION |
    /// | leader or partition epoch above the controller's | NOT_CONTROLLER |
    /// | leader epoch below the controller's              | FENCED_LEADER_EPOCH |
    /// | the proposer does not lead                       | INVALID_REQUEST |
    /// | partition epoch below the controller's           | INVALID_UPDATE_VERSION |
    /// | a member is no replica, or the leader is missing | INVALID_REQUEST |
    /// | a member is fenced, about to stop, or of another broker epoch | INELIGIBLE_REPLICA |
    /// | none                                             | the partition with that ISR |
    fn alter_partition(
        &self,
        leader: BrokerId,
        proposal: &ProposedIsr,
    ) -> Result<(PartitionRegistration, Option<PartitionChange>), KafkaError> {
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
        let wanted = Wanted { target_isr: Some(&isr), leader_has_recovered: true, ..Wanted::default() };
        let change = self.change_of(proposal.partition, known, wanted);
        let state = change.as_ref().map_or(known, |change| &change.after).clone();
        Ok((state, change))
    }

    /// Active, and the process that the leader means; −1: the leader does not say which.
    fn is_eligible(&self, broker: BrokerId, epoch: i64) -> bool {
        let registration = self.image.brokers.get(&broker);
        registration.is_some_and(|known| known.is_active() && (epoch == -1 || epoch == known.epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cluster::controller::NewTopic;
    use crate::engine::cluster::protocol::BrokerRegistration;
    use crate::engine::common::{LeaderEpoch, PartitionId, TopicId, TopicPartition};
    use std::sync::Arc;

    const P0: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };

    /// Brokers 1 to 6; replicas 1 2 3 4 5, led by 1, ISR 1 2, leader epoch 5, partition epoch 9. 4 is fenced, 5 is about to stop.
    fn controller() -> Controller {
        let ids: Vec<BrokerId> = (1..=6).map(BrokerId).collect();
        let assignments = vec![ids[..5].to_vec()];
        let topic = NewTopic { id: TopicId(0), name: "orders".into(), config: Arc::default(), assignments };
        let mut controller = Controller::new(Arc::default(), &ids, vec![topic]);
        let mut delta = controller.next_delta();
        let registered = |controller: &Controller, id: i32| controller.image.brokers[&BrokerId(id)];
        let fenced = BrokerRegistration { is_fenced: true, ..registered(&controller, 4) };
        let stopping = BrokerRegistration { in_controlled_shutdown: true, ..registered(&controller, 5) };
        delta.brokers = vec![(BrokerId(4), fenced), (BrokerId(5), stopping)];
        let partition = PartitionRegistration {
            leader_epoch: LeaderEpoch(5),
            partition_epoch: 9,
            ..PartitionRegistration::new(&ids[..5], &ids[..2])
        };
        delta.partitions = vec![(P0, partition)];
        controller.write(delta, Vec::new(), &mut ControllerOutput::default());
        controller
    }

    /// What broker `from` is answered to a proposal of these members, with their broker epochs (−1: not said).
    #[track_caller]
    fn check(from: i32, epochs: (i32, i32), isr: &[(i32, i64)], answer: Result<(&[i32], i32), KafkaError>) {
        let mut controller = controller();
        let broker_epoch = controller.image.brokers[&BrokerId(from)].epoch;
        let proposal = ProposedIsr {
            partition: P0,
            leader_epoch: LeaderEpoch(epochs.0),
            partition_epoch: epochs.1,
            isr: isr.iter().map(|(id, epoch)| (BrokerId(*id), *epoch)).collect(),
        };
        let request = AlterPartitionRequest { broker_epoch, partitions: vec![proposal] };
        let mut out = ControllerOutput::default();
        let response = controller.alter_partitions(BrokerId(from), &request, &mut out);
        let ids = |state: &PartitionRegistration| state.isr.iter().map(|id| id.0).collect::<Vec<_>>();
        let ours = response.partitions[0].result.clone().map(|state| (ids(&state), state.partition_epoch));
        assert_eq!(ours, answer.map(|(isr, epoch)| (isr.to_vec(), epoch)));
    }

    #[test]
    fn the_table() {
        use KafkaError::{FencedLeaderEpoch, IneligibleReplica, InvalidRequest, InvalidUpdateVersion, NotController};
        let three = [(1, -1), (2, 2), (3, 3)];
        check(1, (6, 9), &three, Err(NotController));
        check(1, (5, 10), &three, Err(NotController));
        check(1, (4, 9), &three, Err(FencedLeaderEpoch));
        check(2, (5, 9), &three, Err(InvalidRequest));
        check(1, (5, 8), &three, Err(InvalidUpdateVersion));
        check(1, (5, 9), &[(1, -1), (6, 6)], Err(InvalidRequest));
        check(1, (5, 9), &[(2, 2)], Err(InvalidRequest));
        check(1, (5, 9), &[(1, -1), (4, 4)], Err(IneligibleReplica));
        check(1, (5, 9), &[(1, -1), (5, 5)], Err(IneligibleReplica));
        check(1, (5, 9), &[(1, -1), (3, 77)], Err(IneligibleReplica));
        check(1, (5, 9), &three, Ok((&[1, 2, 3], 10)));
        check(1, (5, 9), &[(1, -1)], Ok((&[1], 10)));
        check(1, (5, 9), &[(1, -1), (2, 2)], Ok((&[1, 2], 9)));
    }

    #[test]
    fn another_process_of_the_leader_is_not_heard() {
        let mut controller = controller();
        let request = AlterPartitionRequest { broker_epoch: 99, partitions: Vec::new() };
        let answer = controller.alter_partitions(BrokerId(1), &request, &mut ControllerOutput::default());
        assert_eq!(answer.error, Some(KafkaError::StaleBrokerEpoch));
    }
}
