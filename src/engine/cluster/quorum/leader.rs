//! What a leader knows of the others' logs: from it follow the high watermark and whether it may go on leading (`LeaderState`).

use crate::engine::common::{BrokerId, ControllerId, Offset, VirtualTime};
use std::collections::{BTreeMap, BTreeSet};

/// A leader's knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderState {
    /// Where its epoch begins: the offset of its LeaderChange record.
    pub epoch_start_offset: Offset,
    /// What is committed; none before a record of its own epoch is.
    pub high_watermark: Option<Offset>,
    /// Where each voter's log ends, itself among them; none: it has not fetched yet.
    pub voters: BTreeMap<ControllerId, Option<Offset>>,
    /// Where the log of each broker ends that has fetched.
    pub observers: BTreeMap<BrokerId, Offset>,
    /// Voters that have fetched since the time below was set.
    pub fetched_voters: BTreeSet<ControllerId>,
    /// When it resigns unless a majority fetches before.
    pub check_quorum_at: VirtualTime,
    /// When it next makes itself known to the voters.
    pub begin_epoch_at: VirtualTime,
}

impl LeaderState {
    /// The leader of an epoch that begins at this offset, of these voters.
    #[must_use]
    pub fn new(epoch_start_offset: Offset, voters: &[ControllerId], now: VirtualTime, check: VirtualTime) -> Self {
        Self {
            epoch_start_offset,
            high_watermark: None,
            voters: voters.iter().map(|voter| (*voter, None)).collect(),
            observers: BTreeMap::new(),
            fetched_voters: BTreeSet::new(),
            check_quorum_at: now + check,
            begin_epoch_at: now,
        }
    }

    /// Whether it has committed a record of its own epoch, and with it all that was before.
    #[must_use]
    pub fn has_committed_own_epoch(&self) -> bool {
        self.high_watermark.is_some_and(|high_watermark| high_watermark > self.epoch_start_offset)
    }

    /// Notes where a voter's log ends, and moves the high watermark if that commits something. Says whether it moved.
    pub fn update_voter(&mut self, voter: ControllerId, log_end: Offset) -> bool {
        let Some(known) = self.voters.get_mut(&voter) else { return false };
        *known = Some(log_end);
        self.maybe_update_high_watermark()
    }

    /// A voter's fetch counts for the check of the quorum, whatever it asked for. `own` counts always.
    pub fn note_fetch(&mut self, voter: ControllerId, now: VirtualTime, check: VirtualTime) {
        if !self.voters.contains_key(&voter) {
            return;
        }
        self.fetched_voters.insert(voter);
        if self.fetched_voters.len() >= self.voters.len() / 2 {
            self.fetched_voters.clear();
            self.check_quorum_at = now + check;
        }
    }

    /// The other voters by how far they have fetched, the furthest first; ties by id.
    #[must_use]
    pub fn voters_by_descending_offset(&self, own: ControllerId) -> Vec<ControllerId> {
        let mut others: Vec<(Option<Offset>, ControllerId)> =
            self.voters.iter().filter(|(voter, _)| **voter != own).map(|(voter, end)| (*end, *voter)).collect();
        others.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        others.into_iter().map(|(_, voter)| voter).collect()
    }

    /// The largest offset that a majority has, if it lies in the leader's own epoch: records of earlier epochs are committed only
    /// together with one of this epoch, for only then can no log without them win an election.
    fn maybe_update_high_watermark(&mut self) -> bool {
        let mut ends: Vec<Option<Offset>> = self.voters.values().copied().collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        let at = if super::is_broken(super::Broken::CommitOnTheLeaderAlone) { 0 } else { ends.len() / 2 };
        let Some(agreed) = ends.get(at).copied().flatten() else { return false };
        let is_own_epoch =
            agreed > self.epoch_start_offset || super::is_broken(super::Broken::CommitEarlierEpochsAlone);
        let is_news = self.high_watermark.is_none_or(|known| agreed > known);
        if is_own_epoch && is_news {
            self.high_watermark = Some(agreed);
        }
        is_own_epoch && is_news
    }
}
