//! A broker's copy of the metadata log, and its way to the active controller (`SharedServer`, `NodeToControllerChannelManager`).
//!
//! As an observer of the quorum the broker fetches the log and learns who leads. What is committed it replays, in order. Its requests go
//! to the leader that it knows; when that one answers NOT_CONTROLLER, is gone or unknown, a request waits for 100 ms and goes to whoever
//! leads then, until the broker's session would have run out.

use super::metadata_change::MetadataChange;
use super::metadata_log::BatchContent;
use super::protocol::{ControllerRequest, ControllerResponse, CorrelationId, MetadataDelta};
use super::quorum::{RaftClient, RaftEffect, RaftOutput, RaftRequest, RaftResponse, Replica};
use crate::engine::common::{BrokerId, ControllerId, KafkaError, Offset, Prng, VirtualTime};
use crate::engine::config::ControllerConfig;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long a request waits for a controller to be known: 100 ms.
const CHANNEL_BACKOFF: VirtualTime = VirtualTime(100_000);

/// What a broker knows of the quorum.
#[derive(Clone, Debug)]
pub struct BrokerObserver {
    raft: RaftClient<MetadataChange>,
    /// The offset up to which the broker has replayed the log.
    replayed_to: Offset,
    /// Requests of the broker that are not answered.
    open: BTreeMap<CorrelationId, OpenRequest>,
    /// The number of the last try of any of them. Never used twice, so that what comes late is recognised.
    last_try: u64,
}

#[derive(Clone, Debug)]
struct OpenRequest {
    request: ControllerRequest,
    /// When the broker is told that there is no answer.
    give_up_at: VirtualTime,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On its way to a controller, or being handled there, as a try of that number.
    At(ControllerId, CorrelationId),
    /// Waiting for the next try.
    Until(VirtualTime),
}

/// What one call asks for.
#[derive(Clone, Debug, Default)]
pub struct ObserverOutput {
    /// To be done, in this order.
    pub effects: Vec<ObserverEffect>,
}

/// Something to do for a broker's observer.
#[derive(Clone, Debug)]
pub enum ObserverEffect {
    /// Send a request of the quorum to a controller.
    RaftSend {
        /// Whom to.
        to: ControllerId,
        /// Its number.
        correlation: CorrelationId,
        /// The request.
        request: RaftRequest,
    },
    /// Send a broker's request to a controller.
    Send {
        /// Whom to.
        to: ControllerId,
        /// The number of this try.
        correlation: CorrelationId,
        /// The request.
        request: ControllerRequest,
    },
    /// Give the broker an answer.
    Answer {
        /// The broker's number of the request.
        correlation: CorrelationId,
        /// The answer.
        response: ControllerResponse,
    },
    /// Tell the broker that a request will not be answered.
    Unreachable {
        /// The broker's number of it.
        correlation: CorrelationId,
    },
    /// Let the broker replay changes that are committed, all at once.
    Replay(Vec<Arc<MetadataDelta>>),
    /// Call [`BrokerObserver::wake`] at that time.
    WakeAt(VirtualTime),
}

impl BrokerObserver {
    /// An observer with an empty log, not started. `prng` is a stream of its own.
    #[must_use]
    pub fn new(broker: BrokerId, voters: Arc<[ControllerId]>, config: Arc<ControllerConfig>, prng: Prng) -> Self {
        let raft = RaftClient::new(Replica::Broker(broker), voters, config, prng);
        Self { raft, replayed_to: Offset(0), open: BTreeMap::new(), last_try: 0 }
    }

    /// Starts it in a cluster at rest: `leader` has written `bootstrap`, and the broker has replayed it.
    pub fn start_at_rest(
        &mut self,
        now: VirtualTime,
        leader: ControllerId,
        bootstrap: &MetadataChange,
        out: &mut ObserverOutput,
    ) {
        let mut raft_out = RaftOutput::default();
        self.raft.start_at_rest(now, leader, [bootstrap.clone()], &mut raft_out);
        self.replayed_to = self.raft.high_watermark();
        self.settle(raft_out, out);
    }

    /// The broker's process starts: its copy of the log is on its disk, and is replayed as soon as a leader says what of it is committed.
    pub fn start(&mut self, now: VirtualTime, out: &mut ObserverOutput) {
        self.with_raft(now, out, RaftClient::start);
    }

    /// The broker's process dies.
    pub fn crash(&mut self) {
        self.raft.crash();
        self.replayed_to = Offset(0);
        self.open.clear();
    }

    /// Its copy of the log, and the leader that it knows.
    #[must_use]
    pub fn raft(&self) -> &RaftClient<MetadataChange> {
        &self.raft
    }

    /// The broker has a request for the active controller; it gives up after `patience`.
    pub fn send(
        &mut self,
        now: VirtualTime,
        correlation: CorrelationId,
        request: ControllerRequest,
        patience: VirtualTime,
        out: &mut ObserverOutput,
    ) {
        let open = OpenRequest { request, give_up_at: now + patience, place: Place::Until(now) };
        out.effects.push(ObserverEffect::WakeAt(open.give_up_at));
        self.open.insert(correlation, open);
        self.try_again(now, out);
    }

    /// A controller has answered a try of one of the broker's requests.
    pub fn answered(
        &mut self,
        now: VirtualTime,
        this_try: CorrelationId,
        response: ControllerResponse,
        out: &mut ObserverOutput,
    ) {
        if is_not_controller(&response) {
            self.unreachable(now, this_try, out);
        } else if let Some(correlation) = self.request_of(this_try) {
            self.open.remove(&correlation);
            out.effects.push(ObserverEffect::Answer { correlation, response });
        }
    }

