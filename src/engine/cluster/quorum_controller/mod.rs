//! A controller node (`QuorumController`): a voter of the quorum, and the active controller while it leads.
//!
//! The rule it keeps: the active controller acts on what it has written at once, but answers only when that is committed. Every node of
//! the quorum replays what is committed, so that whoever is elected next goes on from there. One that loses its epoch forgets what was
//! not committed, and answers NOT_CONTROLLER.
//!
//! What the active controller decides is in [`super::controller`]; who that is, in [`super::quorum`].

mod output;

pub use output::{AdminRequest, QuorumControllerEffect, QuorumControllerOutput, QuorumEvent, QuorumTimer};

use super::metadata_change::MetadataChange;
use super::metadata_log::BatchContent;
use super::output::{ControllerEffect, ControllerOutput};
use super::protocol::{
    AlterPartitionResponse, ControllerRequest, ControllerResponse, CorrelationId, MetadataDelta, MetadataImage,
};
use super::quorum::{RaftClient, RaftOutput, RaftRequest, RaftResponse, Replica};
use super::{Breakage, Controller};
use crate::engine::common::{BrokerId, ControllerId, KafkaError, LeaderEpoch, Offset, Prng, VirtualTime};
use crate::engine::config::{BrokerConfig, ControllerConfig};
use std::collections::VecDeque;
use std::sync::Arc;

/// One controller, up or down.
#[derive(Clone, Debug)]
pub struct QuorumController {
    id: ControllerId,
    config: Arc<ControllerConfig>,
    raft: RaftClient<MetadataChange>,
    /// Settings of the brokers before any record says otherwise.
    broker_config: Arc<BrokerConfig>,
    /// What it has replayed of what is committed.
    image: MetadataImage,
    active: Option<Active>,
    breakage: Option<Breakage>,
}

/// What a node has only while it leads.
#[derive(Clone, Debug)]
struct Active {
    epoch: LeaderEpoch,
    controller: Controller,
    /// Answers that wait for the offset before them to be committed, in order (`DeferredEventQueue`).
    deferred: VecDeque<(Offset, Answer)>,
    /// When the log has been idle for long enough.
    no_op_at: VirtualTime,
}

#[derive(Clone, Debug)]
struct Answer {
    to: BrokerId,
    correlation: CorrelationId,
    response: ControllerResponse,
}

impl QuorumController {
    /// A controller with an empty disk, not started. `prng` is a stream of its own.
    #[must_use]
    pub fn new(
        id: ControllerId,
        voters: Arc<[ControllerId]>,
        config: Arc<ControllerConfig>,
        broker_config: Arc<BrokerConfig>,
        prng: Prng,
    ) -> Self {
        let raft = RaftClient::new(Replica::Controller(id), voters, Arc::clone(&config), prng);
        let image = MetadataImage::empty(Arc::clone(&broker_config));
        Self { id, config, raft, broker_config, image, active: None, breakage: None }
    }

    /// Breaks what it decides on purpose, before it starts. For tests.
    #[doc(hidden)]
    pub fn break_it(&mut self, breakage: Option<Breakage>) {
        self.breakage = breakage;
    }

