//! What a node does as time passes, in each of its parts (`KafkaRaftClient.poll`): ask, stand, lead, resign, fetch.
//!
//! Called after every input. It goes on until nothing is due, and then asks to be woken when something will be.

use super::leader::LeaderState;
use super::messages::{FetchRequest, RaftRequest, VoteRequest};
use super::output::{RaftEffect, RaftOutput};
use super::raft_client::RaftClient;
use super::state::{CandidatePhase, QuorumState, Votes};
use crate::engine::cluster::metadata_log::{BatchContent, MetadataRecords};
use crate::engine::common::{ControllerId, LeaderEpoch, VirtualTime};

/// How long a leader may hold back the answer to a fetch: 500 ms (`MAX_FETCH_WAIT_MS`).
const FETCH_MAX_WAIT: VirtualTime = VirtualTime(500_000);
/// The step of a candidate's wait after a loss, in ms (`RETRY_BACKOFF_BASE_MS`).
const ELECTION_BACKOFF_BASE_MS: u64 = 100;

/// Whether a node has to look again at once, as it changed its part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polled {
    Changed,
    /// When something will be due.
    Until(VirtualTime),
}

impl<T: MetadataRecords> RaftClient<T> {
    /// Does what is due.
    pub(super) fn poll(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if !self.is_up() {
            return;
        }
        let mut until = loop {
            match self.poll_once(now, out) {
                Polled::Changed => {}
                Polled::Until(until) => break until,
            }
        };
        self.persist();
        if let Some(ready_at) = self.running().connections.next_ready_at(now) {
            until = until.min(ready_at);
        }
        let process = self.running();
        if until < process.wake_at {
            process.wake_at = until;
            out.effects.push(RaftEffect::WakeAt(until));
        }
    }

    fn poll_once(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        match *self.running().quorum.state() {
            QuorumState::Unattached { election_at, .. } => self.poll_unattached(now, election_at, out),
            QuorumState::Follower { leader, fetch_timeout_at, .. } => {
                self.poll_follower(now, leader, fetch_timeout_at, out)
            }
            QuorumState::Prospective { .. } => self.poll_prospective(now, out),
            QuorumState::Candidate { .. } => self.poll_candidate(now, out),
            QuorumState::Leader(_) => self.poll_leader(now, out),
            QuorumState::Resigned { .. } => self.poll_resigned(now, out),
        }
    }

    fn poll_unattached(&mut self, now: VirtualTime, election_at: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        if self.running().is_shutting_down && self.local().is_some() {
            return Polled::Until(VirtualTime::NEVER);
        }
        if now >= election_at {
            self.become_prospective(now, out);
            return Polled::Changed;
        }
        self.fetch_from_any(now, out);
        Polled::Until(election_at)
    }

    fn poll_follower(
        &mut self,
        now: VirtualTime,
        leader: ControllerId,
        fetch_timeout_at: VirtualTime,
        out: &mut RaftOutput<T>,
    ) -> Polled {
        let is_over = now >= fetch_timeout_at;
        if is_over && self.local().is_some() && !self.running().is_shutting_down {
            self.become_prospective(now, out);
            return Polled::Changed;
        }
        // A leader that does not answer may have been succeeded: anyone may know by whom.
        if is_over || self.running().connections.has_failed(now, leader) {
            self.fetch_from_any(now, out);
        } else if !self.running().connections.is_awaiting_any(now) {
            self.fetch_from(now, leader, out);
        }
        Polled::Until(if is_over { VirtualTime::NEVER } else { fetch_timeout_at })
    }

    fn poll_prospective(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        let QuorumState::Prospective { votes, election_timeout_at, .. } = self.running().quorum.state() else {
            unreachable!("the caller has looked")
        };
        let (until, votes) = (*election_timeout_at, votes.clone());
        if votes.is_granted() {
            self.become_candidate(now, out);
            return Polled::Changed;
        }
        if votes.is_rejected() || now >= until {
            self.give_up_pre_vote(now, out);
            return Polled::Changed;
        }
        self.ask_for_votes(now, &votes, true, out);
        Polled::Until(until)
    }

