//! The quorum of controllers: one of them leads in an epoch, and what is committed of the metadata log stays the same on every node.

use super::{Invariant, Verdict};
use crate::engine::cluster::metadata_log::{MetadataLog, MetadataRecords};
use crate::engine::cluster::quorum::{QuorumStateName, RaftClient, Replica};
use crate::engine::cluster::{MetadataChange, QuorumEvent};
use crate::engine::common::{ControllerId, LeaderEpoch, Offset};
use crate::engine::sim::state::State;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const SINGLE_CONTROLLER_PER_EPOCH: Invariant =
    Invariant { name: "SingleControllerPerEpoch", holds: "At most one controller leads the quorum in an epoch." };
pub(super) const COMMITTED_METADATA_NEVER_DIVERGES: Invariant = Invariant {
    name: "CommittedMetadataNeverDiverges",
    holds: "What one node knows to be committed of the metadata log stays in its log, and is the same in every other's.",
};

/// What was seen of the quorum.
#[derive(Clone, Debug, Default)]
pub(super) struct QuorumWatch {
    leaders: BTreeMap<LeaderEpoch, ControllerId>,
    /// How far each node has ever known its log to be committed; a crash takes nothing of that.
    committed: BTreeMap<Replica, Offset>,
}

impl QuorumWatch {
    /// A quorum as it stands now.
    pub(super) fn of(state: &State) -> Self {
        let leading = state.controllers.iter().filter(|controller| controller.raft().is_leader());
        let leaders = leading.map(|controller| (controller.raft().epoch(), controller.id())).collect();
        let committed = nodes(state).map(|raft| (raft.replica(), raft.high_watermark())).collect();
        Self { leaders, committed }
    }

    /// A controller plays another part.
    pub(super) fn heard(&mut self, controller: ControllerId, event: &QuorumEvent) -> Verdict {
        match event {
            QuorumEvent::StateChanged { state: QuorumStateName::Leader, epoch, .. }
            | QuorumEvent::BecameActive { epoch } => self.leads(controller, *epoch),
            _ => Ok(()),
        }
    }

    fn leads(&mut self, controller: ControllerId, epoch: LeaderEpoch) -> Verdict {
        match *self.leaders.entry(epoch).or_insert(controller) {
            known if known == controller => Ok(()),
            other => Err(format!("controllers {other} and {controller} both lead in epoch {epoch}")),
        }
    }

    /// A task is over: what a node has learned to be committed, against every other node's log.
    pub(super) fn settle(&mut self, state: &State) -> Verdict {
        for raft in nodes(state) {
            let known = self.committed.get(&raft.replica()).copied().unwrap_or(Offset(0));
            keeps(raft.log(), known).map_err(|what| format!("{:?}: {what}", raft.replica()))?;
            let to = raft.high_watermark();
            if to <= known {
                continue;
            }
            for other in nodes(state).filter(|other| other.replica() != raft.replica()) {
                let theirs = self.committed.get(&other.replica()).copied().unwrap_or(Offset(0)).min(to);
                agree(raft.log(), other.log(), (known, theirs))
                    .map_err(|what| format!("{:?} and {:?}: {what}", raft.replica(), other.replica()))?;
            }
            self.committed.insert(raft.replica(), to);
        }
        Ok(())
    }
}

/// Controllers and brokers: whoever has a copy of the log.
fn nodes(state: &State) -> impl Iterator<Item = &RaftClient<MetadataChange>> {
    let controllers = state.controllers.iter().map(|controller| controller.raft());
    controllers.chain(state.observers.iter().map(|observer| observer.raft()))
}

/// A log still reaches as far as it was known to be committed.
fn keeps<T: MetadataRecords>(log: &MetadataLog<T>, committed: Offset) -> Verdict {
    let end = log.log_end_offset();
    if end >= committed { Ok(()) } else { Err(format!("the log ends at {end}, and was committed up to {committed}")) }
}

/// Two logs hold the same batches between two offsets.
fn agree<T: MetadataRecords>(a: &MetadataLog<T>, b: &MetadataLog<T>, (from, to): (Offset, Offset)) -> Verdict {
    if from >= to {
        return Ok(());
    }
    let [mut mine, mut theirs] = [a, b].map(|log| log.batches_from(from).take_while(|batch| batch.base_offset < to));
    let same = loop {
        match (mine.next(), theirs.next()) {
            (None, None) => break true,
            (Some(mine), Some(theirs)) if Arc::ptr_eq(mine, theirs) || mine == theirs => {}
            _ => break false,
        }
    };
    if same { Ok(()) } else { Err(format!("the logs differ between {from} and {to}, and that is committed")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::cluster::metadata_log::BatchContent;

    /// A record that is its own size.
    #[derive(Clone, Debug, PartialEq)]
    struct Bytes(usize);

    impl MetadataRecords for Bytes {
        fn record_count(&self) -> i64 {
            1
        }
        fn size_in_bytes(&self) -> usize {
            self.0
        }
    }

    fn log(records: &[(i32, usize)]) -> MetadataLog<Bytes> {
        let mut log = MetadataLog::default();
        for (epoch, bytes) in records {
            log.append_as_leader(LeaderEpoch(*epoch), BatchContent::Records(Bytes(*bytes)));
        }
        log
    }

    #[test]
    fn two_controllers_in_one_epoch_are_seen() {
        let mut watch = QuorumWatch::default();
        let leads = |watch: &mut QuorumWatch, id, epoch| {
            let event = QuorumEvent::BecameActive { epoch: LeaderEpoch(epoch) };
            watch.heard(ControllerId(id), &event).is_ok()
        };
        assert!(leads(&mut watch, 1, 4));
        assert!(leads(&mut watch, 1, 4), "it says so twice");
        assert!(leads(&mut watch, 2, 5));
        assert!(!leads(&mut watch, 3, 5));
    }

    #[test]
    fn committed_records_that_are_others_or_gone_are_seen() {
        let whole = log(&[(1, 10), (1, 20), (2, 30)]);
        for (other, to, holds) in [
            (log(&[(1, 10), (1, 20), (2, 30)]), 3, true),
            (log(&[(1, 10), (1, 20)]), 2, true),
            (log(&[(1, 10), (1, 21), (2, 30)]), 3, false),
            (log(&[(1, 10), (2, 20), (2, 30)]), 3, false),
            (log(&[(1, 10), (1, 20)]), 3, false),
            (log(&[(1, 10), (1, 20), (3, 31)]), 2, true),
        ] {
            assert_eq!(agree(&whole, &other, (Offset(1), Offset(to))).is_ok(), holds, "{other:?}");
        }
        assert!(keeps(&whole, Offset(3)).is_ok());
        assert!(keeps(&whole, Offset(4)).is_err());
    }
}
