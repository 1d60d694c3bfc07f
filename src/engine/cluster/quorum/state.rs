//! Which part a node plays in the quorum, and how one part becomes another (`QuorumState`).
//!
//! The rule it keeps: a change of state goes through a `transition_to_…`, which asserts that Kafka allows it from where the node
//! stands. An epoch never falls, and within one epoch a vote is given once and a known leader is never exchanged for another.
//!
//! ```text
//!              election timeout          majority of pre-votes        majority of votes
//! Unattached ───────────────────► Prospective ───────────────► Candidate ───────────────► Leader
//!     ▲  │ leader discovered   ▲   │   ▲                           │                        │ check quorum failed, or
//!     │  └──────► Follower ────┘   │   └── backed off after a loss ┘                        ▼ graceful shutdown
//!     │             fetch timeout  └─► lost: Follower of the leader it knows, or Unattached Resigned ─► Unattached, epoch + 1
//!     └── from anywhere, on a larger epoch
//! ```

use super::leader::LeaderState;
use crate::engine::common::{ControllerId, LeaderEpoch, VirtualTime};
use std::collections::BTreeSet;

/// The part that a node plays, with what it needs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumState {
    /// It knows no leader.
    Unattached {
        /// Whom it has voted for in this epoch.
        voted: Option<ControllerId>,
        /// When a voter asks for an election.
        election_at: VirtualTime,
    },
    /// It fetches from a leader.
    Follower {
        /// Whom from.
        leader: ControllerId,
        /// Whom it has voted for in this epoch.
        voted: Option<ControllerId>,
        /// When it gives the leader up.
        fetch_timeout_at: VirtualTime,
        /// Whether the leader has answered a fetch in this epoch: then it tells others that there is no need for an election.
        has_fetched: bool,
    },
    /// It asks whether it would be elected (pre-vote), before it disturbs anyone with a new epoch.
    Prospective {
        /// The leader that it has lost sight of, if it knew one.
        leader: Option<ControllerId>,
        /// Whom it has voted for in this epoch.
        voted: Option<ControllerId>,
        /// The answers.
        votes: Votes,
        /// When it stops waiting for them.
        election_timeout_at: VirtualTime,
        /// How many elections it has lost in a row.
        retries: u32,
    },
    /// It stands for election, having voted for itself.
    Candidate {
        /// The answers.
        votes: Votes,
        /// Whether it still waits for votes.
        phase: CandidatePhase,
        /// How many elections it has lost in a row.
        retries: u32,
    },
    /// It leads: the active controller, once it has committed a record of its own epoch.
    Leader(LeaderState),
    /// It led in this epoch and does not any more, or may have led before it was restarted.
    Resigned {
        /// Who should stand for election first.
        preferred_successors: Vec<ControllerId>,
        /// The voters that it has to tell.
        unacknowledged: BTreeSet<ControllerId>,
        /// When it leaves the epoch.
        election_timeout_at: VirtualTime,
    },
}

/// Where a candidate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidatePhase {
    /// It collects votes until then.
    Voting {
        /// When the time is over.
        until: VirtualTime,
    },
    /// It has lost, and waits so that two candidates do not go on splitting the votes.
    BackingOff {
        /// When it tries again.
        until: VirtualTime,
    },
}

/// The answers to a candidate's requests. Its own vote is among the granted ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Votes {
    voters: usize,
    granted: BTreeSet<ControllerId>,
    rejected: BTreeSet<ControllerId>,
}

impl Votes {
    /// The votes of `voters` nodes, of which `own` has granted its own.
    #[must_use]
    pub fn new(own: ControllerId, voters: usize) -> Self {
        Self { voters, granted: [own].into(), rejected: BTreeSet::new() }
    }

    /// Notes an answer; the last one of a voter counts.
    pub fn record(&mut self, voter: ControllerId, is_granted: bool) {
        let (to, from) =
            if is_granted { (&mut self.granted, &mut self.rejected) } else { (&mut self.rejected, &mut self.granted) };
        from.remove(&voter);
        to.insert(voter);
    }

    /// How many it takes: more than half of all.
    #[must_use]
    pub fn majority(&self) -> usize {
        self.voters / 2 + 1
    }

    /// Whether enough have said yes.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.granted.len() >= self.majority()
    }

    /// Whether too many have said no.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.voters - self.rejected.len() < self.majority()
    }

    /// Whether a voter has answered.
    #[must_use]
    pub fn has_answered(&self, voter: ControllerId) -> bool {
        self.granted.contains(&voter) || self.rejected.contains(&voter)
    }

    /// Who has said yes.
    pub fn granted(&self) -> impl Iterator<Item = ControllerId> + '_ {
        self.granted.iter().copied()
    }
}

