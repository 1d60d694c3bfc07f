//! A produce request with acks=all that waits for its batches to be safe (`DelayedProduce`).
//!
//! It waits for the high watermark, that is for *every* member of the ISR, not for `min.insync.replicas` of them. The whole
//! request is answered at once, when the last of its partitions is decided or the time is over.

use super::protocol::ProducePartitionResponse;
use crate::engine::common::{KafkaError, Offset, TopicPartition};

/// A produce request in the purgatory.
#[derive(Clone, Debug)]
pub(super) struct DelayedProduce {
    partitions: Vec<ProduceStatus>,
}

/// One batch of it (`ProducePartitionStatus`).
#[derive(Clone, Debug)]
pub(super) struct ProduceStatus {
    /// What is answered if all goes well, or what was wrong from the start.
    pub(super) response: ProducePartitionResponse,
    /// The high watermark to wait for; none: decided.
    pub(super) awaits: Option<Offset>,
}

impl DelayedProduce {
    pub(super) fn new(partitions: Vec<ProduceStatus>) -> Self {
        Self { partitions }
    }

    /// Whether it still waits for this partition.
    pub(super) fn watches(&self, partition: TopicPartition) -> bool {
        self.partitions.iter().any(|status| status.awaits.is_some() && status.response.partition == partition)
    }

    /// Asks `replication` of each partition still open, and says whether all are decided now.
    pub(super) fn try_complete(&mut self, mut replication: impl FnMut(TopicPartition, Offset) -> Replication) -> bool {
        for status in &mut self.partitions {
            let Some(required) = status.awaits else { continue };
            match replication(status.response.partition, required) {
                Replication::Waiting => {}
                Replication::Enough => status.awaits = None,
                Replication::Failed(error) => status.fail(error),
            }
        }
        self.partitions.iter().all(|status| status.awaits.is_none())
    }

    /// The answers; what is still open has timed out.
    pub(super) fn into_responses(mut self) -> Vec<ProducePartitionResponse> {
        for status in self.partitions.iter_mut().filter(|status| status.awaits.is_some()) {
            status.fail(KafkaError::RequestTimedOut);
        }
        self.partitions.into_iter().map(|status| status.response).collect()
    }
}

impl ProduceStatus {
    fn fail(&mut self, error: KafkaError) {
        self.awaits = None;
        self.response.error = Some(error);
        self.response.base_offset = Offset::UNKNOWN;
    }
}

/// How far the replication of a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replication {
    /// Not every member of the ISR has it.
    Waiting,
    /// It is safe, and enough replicas are in sync.
    Enough,
    /// The answer is this error, though the batch is in the leader's log.
    Failed(KafkaError),
}

/// How far it is, by what the leader knows (`Partition.checkEnoughReplicasReachOffset`).
///
/// | leads | high watermark ≥ required | maximal ISR ≥ min ISR | then |
/// |-------|---------------------------|-----------------------|------|
/// | no    | any                       | any                   | NOT_LEADER_OR_FOLLOWER |
/// | yes   | no                        | any                   | waits |
/// | yes   | yes                       | yes                   | enough |
/// | yes   | yes                       | no                    | NOT_ENOUGH_REPLICAS_AFTER_APPEND |
pub(super) fn replication(leads: bool, high_watermark_reached: bool, enough_in_sync: bool) -> Replication {
    match (leads, high_watermark_reached, enough_in_sync) {
        (false, _, _) => Replication::Failed(KafkaError::NotLeaderOrFollower),
        (true, false, _) => Replication::Waiting,
        (true, true, true) => Replication::Enough,
        (true, true, false) => Replication::Failed(KafkaError::NotEnoughReplicasAfterAppend),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::{PartitionId, TopicId};

    fn partition(index: i32) -> TopicPartition {
        TopicPartition::new(TopicId(0), PartitionId(index))
    }

    fn status(index: i32, awaits: Option<i64>) -> ProduceStatus {
        let response = ProducePartitionResponse {
            partition: partition(index),
            error: None,
            base_offset: Offset(7),
            log_append_time: -1,
            log_start_offset: Offset(0),
            record_errors: Vec::new(),
            current_leader: None,
        };
        ProduceStatus { response, awaits: awaits.map(Offset) }
    }

    #[test]
    fn the_table() {
        use Replication::{Enough, Failed, Waiting};
        for (leads, reached, enough, then) in [
            (false, false, false, Failed(KafkaError::NotLeaderOrFollower)),
            (false, false, true, Failed(KafkaError::NotLeaderOrFollower)),
            (false, true, false, Failed(KafkaError::NotLeaderOrFollower)),
            (false, true, true, Failed(KafkaError::NotLeaderOrFollower)),
            (true, false, false, Waiting),
            (true, false, true, Waiting),
            (true, true, true, Enough),
            (true, true, false, Failed(KafkaError::NotEnoughReplicasAfterAppend)),
        ] {
            assert_eq!(replication(leads, reached, enough), then);
        }
    }

    #[test]
    fn a_request_is_answered_when_all_of_its_partitions_are_decided() {
        let mut delayed = DelayedProduce::new(vec![status(0, Some(8)), status(1, Some(3)), status(2, None)]);
        let safe = |index| {
            move |asked: TopicPartition, _| {
                if asked == partition(index) { Replication::Enough } else { Replication::Waiting }
            }
        };
        assert!(!delayed.try_complete(safe(1)));
        assert!(delayed.watches(partition(0)) && !delayed.watches(partition(1)) && !delayed.watches(partition(2)));
        assert!(delayed.try_complete(safe(0)));
        assert!(delayed.into_responses().iter().all(|response| response.error.is_none()));
    }

    #[test]
    fn what_is_open_when_the_time_is_over_has_timed_out() {
        let delayed = DelayedProduce::new(vec![status(0, Some(8)), status(1, None)]);
        let responses = delayed.into_responses();
        assert_eq!(responses[0].error, Some(KafkaError::RequestTimedOut));
        assert_eq!(responses[0].base_offset, Offset::UNKNOWN);
        assert_eq!(responses[1].error, None);
    }
}
