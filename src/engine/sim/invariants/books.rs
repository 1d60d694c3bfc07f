//! The ledger's figures against each other.

use super::{Invariant, Verdict};
use crate::engine::sim::ledger::Totals;

pub(super) const LEDGER_ADDS_UP: Invariant = Invariant {
    name: "LedgerAddsUp",
    holds: "sent = delivered + failed + pending; what is committed is stored, what is compacted has expired, what is lost was delivered, what is unknown failed.",
};

pub(super) fn add_up(totals: &Totals) -> Verdict {
    let adds_up = totals.sent == totals.delivered + totals.failed + totals.pending
        && totals.committed <= totals.stored
        && totals.stored + totals.expired <= totals.sent
        && totals.compacted <= totals.expired
        && totals.lost <= totals.delivered
        && totals.unknown <= totals.failed
        && totals.reordered <= totals.stored;
    if adds_up { Ok(()) } else { Err(format!("{totals:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_do_not_add_up_are_seen() {
        let sound =
            Totals { sent: 9, delivered: 5, failed: 3, pending: 1, stored: 4, committed: 3, ..Totals::default() };
        assert!(add_up(&sound).is_ok());
        for broken in [
            Totals { pending: 2, ..sound },
            Totals { committed: 5, ..sound },
            Totals { expired: 6, ..sound },
            Totals { lost: 6, ..sound },
            Totals { unknown: 4, ..sound },
            Totals { reordered: 5, ..sound },
        ] {
            assert!(add_up(&broken).is_err(), "{broken:?}");
        }
    }
}