    fn poll_candidate(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        let QuorumState::Candidate { votes, phase, .. } = self.running().quorum.state() else {
            unreachable!("the caller has looked")
        };
        let (phase, votes) = (*phase, votes.clone());
        if votes.is_granted() {
            self.become_leader(now, out);
            return Polled::Changed;
        }
        match phase {
            CandidatePhase::BackingOff { until } if now >= until => {
                self.become_prospective(now, out);
                Polled::Changed
            }
            CandidatePhase::BackingOff { until } => Polled::Until(until),
            CandidatePhase::Voting { until } if votes.is_rejected() || now >= until => {
                self.back_off_candidate(now);
                Polled::Changed
            }
            CandidatePhase::Voting { until } => {
                self.ask_for_votes(now, &votes, false, out);
                Polled::Until(until)
            }
        }
    }

    fn poll_leader(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        let (has_others, is_shutting_down) = (self.voters.len() > 1, self.running().is_shutting_down);
        let leader = self.leader_state().expect("the caller has looked");
        let check_at = if has_others { leader.check_quorum_at } else { VirtualTime::NEVER };
        if now >= check_at || is_shutting_down && has_others {
            self.resign(now, out);
            return Polled::Changed;
        }
        self.maybe_drain(now, out);
        self.complete_waiting_fetches(now, out);
        let begin_at = if has_others { self.announce(now, out) } else { VirtualTime::NEVER };
        let fetch_expiry = self.next_fetch_expiry().unwrap_or(VirtualTime::NEVER);
        let drain_at = self.running().accumulator.drain_at;
        Polled::Until(check_at.min(begin_at).min(fetch_expiry).min(drain_at))
    }

