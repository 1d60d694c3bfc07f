//! What a controller makes of a request.

use super::messages::{RaftRequest, RaftResponse, Replica, ResponseBody, VoteRequest};
use super::output::{RaftEffect, RaftEvent, RaftOutput};
use super::raft_client::RaftClient;
use super::state::QuorumState;
use crate::engine::cluster::metadata_log::MetadataRecords;
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{ControllerId, KafkaError, LeaderEpoch, VirtualTime};

impl<T: MetadataRecords> RaftClient<T> {
    /// A request has arrived. A node that is down loses it.
    pub fn receive(
        &mut self,
        now: VirtualTime,
        from: Replica,
        correlation: CorrelationId,
        request: RaftRequest,
        out: &mut RaftOutput<T>,
    ) {
        if !self.is_up() {
            return;
        }
        let (error, body) = match request {
            RaftRequest::Vote(request) => self.vote(now, &request, out),
            RaftRequest::BeginQuorumEpoch { epoch, leader } => {
                (self.begin_quorum_epoch(now, epoch, leader, out), ResponseBody::BeginQuorumEpoch)
            }
            RaftRequest::EndQuorumEpoch { epoch, leader, preferred_successors } => {
                let error = self.end_quorum_epoch(now, epoch, leader, &preferred_successors, out);
                (error, ResponseBody::EndQuorumEpoch)
            }
            RaftRequest::Fetch(request) => {
                self.receive_fetch(now, correlation, request, out);
                self.poll(now, out);
                return;
            }
        };
        self.persist();
        let response = RaftResponse { error, epoch: self.epoch(), leader: self.leader(), body };
        out.effects.push(RaftEffect::Respond { to: from, correlation, response });
        self.poll(now, out);
    }

    /// Votes (`handleVoteRequest`).
    ///
    /// | first of these that holds                                  | answer |
    /// |------------------------------------------------------------|--------|
    /// | the candidate's log has a later epoch than it may have     | INVALID_REQUEST |
    /// | the epoch is below the own one                             | FENCED_LEADER_EPOCH |
    /// | none: a larger epoch makes the voter Unattached in it first | as [`super::Quorum::can_grant_vote`] says |
    fn vote(
        &mut self,
        now: VirtualTime,
        request: &VoteRequest,
        out: &mut RaftOutput<T>,
    ) -> (Option<KafkaError>, ResponseBody<T>) {
        let refused = |error| (Some(error), ResponseBody::Vote { granted: false });
        let VoteRequest { epoch, candidate, log_end, pre_vote } = *request;
        // A candidate has raised the epoch, so nobody can have written in it; a pre-vote is for the present one.
        let is_illegal = if pre_vote { log_end.epoch > epoch } else { log_end.epoch >= epoch };
        if is_illegal {
            return refused(KafkaError::InvalidRequest);
        }
        if let Some(error) = self.voter_only_error(epoch) {
            return refused(error);
        }
        if epoch > self.epoch() {
            self.become_unattached(now, epoch, out);
        }
        let is_log_up_to_date = log_end >= self.log.end() || super::is_broken(super::Broken::VoteForAnyLog);
        let quorum = &self.running().quorum;
        let can_vote = matches!(quorum.state(), QuorumState::Unattached { .. } | QuorumState::Prospective { .. });
        let granted = quorum.can_grant_vote(candidate, is_log_up_to_date, pre_vote)
            || super::is_broken(super::Broken::VoteTwiceAnEpoch) && can_vote && is_log_up_to_date;
        if granted && !pre_vote && can_vote && quorum.voted() != Some(candidate) {
            self.running().quorum.add_vote(candidate);
            out.events.push(RaftEvent::VoteGranted { candidate, epoch });
        }
        (None, ResponseBody::Vote { granted })
    }

    fn begin_quorum_epoch(
        &mut self,
        now: VirtualTime,
        epoch: LeaderEpoch,
        leader: ControllerId,
        out: &mut RaftOutput<T>,
    ) -> Option<KafkaError> {
        let error = self.voter_only_error(epoch);
        if error.is_none() {
            self.maybe_transition(now, epoch, Some(leader), out);
        }
        error
    }

    /// A leader has given up: its followers stand for election one after the other, the one that had fetched furthest at once.
    fn end_quorum_epoch(
        &mut self,
        now: VirtualTime,
        epoch: LeaderEpoch,
        resigned: ControllerId,
        preferred_successors: &[ControllerId],
        out: &mut RaftOutput<T>,
    ) -> Option<KafkaError> {
        let error = self.voter_only_error(epoch);
        if error.is_some() {
            return error;
        }
        self.maybe_transition(now, epoch, Some(resigned), out);
        let local = self.local();
        let position = preferred_successors.iter().position(|successor| Some(*successor) == local);
        let backoff = self.successor_backoff(position, preferred_successors.len());
        if let QuorumState::Follower { leader, fetch_timeout_at, .. } = self.running().quorum.state_mut()
            && *leader == resigned
        {
            *fetch_timeout_at = now + backoff;
        }
        None
    }

    /// The first successor does not wait, the one at place p of n waits (max >> (n − 1)) << (p − 1), one that is not named the maximum.
    fn successor_backoff(&self, position: Option<usize>, successors: usize) -> VirtualTime {
        let max = self.config.election_backoff_max_ms;
        let wait = match position {
            Some(0) => 0,
            Some(position) => ((max >> (successors - 1)) << (position - 1)).min(max),
            None => max,
        };
        VirtualTime::from_ms(wait)
    }

    fn voter_only_error(&self, epoch: LeaderEpoch) -> Option<KafkaError> {
        (epoch < self.epoch()).then_some(KafkaError::FencedLeaderEpoch)
    }

    /// Why a request that only a leader answers is refused.
    pub(super) fn leader_only_error(&self, epoch: LeaderEpoch) -> Option<KafkaError> {
        if epoch < self.epoch() {
            Some(KafkaError::FencedLeaderEpoch)
        } else if epoch > self.epoch() {
            Some(KafkaError::UnknownLeaderEpoch)
        } else if !self.is_leader() {
            Some(KafkaError::NotLeaderOrFollower)
        } else {
            None
        }
    }
}