/// A state's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum QuorumStateName {
    /// [`QuorumState::Unattached`].
    Unattached,
    /// [`QuorumState::Follower`].
    Follower,
    /// [`QuorumState::Prospective`].
    Prospective,
    /// [`QuorumState::Candidate`].
    Candidate,
    /// [`QuorumState::Leader`].
    Leader,
    /// [`QuorumState::Resigned`].
    Resigned,
}

impl QuorumStateName {
    /// Kafka's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            QuorumStateName::Unattached => "Unattached",
            QuorumStateName::Follower => "Follower",
            QuorumStateName::Prospective => "Prospective",
            QuorumStateName::Candidate => "Candidate",
            QuorumStateName::Leader => "Leader",
            QuorumStateName::Resigned => "Resigned",
        }
    }
}

impl QuorumState {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> QuorumStateName {
        match self {
            QuorumState::Unattached { .. } => QuorumStateName::Unattached,
            QuorumState::Follower { .. } => QuorumStateName::Follower,
            QuorumState::Prospective { .. } => QuorumStateName::Prospective,
            QuorumState::Candidate { .. } => QuorumStateName::Candidate,
            QuorumState::Leader(_) => QuorumStateName::Leader,
            QuorumState::Resigned { .. } => QuorumStateName::Resigned,
        }
    }
}

/// A node's part and the epoch that it plays it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The node; none for an observer, which can not be elected.
    local: Option<ControllerId>,
    epoch: LeaderEpoch,
    state: QuorumState,
}

/// What `quorum-state` on disk says: enough that a node that restarts does not vote twice in an epoch (`ElectionState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ElectionState {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Its leader, if known.
    pub leader: Option<ControllerId>,
    /// Whom the node has voted for in it.
    pub voted: Option<ControllerId>,
}

