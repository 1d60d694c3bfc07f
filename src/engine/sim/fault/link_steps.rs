//! Faults of links, carried out, and what becomes of a message that they break the connection under.

use super::link_faults::{Fate, Way};
use super::validate::links_between;
use crate::engine::cluster::protocol::ConnectionId;
use crate::engine::common::{BrokerId, SessionId};
use crate::engine::config::Acks;
use crate::engine::sim::command::CommandError;
use crate::engine::sim::event::EventKind;
use crate::engine::sim::network::{Channel, Direction, Endpoint, Message, MessageId, Payload};
use crate::engine::sim::state::State;

/// `send.buffer.bytes` of the Java producer, 128 KiB: as much as that waits in a socket before the producer sends no more.
const SEND_BUFFER_BYTES: u64 = 131_072;

impl State {
    /// Whether a link can be cut: one of the directions is not.
    pub(in crate::engine::sim) fn ensure_can_cut(&self, a: &str, b: &str, way: Way) -> Result<(), CommandError> {
        let faults = self.network.faults();
        let is_cut = |(a, b): &(String, String)| {
            let (forth, back) = (faults.lane(a, b).is_cut, faults.lane(b, a).is_cut);
            match way {
                Way::Both => forth && back,
                Way::AToB => forth,
                Way::BToA => back,
            }
        };
        let all_are = links_between(&self.scenario, a, b).iter().all(is_cut);
        self.ensure_so(!all_are, || format!("the link between {a} and {b} is cut already"))
    }

    /// Whether something is wrong with a link.
    pub(in crate::engine::sim) fn ensure_can_heal(&self, a: &str, b: &str) -> Result<(), CommandError> {
        let links = links_between(&self.scenario, a, b);
        let is_faulty = links.iter().any(|(a, b)| self.network.faults().of(a, b).is_some());
        self.ensure_so(is_faulty, || format!("nothing is wrong with the link between {a} and {b}"))
    }

    /// Whether something is wrong with any link.
    pub(in crate::engine::sim) fn ensure_can_heal_network(&self) -> Result<(), CommandError> {
        self.ensure_so(!self.network.faults().is_empty(), || "nothing is wrong with any link".to_string())
    }

    /// Whether the next response is not to be lost already.
    pub(in crate::engine::sim) fn ensure_can_lose(&self, producer: &str, broker: BrokerId) -> Result<(), CommandError> {
        let lane = self.network.faults().lane(&format!("broker-{broker}"), producer);
        self.ensure_so(!lane.loses_response, || {
            format!("the next response of broker {broker} to {producer} is lost already")
        })
    }

    pub(in crate::engine::sim) fn cut_link(&mut self, a: &str, b: &str, way: Way) {
        for (a, b) in links_between(&self.scenario, a, b) {
            if way != Way::BToA {
                self.network.cut(self.now, &a, &b);
            }
            if way != Way::AToB {
                self.network.cut(self.now, &b, &a);
            }
        }
        self.watch_requests();
    }

    /// Makes a link whole; what waits on it is sent again.
    pub(in crate::engine::sim) fn heal_link(&mut self, a: &str, b: &str) {
        for (a, b) in links_between(&self.scenario, a, b) {
            for flying in self.network.heal(self.now, &a, &b) {
                self.fly(flying);
            }
        }
        self.empty_sockets();
    }

    pub(in crate::engine::sim) fn heal_network(&mut self) {
        let faults: Vec<_> = self.network.faults().all().map(|(a, b, _)| (a.to_string(), b.to_string())).collect();
        faults.iter().for_each(|(a, b)| self.heal_link(a, b));
    }

    /// Cuts every link between nodes of different groups.
    pub(in crate::engine::sim) fn partition_network(&mut self, groups: &[Vec<String>]) {
        for (at, group) in groups.iter().enumerate() {
            for (a, b) in group.iter().flat_map(|a| groups[at + 1..].iter().flatten().map(move |b| (a, b))) {
                self.cut_link(a, b, Way::Both);
            }
        }
    }

    pub(in crate::engine::sim) fn delay_link(&mut self, a: &str, b: &str, delay_us: u64) {
        for (a, b) in links_between(&self.scenario, a, b) {
            self.network.faults_mut().change(&a, &b, |link| link.delay_us = delay_us);
        }
        self.watch_requests();
    }

    pub(in crate::engine::sim) fn lose_packets(&mut self, a: &str, b: &str, per_mille: u32) {
        for (a, b) in links_between(&self.scenario, a, b) {
            self.network.faults_mut().change(&a, &b, |link| link.loss_per_mille = per_mille);
        }
        self.watch_requests();
    }

    pub(in crate::engine::sim) fn drop_messages(&mut self, from: &str, to: &str, next: u32, per_mille: u32) {
        for (from, to) in links_between(&self.scenario, from, to) {
            self.network.faults_mut().change_lane(&from, &to, |lane| {
                (lane.drop_next, lane.drop_per_mille) = (next, per_mille);
            });
        }
    }

