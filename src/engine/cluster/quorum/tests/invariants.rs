//! What is true after every event, whatever happened before. Each is a named object that only reads.

use super::super::{RaftClient, Replica};
use super::driver::Records;
use crate::engine::cluster::metadata_log::MetadataBatch;
use crate::engine::common::{ControllerId, LeaderEpoch, Offset};
use std::collections::BTreeMap;
use std::sync::Arc;

type Nodes = BTreeMap<Replica, RaftClient<Records>>;

/// All of them.
#[derive(Default)]
pub(super) struct Invariants {
    single_leader: SingleLeaderPerEpoch,
    epochs: MonotonicEpoch,
    high_watermarks: MonotonicHighWatermark,
    committed: CommittedMetadataNeverDiverges,
}

impl Invariants {
    /// Looks at the node to which something has happened.
    pub(super) fn check(&mut self, replica: Replica, nodes: &Nodes) {
        let node = &nodes[&replica];
        self.epochs.check(replica, node);
        self.high_watermarks.check(replica, node);
        self.committed.check(replica, nodes);
        self.single_leader.check(node, &self.committed);
    }

    /// A process ended: what it knew of the high watermark went with it.
    pub(super) fn restarted(&mut self, replica: Replica) {
        self.high_watermarks.known.remove(&replica);
    }

    /// How many records are committed.
    pub(super) fn committed_end(&self) -> Offset {
        self.committed.end()
    }

    /// How many elections were won.
    pub(super) fn elections(&self) -> usize {
        self.single_leader.leaders.len()
    }
}

/// Nobody leads an epoch that another one leads; and who leads has all that is committed (leader completeness).
#[derive(Default)]
struct SingleLeaderPerEpoch {
    leaders: BTreeMap<LeaderEpoch, ControllerId>,
}

impl SingleLeaderPerEpoch {
    fn check(&mut self, node: &RaftClient<Records>, committed: &CommittedMetadataNeverDiverges) {
        let Replica::Controller(id) = node.replica() else { return };
        if !node.is_leader() {
            return;
        }
        match self.leaders.get(&node.epoch()) {
            Some(leader) => assert_eq!(*leader, id, "SingleLeaderPerEpoch: epoch {}", node.epoch()),
            None => {
                self.leaders.insert(node.epoch(), id);
                // A leader of an earlier epoch than the last may not have heard of it yet; the newest has everything.
                if self.leaders.last_key_value().is_some_and(|(epoch, _)| *epoch == node.epoch()) {
                    committed.assert_has_all(node);
                }
            }
        }
    }
}

/// A node's epoch never falls, over restarts too.
#[derive(Default)]
struct MonotonicEpoch {
    known: BTreeMap<Replica, LeaderEpoch>,
}

impl MonotonicEpoch {
    fn check(&mut self, replica: Replica, node: &RaftClient<Records>) {
        let before = self.known.insert(replica, node.epoch());
        assert!(before.is_none_or(|before| before <= node.epoch()), "MonotonicEpoch: {replica:?} fell from {before:?}");
    }
}

/// What a process knows to be committed stays committed.
#[derive(Default)]
struct MonotonicHighWatermark {
    known: BTreeMap<Replica, Offset>,
}

impl MonotonicHighWatermark {
    fn check(&mut self, replica: Replica, node: &RaftClient<Records>) {
        if node.is_up() {
            let before = self.known.insert(replica, node.high_watermark());
            let now = node.high_watermark();
            assert!(
                before.is_none_or(|before| before <= now),
                "MonotonicHighWatermark: {replica:?} fell from {before:?}"
            );
        }
    }
}

/// What one node holds for committed every other one has in the same place, or not yet; and a majority has it on disk.
#[derive(Default)]
struct CommittedMetadataNeverDiverges {
    batches: Vec<Arc<MetadataBatch<Records>>>,
    /// How many of them each node was compared with, in the log that it had.
    compared: BTreeMap<Replica, Offset>,
}

impl CommittedMetadataNeverDiverges {
    fn end(&self) -> Offset {
        self.batches.last().map_or(Offset(0), |batch| batch.next_offset())
    }

    fn check(&mut self, replica: Replica, nodes: &Nodes) {
        let node = &nodes[&replica];
        let high_watermark = node.high_watermark();
        let from = self.compared.get(&replica).copied().unwrap_or(Offset(0));
        if high_watermark <= from {
            return;
        }
        self.compared.insert(replica, high_watermark);
        for batch in node.log().batches_from(from).take_while(|batch| batch.last_offset < high_watermark) {
            if batch.base_offset == self.end() {
                self.assert_majority_has(batch, nodes);
                self.batches.push(Arc::clone(batch));
            } else {
                let at = self.batches.partition_point(|known| known.base_offset < batch.base_offset);
                let known = self.batches.get(at);
                assert!(
                    known == Some(batch),
                    "CommittedMetadataNeverDiverges: {replica:?} holds {batch:?} for committed, others {known:?}"
                );
            }
        }
    }

    fn assert_majority_has(&self, batch: &Arc<MetadataBatch<Records>>, nodes: &Nodes) {
        let voters = nodes.iter().filter(|(replica, _)| matches!(replica, Replica::Controller(_)));
        let has = |node: &RaftClient<Records>| node.log().batches_from(batch.base_offset).next() == Some(batch);
        let (all, with): (usize, usize) =
            voters.fold((0, 0), |(all, with), (_, node)| (all + 1, with + usize::from(has(node))));
        assert!(with > all / 2, "MajorityReachedHighWatermark: {with} of {all} voters have {batch:?}");
    }

    fn assert_has_all(&self, leader: &RaftClient<Records>) {
        let Some(last) = self.batches.last() else { return };
        let found = leader.log().batches_from(last.base_offset).next();
        assert!(found == Some(last), "LeaderCompleteness: {:?} leads without {last:?}", leader.replica());
    }
}
