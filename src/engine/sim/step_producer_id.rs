//! How an idempotent producer gets its id: InitProducerId to any broker it is connected to (`TransactionManager.InitProducerIdHandler`).
//!
//! The rule it keeps: one request at a time, only while the producer waits for an id; after an error, a lost connection or
//! `request.timeout.ms` it asks again `retry.backoff.ms` later. Whether it waits is the producer's to say (`producer::idempotence`).

use super::event::{DisconnectReason, EventKind, ProducerEvent};
use super::network::{Direction, Payload};
use super::producer_session::{OpenRequest, OpenRequestKind, ProducerSession};
use super::state::State;
use crate::engine::cluster::protocol::Request;
use crate::engine::common::{BrokerId, KafkaError, ProducerEpoch, ProducerId, SessionId, VirtualTime};
use crate::engine::producer::ProducerIdAndEpoch;

impl ProducerSession {
    /// When the wait before the next request, or for the answer to the last one, is over.
    pub(super) fn next_look_at_producer_id(&self, now: VirtualTime) -> VirtualTime {
        if !self.producer.is_waiting_for_producer_id() {
            return VirtualTime::NEVER;
        }
        match self.producer_id.asked {
            Some((_, since)) => self.producer_id_answer_is_overdue_at(since),
            None if self.producer_id.not_before > now => self.producer_id.not_before,
            // It is asked for as soon as a connection stands.
            None => VirtualTime::NEVER,
        }
    }

    /// A connection is gone: if the request was on it, there will be no answer.
    pub(super) fn producer_id_request_may_be_lost(&mut self, now: VirtualTime) {
        if self.producer_id.asked.is_some_and(|(asked, _)| !self.open_requests.contains_key(&asked)) {
            self.ask_again_later(now);
        }
    }

    /// As with other requests, overdue means that *more* than `request.timeout.ms` has passed.
    fn producer_id_answer_is_overdue_at(&self, since: VirtualTime) -> VirtualTime {
        since + VirtualTime::from_ms(self.producer.config().request_timeout_ms) + VirtualTime(1)
    }

    fn ask_again_later(&mut self, now: VirtualTime) {
        self.producer_id.asked = None;
        self.producer_id.not_before = now + VirtualTime::from_ms(self.producer.config().retry_backoff_ms);
    }
}

impl State {
    /// Asks a broker for a producer id if the producer waits for one and may ask now.
    pub(super) fn maybe_ask_for_producer_id(&mut self, id: SessionId) {
        let now = self.now;
        let session = self.session(id).expect("the caller has it");
        let client = session.producer_id;
        if !session.producer.is_waiting_for_producer_id() || client.asked.is_some() || client.not_before > now {
            return;
        }
        // Without a connection the next one brings it here again.
        let Some((from, connection)) = session.least_loaded_connection() else { return };
        let correlation = self.new_correlation();
        let session = self.session_mut(id);
        session.producer_id.asked = Some((correlation, now));
        session
            .open_requests
            .insert(correlation, OpenRequest { connection, sent_at: now, kind: OpenRequestKind::InitProducerId });
        let overdue_at = session.producer_id_answer_is_overdue_at(now);
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::ProducerIdRequested { from } });
        self.send_on(connection, Direction::ToServer, Payload::Request(correlation, Request::InitProducerId));
        self.wake_client_at(id, overdue_at);
    }

    /// Closes the connection on which the answer is overdue, as the client does with any request.
    pub(super) fn maybe_give_up_on_producer_id(&mut self, id: SessionId) {
        // A session that is gone has given up all of its connections.
        let Some(session) = self.session(id).filter(|session| !session.is_gone()) else { return };
        let Some((asked, since)) = session.producer_id.asked else { return };
        if self.now < session.producer_id_answer_is_overdue_at(since) {
            return;
        }
        let open =
            session.open_requests.get(&asked).expect("a request that was asked is open until its connection is gone");
        let connection = open.connection;
        let broker = session.node_of(connection).expect("a request goes over a connection that stands");
        self.close_client_end(connection);
        self.session_mut(id).producer.disconnected(broker);
        self.drop_connection(id, broker, connection, DisconnectReason::RequestTimeout);
        self.drive_session(id, true);
    }

    /// A broker's answer has arrived.
    pub(super) fn take_producer_id(&mut self, id: SessionId, from: BrokerId, answer: Result<ProducerId, KafkaError>) {
        let now = self.now;
        let session = self.session_mut(id);
        let event = match answer {
            Ok(producer_id) => {
                session.producer_id.asked = None;
                session.producer.assign_producer_id(ProducerIdAndEpoch { producer_id, epoch: ProducerEpoch(0) });
                ProducerEvent::ProducerIdReceived { from, producer_id }
            }
            Err(error) => {
                session.ask_again_later(now);
                ProducerEvent::ProducerIdRefused { from, error }
            }
        };
        self.emit(EventKind::Producer { session: id, event });
        self.drive_session(id, true);
        self.tend_client(id);
    }
}
