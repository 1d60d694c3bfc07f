//! The ISR of a partition as its leader holds it (`kafka.cluster.PartitionState`): committed by the controller, or with one
//! change under way.
//!
//! Between the proposal and the controller's answer nobody knows which ISR stands, so each rule takes the safe side (KIP-497):
//! the high watermark waits for the *maximal* ISR, in which a joining replica counts and a leaving one still does; the
//! min-ISR gate counts the *committed* one. One change is in flight at a time.

use super::event::IsrChange;
use crate::engine::common::BrokerId;
use std::sync::Arc;

/// The in-sync replicas of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InSyncReplicas {
    /// As the controller has it.
    Committed {
        /// The members, in the controller's order.
        isr: Arc<[BrokerId]>,
    },
    /// One follower is to join.
    PendingExpand {
        /// The committed members.
        isr: Arc<[BrokerId]>,
        /// Who is to join.
        joining: BrokerId,
    },
    /// Some followers are to leave.
    PendingShrink {
        /// The committed members.
        isr: Arc<[BrokerId]>,
        /// Who is to leave.
        leaving: Vec<BrokerId>,
    },
}

impl InSyncReplicas {
    /// The ISR that the controller has written.
    #[must_use]
    pub fn committed(&self) -> &Arc<[BrokerId]> {
        match self {
            Self::Committed { isr } | Self::PendingExpand { isr, .. } | Self::PendingShrink { isr, .. } => isr,
        }
    }

    /// The largest ISR that the controller may have by now.
    #[must_use]
    pub fn maximal_len(&self) -> usize {
        self.committed().len() + usize::from(matches!(self, Self::PendingExpand { .. }))
    }

    /// Whether the controller may have this broker in the ISR by now.
    #[must_use]
    pub fn maximal_contains(&self, broker: BrokerId) -> bool {
        self.committed().contains(&broker) || matches!(self, Self::PendingExpand { joining, .. } if *joining == broker)
    }

    /// Whether a change is under way.
    #[must_use]
    pub fn is_in_flight(&self) -> bool {
        !matches!(self, Self::Committed { .. })
    }

    /// The change under way, and the ISR that it would make.
    #[must_use]
    pub fn proposed(&self) -> Option<(IsrChange, Vec<BrokerId>)> {
        match self {
            Self::Committed { .. } => None,
            Self::PendingExpand { isr, joining } => {
                Some((IsrChange::Expand, isr.iter().copied().chain([*joining]).collect()))
            }
            Self::PendingShrink { isr, leaving } => {
                Some((IsrChange::Shrink, isr.iter().copied().filter(|broker| !leaving.contains(broker)).collect()))
            }
        }
    }

    /// Proposes that a follower join. Only from a committed state.
    pub(super) fn propose_expand(&mut self, joining: BrokerId) {
        debug_assert!(
            !self.is_in_flight() && !self.committed().contains(&joining),
            "one change at a time, of a newcomer"
        );
        *self = Self::PendingExpand { isr: self.committed().clone(), joining };
    }

    /// Proposes that followers leave. Only from a committed state.
    pub(super) fn propose_shrink(&mut self, leaving: Vec<BrokerId>) {
        debug_assert!(!self.is_in_flight() && !leaving.is_empty(), "one change at a time, of members");
        *self = Self::PendingShrink { isr: self.committed().clone(), leaving };
    }

    /// Forgets the proposal: the committed ISR stands.
    pub(super) fn roll_back(&mut self) {
        *self = Self::Committed { isr: self.committed().clone() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brokers(ids: &[i32]) -> Vec<BrokerId> {
        ids.iter().copied().map(BrokerId).collect()
    }

    /// | state                | committed | maximal | proposed |
    /// |----------------------|-----------|---------|----------|
    /// | committed            | 1 2       | 1 2     | none     |
    /// | 3 is to join         | 1 2       | 1 2 3   | 1 2 3    |
    /// | 2 is to leave        | 1 2       | 1 2     | 1        |
    #[test]
    fn a_change_under_way_counts_on_the_safe_side() {
        let committed = InSyncReplicas::Committed { isr: brokers(&[1, 2]).into() };
        let mut expand = committed.clone();
        expand.propose_expand(BrokerId(3));
        let mut shrink = committed.clone();
        shrink.propose_shrink(brokers(&[2]));
        for (state, maximal, proposed) in [
            (&committed, vec![1, 2], None),
            (&expand, vec![1, 2, 3], Some((IsrChange::Expand, brokers(&[1, 2, 3])))),
            (&shrink, vec![1, 2], Some((IsrChange::Shrink, brokers(&[1])))),
        ] {
            assert_eq!(state.committed().to_vec(), brokers(&[1, 2]));
            assert_eq!(state.maximal_len(), maximal.len());
            assert!((1..=4).all(|id| state.maximal_contains(BrokerId(id)) == maximal.contains(&id)));
            assert_eq!(state.proposed(), proposed);
        }
        expand.roll_back();
        assert_eq!(expand, committed);
    }
}
