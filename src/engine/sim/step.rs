//! One step: a task that is due, or a message that arrives. A flat dispatcher; each arm is one call.
//!
//! What brokers do is in `step_broker`, controllers in `step_controller`, producers in `step_producer`, `step_producer_id` and `step_client`,
//! consumers in `step_consumer`, commands in `step_command`, faults in `fault`.

use super::event::EventKind;
use super::fault::Fate;
use super::network::{Direction, Endpoint, Flying, Message, MessageId, Payload};
use super::scheduler::Task;
use super::state::State;
use crate::engine::cluster::BrokerObserver;
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId, Request, Response};
use crate::engine::common::BrokerId;

impl State {
    /// Does what is due.
    pub(super) fn run_task(&mut self, task: Task) {
        if self.is_held_up(task) {
            return;
        }
        match task {
            Task::Deliver(message) => self.deliver(message),
            Task::Broker(broker, timer) => self.drive_broker(broker, |it, now, out| it.timer(now, timer, out)),
            Task::Controller(id, timer) => self.drive_controller(id, |it, now, out| it.timer(now, timer, out)),
            Task::Observer(broker) => self.drive_observer(broker, BrokerObserver::wake),
            Task::WakeProducer(session) => self.wake_producer(session),
            Task::WakeApplication(session) => self.wake_application(session),
            Task::WakeClient(session) => self.wake_client(session),
            Task::CloseProducer(session) => self.close_producer_forcefully(session),
            Task::WakeConsumer(consumer) => self.wake_consumer(consumer),
            Task::CheckRequests(owner, to) => self.check_requests(owner, to),
        }
    }

    fn deliver(&mut self, id: MessageId) {
        let Some(message) = self.network.take_due(self.now, id) else { return };
        let connection = message.connection;
        if self.arrives(&message) {
            let breaks = (message.fate == Fate::ArrivesThenBreaks).then(|| message.clone());
            match connection {
                Some(connection) => self.deliver_on_connection(connection, message),
                None => {
                    breaks.iter().for_each(|message| self.tell_sender_broken(message));
                    self.deliver_control(message.from, message.to, message.payload);
                }
            }
            breaks.inspect(|message| self.break_after(message));
        }
        if let Some(connection) = connection {
            self.network.maybe_forget(connection);
        }
    }

    fn deliver_on_connection(&mut self, id: ConnectionId, message: Message) {
        match message.payload {
            Payload::Connect => self.arrive_connect(id),
            Payload::Connected => self.arrive_connected(id),
            Payload::Refused => self.arrive_client_end_closed(id),
            Payload::Close if matches!(message.to, Endpoint::Broker(to) if self.is_server(id, to)) => {
                self.arrive_server_end_closed(id);
            }
            Payload::Close => self.arrive_client_end_closed(id),
            Payload::Request(correlation, request) => self.arrive_request(id, correlation, request),
            Payload::Response(correlation, response) => self.arrive_response(id, correlation, response),
            Payload::ToController(..)
            | Payload::FromController(..)
            | Payload::Raft(..)
            | Payload::RaftAnswer(..)
            | Payload::Unreachable(..)
            | Payload::Reset => unreachable!("the controllers' messages have no connection"),
        }
    }

    fn arrive_connect(&mut self, id: ConnectionId) {
        let Some(server) = self.network.connection(id).map(|connection| connection.server) else { return };
        let answer = if self.is_up(server) {
            self.network.connection_mut(id).expect("found above").server_open = true;
            Payload::Connected
        } else {
            Payload::Refused
        };
        self.send_on(id, Direction::ToClient, answer);
    }

    fn arrive_connected(&mut self, id: ConnectionId) {
        let Some(connection) = self.network.connection_mut(id).filter(|connection| connection.client_open) else {
            return;
        };
        connection.established = true;
        let server = connection.server;
        match connection.client {
            Endpoint::Session(session) => self.session_connected(session, id),
            Endpoint::Consumer(consumer) => self.consumer_connected(consumer, server, id),
            Endpoint::Broker(broker) => self.peer_connected(broker, server, id),
            Endpoint::Controller(_) | Endpoint::Administrator => {}
        }
    }

