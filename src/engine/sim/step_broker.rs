//! Driving brokers: their effects become messages and tasks, their events go to the ledger and the trace.

use super::event::EventKind;
use super::ledger::{CopyEntry, Totals};
use super::network::{Direction, Endpoint, Payload};
use super::scheduler::Task;
use super::state::{Anomalies, State};
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId, Request, Response};
use crate::engine::cluster::{Broker, BrokerEffect, BrokerEvent, BrokerObserver, BrokerOutput};
use crate::engine::common::{BrokerId, TopicPartition, VirtualTime};

/// The one connection that a broker or a consumer keeps to a broker.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) connection: ConnectionId,
    /// When it was begun.
    pub(super) begun_at: VirtualTime,
    pub(super) is_established: bool,
    /// A look at it is set.
    pub(super) is_watched: bool,
    /// Requests that wait for the connection.
    pub(super) waiting: Vec<(CorrelationId, Request)>,
    /// Requests that wait for their answer, and when they were sent.
    pub(super) open: Vec<(CorrelationId, VirtualTime)>,
}

impl Peer {
    pub(super) fn new(connection: ConnectionId, begun_at: VirtualTime) -> Self {
        let (waiting, open) = (Vec::new(), Vec::new());
        Self { connection, begun_at, is_established: false, is_watched: false, waiting, open }
    }

    /// Takes a request: gives it back if it can be sent now, else keeps it until the connection stands.
    pub(super) fn offer(&mut self, now: VirtualTime, correlation: CorrelationId, request: Request) -> Option<Request> {
        if self.is_established {
            self.open.push((correlation, now));
            return Some(request);
        }
        self.waiting.push((correlation, request));
        None
    }

    /// The connection stands: what waited for it.
    pub(super) fn established(&mut self, now: VirtualTime) -> Vec<(CorrelationId, Request)> {
        self.is_established = true;
        let waiting = std::mem::take(&mut self.waiting);
        self.open.extend(waiting.iter().map(|(correlation, _)| (*correlation, now)));
        waiting
    }

    /// The connection is gone: the requests that will not be answered.
    pub(super) fn unanswered(self) -> impl Iterator<Item = CorrelationId> {
        let open = self.open.into_iter().map(|(correlation, _)| correlation);
        open.chain(self.waiting.into_iter().map(|(correlation, _)| correlation))
    }
}

impl State {
    /// Lets a broker act, and carries out what it wants.
    pub(super) fn drive_broker(&mut self, id: BrokerId, act: impl FnOnce(&mut Broker, VirtualTime, &mut BrokerOutput)) {
        let now = self.now;
        let mut out = BrokerOutput::default();
        act(self.broker_mut(id), now, &mut out);
        for event in out.events {
            self.note_broker_event(id, &event);
            self.emit(EventKind::Broker { broker: id, event });
            self.check_anomalies();
        }
        for effect in out.effects {
            self.carry_out_for_broker(id, effect);
        }
    }

    fn carry_out_for_broker(&mut self, id: BrokerId, effect: BrokerEffect) {
        match effect {
            BrokerEffect::Respond { connection, correlation, response } => {
                self.send_on(connection, Direction::ToClient, Payload::Response(correlation, response));
            }
            BrokerEffect::Close { connection } => self.close_server_end(connection),
            BrokerEffect::SendToBroker { to, correlation, request } => self.send_to_peer(id, to, correlation, request),
            BrokerEffect::Disconnect { from } => {
                if let Some(peer) = self.peers.remove(&(id, from)) {
                    self.close_client_end(peer.connection);
                }
            }
            BrokerEffect::SendToController { correlation, request } => {
                self.send_to_controller(id, correlation, request);
            }
            BrokerEffect::Schedule { at, timer } => self.scheduler.schedule(at, Task::Broker(id, timer)),
            BrokerEffect::Exit => self.process_ended(id),
        }
    }

    /// A broker closes a connection: what it has not read of it is gone, and the client hears of it, if it has not closed its
    /// end before and both are forgotten.
    fn close_server_end(&mut self, id: ConnectionId) {
        if let Some(connection) = self.network.connection_mut(id) {
            connection.server_open = false;
            self.send_on(id, Direction::ToClient, Payload::Close);
        }
        self.arrived_produces_are_off_the_wire(|connection, _| connection == id);
    }