    /// A try of one of the broker's requests will not be answered: its connection broke.
    pub fn unreachable(&mut self, now: VirtualTime, this_try: CorrelationId, out: &mut ObserverOutput) {
        let Some(open) = self.request_of(this_try).and_then(|correlation| self.open.get_mut(&correlation)) else {
            return;
        };
        open.place = Place::Until(now + CHANNEL_BACKOFF);
        out.effects.push(ObserverEffect::WakeAt(now + CHANNEL_BACKOFF));
    }

    /// The request that a try is of, unless another try or an answer has made it meaningless.
    fn request_of(&self, this_try: CorrelationId) -> Option<CorrelationId> {
        let is_it = |open: &OpenRequest| matches!(open.place, Place::At(_, number) if number == this_try);
        self.open.iter().find(|(_, open)| is_it(open)).map(|(correlation, _)| *correlation)
    }

    /// A controller has answered a fetch.
    pub fn raft_answered(
        &mut self,
        now: VirtualTime,
        from: ControllerId,
        correlation: CorrelationId,
        response: RaftResponse<MetadataChange>,
        out: &mut ObserverOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.answered(now, from, correlation, response, out));
    }

    /// A fetch will not be answered: its connection broke.
    pub fn raft_unreachable(
        &mut self,
        now: VirtualTime,
        from: ControllerId,
        correlation: CorrelationId,
        out: &mut ObserverOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.unreachable(now, from, correlation, out));
    }

    /// Every connection to a controller is gone, and with them what was asked there.
    pub fn disconnected(&mut self, now: VirtualTime, from: ControllerId, out: &mut ObserverOutput) {
        for open in self.open.values_mut().filter(|open| matches!(open.place, Place::At(at, _) if at == from)) {
            open.place = Place::Until(now + CHANNEL_BACKOFF);
            out.effects.push(ObserverEffect::WakeAt(now + CHANNEL_BACKOFF));
        }
        self.with_raft(now, out, |raft, now, out| raft.disconnected(now, from, out));
    }

    /// Time passes.
    pub fn wake(&mut self, now: VirtualTime, out: &mut ObserverOutput) {
        let late: Vec<CorrelationId> =
            self.open.iter().filter(|(_, open)| now >= open.give_up_at).map(|(correlation, _)| *correlation).collect();
        for correlation in late {
            self.open.remove(&correlation);
            out.effects.push(ObserverEffect::Unreachable { correlation });
        }
        self.try_again(now, out);
        self.with_raft(now, out, RaftClient::wake);
    }

    /// Sends what waits to the leader, if one is known.
    fn try_again(&mut self, now: VirtualTime, out: &mut ObserverOutput) {
        let leader = self.raft.leader();
        for open in self.open.values_mut() {
            if !matches!(open.place, Place::Until(until) if now >= until) {
                continue;
            }
            open.place = match leader {
                Some(to) => {
                    self.last_try += 1;
                    let (correlation, request) = (CorrelationId(self.last_try), open.request.clone());
                    out.effects.push(ObserverEffect::Send { to, correlation, request });
                    Place::At(to, correlation)
                }
                None => {
                    out.effects.push(ObserverEffect::WakeAt(now + CHANNEL_BACKOFF));
                    Place::Until(now + CHANNEL_BACKOFF)
                }
            };
        }
    }

    fn with_raft(
        &mut self,
        now: VirtualTime,
        out: &mut ObserverOutput,
        act: impl FnOnce(&mut RaftClient<MetadataChange>, VirtualTime, &mut RaftOutput<MetadataChange>),
    ) {
        let mut raft_out = RaftOutput::default();
        act(&mut self.raft, now, &mut raft_out);
        self.settle(raft_out, out);
    }

    fn settle(&mut self, raft_out: RaftOutput<MetadataChange>, out: &mut ObserverOutput) {
        out.effects.extend(raft_out.effects.into_iter().map(|effect| match effect {
            RaftEffect::Send { to, correlation, request } => ObserverEffect::RaftSend { to, correlation, request },
            RaftEffect::Respond { .. } => unreachable!("nobody asks an observer"),
            RaftEffect::WakeAt(at) => ObserverEffect::WakeAt(at),
        }));
        let high_watermark = self.raft.high_watermark();
        if self.replayed_to >= high_watermark {
            return;
        }
        let committed = self.raft.log().batches_from(self.replayed_to);
        let committed = committed.take_while(|batch| batch.last_offset < high_watermark);
        let deltas: Vec<Arc<MetadataDelta>> = committed
            .map(|batch| match &batch.content {
                BatchContent::Records(change) => Arc::clone(&change.delta),
                BatchContent::LeaderChange { .. } => Arc::new(MetadataDelta::nothing(batch.last_offset.0)),
            })
            .collect();
        if let Some(last) = deltas.last() {
            self.replayed_to = Offset(last.offset + 1);
            out.effects.push(ObserverEffect::Replay(deltas));
        }
    }
}

fn is_not_controller(response: &ControllerResponse) -> bool {
    let error = match response {
        ControllerResponse::Register(result) => result.as_ref().err().copied(),
        ControllerResponse::Heartbeat(result) => result.as_ref().err().copied(),
        ControllerResponse::AllocateProducerIds(result) => result.as_ref().err().copied(),
        ControllerResponse::AlterPartition(response) => response.error,
    };
    error == Some(KafkaError::NotController)
}