    pub(in crate::engine::sim) fn duplicate_messages(&mut self, from: &str, to: &str, next: u32) {
        for (from, to) in links_between(&self.scenario, from, to) {
            self.network.faults_mut().change_lane(&from, &to, |lane| lane.duplicate_next = next);
        }
    }

    pub(in crate::engine::sim) fn lose_response(&mut self, producer: &str, broker: BrokerId) {
        let broker = format!("broker-{broker}");
        self.network.faults_mut().change_lane(&broker, producer, |lane| lane.loses_response = true);
    }

    /// A message whose way has ended: whether it arrives. If not, its connection breaks under it.
    pub(in crate::engine::sim) fn arrives(&mut self, message: &Message) -> bool {
        if message.fate != Fate::Lost {
            return true;
        }
        self.tell_lost(message);
        match (message.connection, &message.payload) {
            (Some(connection), payload) => {
                if let Payload::Request(correlation, _) = payload {
                    self.produce_is_off_the_wire(connection, *correlation);
                }
                self.break_connection(connection, message.to);
            }
            (None, Payload::FromController(correlation, _)) => {
                let news = Payload::Unreachable(Channel::Broker, *correlation);
                self.deliver_control(message.from, message.to, news);
            }
            (None, Payload::RaftAnswer(correlation, _)) => {
                let news = Payload::Unreachable(Channel::Quorum, *correlation);
                self.deliver_control(message.from, message.to, news);
            }
            (None, _) => self.tell_sender_broken(message),
        }
        self.check_anomalies();
        false
    }

    /// A message has arrived after which its connection breaks: its sender will not hear of it.
    pub(in crate::engine::sim) fn break_after(&mut self, message: &Message) {
        if let Some(connection) = message.connection {
            self.break_connection(connection, message.to);
        }
    }

    /// The connection breaks under a request to a controller: the news takes its way back, ahead of any answer.
    pub(in crate::engine::sim) fn tell_sender_broken(&mut self, message: &Message) {
        let news = match &message.payload {
            Payload::ToController(correlation, _) => Payload::Unreachable(Channel::Broker, *correlation),
            Payload::Raft(correlation, _) => Payload::Unreachable(Channel::Quorum, *correlation),
            _ => return,
        };
        self.send_control(message.to, message.from, news);
    }

    /// The machine of a broker that stands still has no room for a message: the connection breaks, and what of it waits for the
    /// broker will find it closed.
    pub(super) fn refuse_message(&mut self, id: MessageId) {
        let Some(message) = self.network.take(id) else { return };
        let Some(connection) = message.connection else { return };
        self.tell_lost(&message);
        if let Payload::Request(correlation, _) = message.payload {
            self.produce_is_off_the_wire(connection, correlation);
        }
        if let Some(connection) = self.network.connection_mut(connection) {
            connection.server_open = false;
            connection.is_broken = true;
        }
        self.send_on(connection, Direction::ToClient, Payload::Close);
    }

    fn tell_lost(&mut self, message: &Message) {
        let request = match (message.connection, &message.payload) {
            (Some(connection), Payload::Request(correlation, _)) => Some((connection, *correlation)),
            _ => None,
        };
        self.emit(EventKind::MessageLost { from: message.from, to: message.to, request });
    }

    /// A connection breaks: the end `at` learns of it now, the other one when the news has come there.
    fn break_connection(&mut self, id: ConnectionId, at: Endpoint) {
        let Some(connection) = self.network.connection_mut(id) else { return };
        connection.is_broken = true;
        if at == Endpoint::Broker(connection.server) {
            self.arrive_server_end_closed(id);
            self.send_on(id, Direction::ToClient, Payload::Close);
        } else {
            self.send_on(id, Direction::ToServer, Payload::Close);
            self.arrive_client_end_closed(id);
        }
    }

    /// With acks=0 nothing but the socket holds a producer up: when its buffer is full, the producer sends no more to that node.
    pub(in crate::engine::sim) fn fill_socket(&mut self, id: SessionId, broker: BrokerId, connection: ConnectionId) {
        let is_faulty =
            !self.network.faults().is_empty() || self.faults.frozen_since(Endpoint::Broker(broker)).is_some();
        if is_faulty && self.network.unread_bytes(self.now, connection) >= SEND_BUFFER_BYTES {
            self.session_mut(id).producer.set_node_ready(broker, false);
        }
    }

    /// Links or brokers go on: producers may write to their sockets again.
    pub(super) fn empty_sockets(&mut self) {
        let with_acks_0 = self.sessions.iter().filter(|session| session.producer.config().acks == Acks::Zero);
        for id in with_acks_0.map(|session| session.id).collect::<Vec<_>>() {
            let session = self.session_mut(id);
            let ready = session.nodes.keys().copied().filter(|node| session.ready_connection(*node).is_some());
            for node in ready.collect::<Vec<_>>() {
                session.producer.set_node_ready(node, true);
            }
            if !session.is_gone() {
                self.drive_session(id, true);
            }
        }
    }
}
