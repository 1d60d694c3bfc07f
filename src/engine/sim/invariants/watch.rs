//! What the watch remembers of partitions and replicas, and what the events of one task touched.

use super::committed::Committed;
use super::high_watermark;
use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use crate::engine::sim::state::State;
use imbl::OrdSet;
use std::collections::{BTreeMap, BTreeSet};

/// One partition.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionWatch {
    /// As the controller wrote it last.
    pub(super) registration: Option<PartitionRegistration>,
    pub(super) replicas: BTreeMap<BrokerId, ReplicaWatch>,
    /// Who led in which epoch.
    pub(super) leaders: BTreeMap<LeaderEpoch, BrokerId>,
    /// Epochs whose leader may lack what was committed: elected uncleanly, or the last copy in sync and damaged.
    pub(super) excused: BTreeSet<LeaderEpoch>,
    pub(super) committed: Committed,
    /// Offsets that a cleaning has emptied in some replica's log at some time.
    pub(super) compacted: OrdSet<Offset>,
}

/// One replica, as its events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReplicaWatch {
    pub(super) log_end: Offset,
    pub(super) high_watermark: Offset,
    /// Of its last batch; none after a cut.
    pub(super) last_epoch: LeaderEpoch,
    /// The epoch in which it leads.
    pub(super) leads: Option<LeaderEpoch>,
    /// It lost what it had written, and has not been in sync again since.
    pub(super) is_damaged: bool,
    /// Up to here the log may jump: what would stand before was compacted where it comes from.
    pub(super) may_jump_to: Offset,
}

impl Default for ReplicaWatch {
    fn default() -> Self {
        Self {
            log_end: Offset(0),
            high_watermark: Offset(0),
            last_epoch: LeaderEpoch::NONE,
            leads: None,
            is_damaged: false,
            may_jump_to: Offset(0),
        }
    }
}

impl PartitionWatch {
    /// A partition as it stands now.
    pub(super) fn of(state: &State, id: TopicPartition, registration: &PartitionRegistration) -> Self {
        let mut watch = Self { registration: Some(registration.clone()), ..Self::default() };
        for broker in registration.replicas.iter().copied() {
            let Some(partition) = state.broker(broker).and_then(|broker| broker.partition(id)) else { continue };
            let leads = partition.leader().map(|leader| leader.leader_epoch());
            let replica = ReplicaWatch {
                log_end: partition.log().log_end_offset(),
                high_watermark: partition.high_watermark(),
                leads,
                ..ReplicaWatch::default()
            };
            watch.replicas.insert(broker, replica);
            let log = state.ledger.partition(id).and_then(|it| it.replica(broker));
            watch.compacted.extend(log.iter().flat_map(|log| log.holes.keys().copied()));
            if let Some(epoch) = leads {
                watch.leaders.insert(epoch, broker);
                let whole = (Offset(0), partition.high_watermark());
                // Nothing was committed before: what is taken over cannot differ from it.
                let _ = log.map(|log| watch.committed.advance(log, epoch, whole));
            }
        }
        watch
    }

    /// Whether a broker that leads in this epoch may lack what was committed. An excused leader that failed before it led leaves its
    /// excuse to the next one, who comes out of the ISR that its election made.
    pub(super) fn is_excused(&mut self, epoch: LeaderEpoch) -> bool {
        let later = self.excused.split_off(&LeaderEpoch(epoch.0.saturating_add(1)));
        !std::mem::replace(&mut self.excused, later).is_empty()
    }

    pub(super) fn is_damaged(&self, broker: BrokerId) -> bool {
        self.replicas.get(&broker).is_some_and(|replica| replica.is_damaged)
    }

    /// It is in sync again: it has fetched everything, or there is nothing more to fetch than it has.
    pub(super) fn repaired(&mut self, broker: BrokerId) {
        self.replicas.entry(broker).or_default().is_damaged = false;
    }

    /// The high watermark of the leader that the controller has written last, against the logs of the ISR.
    pub(super) fn is_bounded_by_in_sync(&self) -> Result<(), String> {
        let Some(registration) = &self.registration else { return Ok(()) };
        let leading = registration.leader.and_then(|id| Some((id, self.replicas.get(&id)?)));
        let Some((leader, replica)) = leading.filter(|(_, it)| it.leads == Some(registration.leader_epoch)) else {
            return Ok(());
        };
        let others = registration.isr.iter().filter(|member| **member != leader);
        let ends = others.filter_map(|member| Some((*member, self.replicas.get(member)?)));
        let sound = ends.filter(|(_, it)| !it.is_damaged).map(|(member, it)| (member, it.log_end));
        high_watermark::at_most(replica.high_watermark, sound)
    }
}

/// What the events of one task touched. The lists keep their memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    pub(super) anything: bool,
    /// A broker that came back from an unclean stop: it is not eligible any more.
    pub(super) came_back_unclean: Option<BrokerId>,
    pub(super) bounds: Vec<TopicPartition>,
    pub(super) logs: Vec<(TopicPartition, BrokerId)>,
    pub(super) leaders: Vec<(TopicPartition, BrokerId)>,
    pub(super) beliefs: Vec<(TopicPartition, BrokerId)>,
    pub(super) appends: Vec<(TopicPartition, BrokerId, Offset)>,
}

impl Touched {
    /// A log changed.
    pub(super) fn log(&mut self, partition: TopicPartition, broker: BrokerId) {
        push(&mut self.logs, (partition, broker));
    }
    /// A leader's high watermark moved.
    pub(super) fn leader(&mut self, partition: TopicPartition, broker: BrokerId) {
        push(&mut self.leaders, (partition, broker));
    }
    /// A broker was told of a partition.
    pub(super) fn believed(&mut self, partition: TopicPartition, broker: BrokerId) {
        push(&mut self.beliefs, (partition, broker));
    }
    /// A leader wrote a batch.
    pub(super) fn append(&mut self, partition: TopicPartition, broker: BrokerId, base_offset: Offset) {
        self.appends.push((partition, broker, base_offset));
    }
    /// The high watermark, or what bounds it, moved.
    pub(super) fn bound(&mut self, partition: TopicPartition) {
        push(&mut self.bounds, partition);
    }
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excuse_is_taken_by_the_next_who_leads_and_by_nobody_after() {
        let mut watch = PartitionWatch::default();
        watch.excused.extend([LeaderEpoch(3), LeaderEpoch(7)]);
        let excused = [2, 4, 5, 7, 8].map(|epoch| watch.is_excused(LeaderEpoch(epoch)));
        assert_eq!(excused, [false, true, false, true, false]);
    }
}