    fn send_to_peer(&mut self, from: BrokerId, to: BrokerId, correlation: CorrelationId, request: Request) {
        if !self.peers.contains_key(&(from, to)) {
            let connection = self.connect(Endpoint::Broker(from), to);
            self.peers.insert((from, to), Peer::new(connection, self.now));
        }
        let now = self.now;
        let peer = self.peers.get_mut(&(from, to)).expect("made above");
        let connection = peer.connection;
        if let Some(request) = peer.offer(now, correlation, request) {
            self.send_on(connection, Direction::ToServer, Payload::Request(correlation, request));
        }
        self.watch(Endpoint::Broker(from), to);
    }

    pub(super) fn peer_connected(&mut self, from: BrokerId, to: BrokerId, id: ConnectionId) {
        let Some(peer) = self.peers.get_mut(&(from, to)).filter(|peer| peer.connection == id) else { return };
        for (correlation, request) in peer.established(self.now) {
            self.send_on(id, Direction::ToServer, Payload::Request(correlation, request));
        }
        self.watch(Endpoint::Broker(from), to);
    }

    pub(super) fn peer_disconnected(&mut self, from: BrokerId, to: BrokerId, id: ConnectionId) {
        if self.peers.get(&(from, to)).is_none_or(|peer| peer.connection != id) {
            return;
        }
        let peer = self.peers.remove(&(from, to)).expect("found above");
        for correlation in peer.unanswered() {
            self.drive_broker(from, |it, now, out| it.unreachable(now, correlation, out));
        }
    }

    pub(super) fn peer_answered(
        &mut self,
        broker: BrokerId,
        from: BrokerId,
        correlation: CorrelationId,
        response: Response,
    ) {
        if let Some(peer) = self.peers.get_mut(&(broker, from)) {
            peer.open.retain(|(open, _)| *open != correlation);
        }
        self.drive_broker(broker, |it, now, out| it.answered(now, correlation, response, out));
    }

    /// Kills a broker's process: its connections break, and what it had read and not written is gone.
    pub(super) fn crash_broker(&mut self, id: BrokerId) {
        self.drive_broker(id, Broker::crash);
        self.process_ended(id);
    }

    /// A broker's process is no more: its connections break.
    fn process_ended(&mut self, id: BrokerId) {
        let waiting = self.take_waiting(Endpoint::Broker(id));
        self.crashed_at.insert(id, self.now);
        self.drive_observer(id, |it, _, _| it.crash());
        let ends: Vec<(ConnectionId, bool, Endpoint)> = self
            .network
            .connections()
            .map(|connection| (connection.id, connection.server == id && connection.server_open, connection.client))
            .collect();
        for (connection, is_server, client) in ends {
            if is_server {
                self.close_server_end(connection);
            }
            if client == Endpoint::Broker(id) {
                self.close_client_end(connection);
            }
        }
        // What had arrived is gone with the process, also from clients that have closed their end meanwhile.
        self.arrived_produces_are_off_the_wire(|_, to| to == id);
        self.peers.retain(|(from, _), _| *from != id);
        // What waited for a frozen process finds it dead.
        waiting.into_iter().for_each(|task| self.run_task(task));
        self.check_anomalies();
    }

    pub(super) fn restart_broker(&mut self, id: BrokerId) {
        self.crashed_at.remove(&id);
        self.drive_broker(id, |it, now, out| it.start(now, None, out));
        self.drive_observer(id, BrokerObserver::start);
    }

