//! Driving the controllers, and the brokers' copies of their log: effects become messages and tasks, events go to ledger and trace.
//!
//! What the active controller wrote is taken note of when it is committed: by the first node that knows, from the log itself.

use super::event::EventKind;
use super::network::{Channel, Endpoint, Payload};
use super::scheduler::Task;
use super::state::State;
use crate::engine::cluster::metadata_log::BatchContent;
use crate::engine::cluster::protocol::MetadataUpdate;
use crate::engine::cluster::protocol::{ControllerRequest, CorrelationId};
use crate::engine::cluster::quorum::{RaftRequest, Replica};
use crate::engine::cluster::{
    AdminRequest, Broker, BrokerObserver, ControllerEvent, MetadataChange, ObserverEffect, ObserverOutput,
    QuorumController, QuorumControllerEffect, QuorumControllerOutput, QuorumEvent,
};
use crate::engine::common::{BrokerId, ControllerId, Offset, PartitionId, TopicPartition, VirtualTime};
use std::sync::Arc;

impl State {
    /// Lets a controller act, and carries out what it wants.
    pub(super) fn drive_controller(
        &mut self,
        id: ControllerId,
        act: impl FnOnce(&mut QuorumController, VirtualTime, &mut QuorumControllerOutput),
    ) {
        let now = self.now;
        let mut out = QuorumControllerOutput::default();
        act(self.controller_mut(id), now, &mut out);
        let is_newly_active = out.events.iter().any(|event| matches!(event, QuorumEvent::BecameActive { .. }));
        for event in out.events {
            match event {
                QuorumEvent::Controller(event) => self.note_metadata_event(event),
                event => self.emit(EventKind::Quorum { controller: id, event }),
            }
        }
        for effect in out.effects {
            self.carry_out_for_controller(id, effect);
        }
        self.note_committed(id);
        if is_newly_active {
            self.administer_what_waits();
        }
    }

    fn carry_out_for_controller(&mut self, id: ControllerId, effect: QuorumControllerEffect) {
        let (to, payload) = match effect {
            QuorumControllerEffect::RaftSend { to, correlation, request } => {
                (Endpoint::Controller(to), Payload::Raft(correlation, request))
            }
            QuorumControllerEffect::RaftRespond { to, correlation, response } => {
                (endpoint(to), Payload::RaftAnswer(correlation, Box::new(response)))
            }
            QuorumControllerEffect::Respond { to, correlation, response } => {
                (Endpoint::Broker(to), Payload::FromController(correlation, response))
            }
            QuorumControllerEffect::Schedule { at, timer } => {
                self.scheduler.schedule(at, Task::Controller(id, timer));
                return;
            }
        };
        self.send_control(Endpoint::Controller(id), to, payload);
    }

    /// Lets a broker's copy of the metadata log act, and carries out what it wants.
    pub(super) fn drive_observer(
        &mut self,
        broker: BrokerId,
        act: impl FnOnce(&mut BrokerObserver, VirtualTime, &mut ObserverOutput),
    ) {
        let now = self.now;
        let mut out = ObserverOutput::default();
        act(self.observer_mut(broker), now, &mut out);
        for effect in out.effects {
            self.carry_out_for_observer(broker, effect);
        }
    }

    fn carry_out_for_observer(&mut self, broker: BrokerId, effect: ObserverEffect) {
        let from = Endpoint::Broker(broker);
        match effect {
            ObserverEffect::RaftSend { to, correlation, request } => {
                self.send_control(from, Endpoint::Controller(to), Payload::Raft(correlation, request));
            }
            ObserverEffect::Send { to, correlation, request } => {
                self.send_control(from, Endpoint::Controller(to), Payload::ToController(correlation, request));
            }
            ObserverEffect::Answer { correlation, response } => {
                self.drive_broker(broker, |it, now, out| it.controller_answered(now, correlation, response, out));
            }
            ObserverEffect::Unreachable { correlation } => {
                self.drive_broker(broker, |it, now, out| it.unreachable(now, correlation, out));
            }
            ObserverEffect::Replay(deltas) => {
                let update = MetadataUpdate::Deltas(deltas);
                self.drive_broker(broker, |it, now, out| it.update_metadata(now, update, out));
            }
            ObserverEffect::WakeAt(at) => self.scheduler.schedule(at, Task::Observer(broker)),
        }
    }

    pub(super) fn send_control(&mut self, from: Endpoint, to: Endpoint, payload: Payload) {
        let flying = self.network.send_control(self.now, from, to, payload);
        self.fly(flying);
    }

    /// A broker's request to the active controller, whoever that is.
    pub(super) fn send_to_controller(
        &mut self,
        broker: BrokerId,
        correlation: CorrelationId,
        request: ControllerRequest,
    ) {
        let config = self.broker(broker).map(Broker::config);
        let patience = config.map_or(VirtualTime::ZERO, |it| VirtualTime::from_ms(it.broker_session_timeout_ms));
        self.drive_observer(broker, |it, now, out| it.send(now, correlation, request, patience, out));
    }

