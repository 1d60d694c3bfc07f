//! Compaction: of every key the last value stays, and an offset without a record was emptied by a cleaning.

use super::{Invariant, Verdict};
use crate::engine::common::{BrokerId, Offset, RecordId, Timestamp, TopicPartition};
use crate::engine::sim::state::State;
use crate::engine::storage::CleanedLog;
use crate::engine::storage::log_cleaner::RemovalReason;
use bytes::Bytes;
use imbl::OrdSet;

pub(super) const KEEPS_LAST_VALUES: Invariant = Invariant {
    name: "CompactionKeepsLastValues",
    holds: "What compaction removes has a later committed record of its key, or is a tombstone whose time is over, or has no key.",
};

/// What was sent at an offset: its key, and whether it has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    key: Option<Bytes>,
    is_tombstone: bool,
}

/// A log was compacted; `high_watermark` is its own.
pub(super) fn keeps_last_values(
    state: &State,
    (partition, broker): (TopicPartition, BrokerId),
    cleaned: &CleanedLog,
    high_watermark: Offset,
) -> Verdict {
    let now = state.wall_clock_ms();
    let sent_at = |offset: Offset| sent(state, state.ledger.record_once_at(partition, broker, offset)?);
    for removed in &cleaned.removed {
        // What expired on every broker since it was copied is nobody's to compare.
        let Some(gone) = sent_at(removed.offset) else { continue };
        let by = match removed.why {
            RemovalReason::Superseded { by } => sent_at(by),
            _ => None,
        };
        may_go(removed.offset, &gone, removed.why, by.as_ref(), (now, high_watermark))?;
    }
    Ok(())
}

fn sent(state: &State, id: RecordId) -> Option<Sent> {
    let content = state.ledger.content(id)?;
    Some(Sent { key: content.key, is_tombstone: content.value.is_none() })
}

/// | why                | may go |
/// |--------------------|--------|
/// | superseded by n    | n is later, below the high watermark, and has the same key |
/// | its time is over   | it has a key and no value, and the horizon has passed |
/// | without a key      | it has none |
fn may_go(
    offset: Offset,
    gone: &Sent,
    why: RemovalReason,
    by: Option<&Sent>,
    (now, high_watermark): (Timestamp, Offset),
) -> Verdict {
    let may = match why {
        RemovalReason::Superseded { by: later } => {
            let has_its_key = by.is_none_or(|by| gone.key.is_some() && by.key == gone.key);
            later > offset && later < high_watermark && has_its_key
        }
        RemovalReason::TombstoneExpired { horizon } => gone.key.is_some() && gone.is_tombstone && now >= horizon,
        RemovalReason::WithoutKey => gone.key.is_none(),
    };
    if may {
        Ok(())
    } else {
        Err(format!("{gone:?} at {offset} was removed: {why:?}, at {now} below {high_watermark}"))
    }
}

/// Offsets of a copied log without a record, each range with the one after its last.
pub(super) fn are_compacted(compacted: &OrdSet<Offset>, holes: &[(Offset, Offset)]) -> Verdict {
    let mut all = holes.iter().flat_map(|(from, to)| from.0..to.0).map(Offset);
    match all.find(|offset| !compacted.contains(offset)) {
        Some(offset) => Err(format!("offset {offset} has no record in a copied log, and no cleaning had removed one")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(key: Option<&'static str>, is_tombstone: bool) -> Sent {
        Sent { key: key.map(|key| Bytes::from_static(key.as_bytes())), is_tombstone }
    }

    #[test]
    fn what_must_not_go_is_seen() {
        let superseded = |by| RemovalReason::Superseded { by: Offset(by) };
        let expired = |horizon| RemovalReason::TombstoneExpired { horizon };
        let (a, b, none) = (sent(Some("a"), false), sent(Some("b"), false), sent(None, false));
        let tombstone = sent(Some("a"), true);
        for (gone, why, by, may) in [
            (&a, superseded(7), Some(&a), true),
            (&a, superseded(7), Some(&tombstone), true),
            (&a, superseded(7), Some(&b), false),
            (&a, superseded(4), Some(&a), false),
            (&a, superseded(9), Some(&a), false),
            (&none, superseded(7), Some(&none), false),
            (&tombstone, expired(100), None, true),
            (&tombstone, expired(101), None, false),
            (&a, expired(100), None, false),
            (&none, RemovalReason::WithoutKey, None, true),
            (&a, RemovalReason::WithoutKey, None, false),
        ] {
            let verdict = may_go(Offset(5), gone, why, by, (100, Offset(9)));
            assert_eq!(verdict.is_ok(), may, "{gone:?} {why:?} {by:?}");
        }
    }

    #[test]
    fn a_hole_that_no_cleaning_made_is_seen() {
        let compacted: OrdSet<Offset> = [3, 4, 5].into_iter().map(Offset).collect();
        assert!(are_compacted(&compacted, &[(Offset(3), Offset(6))]).is_ok());
        assert!(are_compacted(&compacted, &[(Offset(3), Offset(5)), (Offset(6), Offset(7))]).is_err());
    }
}