    fn poll_resigned(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> Polled {
        let epoch = self.epoch();
        let QuorumState::Resigned { preferred_successors, unacknowledged, election_timeout_at } =
            self.running().quorum.state()
        else {
            unreachable!("the caller has looked")
        };
        let (until, successors, unacknowledged) =
            (*election_timeout_at, preferred_successors.clone(), unacknowledged.clone());
        if now >= until && !self.running().is_shutting_down {
            self.become_unattached(now, LeaderEpoch(epoch.0 + 1), out);
            return Polled::Changed;
        }
        let leader = self.local().expect("only a voter has led");
        for voter in unacknowledged {
            let preferred_successors = successors.clone();
            self.maybe_send(now, voter, RaftRequest::EndQuorumEpoch { epoch, leader, preferred_successors }, out);
        }
        Polled::Until(if now >= until { VirtualTime::NEVER } else { until })
    }

    /// Makes itself known to the voters every half of a fetch timeout. Returns when it is due again.
    fn announce(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) -> VirtualTime {
        let (epoch, local) = (self.epoch(), self.local().expect("only a voter leads"));
        let interval = self.begin_epoch_interval();
        let QuorumState::Leader(leader) = self.running().quorum.state_mut() else { unreachable!("it leads") };
        if now < leader.begin_epoch_at {
            return leader.begin_epoch_at;
        }
        leader.begin_epoch_at = now + interval;
        let next_at = leader.begin_epoch_at;
        for voter in self.other_voters() {
            self.maybe_send(now, voter, RaftRequest::BeginQuorumEpoch { epoch, leader: local }, out);
        }
        next_at
    }

    fn ask_for_votes(&mut self, now: VirtualTime, votes: &Votes, pre_vote: bool, out: &mut RaftOutput<T>) {
        let candidate = self.local().expect("only a voter stands for election");
        let request = VoteRequest { epoch: self.epoch(), candidate, log_end: self.log.end(), pre_vote };
        for voter in self.other_voters().filter(|voter| !votes.has_answered(*voter)) {
            self.maybe_send(now, voter, RaftRequest::Vote(request), out);
        }
    }

    /// Fetches from whoever can be asked, to learn who leads. Nothing if an answer is awaited.
    fn fetch_from_any(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        if self.running().connections.is_awaiting_any(now) {
            return;
        }
        let connections = &self.running().connections.clone();
        let ready: Vec<ControllerId> = self.other_voters().filter(|voter| connections.is_ready(now, *voter)).collect();
        if !ready.is_empty() {
            let chosen = ready[self.prng.below(ready.len() as u64) as usize];
            self.fetch_from(now, chosen, out);
        }
    }

    fn fetch_from(&mut self, now: VirtualTime, to: ControllerId, out: &mut RaftOutput<T>) {
        let request = FetchRequest {
            replica: self.replica,
            epoch: self.epoch(),
            fetch_from: self.log.end(),
            high_watermark: self.high_watermark(),
            max_wait: FETCH_MAX_WAIT,
        };
        self.maybe_send(now, to, RaftRequest::Fetch(request), out);
    }

    fn maybe_send(&mut self, now: VirtualTime, to: ControllerId, request: RaftRequest, out: &mut RaftOutput<T>) {
        if !self.running().connections.is_ready(now, to) {
            return;
        }
        let correlation = self.new_correlation();
        let until = now + VirtualTime::from_ms(self.config.request_timeout_ms);
        self.running().connections.sent(to, correlation, until);
        out.effects.push(RaftEffect::Send { to, correlation, request });
    }

    fn become_prospective(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let local = self.local().expect("an observer is never elected");
        let until = now + self.random_election_timeout();
        let votes = Votes::new(local, self.voters.len());
        self.running().quorum.transition_to_prospective(votes, until);
        self.state_changed(out);
    }

    fn become_candidate(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let local = self.local().expect("an observer is never elected");
        let until = now + self.random_election_timeout();
        let votes = Votes::new(local, self.voters.len());
        self.running().quorum.transition_to_candidate(votes, until);
        self.state_changed(out);
    }

    /// Too few would vote for it: back to the leader that it knew, or to waiting for one.
    fn give_up_pre_vote(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let epoch = self.epoch();
        match self.leader() {
            Some(leader) => {
                let fetch_timeout_at = now + self.fetch_timeout();
                self.running().quorum.transition_to_follower(epoch, leader, fetch_timeout_at);
                self.state_changed(out);
            }
            None => self.become_unattached(now, epoch, out),
        }
    }

    /// The election is lost: waits 100 ms × [0, 2^losses), so that two candidates do not go on splitting the votes.
    fn back_off_candidate(&mut self, now: VirtualTime) {
        let max = self.config.election_backoff_max_ms.unsigned_abs();
        let QuorumState::Candidate { retries, .. } = self.running().quorum.state_mut() else {
            unreachable!("the caller has looked")
        };
        *retries += 1;
        let steps = 1_u64 << (*retries).min(20);
        let wait_ms = (ELECTION_BACKOFF_BASE_MS * self.prng.below(steps)).min(max);
        let backing_off = CandidatePhase::BackingOff { until: now + VirtualTime(wait_ms * 1000) };
        if let QuorumState::Candidate { phase, .. } = self.running().quorum.state_mut() {
            *phase = backing_off;
        }
    }

    /// Leads, and begins its epoch with a record of its own.
    fn become_leader(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let local = self.local().expect("an observer is never elected");
        let leader = LeaderState::new(self.log.log_end_offset(), &self.voters, now, self.check_quorum_timeout());
        self.running().quorum.transition_to_leader(leader);
        self.state_changed(out);
        self.log.append_as_leader(self.epoch(), BatchContent::LeaderChange { leader: local });
        let end = self.log.log_end_offset();
        self.running().accumulator.begin(end);
        self.leader_log_grew(now, out);
    }

    fn resign(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let local = self.local().expect("only a voter leads");
        let successors = self.leader_state().expect("it leads").voters_by_descending_offset(local);
        let until = now + self.random_election_timeout();
        let others = self.other_voters().collect();
        self.running().quorum.transition_to_resigned(successors, others, until);
        self.state_changed(out);
    }

    /// Leaves its leader or its hopes, for another epoch or for this one. What was left of its time to wait goes on.
    pub(super) fn become_unattached(&mut self, now: VirtualTime, epoch: LeaderEpoch, out: &mut RaftOutput<T>) {
        let left = match self.running().quorum.state() {
            QuorumState::Unattached { election_at: until, .. }
            | QuorumState::Follower { fetch_timeout_at: until, .. }
            | QuorumState::Prospective { election_timeout_at: until, .. }
            | QuorumState::Resigned { election_timeout_at: until, .. }
            | QuorumState::Candidate { phase: CandidatePhase::Voting { until }, .. } => Some(*until),
            QuorumState::Candidate { .. } | QuorumState::Leader(_) => None,
        };
        let election_at = match left.filter(|until| *until > now && self.local().is_some()) {
            Some(until) => until,
            None => self.election_at(now),
        };
        self.running().quorum.transition_to_unattached(epoch, election_at);
        self.state_changed(out);
    }

    /// After every change of state: what was asked before means nothing now, and who waited for a leader is told.
    pub(super) fn state_changed(&mut self, out: &mut RaftOutput<T>) {
        self.running().connections.reset();
        if !self.is_leader() {
            let end = self.log.log_end_offset();
            self.running().accumulator.begin(end);
            self.refuse_waiting_fetches(out);
        }
        self.persist();
        self.report_state(out);
    }
}