    /// Starts it in a cluster at rest: `leader` has written `bootstrap`, and everyone has it.
    pub fn start_at_rest(
        &mut self,
        now: VirtualTime,
        leader: ControllerId,
        bootstrap: &MetadataChange,
        out: &mut QuorumControllerOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.start_at_rest(now, leader, [bootstrap.clone()], out));
        if let Some(active) = &mut self.active {
            active.controller.take_brokers_as_caught_up();
        }
    }

    /// Starts its process with the log, the epoch and the vote that are on its disk. Does nothing if it runs.
    pub fn start(&mut self, now: VirtualTime, out: &mut QuorumControllerOutput) {
        if !self.is_up() {
            out.events.push(QuorumEvent::Started);
            self.with_raft(now, out, RaftClient::start);
        }
    }

    /// Its process dies. What was written stays on its disk, committed or not.
    pub fn crash(&mut self, _now: VirtualTime, out: &mut QuorumControllerOutput) {
        if self.is_up() {
            self.raft.crash();
            self.active = None;
            self.image = MetadataImage::empty(Arc::clone(&self.broker_config));
            out.events.push(QuorumEvent::Crashed);
        }
    }

    /// A broker's request has arrived: only the active controller has an answer to it.
    pub fn receive(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        correlation: CorrelationId,
        request: ControllerRequest,
        out: &mut QuorumControllerOutput,
    ) {
        if !self.is_up() {
            return;
        }
        if self.active.is_some() {
            self.with_controller(now, out, |it, now, out| it.receive(now, from, correlation, request, out));
        } else {
            let response = not_controller(&request);
            out.effects.push(QuorumControllerEffect::Respond { to: from, correlation, response });
        }
    }

    /// An administrator asks for something. If this is not the active controller, nothing is done.
    pub fn administer(&mut self, now: VirtualTime, request: AdminRequest, out: &mut QuorumControllerOutput) {
        let Some(active) = &self.active else { return };
        match request {
            AdminRequest::AlterTopicConfig { topic, config } => {
                self.with_controller(now, out, |it, _, out| it.alter_topic_config(topic, config, out));
            }
            AdminRequest::AlterBrokerConfig { config } => {
                self.with_controller(now, out, |it, now, out| it.alter_broker_config(now, config, out));
            }
            AdminRequest::AddPartitions { topic, first, assignments } => {
                let known = active.controller.image().topics.get(&topic).map_or(0, |topic| topic.partitions.len());
                if let Some(missing @ [_, ..]) = assignments.get(known.saturating_sub(first)..) {
                    self.with_controller(now, out, |it, _, out| it.add_partitions(topic, missing, out));
                }
            }
            AdminRequest::ElectLeader { partition, election } => {
                self.with_controller(now, out, |it, _, out| it.elect_leader(partition, election, out));
            }
        }
    }

    /// Another node of the quorum, or a broker that fetches the log, has sent a request.
    pub fn raft_receive(
        &mut self,
        now: VirtualTime,
        from: Replica,
        correlation: CorrelationId,
        request: RaftRequest,
        out: &mut QuorumControllerOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.receive(now, from, correlation, request, out));
    }

    /// Another controller has answered.
    pub fn raft_answered(
        &mut self,
        now: VirtualTime,
        from: ControllerId,
        correlation: CorrelationId,
        response: RaftResponse<MetadataChange>,
        out: &mut QuorumControllerOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.answered(now, from, correlation, response, out));
    }

    /// A request to another controller will not be answered: its connection broke.
    pub fn raft_unreachable(
        &mut self,
        now: VirtualTime,
        to: ControllerId,
        correlation: CorrelationId,
        out: &mut QuorumControllerOutput,
    ) {
        self.with_raft(now, out, |raft, now, out| raft.unreachable(now, to, correlation, out));
    }

    /// Every connection to another controller is gone.
    pub fn disconnected(&mut self, now: VirtualTime, from: ControllerId, out: &mut QuorumControllerOutput) {
        self.with_raft(now, out, |raft, now, out| raft.disconnected(now, from, out));
    }

    /// A timer that it set has fired.
    pub fn timer(&mut self, now: VirtualTime, timer: QuorumTimer, out: &mut QuorumControllerOutput) {
        match timer {
            QuorumTimer::Raft => self.with_raft(now, out, RaftClient::wake),
            QuorumTimer::Controller(timer) if self.active.is_some() => {
                self.with_controller(now, out, |it, now, out| it.timer(now, timer, out));
            }
            QuorumTimer::Controller(_) => {}
            QuorumTimer::NoOp(epoch) => self.maybe_write_no_op(now, epoch, out),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ControllerId {
        self.id
    }

    /// Whether its process runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.raft.is_up()
    }

    /// Whether it is the active controller: it leads, and has replayed all that was committed before.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Its part in the quorum, and its copy of the log.
    #[must_use]
    pub fn raft(&self) -> &RaftClient<MetadataChange> {
        &self.raft
    }

    /// What it has replayed of what is committed.
    #[must_use]
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// When a broker's session runs out unless a heartbeat comes, as the active controller counts; none if this is not it.
    #[must_use]
    pub fn session_ends_at(&self, broker: BrokerId) -> Option<VirtualTime> {
        self.active.as_ref()?.controller.session_ends_at(broker)
    }

    fn with_raft(
        &mut self,
        now: VirtualTime,
        out: &mut QuorumControllerOutput,
        act: impl FnOnce(&mut RaftClient<MetadataChange>, VirtualTime, &mut RaftOutput<MetadataChange>),
    ) {
        let mut raft_out = RaftOutput::default();
        act(&mut self.raft, now, &mut raft_out);
        self.settle(now, raft_out, out);
    }

    /// Takes over what the quorum wants and did, and follows from it: replay, give up, take over, answer.
    fn settle(&mut self, now: VirtualTime, raft_out: RaftOutput<MetadataChange>, out: &mut QuorumControllerOutput) {
        out.effects.extend(raft_out.effects.into_iter().map(QuorumControllerEffect::from_raft));
        out.events.extend(raft_out.events.into_iter().filter_map(QuorumEvent::from_raft));
        self.replay();
        self.maybe_renounce(out);
        self.maybe_claim(now, out);
        self.answer_what_is_committed(out);
    }

    fn replay(&mut self) {
        let high_watermark = self.raft.high_watermark();
        if self.image.offset + 1 >= high_watermark.0 {
            return;
        }
        for batch in self.raft.log().batches_from(Offset(self.image.offset + 1)) {
            if batch.last_offset >= high_watermark {
                break;
            }
            replay_batch(&mut self.image, batch.last_offset, &batch.content);
        }
    }

    /// It leads no more: what was not committed is forgotten, and whoever waits for it is told to ask elsewhere.
    fn maybe_renounce(&mut self, out: &mut QuorumControllerOutput) {
        let (is_leader, epoch) = (self.raft.is_leader(), self.raft.epoch());
        let Some(active) = self.active.take_if(|active| !is_leader || active.epoch != epoch) else { return };
        for (_, Answer { to, correlation, response }) in active.deferred {
            let response = not_controller_instead_of(&response);
            out.effects.push(QuorumControllerEffect::Respond { to, correlation, response });
        }
        out.events.push(QuorumEvent::Renounced { epoch: active.epoch });
    }

    /// It leads, and has committed a record of its own epoch: it takes the brokers' sessions over.
    fn maybe_claim(&mut self, now: VirtualTime, out: &mut QuorumControllerOutput) {
        if self.active.is_some() || !self.raft.is_active() {
            return;
        }
        let epoch = self.raft.epoch();
        let mut controller = Controller::take_over(self.image.clone());
        controller.break_it(self.breakage);
        self.active = Some(Active { epoch, controller, deferred: VecDeque::new(), no_op_at: VirtualTime::NEVER });
        out.events.push(QuorumEvent::BecameActive { epoch });
        self.with_controller(now, out, Controller::start);
        self.schedule_no_op(now, out);
    }

    /// Lets the active controller act. What it writes is appended; what it answers waits for that to be committed, and for all before.
    fn with_controller(
        &mut self,
        now: VirtualTime,
        out: &mut QuorumControllerOutput,
        act: impl FnOnce(&mut Controller, VirtualTime, &mut ControllerOutput),
    ) {
        let last_offset = self.raft.next_offset().0 - 1;
        let active = self.active.as_mut().expect("the caller has looked");
        active.controller.follow_log(last_offset);
        let mut done = ControllerOutput::default();
        act(&mut active.controller, now, &mut done);
        let writes = |effect: &&ControllerEffect| matches!(effect, ControllerEffect::Append(_));
        debug_assert!(
            done.effects.iter().filter(writes).count() <= 1,
            "the events of an act are told with its one change"
        );
        let mut events = done.events;
        let mut answers = Vec::new();
        let mut raft_out = RaftOutput::default();
        for effect in done.effects {
            match effect {
                ControllerEffect::Append(delta) => {
                    let events = std::mem::take(&mut events);
                    self.append(now, delta, events, &mut raft_out);
                }
                ControllerEffect::Respond { to, correlation, response } => {
                    answers.push(Answer { to, correlation, response });
                }
                ControllerEffect::Schedule { at, timer } => {
                    out.effects.push(QuorumControllerEffect::Schedule { at, timer: QuorumTimer::Controller(timer) });
                }
            }
        }
        out.events.extend(events.into_iter().map(QuorumEvent::Controller));
        let written = self.raft.next_offset().plus(-1);
        if let Some(active) = &mut self.active {
            active.deferred.extend(answers.into_iter().map(|answer| (written, answer)));
        }
        self.settle(now, raft_out, out);
    }

    fn append(
        &mut self,
        now: VirtualTime,
        delta: MetadataDelta,
        events: Vec<super::ControllerEvent>,
        raft_out: &mut RaftOutput<MetadataChange>,
    ) {
        let expected = Offset(delta.offset);
        let change = MetadataChange { delta: Arc::new(delta), events: events.into() };
        let last = self.raft.append(now, change, raft_out).expect("the active controller leads");
        assert_eq!(last, expected, "the controller and the log count alike");
        if let Some(active) = &mut self.active {
            active.no_op_at = now + VirtualTime::from_ms(self.config.max_idle_interval_ms);
        }
    }

    fn answer_what_is_committed(&mut self, out: &mut QuorumControllerOutput) {
        let high_watermark = self.raft.high_watermark();
        let Some(active) = &mut self.active else { return };
        while active.deferred.front().is_some_and(|(offset, _)| *offset < high_watermark) {
            let (_, Answer { to, correlation, response }) = active.deferred.pop_front().expect("seen above");
            out.effects.push(QuorumControllerEffect::Respond { to, correlation, response });
        }
    }

    /// A log that is idle gets a NoOp record from time to time, so that everyone sees that it is alive.
    fn maybe_write_no_op(&mut self, now: VirtualTime, epoch: LeaderEpoch, out: &mut QuorumControllerOutput) {
        let Some(active) = self.active.as_ref().filter(|active| active.epoch == epoch) else { return };
        if now < active.no_op_at {
            let at = active.no_op_at;
            out.effects.push(QuorumControllerEffect::Schedule { at, timer: QuorumTimer::NoOp(epoch) });
            return;
        }
        let delta = MetadataDelta::nothing(self.raft.next_offset().0);
        let mut raft_out = RaftOutput::default();
        self.append(now, delta, Vec::new(), &mut raft_out);
        self.settle(now, raft_out, out);
        self.schedule_no_op(now, out);
    }

    fn schedule_no_op(&mut self, now: VirtualTime, out: &mut QuorumControllerOutput) {
        let interval = self.config.max_idle_interval_ms;
        if let Some(active) = self.active.as_mut().filter(|_| interval > 0) {
            active.no_op_at = now + VirtualTime::from_ms(interval);
            let (at, timer) = (active.no_op_at, QuorumTimer::NoOp(active.epoch));
            out.effects.push(QuorumControllerEffect::Schedule { at, timer });
        }
    }
}

