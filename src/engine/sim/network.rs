//! Connections and what is on the wires.
//!
//! A message in flight is an interval, `sent_at` to `arrives_at`, so that the view can tell where it is at any moment.
//! Messages of one direction of a connection never overtake each other. A connection has two ends that open and close for
//! themselves: what arrives at a closed end is dropped. Who acts on an arrival is in `step`.

use super::fault::{Fate, LinkFaults, Treatment};
use super::links::{LinkSpec, Links};
use super::scenario::Scenario;
use crate::engine::cluster::MetadataChange;
use crate::engine::cluster::protocol::{
    ConnectionId, ControllerRequest, ControllerResponse, CorrelationId, Request, Response,
};
use crate::engine::cluster::quorum::{RaftRequest, RaftResponse};
use crate::engine::common::{BrokerId, ControllerId, Prng, SessionId, VirtualTime, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A message, numbered over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u64);

/// Who sends or receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Endpoint {
    /// A producer session.
    Session(SessionId),
    /// A consumer, by its place in the scenario.
    Consumer(u32),
    /// A broker.
    Broker(BrokerId),
    /// A controller.
    Controller(ControllerId),
    /// An administrator, who stands beside the controllers.
    Administrator,
}

/// What a message says.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A client wants a connection (SYN).
    Connect,
    /// It has it.
    Connected,
    /// Nobody listens (RST).
    Refused,
    /// The other end is closed (FIN or RST), behind everything it sent before.
    Close,
    /// A request.
    Request(CorrelationId, Request),
    /// Its answer.
    Response(CorrelationId, Response),
    /// A broker's request to the active controller.
    ToController(CorrelationId, ControllerRequest),
    /// Its answer.
    FromController(CorrelationId, ControllerResponse),
    /// A request of the quorum: votes, epochs, fetches of the metadata log.
    Raft(CorrelationId, RaftRequest),
    /// Its answer.
    RaftAnswer(CorrelationId, Box<RaftResponse<MetadataChange>>),
    /// The connection to a controller broke under a broker's request or one of the quorum, or under its answer.
    Unreachable(Channel, CorrelationId),
    /// A controller's end of every connection between two nodes is gone (RST).
    Reset,
}

/// Which of a node's connections to a controller: each kind of request has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A broker's requests to the active controller.
    Broker,
    /// The quorum's.
    Quorum,
}

/// Bytes of a message that is only TCP's.
const TCP_BYTES: usize = 40;

impl Payload {
    /// Bytes on the wire.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        match self {
            Payload::Connect
            | Payload::Connected
            | Payload::Refused
            | Payload::Close
            | Payload::Unreachable(..)
            | Payload::Reset => TCP_BYTES,
            Payload::Request(_, request) => request.size_in_bytes(),
            Payload::Response(_, response) => response.size_in_bytes(),
            Payload::ToController(_, request) => request.size_in_bytes(),
            Payload::FromController(_, response) => response.size_in_bytes(),
            Payload::Raft(_, request) => request.size_in_bytes(),
            Payload::RaftAnswer(_, response) => response.size_in_bytes(),
        }
    }
}

/// A message in flight.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// The connection that carries it; none to and from controllers.
    pub connection: Option<ConnectionId>,
    /// Who sent it.
    pub from: Endpoint,
    /// Who gets it.
    pub to: Endpoint,
    /// When its first byte left.
    pub sent_at: VirtualTime,
    /// When its last byte arrives; never, while it waits on a link that is cut.
    pub arrives_at: VirtualTime,
    /// What becomes of it then.
    pub(super) fate: Fate,
    /// Its size.
    pub size_in_bytes: u64,
    /// What it says.
    pub payload: Payload,
}

/// One direction of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lane {
    /// When the last byte of what was given to it so far is written.
    free_at: VirtualTime,
    /// When the last of it arrives.
    last_arrival: VirtualTime,
}

impl Lane {
    /// Gives it a message: when it arrives.
    fn carry(
        &mut self,
        now: VirtualTime,
        bytes: u64,
        (link, delay): (LinkSpec, VirtualTime),
        prng: &mut Prng,
    ) -> VirtualTime {
        let micros = u128::from(bytes) * 1_000_000 / u128::from(link.bandwidth_bytes_per_second.max(1));
        let transmission = VirtualTime(u64::try_from(micros).unwrap_or(u64::MAX));
        self.free_at = self.free_at.max(now) + transmission;
        let jitter = if link.jitter_us > 0 { prng.between(0, link.jitter_us) } else { 0 };
        let arrival = self.free_at + VirtualTime(link.latency_us + jitter) + delay;
        self.last_arrival = self.last_arrival.max(arrival);
        self.last_arrival
    }

