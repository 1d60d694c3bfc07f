//! ISR changes on their way to the controller (`AlterPartitionManager`): one request at a time, all that wait in the next one.

use super::{Broker, Sent};
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput, TimerKind};
use crate::engine::cluster::partition::ProposalOutcome;
use crate::engine::cluster::protocol::{AlterPartitionRequest, AlterPartitionResponse, ControllerRequest};
use crate::engine::common::{TopicPartition, VirtualTime};
use std::collections::BTreeSet;

/// How long before a request that failed is sent again: 50 ms.
const RETRY_AFTER: VirtualTime = VirtualTime(50_000);

/// Proposals that are not settled.
#[derive(Clone, Debug, Default)]
pub(super) struct IsrProposals {
    /// To be sent with the next request.
    waiting: BTreeSet<TopicPartition>,
    /// Sent and not answered, or failed and not due again.
    in_flight: Vec<TopicPartition>,
}

impl Broker {
    /// A partition has proposed another ISR.
    pub(super) fn propose_isr(&mut self, now: VirtualTime, partition: TopicPartition, out: &mut BrokerOutput) {
        self.process.isr_proposals.waiting.insert(partition);
        if self.process.isr_proposals.in_flight.is_empty() {
            self.send_isr_proposals(now, out);
        }
    }

    /// Sends what waits, and what is due again, as far as it is still proposed.
    pub(super) fn send_isr_proposals(&mut self, _now: VirtualTime, out: &mut BrokerOutput) {
        let Some(broker_epoch) = self.broker_epoch() else { return };
        let proposals = &mut self.process.isr_proposals;
        proposals.waiting.extend(proposals.in_flight.drain(..));
        let waiting = std::mem::take(&mut proposals.waiting);
        let proposed = |partition: &TopicPartition| self.partition(*partition)?.proposed_isr(self.id, broker_epoch);
        let partitions: Vec<_> = waiting.iter().filter_map(proposed).collect();
        if partitions.is_empty() {
            return;
        }
        self.process.isr_proposals.in_flight = partitions.iter().map(|proposal| proposal.partition).collect();
        let correlation = self.next_correlation();
        self.process.sent.insert(correlation, Sent::IsrProposals);
        let request = ControllerRequest::AlterPartition(AlterPartitionRequest { broker_epoch, partitions });
        out.effects.push(BrokerEffect::SendToController { correlation, request });
    }

    pub(super) fn isr_proposals_answered(
        &mut self,
        now: VirtualTime,
        response: &AlterPartitionResponse,
        out: &mut BrokerOutput,
    ) {
        if response.error.is_some() {
            self.isr_proposals_failed(now, out);
            return;
        }
        let mut again = Vec::new();
        for answer in &response.partitions {
            let Some(partition) = self.partition_mut(answer.partition) else { continue };
            if partition.isr_proposal_answered(&answer.result, &mut out.events) == ProposalOutcome::SendAgain {
                again.push(answer.partition);
            }
            self.partition_changed(now, answer.partition, out);
        }
        self.process.isr_proposals.in_flight.clone_from(&again);
        if again.is_empty() {
            self.send_isr_proposals(now, out);
        } else {
            self.isr_proposals_failed(now, out);
        }
    }

    /// What is in flight is sent again in a while.
    pub(super) fn isr_proposals_failed(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        self.schedule(now + RETRY_AFTER, TimerKind::IsrProposals, out);
    }
}
