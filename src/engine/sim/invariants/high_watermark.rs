//! The high watermark: it only rises while a replica leads, and never beyond what is safe.

use super::{Invariant, Verdict};
use crate::engine::cluster::Partition;
use crate::engine::cluster::high_watermark::effective_min_isr;
use crate::engine::common::{BrokerId, LeaderEpoch, Offset};
use crate::engine::storage::Log;

pub(super) const MONOTONIC: Invariant = Invariant {
    name: "MonotonicHighWatermark",
    holds: "While a replica leads, its high watermark never moves down, and no move goes unreported.",
};
pub(super) const WITHIN_LOG: Invariant = Invariant {
    name: "HighWatermarkWithinLog",
    holds: "A high watermark lies between the log's start and the log's end.",
};
pub(super) const AT_MOST_IN_SYNC: Invariant = Invariant {
    name: "HighWatermarkAtMostInSync",
    holds: "The leader's high watermark is at most the smallest log end of the in-sync replicas.",
};
pub(super) const NEEDS_MIN_ISR: Invariant = Invariant {
    name: "HighWatermarkNeedsMinIsr",
    holds: "The high watermark stands still while fewer than min.insync.replicas are in sync.",
};

/// A high watermark fell to `to`. Followers' may: after a restart, or when a new leader knows of a lower one.
pub(super) fn lowered(leads: Option<LeaderEpoch>, to: Offset) -> Verdict {
    match leads {
        Some(epoch) => Err(format!("the leader of epoch {epoch} moved its high watermark down to {to}")),
        None => Ok(()),
    }
}

/// A high watermark rose, it is said, from `from` to `to`.
pub(super) fn raised(known: Offset, from: Offset, to: Offset) -> Verdict {
    if known == from && to > from {
        return Ok(());
    }
    Err(format!("a high watermark that was {known} is said to have risen from {from} to {to}"))
}

pub(super) fn is_within(log: &Log) -> Verdict {
    between(log.log_start_offset(), log.high_watermark(), log.log_end_offset())
}

fn between(start: Offset, high_watermark: Offset, end: Offset) -> Verdict {
    if start <= high_watermark && high_watermark <= end {
        return Ok(());
    }
    Err(format!("the high watermark is {high_watermark}, the log goes from {start} to {end}"))
}

/// Against the log ends of the other replicas in sync.
pub(super) fn at_most(high_watermark: Offset, mut ends: impl Iterator<Item = (BrokerId, Offset)>) -> Verdict {
    match ends.find(|(_, end)| *end < high_watermark) {
        Some((member, end)) => Err(format!(
            "the leader's high watermark is {high_watermark}, but the log of broker {member}, which is in sync, ends at {end}"
        )),
        None => Ok(()),
    }
}

/// The high watermark of this leader has just moved.
pub(super) fn had_min_isr(replica: &Partition) -> Verdict {
    let Some(leader) = replica.leader() else { return Ok(()) };
    let replicas = leader.followers().len() + 1;
    enough(leader.isr().committed().len(), replica.log().config().min_insync_replicas, replicas)
}

fn enough(in_sync: usize, min_insync_replicas: i64, replicas: usize) -> Verdict {
    let least = effective_min_isr(min_insync_replicas, replicas);
    if in_sync >= least {
        return Ok(());
    }
    Err(format!("the high watermark moved with {in_sync} in sync; min.insync.replicas asks for {least}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_can_fail() {
        assert!(lowered(None, Offset(3)).is_ok() && lowered(Some(LeaderEpoch(2)), Offset(3)).is_err());
        assert!(raised(Offset(3), Offset(3), Offset(4)).is_ok());
        assert!(raised(Offset(3), Offset(2), Offset(4)).is_err(), "a move went unreported");
        assert!(raised(Offset(3), Offset(3), Offset(3)).is_err());
        for (start, mark, end, holds) in [(0, 0, 0, true), (2, 3, 3, true), (2, 1, 3, false), (0, 4, 3, false)] {
            assert_eq!(between(Offset(start), Offset(mark), Offset(end)).is_ok(), holds);
        }
        let ends = [(BrokerId(2), Offset(5)), (BrokerId(3), Offset(7))];
        assert!(at_most(Offset(5), ends.into_iter()).is_ok() && at_most(Offset(6), ends.into_iter()).is_err());
        for (in_sync, min, replicas, holds) in [(1, 1, 3, true), (1, 2, 3, false), (2, 3, 2, true), (2, 3, 3, false)] {
            assert_eq!(enough(in_sync, min, replicas).is_ok(), holds);
        }
    }
}