    /// Gives it a message on a link that may be faulty: when it begins to leave, and when it arrives.
    pub(super) fn take(
        &mut self,
        now: VirtualTime,
        bytes: u64,
        (link, treatment): (LinkSpec, Treatment),
        prng: &mut Prng,
    ) -> (VirtualTime, VirtualTime) {
        if treatment.is_held {
            return (now, VirtualTime::NEVER);
        }
        let sent_at = self.free_at.max(now);
        (sent_at, self.carry(now, bytes, (link, treatment.delay), prng))
    }
}

/// A TCP connection from a client, or a broker as a client, to a broker.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// Who made it.
    pub client: Endpoint,
    /// Whom to.
    pub server: BrokerId,
    /// The client's end is open.
    pub client_open: bool,
    /// The server's end is open.
    pub server_open: bool,
    /// Both ends know that it stands.
    pub established: bool,
    /// A fault broke it.
    pub is_broken: bool,
    pub(super) link: LinkSpec,
    pub(super) to_server: Lane,
    pub(super) to_client: Lane,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// Connections and messages.
#[derive(Clone, Debug)]
pub struct Network {
    links: Links,
    pub(super) faults: LinkFaults,
    pub(super) names: BTreeMap<Endpoint, String>,
    pub(super) messages: BTreeMap<MessageId, Message>,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    /// Between controllers, and between them and brokers, by (from, to).
    pub(super) control_lanes: BTreeMap<(Endpoint, Endpoint), Lane>,
    next_message: u64,
    next_connection: u64,
    pub(super) prng: Prng,
}

