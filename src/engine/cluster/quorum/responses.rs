//! What a node makes of an answer, and of the epochs and leaders that others tell it of.

use super::messages::{FetchResponse, RaftResponse, ResponseBody};
use super::output::{RaftEvent, RaftOutput};
use super::raft_client::RaftClient;
use super::state::QuorumState;
use crate::engine::cluster::metadata_log::MetadataRecords;
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{ControllerId, KafkaError, LeaderEpoch, VirtualTime};

impl<T: MetadataRecords> RaftClient<T> {
    /// A controller has answered. Late answers are ignored.
    pub fn answered(
        &mut self,
        now: VirtualTime,
        from: ControllerId,
        correlation: CorrelationId,
        response: RaftResponse<T>,
        out: &mut RaftOutput<T>,
    ) {
        if !self.process.as_mut().is_some_and(|process| process.connections.take(from, correlation)) {
            return;
        }
        self.running().connections.heard_of(from);
        if response.error.is_some() {
            self.back_off(now, from, self.config.retry_backoff_ms);
        }
        if !self.take_common(now, &response, out) {
            match response.body {
                ResponseBody::Vote { granted } => self.vote_answered(from, granted),
                ResponseBody::EndQuorumEpoch => self.end_epoch_acknowledged(from),
                ResponseBody::Fetch(fetch) => self.fetch_answered(now, fetch, out),
                ResponseBody::BeginQuorumEpoch => {}
            }
        }
        self.poll(now, out);
    }

    /// A request will not be answered: nobody listens there, or the connection broke.
    pub fn unreachable(
        &mut self,
        now: VirtualTime,
        to: ControllerId,
        correlation: CorrelationId,
        out: &mut RaftOutput<T>,
    ) {
        if self.process.as_mut().is_some_and(|process| process.connections.take(to, correlation)) {
            self.back_off_from_the_dead(now, to);
            self.poll(now, out);
        }
    }

    /// The connection to a controller is gone: what was asked there will not be answered.
    pub fn disconnected(&mut self, now: VirtualTime, from: ControllerId, out: &mut RaftOutput<T>) {
        if self.process.as_mut().is_some_and(|process| process.connections.take_any(from)) {
            self.back_off_from_the_dead(now, from);
            self.poll(now, out);
        }
    }

    fn back_off_from_the_dead(&mut self, now: VirtualTime, peer: ControllerId) {
        let wait_ms = self.running().connections.reconnect_backoff_ms(peer).max(self.config.retry_backoff_ms);
        self.back_off(now, peer, wait_ms);
    }

    fn back_off(&mut self, now: VirtualTime, peer: ControllerId, wait_ms: i64) {
        let until = now + VirtualTime::from_ms(wait_ms);
        self.running().connections.back_off(peer, until);
    }

    /// What every answer has in common (`maybeHandleCommonResponse`). True: there is nothing more to it.
    fn take_common(&mut self, now: VirtualTime, response: &RaftResponse<T>, out: &mut RaftOutput<T>) -> bool {
        let (epoch, leader) = (response.epoch, response.leader);
        if epoch < self.epoch() || response.error == Some(KafkaError::UnknownLeaderEpoch) {
            return true;
        }
        let is_stale = matches!(response.error, Some(KafkaError::FencedLeaderEpoch | KafkaError::NotLeaderOrFollower));
        if epoch > self.epoch() || is_stale {
            self.maybe_transition(now, epoch, leader, out);
            return true;
        }
        if leader.is_some() && self.leader().is_none() {
            self.maybe_transition(now, epoch, leader, out);
        }
        response.error.is_some()
    }

    /// Somebody has told of an epoch, and perhaps of its leader (`maybeTransition`).
    pub(super) fn maybe_transition(
        &mut self,
        now: VirtualTime,
        epoch: LeaderEpoch,
        leader: Option<ControllerId>,
        out: &mut RaftOutput<T>,
    ) {
        let known = self.leader();
        // That it leads, or led before it was restarted, a node knows better than others.
        let leader = leader.filter(|leader| Some(*leader) != self.local());
        if epoch == self.epoch()
            && let (Some(leader), Some(known)) = (leader, known)
        {
            assert!(leader == known, "an epoch has one leader: {known} and {leader} in epoch {epoch}");
        }
        match leader {
            Some(leader) if epoch > self.epoch() || (epoch == self.epoch() && self.can_still_follow()) => {
                let fetch_timeout_at = now + self.fetch_timeout();
                self.running().quorum.transition_to_follower(epoch, leader, fetch_timeout_at);
                self.state_changed(out);
            }
            None if epoch > self.epoch() => self.become_unattached(now, epoch, out),
            _ => {}
        }
    }

    /// Whether it has no leader yet in its epoch, and did not lead it itself.
    fn can_still_follow(&self) -> bool {
        self.quorum().is_some_and(|quorum| match quorum.state() {
            QuorumState::Unattached { .. } | QuorumState::Candidate { .. } => true,
            QuorumState::Prospective { leader, .. } => leader.is_none(),
            QuorumState::Follower { .. } | QuorumState::Leader(_) | QuorumState::Resigned { .. } => false,
        })
    }

    fn vote_answered(&mut self, from: ControllerId, granted: bool) {
        match self.running().quorum.state_mut() {
            QuorumState::Prospective { votes, .. } | QuorumState::Candidate { votes, .. } => {
                votes.record(from, granted);
            }
            _ => {}
        }
    }

    fn end_epoch_acknowledged(&mut self, from: ControllerId) {
        if let QuorumState::Resigned { unacknowledged, .. } = self.running().quorum.state_mut() {
            unacknowledged.remove(&from);
        }
    }

    /// The leader has answered a fetch: cuts back if the logs have parted, else appends what came.
    fn fetch_answered(&mut self, now: VirtualTime, fetch: FetchResponse<T>, out: &mut RaftOutput<T>) {
        let timeout_at = now + self.fetch_timeout();
        let QuorumState::Follower { fetch_timeout_at, has_fetched, .. } = self.running().quorum.state_mut() else {
            return;
        };
        *fetch_timeout_at = timeout_at;
        *has_fetched = true;
        if let Some(diverging) = fetch.diverging {
            assert!(
                diverging.offset >= self.high_watermark(),
                "a leader has all that is committed, so nothing of it is cut off"
            );
            let from = self.log.log_end_offset();
            let to = self.log.truncate_to_end_offset(diverging);
            out.events.push(RaftEvent::Truncated { from, to });
            return;
        }
        self.log.append_as_follower(&fetch.batches);
        if let Some(high_watermark) = fetch.high_watermark {
            self.advance_high_watermark(high_watermark, out);
        }
    }
}
