//! The leader's side of fetching: what a fetch says of the follower's log, what the answer is, and how long it may be held back.

use super::messages::{FetchRequest, FetchResponse, RaftResponse, Replica, ResponseBody};
use super::output::{RaftEffect, RaftEvent, RaftOutput};
use super::raft_client::RaftClient;
use super::state::QuorumState;
use crate::engine::cluster::metadata_log::{FetchPlace, MetadataBatch, MetadataRecords};
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{KafkaError, Offset, VirtualTime};
use std::sync::Arc;

/// A fetch that found nothing new.
#[derive(Clone, Debug)]
pub(super) struct WaitingFetch {
    correlation: CorrelationId,
    request: FetchRequest,
    until: VirtualTime,
}

impl<T: MetadataRecords> RaftClient<T> {
    /// A fetch has arrived: answers it, or keeps it until there is something to say.
    pub(super) fn receive_fetch(
        &mut self,
        now: VirtualTime,
        correlation: CorrelationId,
        request: FetchRequest,
        out: &mut RaftOutput<T>,
    ) {
        if let Some(error) = self.leader_only_error(request.epoch) {
            self.respond_to_fetch(request.replica, correlation, Err(error), out);
            return;
        }
        let response = self.fetch_once(now, &request, out);
        let has_news = response.diverging.is_some()
            || !response.batches.is_empty()
            || response.high_watermark.is_some_and(|committed| committed > request.high_watermark);
        if has_news || request.max_wait == VirtualTime::ZERO {
            self.respond_to_fetch(request.replica, correlation, Ok(response), out);
        } else {
            let until = now + request.max_wait;
            let waiting = &mut self.running().waiting;
            // A replica that asks again has given up what it asked before.
            waiting.retain(|earlier| earlier.request.replica != request.replica);
            waiting.push(WaitingFetch { correlation, request, until });
        }
    }

    /// What the answer is now. Takes note of how far the follower's log reaches, if it is a beginning of this one.
    fn fetch_once(&mut self, now: VirtualTime, request: &FetchRequest, out: &mut RaftOutput<T>) -> FetchResponse<T> {
        let from = request.fetch_from;
        let place = self.log.validate_fetch(from.offset, from.epoch);
        if let FetchPlace::Diverging(end) = place
            && !super::is_broken(super::Broken::NeverDiverge)
        {
            let high_watermark = self.leader_state().and_then(|leader| leader.high_watermark);
            return FetchResponse { diverging: Some(end), batches: Vec::new(), high_watermark };
        }
        self.note_follower(now, request, out);
        let high_watermark = self.leader_state().and_then(|leader| leader.high_watermark);
        FetchResponse { diverging: None, batches: self.batches_to_send(from.offset), high_watermark }
    }

    fn note_follower(&mut self, now: VirtualTime, request: &FetchRequest, out: &mut RaftOutput<T>) {
        let check = self.check_quorum_timeout();
        let QuorumState::Leader(leader) = self.running().quorum.state_mut() else { return };
        let end = request.fetch_from.offset;
        let has_moved = match request.replica {
            Replica::Controller(voter) => {
                leader.note_fetch(voter, now, check);
                leader.update_voter(voter, end)
            }
            Replica::Broker(observer) => {
                leader.observers.insert(observer, end);
                false
            }
        };
        if has_moved {
            self.leader_high_watermark_moved(out);
            self.complete_waiting_fetches(now, out);
        }
    }

    /// Whole batches up to the size of an answer; one at least, if there is one.
    fn batches_to_send(&self, from: Offset) -> Vec<Arc<MetadataBatch<T>>> {
        let mut bytes = 0;
        let mut batches = Vec::new();
        for batch in self.log.batches_from(from) {
            bytes += batch.size_in_bytes();
            if bytes > self.fetch_bytes_max && !batches.is_empty() {
                break;
            }
            batches.push(Arc::clone(batch));
        }
        batches
    }

    /// The leader has committed more.
    pub(super) fn leader_high_watermark_moved(&mut self, out: &mut RaftOutput<T>) {
        let Some(to) = self.leader_state().and_then(|leader| leader.high_watermark) else { return };
        self.advance_high_watermark(to, out);
    }

    pub(super) fn advance_high_watermark(&mut self, to: Offset, out: &mut RaftOutput<T>) {
        let to = to.min(self.log.log_end_offset());
        let process = self.running();
        if to > process.high_watermark {
            process.high_watermark = to;
            out.events.push(RaftEvent::HighWatermarkAdvanced { to });
        }
    }

    /// Answers the fetches that have something to be told, or have waited long enough.
    pub(super) fn complete_waiting_fetches(&mut self, now: VirtualTime, out: &mut RaftOutput<T>) {
        let (end, committed) =
            (self.log.log_end_offset(), self.leader_state().and_then(|leader| leader.high_watermark));
        let is_due = |waiting: &WaitingFetch| {
            now >= waiting.until
                || end > waiting.request.fetch_from.offset
                || committed.is_some_and(|committed| committed > waiting.request.high_watermark)
        };
        let (due, waiting) = std::mem::take(&mut self.running().waiting).into_iter().partition(is_due);
        self.running().waiting = waiting;
        for WaitingFetch { correlation, request, .. } in due {
            let high_watermark = self.leader_state().and_then(|leader| leader.high_watermark);
            let batches = self.batches_to_send(request.fetch_from.offset);
            let response = FetchResponse { diverging: None, batches, high_watermark };
            self.respond_to_fetch(request.replica, correlation, Ok(response), out);
        }
    }

    /// It leads no more: fetches that wait are told so.
    pub(super) fn refuse_waiting_fetches(&mut self, out: &mut RaftOutput<T>) {
        for WaitingFetch { correlation, request, .. } in std::mem::take(&mut self.running().waiting) {
            self.respond_to_fetch(request.replica, correlation, Err(KafkaError::NotLeaderOrFollower), out);
        }
    }

    /// When the fetch that has waited longest is answered.
    pub(super) fn next_fetch_expiry(&self) -> Option<VirtualTime> {
        self.process.as_ref()?.waiting.iter().map(|waiting| waiting.until).min()
    }

    fn respond_to_fetch(
        &self,
        to: Replica,
        correlation: CorrelationId,
        result: Result<FetchResponse<T>, KafkaError>,
        out: &mut RaftOutput<T>,
    ) {
        let error = result.as_ref().err().copied();
        let nothing = FetchResponse { diverging: None, batches: Vec::new(), high_watermark: None };
        let body = ResponseBody::Fetch(result.unwrap_or(nothing));
        let response = RaftResponse { error, epoch: self.epoch(), leader: self.leader(), body };
        out.effects.push(RaftEffect::Respond { to, correlation, response });
    }
}
