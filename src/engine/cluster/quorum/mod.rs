//! The quorum: controllers that elect one of them and agree on one metadata log, as Kafka's raft does it (`KafkaRaftClient`).
//!
//! A [`RaftClient`] is one node: a voter (a controller) or an observer (a broker). It takes `now`, an input and an output to push to, and
//! knows no link and no clock; its chance is a named stream that it is given. How to drive it:
//!
//! - Carry out every effect of [`RaftOutput`] in order. A request ends with [`RaftClient::answered`] or [`RaftClient::unreachable`], by
//!   its correlation number, or with its connection by [`RaftClient::disconnected`]; late, repeated or missing calls do no harm, as every node has a timeout of its own.
//! - Call [`RaftClient::wake`] at the times that it asks for. Nothing is cancelled; waking it too often does no harm.
//! - [`RaftClient::append`] adds records on the leader. They are committed once [`RaftClient::high_watermark`] is beyond them, and gone for
//!   good if another leader was elected without them.
//!
//! What differs from a textbook's raft, as in Kafka: followers pull; a leader makes itself known by BeginQuorumEpoch; logs are reconciled by
//! (epoch, end offset) in the answers to fetches; a pre-vote (KIP-996) comes before every election.
//!
//! [`state`] has the parts that a node can play and their transitions, [`leader`] what a leader counts, `poll` what each part does as
//! time passes, `requests` and `responses` what it makes of messages, `connections` who is waited for.

mod append;
mod connections;
mod fetch;
pub mod leader;
pub mod messages;
pub mod output;
mod poll;
pub mod raft_client;
mod requests;
mod responses;
pub mod state;
#[cfg(test)]
mod tests;

pub use leader::LeaderState;
pub use messages::{FetchRequest, FetchResponse, RaftRequest, RaftResponse, Replica, ResponseBody, VoteRequest};
pub use output::{RaftEffect, RaftEvent, RaftOutput};
pub use raft_client::RaftClient;
pub use state::{CandidatePhase, ElectionState, Quorum, QuorumState, QuorumStateName, Votes};

/// Ways to break the quorum on purpose, for tests that show that the net holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A voter votes for everyone who asks.
    VoteTwiceAnEpoch,
    /// A restart forgets epoch and vote.
    ForgetVoteInCrash,
    /// A vote does not look at the candidate's log.
    VoteForAnyLog,
    /// The high watermark is the leader's log end.
    CommitOnTheLeaderAlone,
    /// A new leader commits what it finds in its log, by counting copies.
    CommitEarlierEpochsAlone,
    /// A leader does not look whether a follower's log is a beginning of its own.
    NeverDiverge,
}

#[cfg(test)]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Broken>> = const { std::cell::Cell::new(None) };
}

/// Whether a test has broken this on purpose.
#[cfg(test)]
fn is_broken(what: Broken) -> bool {
    BROKEN.get() == Some(what)
}

/// Nothing is broken outside tests.
#[cfg(not(test))]
#[inline]
fn is_broken(_what: Broken) -> bool {
    false
}
