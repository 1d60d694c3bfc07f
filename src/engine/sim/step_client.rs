//! A producer's network client: connections to the brokers it needs, and metadata requests (`NetworkClient`).
//!
//! Simplified: connections are made to every broker that leads something as far as the producer knows, whether or not a batch
//! waits for it, and the waits between attempts double without jitter.

use super::event::{DisconnectReason, EventKind, ProducerEvent};
use super::network::{Direction, Endpoint, Payload};
use super::producer_session::{NodeConnection, OpenRequest, OpenRequestKind, ProducerSession};
use super::scheduler::Task;
use super::state::State;
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId, MetadataResponse, Request};
use crate::engine::common::{BrokerId, SessionId, VirtualTime};
use crate::engine::config::ProducerConfig;
use crate::engine::producer::{MetadataView, PartitionMetadata, TopicMetadata};

impl State {
    /// Looks after connections and metadata at a time that was set for it.
    pub(super) fn wake_client(&mut self, id: SessionId) {
        if self.session(id).is_some_and(|session| session.client_wake_at <= self.now) {
            self.session_mut(id).client_wake_at = VirtualTime::NEVER;
            self.maybe_give_up_on_producer_id(id);
            self.tend_client(id);
        }
    }

    /// Makes the connections that are needed, asks for metadata if it is wanted, and sets the time of the next look.
    pub(super) fn tend_client(&mut self, id: SessionId) {
        let now = self.now;
        if self.session(id).is_none_or(ProducerSession::is_gone) {
            return;
        }
        if self.give_up_what_is_late(id) {
            return;
        }
        let session = self.session_mut(id);
        if session.metadata.expires_at <= now {
            session.metadata.wanted = true;
        }
        self.maybe_ask_for_metadata(id);
        self.maybe_ask_for_producer_id(id);
        let needed = self.needed_connections(id);
        let mut next = VirtualTime::NEVER;
        for broker in needed {
            match self.session_mut(id).nodes.get(&broker).copied() {
                Some(NodeConnection::Disconnected { retry_at, failures }) if retry_at <= now => {
                    let connection = self.connect(Endpoint::Session(id), broker);
                    let until = now + setup_timeout(self.session_mut(id).producer.config(), failures);
                    let node = NodeConnection::Connecting { connection, failures, until };
                    self.session_mut(id).nodes.insert(broker, node);
                }
                Some(NodeConnection::Disconnected { retry_at, .. }) => next = next.min(retry_at),
                _ => {}
            }
        }
        let session = self.session_mut(id);
        let metadata = &session.metadata;
        next = next.min(match (metadata.wanted, metadata.asked) {
            (true, None) if metadata.not_before > now => metadata.not_before,
            // It is asked for as soon as a connection stands.
            (true, _) => VirtualTime::NEVER,
            (false, _) => metadata.expires_at,
        });
        next = next.min(session.next_look_at_producer_id(now));
        let timeouts = [session.next_timeout(), session.next_setup_timeout()].into_iter().flatten();
        next = timeouts.map(|(at, _)| at).fold(next, VirtualTime::min);
        self.wake_client_at(id, next);
    }

    /// Looks after connections, metadata and the producer id again at that time, if it is to come and nothing is set for earlier.
    pub(super) fn wake_client_at(&mut self, id: SessionId, at: VirtualTime) {
        let now = self.now;
        let session = self.session_mut(id);
        if at < session.client_wake_at && at > now {
            session.client_wake_at = at;
            self.scheduler.schedule(at, Task::WakeClient(id));
        }
    }

    /// Closes a connection that does not stand in time, or on which something else than a produce request was not answered in time.
    /// Whether there was one; then the client was looked after.
    fn give_up_what_is_late(&mut self, id: SessionId) -> bool {
        let now = self.now;
        let session = self.session(id).expect("the caller has it");
        let late = |timeout: Option<(VirtualTime, ConnectionId)>| timeout.filter(|(at, _)| *at <= now);
        let (connection, why) = match (late(session.next_setup_timeout()), late(session.next_timeout())) {
            (Some((_, connection)), _) => (connection, DisconnectReason::SetupTimeout),
            (None, Some((_, connection))) => (connection, DisconnectReason::RequestTimeout),
            (None, None) => return false,
        };
        let Some(broker) = session.node_of(connection) else { return false };
        self.close_client_end(connection);
        self.session_mut(id).producer.disconnected(broker);
        self.drop_connection(id, broker, connection, why);
        self.drive_session(id, true);
        self.tend_client(id);
        true
    }

    /// The brokers that lead something, as far as the producer knows; without any connection, one of all, to ask.
    fn needed_connections(&self, id: SessionId) -> Vec<BrokerId> {
        let session = self.session(id).expect("the caller has it");
        let metadata = session.producer.metadata();
        let nodes = session.nodes.keys().copied();
        let mut needed: Vec<BrokerId> = nodes.filter(|node| !metadata.partitions_of(*node).is_empty()).collect();
        let is_alive = |node: &NodeConnection| !matches!(node, NodeConnection::Disconnected { .. });
        if session.metadata.wanted && !session.nodes.values().any(is_alive) {
            // The node that was tried least, from a place that differs from session to session.
            let count = session.nodes.len().max(1);
            let least = session.nodes.iter().enumerate().min_by_key(|(place, (_, node))| {
                let failures = if let NodeConnection::Disconnected { failures, .. } = node { *failures } else { 0 };
                (failures, (place + id.0 as usize) % count)
            });
            needed.extend(least.map(|(_, (broker, _))| *broker).filter(|broker| !needed.contains(broker)));
        }
        needed
    }