    /// A message of the control plane arrives. One to a process that is dead finds nobody listening.
    pub(super) fn deliver_control(&mut self, from: Endpoint, to: Endpoint, payload: Payload) {
        match (to, payload) {
            (Endpoint::Controller(to), Payload::Reset) => {
                if let Endpoint::Controller(from) = from {
                    self.drive_controller(to, |it, now, out| it.disconnected(now, from, out));
                }
            }
            (Endpoint::Controller(id), payload) if !self.controller(id).is_some_and(QuorumController::is_up) => {
                if matches!(payload, Payload::ToController(..) | Payload::Raft(..)) {
                    self.send_control(to, from, Payload::Reset);
                }
            }
            (Endpoint::Controller(to), Payload::ToController(correlation, request)) => {
                if let Endpoint::Broker(from) = from {
                    self.drive_controller(to, |it, now, out| it.receive(now, from, correlation, request, out));
                }
            }
            (Endpoint::Controller(to), Payload::Raft(correlation, request)) => {
                self.deliver_raft_request(from, to, correlation, request);
            }
            (Endpoint::Controller(to), Payload::RaftAnswer(correlation, response)) => {
                if let Endpoint::Controller(from) = from {
                    self.drive_controller(to, |it, now, out| it.raft_answered(now, from, correlation, *response, out));
                }
            }
            (Endpoint::Controller(to), Payload::Unreachable(_, correlation)) => {
                if let Endpoint::Controller(from) = from {
                    self.drive_controller(to, |it, now, out| it.raft_unreachable(now, from, correlation, out));
                }
            }
            (Endpoint::Broker(to), payload) if self.is_up(to) => self.deliver_to_observer(from, to, payload),
            // What a controller says to a broker's process that is dead is lost.
            _ => {}
        }
    }

    fn deliver_raft_request(
        &mut self,
        from: Endpoint,
        to: ControllerId,
        correlation: CorrelationId,
        request: RaftRequest,
    ) {
        let from = match from {
            Endpoint::Controller(id) => Replica::Controller(id),
            Endpoint::Broker(id) => Replica::Broker(id),
            _ => unreachable!("clients do not speak to the quorum"),
        };
        self.drive_controller(to, |it, now, out| it.raft_receive(now, from, correlation, request, out));
    }

    fn deliver_to_observer(&mut self, from: Endpoint, to: BrokerId, payload: Payload) {
        let Endpoint::Controller(from) = from else { unreachable!("brokers speak to each other on connections") };
        match payload {
            Payload::FromController(correlation, response) => {
                self.drive_observer(to, |it, now, out| it.answered(now, correlation, response, out));
            }
            Payload::RaftAnswer(correlation, response) => {
                self.drive_observer(to, |it, now, out| it.raft_answered(now, from, correlation, *response, out));
            }
            Payload::Unreachable(Channel::Broker, correlation) => {
                self.drive_observer(to, |it, now, out| it.unreachable(now, correlation, out));
            }
            Payload::Unreachable(Channel::Quorum, correlation) => {
                self.drive_observer(to, |it, now, out| it.raft_unreachable(now, from, correlation, out));
            }
            Payload::Reset => self.drive_observer(to, |it, now, out| it.disconnected(now, from, out)),
            _ => unreachable!("a controller asks nothing of a broker"),
        }
    }

    /// Asks the active controller for something. While there is none, it waits.
    pub(super) fn administer(&mut self, request: AdminRequest) {
        self.admin_requests.push(request);
        self.administer_what_waits();
    }

    fn administer_what_waits(&mut self) {
        let Some(active) = self.active_controller() else { return };
        for request in std::mem::take(&mut self.admin_requests) {
            self.drive_controller(active, |it, now, out| it.administer(now, request, out));
        }
    }

    /// What a controller knows to be committed and nobody knew before: now it has happened.
    fn note_committed(&mut self, id: ControllerId) {
        let raft = self.controller(id).expect("the caller has driven it").raft();
        let (high_watermark, known) = (raft.high_watermark(), Offset(self.metadata.offset + 1));
        if high_watermark <= known {
            return;
        }
        let news: Vec<_> = raft
            .log()
            .batches_from(known)
            .take_while(|batch| batch.last_offset < high_watermark)
            .map(|batch| (batch.last_offset, batch.content.clone()))
            .collect();
        for (last_offset, content) in news {
            match content {
                BatchContent::LeaderChange { .. } => self.metadata.offset = last_offset.0,
                BatchContent::Records(change) => self.note_change(&change),
            }
        }
    }

    fn note_change(&mut self, change: &MetadataChange) {
        self.metadata.apply(&change.delta);
        for event in change.events.iter() {
            self.note_metadata_event(event.clone());
        }
    }

    /// The metadata has changed: ledger and trace hear of it.
    fn note_metadata_event(&mut self, event: ControllerEvent) {
        match &event {
            ControllerEvent::LeaderElected { partition, leader, .. } => {
                self.ledger.elected(*partition, *leader, self.now)
            }
            ControllerEvent::PartitionsAdded { topic, partitions } => {
                let counted = &mut self.partition_counts[usize::from(topic.0)];
                let added = *counted..*partitions;
                *counted = *partitions;
                for index in added {
                    let partition = PartitionId(i32::try_from(index).expect("partitions are few"));
                    self.note_leader(TopicPartition::new(*topic, partition));
                }
            }
            _ => {}
        }
        self.emit(EventKind::Controller(event));
        self.check_anomalies();
    }

    /// Tells the ledger who leads a partition that was just made.
    pub(super) fn note_leader(&mut self, partition: TopicPartition) {
        let leader = self.metadata.partition(partition).and_then(|registration| registration.leader);
        self.ledger.elected(partition, leader, self.now);
    }

    fn controller_mut(&mut self, id: ControllerId) -> &mut QuorumController {
        let at = usize::try_from(id.0 - 1).expect("controller ids begin at 1");
        Arc::make_mut(&mut self.controllers[at])
    }

    fn observer_mut(&mut self, broker: BrokerId) -> &mut BrokerObserver {
        let at = usize::try_from(broker.0 - 1).expect("broker ids begin at 1");
        Arc::make_mut(&mut self.observers[at])
    }
}

fn endpoint(replica: Replica) -> Endpoint {
    match replica {
        Replica::Controller(id) => Endpoint::Controller(id),
        Replica::Broker(id) => Endpoint::Broker(id),
    }
}
