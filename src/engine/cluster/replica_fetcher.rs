//! A broker's fetching from one leader (`ReplicaFetcherThread`): one request at a time, for all partitions that it follows there.
//!
//! This is the bookkeeping: which partitions may be asked for, and what is under way. What an answer does to a log is the
//! partition's; requests are numbered and sent by the broker.

use super::protocol::{CorrelationId, FetchResponse};
use crate::engine::common::{LeaderEpoch, Offset, TopicPartition, VirtualTime};
use std::collections::BTreeMap;

/// What a broker fetches from one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplicaFetcher {
    partitions: BTreeMap<TopicPartition, PartitionFetchState>,
    pub(super) phase: FetcherPhase,
}

/// One partition of a fetcher.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionFetchState {
    /// The epoch in which the leader leads.
    pub(super) leader_epoch: LeaderEpoch,
    /// Not to be asked for before this time; after an error.
    delayed_until: VirtualTime,
    /// The offset asked for in the request under way.
    pub(super) asked: Option<Offset>,
}

/// What a fetcher is doing.
#[derive(Clone, Debug, Default)]
pub(super) enum FetcherPhase {
    /// Nothing; there was nothing to ask for.
    #[default]
    Idle,
    /// It waits for the answer to this request, a fetch or a query for offsets.
    Asking(CorrelationId),
    /// It writes what it got to its logs; done at that time.
    Appending {
        /// What it got.
        response: FetchResponse,
        /// When it is done.
        done_at: VirtualTime,
    },
    /// It asks no one before that time: the connection failed.
    BackingOff {
        /// Until then.
        until: VirtualTime,
    },
}

impl ReplicaFetcher {
    /// Follows a partition from now on, or follows it in another epoch.
    pub(super) fn add(&mut self, partition: TopicPartition, leader_epoch: LeaderEpoch) {
        let fresh = PartitionFetchState { leader_epoch, delayed_until: VirtualTime::ZERO, asked: None };
        let state = self.partitions.entry(partition).or_insert(fresh);
        if state.leader_epoch != leader_epoch {
            *state = fresh;
        }
    }

    /// Follows a partition no more.
    pub(super) fn remove(&mut self, partition: TopicPartition) {
        self.partitions.remove(&partition);
    }

    /// Whether it follows nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Whether it waits for this very answer.
    pub(super) fn is_asking(&self, correlation: CorrelationId) -> bool {
        matches!(self.phase, FetcherPhase::Asking(asked) if asked == correlation)
    }

    /// The partitions that may be asked for.
    pub(super) fn askable(&self, now: VirtualTime) -> Vec<(TopicPartition, LeaderEpoch)> {
        let due = self.partitions.iter().filter(|(_, state)| state.delayed_until <= now);
        due.map(|(partition, state)| (*partition, state.leader_epoch)).collect()
    }

    /// When the next delayed partition may be asked for.
    pub(super) fn next_due(&self) -> Option<VirtualTime> {
        self.partitions.values().map(|state| state.delayed_until).min()
    }

    /// Notes what is asked of a partition.
    pub(super) fn note_asked(&mut self, partition: TopicPartition, offset: Offset) {
        if let Some(state) = self.partitions.get_mut(&partition) {
            state.asked = Some(offset);
        }
    }

    /// Leaves a partition alone until then.
    pub(super) fn delay(&mut self, partition: TopicPartition, until: VirtualTime) {
        if let Some(state) = self.partitions.get_mut(&partition) {
            state.delayed_until = until;
        }
    }

    /// What is known of a partition, if it is followed here.
    pub(super) fn partition(&self, partition: TopicPartition) -> Option<&PartitionFetchState> {
        self.partitions.get(&partition)
    }
}
