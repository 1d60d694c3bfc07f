//! The ledger's figures: what each one means, and how they are kept by difference.
//!
//! A record's standing is a set of flags that follows from its entry. When an entry changes, the flags before and after
//! are compared and the totals of the run and of the record's session move by the difference.

use serde::Serialize;

/// The figures of the run, or of one producer session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// `send()` was called. `sent = delivered + failed + pending`.
    pub sent: u64,
    /// Success was reported to the application (acks=0 included).
    pub delivered: u64,
    /// An error was reported.
    pub failed: u64,
    /// Neither yet.
    pub pending: u64,
    /// Failed, but it was on the wire and no answer ruled out an append.
    pub unknown: u64,
    /// Distinct records with a copy, now, in the log of the current leader (if there is none, of the last one).
    pub stored: u64,
    /// Of these, with a copy below its high watermark.
    pub committed: u64,
    /// Had a copy in the leader's log that retention, compaction or DeleteRecords removed; neither stored nor lost.
    pub expired: u64,
    /// Of these, removed by compaction.
    pub compacted: u64,
    /// Delivered, not expired, no copy in the leader's log and none in flight. While a partition has no leader: as when its last one went;
    /// the next election settles what has come to be missing since.
    pub lost: u64,
    /// Copies beyond the first in leaders' logs.
    pub duplicates: u64,
    /// Records whose first copy stands before that of one which the same session sent earlier to that partition.
    pub reordered: u64,
}

/// Names a figure of [`Totals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Figure {
    /// [`Totals::sent`]
    Sent,
    /// [`Totals::delivered`]
    Delivered,
    /// [`Totals::failed`]
    Failed,
    /// [`Totals::pending`]
    Pending,
    /// [`Totals::unknown`]
    Unknown,
    /// [`Totals::stored`]
    Stored,
    /// [`Totals::committed`]
    Committed,
    /// [`Totals::expired`]
    Expired,
    /// [`Totals::compacted`]
    Compacted,
    /// [`Totals::lost`]
    Lost,
    /// [`Totals::duplicates`]
    Duplicates,
    /// [`Totals::reordered`]
    Reordered,
}

impl Figure {
    /// Every figure, in the order the page shows them.
    pub const ALL: [Figure; 12] = [
        Figure::Sent,
        Figure::Delivered,
        Figure::Failed,
        Figure::Pending,
        Figure::Unknown,
        Figure::Stored,
        Figure::Committed,
        Figure::Expired,
        Figure::Compacted,
        Figure::Lost,
        Figure::Duplicates,
        Figure::Reordered,
    ];

    /// The word the page uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Figure::Sent => "sent",
            Figure::Delivered => "delivered",
            Figure::Failed => "failed",
            Figure::Pending => "pending",
            Figure::Unknown => "unknown",
            Figure::Stored => "stored",
            Figure::Committed => "committed",
            Figure::Expired => "expired",
            Figure::Compacted => "compacted",
            Figure::Lost => "lost",
            Figure::Duplicates => "duplicates",
            Figure::Reordered => "reordered",
        }
    }
}

impl Totals {
    /// The number behind a figure.
    #[must_use]
    pub fn get(&self, figure: Figure) -> u64 {
        match figure {
            Figure::Sent => self.sent,
            Figure::Delivered => self.delivered,
            Figure::Failed => self.failed,
            Figure::Pending => self.pending,
            Figure::Unknown => self.unknown,
            Figure::Stored => self.stored,
            Figure::Committed => self.committed,
            Figure::Expired => self.expired,
            Figure::Compacted => self.compacted,
            Figure::Lost => self.lost,
            Figure::Duplicates => self.duplicates,
            Figure::Reordered => self.reordered,
        }
    }

    /// Moves the figures by the difference between two standings of one record. `lost` is moved by its partition, which
    /// knows what is settled.
    pub(super) fn shift(&mut self, before: Standing, after: Standing) {
        let changed = Flags(before.flags.0 ^ after.flags.0);
        let shift = |flag: Flags, figure: &mut u64| {
            if changed.has(flag) {
                if after.flags.has(flag) { *figure += 1 } else { *figure -= 1 }
            }
        };
        shift(Flags::DELIVERED, &mut self.delivered);
        shift(Flags::FAILED, &mut self.failed);
        shift(Flags::PENDING, &mut self.pending);
        shift(Flags::UNKNOWN, &mut self.unknown);
        shift(Flags::STORED, &mut self.stored);
        shift(Flags::COMMITTED, &mut self.committed);
        shift(Flags::EXPIRED, &mut self.expired);
        shift(Flags::COMPACTED, &mut self.compacted);
        shift(Flags::REORDERED, &mut self.reordered);
        self.duplicates += u64::from(after.duplicates);
        self.duplicates -= u64::from(before.duplicates);
    }
}

/// A set of truths about one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const DELIVERED: Flags = Flags(1);
    pub(super) const FAILED: Flags = Flags(1 << 1);
    pub(super) const PENDING: Flags = Flags(1 << 2);
    pub(super) const UNKNOWN: Flags = Flags(1 << 3);
    pub(super) const STORED: Flags = Flags(1 << 4);
    pub(super) const COMMITTED: Flags = Flags(1 << 5);
    pub(super) const EXPIRED: Flags = Flags(1 << 6);
    /// Lost, if that is settled.
    pub(super) const MISSING: Flags = Flags(1 << 7);
    pub(super) const REORDERED: Flags = Flags(1 << 8);
    pub(super) const COMPACTED: Flags = Flags(1 << 9);

    pub(super) fn has(self, flag: Flags) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) fn set(&mut self, flag: Flags, on: bool) {
        if on { self.0 |= flag.0 } else { self.0 &= !flag.0 }
    }
}

/// How a record stands: its flags, and how many copies beyond the first it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) flags: Flags,
    pub(super) duplicates: u16,
}