impl Quorum {
    /// A node that starts in this state.
    pub(super) fn new(local: Option<ControllerId>, epoch: LeaderEpoch, state: QuorumState) -> Self {
        Self { local, epoch, state }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &QuorumState {
        &self.state
    }

    pub(super) fn state_mut(&mut self) -> &mut QuorumState {
        &mut self.state
    }

    /// The leader of the epoch, if known.
    #[must_use]
    pub fn leader(&self) -> Option<ControllerId> {
        match &self.state {
            QuorumState::Follower { leader, .. } => Some(*leader),
            QuorumState::Leader(_) => self.local,
            QuorumState::Prospective { leader, .. } => *leader,
            QuorumState::Unattached { .. } | QuorumState::Candidate { .. } | QuorumState::Resigned { .. } => None,
        }
    }

    /// Whom the node has voted for in this epoch.
    #[must_use]
    pub fn voted(&self) -> Option<ControllerId> {
        match &self.state {
            QuorumState::Unattached { voted, .. }
            | QuorumState::Follower { voted, .. }
            | QuorumState::Prospective { voted, .. } => *voted,
            QuorumState::Candidate { .. } | QuorumState::Leader(_) | QuorumState::Resigned { .. } => self.local,
        }
    }

    /// What has to be on disk before anyone hears of it.
    #[must_use]
    pub fn election(&self) -> ElectionState {
        let leader = if matches!(self.state, QuorumState::Resigned { .. }) { self.local } else { self.leader() };
        ElectionState { epoch: self.epoch, leader, voted: self.voted() }
    }

    /// Whether this node would vote for a candidate of this epoch (`canGrantVote` of each state).
    ///
    /// | state                   | pre-vote                                       | vote |
    /// |-------------------------|------------------------------------------------|------|
    /// | Unattached, Prospective | log is up to date                              | voted for it; or not voted, no leader known, log up to date |
    /// | Follower                | log up to date, no fetch answered in the epoch | never |
    /// | Candidate, Resigned     | log is up to date                              | never |
    /// | Leader                  | never                                          | never |
    #[must_use]
    pub fn can_grant_vote(&self, candidate: ControllerId, is_log_up_to_date: bool, pre_vote: bool) -> bool {
        match &self.state {
            QuorumState::Leader(_) => false,
            QuorumState::Follower { has_fetched, .. } => pre_vote && is_log_up_to_date && !has_fetched,
            QuorumState::Candidate { .. } | QuorumState::Resigned { .. } => pre_vote && is_log_up_to_date,
            QuorumState::Unattached { .. } | QuorumState::Prospective { .. } if pre_vote => is_log_up_to_date,
            QuorumState::Unattached { voted: Some(voted), .. }
            | QuorumState::Prospective { voted: Some(voted), .. } => *voted == candidate,
            QuorumState::Prospective { leader: Some(_), .. } => false,
            QuorumState::Unattached { .. } | QuorumState::Prospective { .. } => is_log_up_to_date,
        }
    }

    /// Binds the node to a candidate for the rest of the epoch.
    pub(super) fn add_vote(&mut self, candidate: ControllerId) {
        match &mut self.state {
            QuorumState::Unattached { voted, .. } | QuorumState::Prospective { voted, .. } => *voted = Some(candidate),
            other => unreachable!("a {:?} has no vote to give", other.name()),
        }
    }

    /// Leaves the leader, or the hope, that it had: from anywhere on a larger epoch, from `Prospective` in the same one.
    pub(super) fn transition_to_unattached(&mut self, epoch: LeaderEpoch, election_at: VirtualTime) {
        let same_epoch = epoch == self.epoch && matches!(self.state, QuorumState::Prospective { .. });
        assert!(epoch > self.epoch || same_epoch, "{:?} becomes Unattached by a larger epoch", self.state.name());
        let voted = if epoch > self.epoch { None } else { self.voted() };
        self.epoch = epoch;
        self.state = QuorumState::Unattached { voted, election_at };
    }

    /// Follows a leader: of a larger epoch, or of this one if none is known, or again after a pre-vote came to nothing.
    pub(super) fn transition_to_follower(
        &mut self,
        epoch: LeaderEpoch,
        leader: ControllerId,
        fetch_timeout_at: VirtualTime,
    ) {
        assert!(self.local != Some(leader), "nobody follows itself");
        let is_legal = match &self.state {
            QuorumState::Unattached { .. } | QuorumState::Candidate { .. } => epoch >= self.epoch,
            QuorumState::Prospective { leader: known, .. } => {
                epoch > self.epoch || epoch == self.epoch && known.is_none_or(|known| known == leader)
            }
            QuorumState::Follower { .. } | QuorumState::Leader(_) | QuorumState::Resigned { .. } => epoch > self.epoch,
        };
        assert!(is_legal, "{:?} of epoch {} follows {leader} of epoch {epoch}", self.state.name(), self.epoch);
        let voted = if epoch > self.epoch { None } else { self.voted() };
        self.epoch = epoch;
        self.state = QuorumState::Follower { leader, voted, fetch_timeout_at, has_fetched: false };
    }

    /// Asks for an election, without a new epoch yet.
    pub(super) fn transition_to_prospective(&mut self, votes: Votes, election_timeout_at: VirtualTime) {
        let retries = match &self.state {
            QuorumState::Unattached { .. } | QuorumState::Follower { .. } => 0,
            QuorumState::Candidate { retries, .. } => *retries,
            other => unreachable!("a {:?} does not become Prospective", other.name()),
        };
        assert!(self.local.is_some(), "an observer is never elected");
        let (leader, voted) = (self.leader(), self.voted());
        self.state = QuorumState::Prospective { leader, voted, votes, election_timeout_at, retries };
    }

    /// Stands for election in a new epoch, with its own vote.
    pub(super) fn transition_to_candidate(&mut self, votes: Votes, until: VirtualTime) {
        let QuorumState::Prospective { retries, .. } = &self.state else {
            unreachable!("a {:?} asks for pre-votes first", self.state.name());
        };
        let retries = *retries;
        self.epoch.0 += 1;
        self.state = QuorumState::Candidate { votes, phase: CandidatePhase::Voting { until }, retries };
    }

    /// Leads the epoch that it stood for.
    pub(super) fn transition_to_leader(&mut self, leader: LeaderState) {
        let QuorumState::Candidate { votes, .. } = &self.state else {
            unreachable!("a {:?} is not elected", self.state.name());
        };
        assert!(votes.is_granted(), "a majority has voted for it");
        self.state = QuorumState::Leader(leader);
    }

    /// Gives the epoch up, and stays in it so that nobody takes what it says for a leader's.
    pub(super) fn transition_to_resigned(
        &mut self,
        preferred_successors: Vec<ControllerId>,
        unacknowledged: BTreeSet<ControllerId>,
        election_timeout_at: VirtualTime,
    ) {
        assert!(matches!(self.state, QuorumState::Leader(_)), "only a leader resigns");
        self.state = QuorumState::Resigned { preferred_successors, unacknowledged, election_timeout_at };
    }
}