impl Network {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let brokers = scenario.broker_ids().map(|id| (Endpoint::Broker(id), format!("broker-{id}")));
        let consumers = (0..).map(Endpoint::Consumer).zip(scenario.consumers.iter().map(|spec| spec.name.clone()));
        let controllers = scenario.controller_ids().map(|id| (Endpoint::Controller(id), format!("controller-{id}")));
        Self {
            links: scenario.links.clone(),
            faults: LinkFaults::new(scenario.seed),
            names: brokers.chain(consumers).chain(controllers).collect(),
            messages: BTreeMap::new(),
            connections: BTreeMap::new(),
            control_lanes: BTreeMap::new(),
            next_message: 0,
            next_connection: 0,
            prng: Prng::stream(scenario.seed, "network"),
        }
    }

    /// Tells the name of a producer session's producer.
    pub(super) fn name(&mut self, endpoint: Endpoint, name: String) {
        self.names.insert(endpoint, name);
    }

    /// What is in flight, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// The connections of which an end is open, oldest first.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values()
    }

    /// A connection, while an end of it is open.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    /// How far apart two nodes are.
    #[must_use]
    pub fn link(&self, a: Endpoint, b: Endpoint) -> LinkSpec {
        if let Some(link) = self.exceptional_link(a, b) {
            return link;
        }
        match (a, b) {
            (Endpoint::Controller(_) | Endpoint::Administrator, _)
            | (_, Endpoint::Controller(_) | Endpoint::Administrator) => self.links.controller,
            (Endpoint::Broker(_), Endpoint::Broker(_)) => self.links.broker,
            _ => self.links.client,
        }
    }

    /// The link of a pair that the scenario names; `controller` in it means every controller.
    fn exceptional_link(&self, a: Endpoint, b: Endpoint) -> Option<LinkSpec> {
        if self.links.between.is_empty() {
            return None;
        }
        let names = |endpoint| {
            let all = matches!(endpoint, Endpoint::Controller(_) | Endpoint::Administrator).then_some("controller");
            self.names.get(&endpoint).map(String::as_str).into_iter().chain(all)
        };
        names(a).flat_map(|a| names(b).map(move |b| (a, b))).find_map(|(a, b)| self.links.exception(a, b))
    }

    /// Begins a connection and sends the first packet.
    pub(super) fn connect(&mut self, now: VirtualTime, client: Endpoint, server: BrokerId) -> (ConnectionId, Flying) {
        let id = self.new_connection(client, server, false);
        let flying = self.send(now, id, Direction::ToServer, Payload::Connect).expect("the connection was just made");
        (id, flying)
    }

    /// A connection of an administrator, which stands from the start.
    pub(super) fn open_for_administrator(&mut self, server: BrokerId) -> ConnectionId {
        self.new_connection(Endpoint::Administrator, server, true)
    }

    fn new_connection(&mut self, client: Endpoint, server: BrokerId, established: bool) -> ConnectionId {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let connection = Connection {
            id,
            client,
            server,
            client_open: true,
            server_open: established,
            established,
            is_broken: false,
            link: self.link(client, Endpoint::Broker(server)),
            to_server: Lane::default(),
            to_client: Lane::default(),
        };
        self.connections.insert(id, connection);
        id
    }

    /// Sends a message on a connection; nothing if that is gone.
    pub(super) fn send(
        &mut self,
        now: VirtualTime,
        id: ConnectionId,
        direction: Direction,
        payload: Payload,
    ) -> Option<Flying> {
        let connection = self.connections.get_mut(&id)?;
        debug_assert!(
            connection.client_open || !matches!(payload, Payload::Request(..)),
            "nobody sends a request on a connection that it has closed"
        );
        let bytes = payload.size_in_bytes() as u64;
        let server = Endpoint::Broker(connection.server);
        let (lane, from, to) = match direction {
            Direction::ToServer => (&mut connection.to_server, connection.client, server),
            Direction::ToClient => (&mut connection.to_client, server, connection.client),
        };
        let treatment = treat(&mut self.faults, (&self.names, &self.messages), (from, to), &payload);
        let (sent_at, arrives_at) = lane.take(now, bytes, (connection.link, treatment), &mut self.prng);
        Some(self.put(Message {
            id: MessageId(0),
            connection: Some(id),
            from,
            to,
            sent_at,
            arrives_at,
            fate: treatment.fate,
            size_in_bytes: bytes,
            payload,
        }))
    }

    /// Sends a message between two controllers, or a controller and a broker.
    pub(super) fn send_control(&mut self, now: VirtualTime, from: Endpoint, to: Endpoint, payload: Payload) -> Flying {
        let link = self.link(from, to);
        let bytes = payload.size_in_bytes() as u64;
        let lane = self.control_lanes.entry((from, to)).or_default();
        let treatment = treat(&mut self.faults, (&self.names, &self.messages), (from, to), &payload);
        let (sent_at, arrives_at) = lane.take(now, bytes, (link, treatment), &mut self.prng);
        self.put(Message {
            id: MessageId(0),
            connection: None,
            from,
            to,
            sent_at,
            arrives_at,
            fate: treatment.fate,
            size_in_bytes: bytes,
            payload,
        })
    }

    fn put(&mut self, message: Message) -> Flying {
        let id = MessageId(self.next_message);
        self.next_message += 1;
        let flying = Flying { id, arrives_at: message.arrives_at };
        self.messages.insert(id, Message { id, ..message });
        flying
    }

    /// Takes a message off the wire.
    pub(super) fn take(&mut self, id: MessageId) -> Option<Message> {
        self.messages.remove(&id)
    }

    pub(super) fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    /// Forgets a connection once both ends are closed and nothing is on it.
    pub(super) fn maybe_forget(&mut self, id: ConnectionId) {
        let closed =
            self.connections.get(&id).is_some_and(|connection| !connection.client_open && !connection.server_open);
        if closed && !self.messages.values().any(|message| message.connection == Some(id)) {
            self.connections.remove(&id);
        }
    }
}

/// What a link does to a message. Of a cut one more than `HELD_UP_MAX` messages do not wait: their connections break.
fn treat(
    faults: &mut LinkFaults,
    (names, messages): (&BTreeMap<Endpoint, String>, &BTreeMap<MessageId, Message>),
    (from, to): (Endpoint, Endpoint),
    payload: &Payload,
) -> Treatment {
    let (false, Some(from_name), Some(to_name)) = (faults.is_empty(), names.get(&from), names.get(&to)) else {
        return Treatment::default();
    };
    let treatment = faults.treat(from_name, to_name, payload);
    let waits = |message: &&Message| (message.from, message.to, message.arrives_at) == (from, to, VirtualTime::NEVER);
    if treatment.is_held && messages.values().filter(waits).count() >= limits::HELD_UP_MAX {
        return Treatment { is_held: false, fate: Fate::Lost, ..treatment };
    }
    treatment
}

/// A message that was given to the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flying {
    pub(super) id: MessageId,
    pub(super) arrives_at: VirtualTime,
}