    /// The client learns that its connection is refused, closed or broken.
    pub(super) fn arrive_client_end_closed(&mut self, id: ConnectionId) {
        let Some(connection) = self.network.connection_mut(id).filter(|connection| connection.client_open) else {
            return;
        };
        connection.client_open = false;
        let (server, was_established) = (connection.server, connection.established);
        match connection.client {
            Endpoint::Session(session) => self.session_disconnected(session, id, was_established),
            Endpoint::Consumer(consumer) => self.consumer_disconnected(consumer, server, id),
            Endpoint::Broker(broker) => self.peer_disconnected(broker, server, id),
            Endpoint::Controller(_) | Endpoint::Administrator => {}
        }
    }

    /// The server learns that a client has closed its end.
    pub(super) fn arrive_server_end_closed(&mut self, id: ConnectionId) {
        let Some(connection) = self.network.connection_mut(id).filter(|connection| connection.server_open) else {
            return;
        };
        connection.server_open = false;
        let server = connection.server;
        self.drive_broker(server, |it, now, out| it.disconnected(now, id, out));
    }

    fn arrive_request(&mut self, id: ConnectionId, correlation: CorrelationId, request: Request) {
        let Some(connection) = self.network.connection(id) else { return };
        let (server, is_open, client) = (connection.server, connection.server_open, connection.client);
        let is_broken = connection.is_broken;
        if !is_open {
            self.produce_is_off_the_wire(id, correlation);
            let is_request = !matches!(client, Endpoint::Broker(_));
            if is_broken {
                let (to, request) = (Endpoint::Broker(server), Some((id, correlation)));
                self.emit(EventKind::MessageLost { from: client, to, request });
            } else {
                self.emit(EventKind::MessageDropped { connection: id, broker: server, is_request });
            }
            self.check_anomalies();
            return;
        }
        if let Some(produce) = self.produces.get_mut(&(id, correlation)) {
            produce.arrived = true;
        }
        self.drive_broker(server, |it, now, out| it.receive(now, id, correlation, request, out));
    }

    fn arrive_response(&mut self, id: ConnectionId, correlation: CorrelationId, response: Response) {
        let Some(connection) = self.network.connection(id) else { return };
        let (client, server) = (connection.client, connection.server);
        if !connection.client_open {
            self.emit(EventKind::MessageDropped { connection: id, broker: server, is_request: false });
            return;
        }
        match client {
            Endpoint::Session(session) => self.session_answered(session, server, correlation, response),
            Endpoint::Consumer(consumer) => self.consumer_answered(consumer, server, correlation, response),
            Endpoint::Broker(broker) => self.peer_answered(broker, server, correlation, response),
            Endpoint::Controller(_) | Endpoint::Administrator => self.close_client_end(id),
        }
    }

    fn is_server(&self, id: ConnectionId, broker: BrokerId) -> bool {
        // A broker's own connections to others end at another broker, so the two roles can not be mistaken.
        self.network.connection(id).is_some_and(|connection| connection.server == broker)
    }

    /// Whether a broker's process runs.
    pub(super) fn is_up(&self, broker: BrokerId) -> bool {
        self.broker(broker).is_some_and(crate::engine::cluster::Broker::is_up)
    }

    /// Gives a message to a connection and sets its arrival.
    pub(super) fn send_on(&mut self, id: ConnectionId, direction: Direction, payload: Payload) {
        if let Some(flying) = self.network.send(self.now, id, direction, payload) {
            self.fly(flying);
        }
    }

    pub(super) fn fly(&mut self, flying: Flying) {
        self.scheduler.schedule(flying.arrives_at, Task::Deliver(flying.id));
    }

    /// Begins a connection.
    pub(super) fn connect(&mut self, client: Endpoint, server: BrokerId) -> ConnectionId {
        let (id, flying) = self.network.connect(self.now, client, server);
        self.fly(flying);
        id
    }

    /// A client closes its end of a connection; the other end hears of it behind what was sent before.
    pub(super) fn close_client_end(&mut self, id: ConnectionId) {
        if self.network.was_never_heard_of(id) {
            self.network.abandon(id);
        } else if let Some(connection) = self.network.connection_mut(id) {
            connection.client_open = false;
            self.send_on(id, Direction::ToServer, Payload::Close);
        }
    }
}
