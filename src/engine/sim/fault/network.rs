//! What cutting and healing a link does to the messages on it.

use super::link_faults::{LinkFaults, Treatment};
use crate::engine::cluster::protocol::ConnectionId;
use crate::engine::common::VirtualTime;
use crate::engine::sim::network::{Endpoint, Flying, Message, MessageId, Network, Payload};

impl Network {
    /// What is wrong with links.
    #[must_use]
    pub fn faults(&self) -> &LinkFaults {
        &self.faults
    }

    pub(super) fn faults_mut(&mut self) -> &mut LinkFaults {
        &mut self.faults
    }

    /// A message that is on its way, or waits.
    pub(super) fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id)
    }

    /// Takes a message that arrives. One that a cut held up arrives at another time than it was to.
    pub(in crate::engine::sim) fn take_due(&mut self, now: VirtualTime, id: MessageId) -> Option<Message> {
        if self.messages.get(&id)?.arrives_at <= now { self.take(id) } else { None }
    }

    /// Cuts one direction of a link: what is on its way waits.
    pub(super) fn cut(&mut self, now: VirtualTime, from: &str, to: &str) {
        self.faults.change_lane(from, to, |lane| lane.is_cut = true);
        for id in self.on_the_way(from, to) {
            let message = self.messages.get_mut(&id).expect("just listed");
            if message.arrives_at > now {
                message.arrives_at = VirtualTime::NEVER;
            }
        }
    }

    /// Makes a link whole, and sends what waits on it again.
    pub(super) fn heal(&mut self, now: VirtualTime, a: &str, b: &str) -> Vec<Flying> {
        self.faults.change(a, b, |link| *link = super::LinkFault::default());
        let mut waiting: Vec<MessageId> = self.on_the_way(a, b);
        waiting.extend(self.on_the_way(b, a));
        waiting.into_iter().filter_map(|id| self.send_again(now, id)).collect()
    }

    fn on_the_way(&self, from: &str, to: &str) -> Vec<MessageId> {
        let is = |endpoint: &Endpoint, name: &str| self.names.get(endpoint).is_some_and(|it| it == name);
        let on_the_way = self.messages.values().filter(|message| is(&message.from, from) && is(&message.to, to));
        on_the_way.map(|message| message.id).collect()
    }

    fn send_again(&mut self, now: VirtualTime, id: MessageId) -> Option<Flying> {
        let (from, to) = self.messages.get(&id).map(|message| (message.from, message.to))?;
        let link = self.link(from, to);
        let message = self.messages.get_mut(&id).filter(|message| message.arrives_at == VirtualTime::NEVER)?;
        let lane = match (message.connection, from, to) {
            (Some(connection), _, to) => {
                let connection = self.connections.get_mut(&connection)?;
                let to_server = to == Endpoint::Broker(connection.server) && from == connection.client;
                if to_server { &mut connection.to_server } else { &mut connection.to_client }
            }
            (None, from, to) => self.control_lanes.entry((from, to)).or_default(),
        };
        let treatment = Treatment::default();
        let (sent_at, arrives_at) = lane.take(now, message.size_in_bytes, (link, treatment), &mut self.prng);
        (message.sent_at, message.arrives_at) = (sent_at, arrives_at);
        Some(Flying { id, arrives_at })
    }

    /// Whether the first packet of a connection still waits on a cut link: then the other end has never heard of it.
    pub(in crate::engine::sim) fn was_never_heard_of(&self, id: ConnectionId) -> bool {
        !self.faults.is_empty()
            && self.connections.get(&id).is_some_and(|connection| !connection.server_open && !connection.established)
            && self.messages.values().any(|message| {
                message.connection == Some(id)
                    && message.arrives_at == VirtualTime::NEVER
                    && matches!(message.payload, Payload::Connect)
            })
    }

    /// Forgets a connection that the other end has never heard of.
    pub(in crate::engine::sim) fn abandon(&mut self, id: ConnectionId) {
        self.messages.retain(|_, message| message.connection != Some(id));
        self.connections.remove(&id);
    }

    /// Bytes that were sent on a connection to its server and that its process has not taken, with those on a cut link.
    pub(super) fn unread_bytes(&self, now: VirtualTime, id: ConnectionId) -> u64 {
        let Some(server) = self.connections.get(&id).map(|connection| Endpoint::Broker(connection.server)) else {
            return 0;
        };
        let waits = |message: &&Message| {
            let is_late = message.arrives_at <= now || message.arrives_at == VirtualTime::NEVER;
            message.connection == Some(id) && message.to == server && is_late
        };
        self.messages.values().filter(waits).map(|message| message.size_in_bytes).sum()
    }

    /// How many messages wait on one direction of a cut link.
    #[must_use]
    pub fn held_up(&self, from: &str, to: &str) -> usize {
        let waits = |id: &MessageId| self.messages[id].arrives_at == VirtualTime::NEVER;
        if self.faults.is_empty() { 0 } else { self.on_the_way(from, to).iter().filter(|id| waits(id)).count() }
    }
}
