//! Which nodes have something to send (`RecordAccumulator.ready`, KAFKA 3.4), and how long the queues are (KAFKA 2.3).

use super::{NodeLatencyStats, PartitionQueue, RecordAccumulator};
use crate::engine::common::{BrokerId, PartitionId, TopicId, VirtualTime};
use crate::engine::producer::{LeaveReason, MetadataView, ProducerBatch, TopicMetadata};
use std::collections::BTreeMap;

/// What a look over all queues found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadyCheckResult {
    /// Nodes with something to send, ascending.
    pub ready_nodes: Vec<BrokerId>,
    /// In how long the next batch may be ready; none: nothing to wait for.
    pub next_ready_check_delay: Option<VirtualTime>,
    /// Topics with a waiting batch whose leader is not known, ascending.
    pub unknown_leader_topics: Vec<TopicId>,
}

/// What makes every waiting batch sendable at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pressure {
    memory_exhausted: bool,
    closing: bool,
    flushing: bool,
}

impl RecordAccumulator {
    /// Looks over all queues, in order of topic and partition.
    ///
    /// A head batch is sendable if any of these holds, and its node is ready if the batch is not backing off besides:
    ///
    /// | full, or another behind it | waited ≥ linger | memory waited for | closed | flushing |
    pub fn ready(&mut self, metadata: &MetadataView, now: VirtualTime) -> ReadyCheckResult {
        let mut result = ReadyCheckResult::default();
        for index in 0..self.topics.len() {
            let topic = TopicId(u16::try_from(index).expect("topics are counted by a 16-bit number"));
            if let Some(topic_metadata) = metadata.topic(topic) {
                self.topic_ready(topic, topic_metadata, now, &mut result);
            } else if self.topics[index].queues.iter().any(|queue| !queue.batches.is_empty()) {
                result.unknown_leader_topics.push(topic);
            }
        }
        result.ready_nodes.sort_unstable();
        result
    }

    pub(super) fn pressure(&self) -> Pressure {
        Pressure {
            memory_exhausted: self.pool.is_exhausted(),
            closing: self.is_closed,
            flushing: self.is_flush_in_progress(),
        }
    }

    fn topic_ready(
        &mut self,
        topic_id: TopicId,
        metadata: &TopicMetadata,
        now: VirtualTime,
        result: &mut ReadyCheckResult,
    ) {
        let look = Look { pressure: self.pressure(), linger: self.config.linger, now };
        let availability = (self.config.availability_timeout, &self.node_stats);
        let topic = &mut self.topics[usize::from(topic_id.0)];
        let load = &mut self.scratch.queues;
        load.clear();
        let mut used = 0;
        for (index, queue) in (0..).zip(&mut topic.queues).filter(|(_, queue)| queue.is_used) {
            used += 1;
            let partition = PartitionId(index);
            let known = metadata.partition(partition);
            let waiting = queue.batches.len() as u32;
            if let Some(head) = queue.batches.front_mut() {
                head.maybe_update_leader_epoch(known.leader_epoch);
            }
            match known.leader {
                Some(leader) => {
                    if waiting == 0 || !is_left_out(availability, leader) {
                        load.push((partition, waiting));
                    }
                    look.at(queue, leader, result);
                }
                None if waiting > 0 && result.unknown_leader_topics.last() != Some(&topic_id) => {
                    result.unknown_leader_topics.push(topic_id);
                }
                None => {}
            }
        }
        let adapts = self.config.adaptive && used >= metadata.partitions_count();
        topic.built_in.update_load_stats(adapts.then_some(load.as_slice()), used);
    }

    /// Notes that a node was ready to be sent to and whether it could take it (`updateNodeLatencyStats`).
    pub fn update_node_latency_stats(&mut self, node: BrokerId, can_drain: bool, now: VirtualTime) {
        if self.config.availability_timeout.is_some() {
            let first = NodeLatencyStats { ready_at: now, drain_at: now };
            let stats = self.node_stats.entry(node).or_insert(first);
            stats.ready_at = now;
            if can_drain {
                stats.drain_at = now;
            }
        }
    }
}

/// What is the same for all queues of one look.
struct Look {
    pressure: Pressure,
    linger: VirtualTime,
    now: VirtualTime,
}

impl Look {
    /// Adds the leader to the ready nodes, or says how long until it may be one. A node that is ready already is not looked at again.
    fn at(&self, queue: &PartitionQueue, leader: BrokerId, result: &mut ReadyCheckResult) {
        let Some(head) = queue.batches.front() else { return };
        if queue.is_muted || result.ready_nodes.contains(&leader) {
            return;
        }
        let backing_off = head.is_backing_off(self.now);
        if !backing_off && leave_reason(self.linger, queue, head, self.pressure, self.now).is_some() {
            result.ready_nodes.push(leader);
        } else {
            let time_to_wait = if backing_off { head.backoff() } else { self.linger };
            let time_left = time_to_wait.since(head.waited(self.now));
            result.next_ready_check_delay =
                Some(result.next_ready_check_delay.map_or(time_left, |delay| delay.min(time_left)));
        }
    }
}

/// Why a head batch may be sent, if it may; whether it backs off is not asked.
pub(super) fn leave_reason(
    linger: VirtualTime,
    queue: &PartitionQueue,
    head: &ProducerBatch,
    pressure: Pressure,
    now: VirtualTime,
) -> Option<LeaveReason> {
    if head.attempts() > 0 {
        Some(LeaveReason::Retry)
    } else if head.is_split() {
        Some(LeaveReason::Split)
    } else if head.is_full() {
        Some(LeaveReason::Full)
    } else if queue.batches.len() > 1 {
        Some(LeaveReason::BatchBehind)
    } else if head.waited(now) >= linger {
        Some(LeaveReason::Linger)
    } else if pressure.memory_exhausted {
        Some(LeaveReason::MemoryExhausted)
    } else if pressure.closing {
        Some(LeaveReason::Closing)
    } else if pressure.flushing {
        Some(LeaveReason::Flush)
    } else {
        None
    }
}

/// Whether the adaptive partitioner leaves out a node's partitions: it has had something to get for longer than
/// `partitioner.availability.timeout.ms` and could not take it.
fn is_left_out((timeout, stats): (Option<VirtualTime>, &BTreeMap<BrokerId, NodeLatencyStats>), node: BrokerId) -> bool {
    timeout.is_some_and(|timeout| stats.get(&node).is_some_and(|stats| stats.ready_at.since(stats.drain_at) > timeout))
}