    fn maybe_ask_for_metadata(&mut self, id: SessionId) {
        let now = self.now;
        let session = self.session(id).expect("the caller has it");
        let metadata = session.metadata;
        if !metadata.wanted || metadata.asked.is_some() || metadata.not_before > now {
            return;
        }
        let Some((_, connection)) = session.least_loaded_connection() else { return };
        let correlation = self.new_correlation();
        let session = self.session_mut(id);
        session.metadata.asked = Some(correlation);
        session.metadata.wanted = false;
        let kind = OpenRequestKind::Metadata;
        session.open_requests.insert(correlation, OpenRequest { connection, sent_at: now, kind });
        self.send_on(connection, Direction::ToServer, Payload::Request(correlation, Request::Metadata));
    }

    pub(super) fn session_connected(&mut self, id: SessionId, connection: ConnectionId) {
        let session = self.session_mut(id);
        let Some(broker) = session.node_of(connection) else { return };
        session.nodes.insert(broker, NodeConnection::Ready { connection });
        session.producer.set_node_ready(broker, true);
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::Connected { broker } });
        self.drive_session(id, true);
        self.tend_client(id);
    }

    /// A connection was refused, or the other side closed it or died.
    pub(super) fn session_disconnected(&mut self, id: SessionId, connection: ConnectionId, was_established: bool) {
        let Some(broker) = self.session(id).and_then(|session| session.node_of(connection)) else { return };
        let why = if was_established { DisconnectReason::ByPeer } else { DisconnectReason::Refused };
        self.session_mut(id).producer.disconnected(broker);
        self.drop_connection(id, broker, connection, why);
        self.drive_session(id, true);
        self.tend_client(id);
    }

    /// Takes note that a connection is gone; another attempt comes after a wait, and metadata is asked for.
    pub(super) fn drop_connection(
        &mut self,
        id: SessionId,
        broker: BrokerId,
        connection: ConnectionId,
        why: DisconnectReason,
    ) {
        let now = self.now;
        let session = self.session_mut(id);
        let failures = match session.nodes.get(&broker) {
            Some(NodeConnection::Connecting { failures, .. } | NodeConnection::Disconnected { failures, .. }) => {
                *failures
            }
            _ => 0,
        };
        let retry_at = now + reconnect_backoff(session.producer.config(), failures);
        session.nodes.insert(broker, NodeConnection::Disconnected { retry_at, failures: failures.saturating_add(1) });
        session.producer.set_node_ready(broker, false);
        session.open_requests.retain(|_, request| request.connection != connection);
        let asked_there = session.metadata.asked.filter(|asked| !session.open_requests.contains_key(asked));
        if asked_there.is_some() {
            session.metadata.asked = None;
            session.metadata.not_before = now + VirtualTime::from_ms(session.producer.config().retry_backoff_ms);
        }
        session.metadata.wanted = true;
        session.producer_id_request_may_be_lost(now);
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::Disconnected { broker, why } });
    }

    /// A metadata answer has arrived.
    pub(super) fn take_metadata(
        &mut self,
        id: SessionId,
        from: BrokerId,
        correlation: CorrelationId,
        response: &MetadataResponse,
    ) {
        let now = self.now;
        let session = self.session_mut(id);
        if session.metadata.asked == Some(correlation) {
            session.metadata.asked = None;
        }
        let (backoff, max_age) = {
            let config = session.producer.config();
            (VirtualTime::from_ms(config.retry_backoff_ms), VirtualTime::from_ms(config.metadata_max_age_ms))
        };
        session.metadata.not_before = now + backoff;
        session.metadata.expires_at = now + max_age.max(VirtualTime(1));
        session.producer.set_metadata(metadata_view(response));
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::MetadataReceived { from } });
        self.drive_session(id, true);
        self.tend_client(id);
    }
}

/// `reconnect.backoff.ms`, doubled with each failure up to `reconnect.backoff.max.ms`.
fn reconnect_backoff(config: &ProducerConfig, failures: u32) -> VirtualTime {
    let doubled = config.reconnect_backoff_ms.saturating_mul(1_i64 << failures.min(20));
    VirtualTime::from_ms(doubled.min(config.reconnect_backoff_max_ms.max(config.reconnect_backoff_ms)))
}

/// `socket.connection.setup.timeout.ms`, doubled with each failure up to `socket.connection.setup.timeout.max.ms`.
fn setup_timeout(config: &ProducerConfig, failures: u32) -> VirtualTime {
    let doubled = config.socket_connection_setup_timeout_ms.saturating_mul(1_i64 << failures.min(20));
    let longest = config.socket_connection_setup_timeout_max_ms.max(config.socket_connection_setup_timeout_ms);
    VirtualTime::from_ms(doubled.min(longest))
}

/// What a producer makes of a metadata answer.
fn metadata_view(response: &MetadataResponse) -> MetadataView {
    let topics = response.topics.iter().map(|topic| {
        let partitions = topic
            .partitions
            .iter()
            .map(|partition| PartitionMetadata { leader: partition.leader, leader_epoch: partition.leader_epoch });
        TopicMetadata::new(partitions.collect())
    });
    MetadataView::new(topics.collect())
}