    fn note_broker_event(&mut self, id: BrokerId, event: &BrokerEvent) {
        let now = self.now;
        match event {
            BrokerEvent::Appended {
                partition,
                leader_epoch,
                base_offset,
                last_offset,
                connection,
                correlation,
                ..
            } => {
                if let Some(batch) = self.take_off_the_wire((*connection, *correlation), *partition) {
                    let (base_offset, last_offset, leader_epoch) = (*base_offset, *last_offset, *leader_epoch);
                    self.ledger.appended(
                        *partition,
                        id,
                        CopyEntry { base_offset, last_offset, leader_epoch, batch },
                        now,
                    );
                    self.ledger.off_the_wire(batch);
                }
            }
            BrokerEvent::AppendRefused { partition, error, connection, correlation } => {
                if let Some(batch) = self.take_off_the_wire((*connection, *correlation), *partition) {
                    self.ledger.refused(batch, id, *error, now);
                    self.ledger.off_the_wire(batch);
                }
            }
            BrokerEvent::DuplicateRecognised { partition, base_offset, connection, correlation } => {
                if let Some(batch) = self.take_off_the_wire((*connection, *correlation), *partition) {
                    self.ledger.recognised(batch, id, *base_offset, now);
                    self.ledger.off_the_wire(batch);
                }
            }
            BrokerEvent::Replicated { partition, leader_epoch, base_offset, last_offset, .. } => {
                if let Some(batch) = self.ledger.batch_written(*partition, *leader_epoch, *base_offset) {
                    let (base_offset, last_offset, leader_epoch) = (*base_offset, *last_offset, *leader_epoch);
                    self.ledger.replicated(
                        *partition,
                        id,
                        CopyEntry { base_offset, last_offset, leader_epoch, batch },
                        now,
                    );
                }
            }
            BrokerEvent::Truncated { partition, from, to, .. } => {
                self.ledger.truncated(*partition, id, (*from, *to), now);
            }
            BrokerEvent::LogStartAdvanced { partition, log_start_offset } => {
                self.ledger.log_start_advanced(*partition, id, *log_start_offset, now);
            }
            BrokerEvent::LogCleaned { partition, cleaned } => self.ledger.cleaned(*partition, id, cleaned, now),
            BrokerEvent::HolesCopied { partition, leader, base_offset, holes } => {
                self.ledger.holes_copied(*partition, (id, *leader), holes, *base_offset);
            }
            BrokerEvent::HighWatermarkAdvanced { partition, to, .. }
            | BrokerEvent::HighWatermarkLowered { partition, to, .. } => {
                self.ledger.high_watermark(*partition, id, *to, now);
            }
            _ => {}
        }
    }

    /// A batch of a produce request was appended or refused: which one it was.
    fn take_off_the_wire(
        &mut self,
        key: (ConnectionId, CorrelationId),
        partition: TopicPartition,
    ) -> Option<super::ledger::BatchRef> {
        let produce = self.produces.get_mut(&key)?;
        let at = produce.batches.iter().position(|(of, _)| *of == partition)?;
        let (_, batch) = produce.batches.remove(at);
        if produce.batches.is_empty() {
            self.produces.remove(&key);
        }
        Some(batch)
    }

    /// A produce request was dropped: none of its batches will be appended by it.
    pub(super) fn produce_is_off_the_wire(&mut self, connection: ConnectionId, correlation: CorrelationId) {
        let produce = self.produces.remove(&(connection, correlation));
        for (_, batch) in produce.into_iter().flat_map(|produce| produce.batches) {
            self.ledger.off_the_wire(batch);
        }
    }

    /// Produce requests that a broker's process had, told by connection and broker, and that it will not look at any more.
    fn arrived_produces_are_off_the_wire(&mut self, is_gone: impl Fn(ConnectionId, BrokerId) -> bool) {
        let gone: Vec<_> = self
            .produces
            .iter()
            .filter(|((connection, _), produce)| produce.arrived && is_gone(*connection, produce.to))
            .map(|(key, _)| *key)
            .collect();
        gone.into_iter().for_each(|(connection, correlation)| self.produce_is_off_the_wire(connection, correlation));
    }

    /// Says so if there are more lost records, duplicates or reordered records than at the last event.
    pub(super) fn check_anomalies(&mut self) {
        let Totals { lost, duplicates, reordered, .. } = *self.ledger.totals();
        let before = std::mem::replace(&mut self.anomalies_before, Anomalies { lost, duplicates, reordered });
        if lost > before.lost {
            self.emit(EventKind::RecordsLost { more: lost - before.lost, lost });
        }
        if duplicates > before.duplicates {
            self.emit(EventKind::RecordsDuplicated { more: duplicates - before.duplicates, duplicates });
        }
        if reordered > before.reordered {
            self.emit(EventKind::RecordsReordered { more: reordered - before.reordered, reordered });
        }
    }
}