/// Makes the changes of a batch of the log. Control records change nothing.
pub(super) fn replay_batch(image: &mut MetadataImage, last_offset: Offset, content: &BatchContent<MetadataChange>) {
    match content {
        BatchContent::Records(change) => {
            debug_assert_eq!(change.delta.offset, last_offset.0, "a change is where it was meant to be");
            image.apply(&change.delta);
        }
        BatchContent::LeaderChange { .. } => image.offset = last_offset.0,
    }
}

/// What a controller that is not active answers.
fn not_controller(request: &ControllerRequest) -> ControllerResponse {
    match request {
        ControllerRequest::Register { .. } => ControllerResponse::Register(Err(KafkaError::NotController)),
        ControllerRequest::Heartbeat { .. } => ControllerResponse::Heartbeat(Err(KafkaError::NotController)),
        ControllerRequest::AlterPartition(_) => ControllerResponse::AlterPartition(refused_isr_change()),
        ControllerRequest::AllocateProducerIds { .. } => {
            ControllerResponse::AllocateProducerIds(Err(KafkaError::NotController))
        }
    }
}

fn not_controller_instead_of(response: &ControllerResponse) -> ControllerResponse {
    match response {
        ControllerResponse::Register(_) => ControllerResponse::Register(Err(KafkaError::NotController)),
        ControllerResponse::Heartbeat(_) => ControllerResponse::Heartbeat(Err(KafkaError::NotController)),
        ControllerResponse::AlterPartition(_) => ControllerResponse::AlterPartition(refused_isr_change()),
        ControllerResponse::AllocateProducerIds(_) => {
            ControllerResponse::AllocateProducerIds(Err(KafkaError::NotController))
        }
    }
}

fn refused_isr_change() -> AlterPartitionResponse {
    AlterPartitionResponse { error: Some(KafkaError::NotController), partitions: Vec::new() }
}
