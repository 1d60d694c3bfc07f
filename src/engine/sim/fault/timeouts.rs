//! Requests of brokers and consumers that stay without an answer: `request.timeout.ms` and its likes (`NetworkClient`).
//!
//! In a sound cluster every answer comes in time, so nobody watches. From the first fault on that can swallow one, each connection
//! with something open is looked at when the time of its oldest request is over; if that has no answer, the connection is closed.
//! Producers keep their time themselves (`producer::sender`, `step_client`).

use crate::engine::common::{BrokerId, VirtualTime};
use crate::engine::sim::network::Endpoint;
use crate::engine::sim::scheduler::Task;
use crate::engine::sim::state::State;
use crate::engine::sim::step_broker::Peer;

impl State {
    /// From now on somebody's request may stay without an answer.
    pub(in crate::engine::sim) fn watch_requests(&mut self) {
        if self.faults.watches_requests {
            return;
        }
        self.faults.watches_requests = true;
        let brokers = self.peers.keys().map(|(from, to)| (Endpoint::Broker(*from), *to));
        let consumers = (0..).zip(&self.consumers);
        let consumers = consumers.flat_map(|(at, node)| node.peers.keys().map(move |to| (Endpoint::Consumer(at), *to)));
        let all: Vec<(Endpoint, BrokerId)> = brokers.chain(consumers).collect();
        all.into_iter().for_each(|(owner, to)| self.watch(owner, to));
    }

    /// Sets the time of the next look at a connection, if requests are watched and no look is set.
    pub(in crate::engine::sim) fn watch(&mut self, owner: Endpoint, to: BrokerId) {
        if !self.faults.watches_requests {
            return;
        }
        let Some(deadline) = self.peer(owner, to).filter(|peer| !peer.is_watched).map(|it| self.deadline(owner, it))
        else {
            return;
        };
        if deadline < VirtualTime::NEVER {
            self.peer_mut(owner, to).expect("found above").is_watched = true;
            self.scheduler.schedule(deadline, Task::CheckRequests(owner, to));
        }
    }

    /// Closes a connection whose oldest request has waited too long, or looks again later.
    pub(in crate::engine::sim) fn check_requests(&mut self, owner: Endpoint, to: BrokerId) {
        let Some(peer) = self.peer_mut(owner, to) else { return };
        peer.is_watched = false;
        let connection = peer.connection;
        if self.peer(owner, to).is_some_and(|peer| self.deadline(owner, peer) > self.now) {
            self.watch(owner, to);
            return;
        }
        self.close_client_end(connection);
        match owner {
            Endpoint::Broker(from) => self.peer_disconnected(from, to, connection),
            Endpoint::Consumer(index) => self.consumer_disconnected(index, to, connection),
            Endpoint::Session(_) | Endpoint::Controller(_) | Endpoint::Administrator => {}
        }
    }

    /// When a connection's patience ends: of the attempt to make it, or of its oldest request.
    fn deadline(&self, owner: Endpoint, peer: &Peer) -> VirtualTime {
        let (request_ms, setup_ms) = match owner {
            Endpoint::Consumer(index) => {
                let config = &self.scenario.consumers[index as usize].config;
                (config.request_timeout_ms, config.socket_connection_setup_timeout_ms)
            }
            _ => (self.broker_config.replica_socket_timeout_ms, self.broker_config.socket_connection_setup_timeout_ms),
        };
        if !peer.is_established {
            return peer.begun_at + VirtualTime::from_ms(setup_ms);
        }
        let oldest = peer.open.iter().map(|(_, asked_at)| *asked_at).min();
        oldest.map_or(VirtualTime::NEVER, |asked_at| asked_at + VirtualTime::from_ms(request_ms))
    }

    fn peer(&self, owner: Endpoint, to: BrokerId) -> Option<&Peer> {
        match owner {
            Endpoint::Broker(from) => self.peers.get(&(from, to)),
            Endpoint::Consumer(index) => self.consumers.get(index as usize)?.peers.get(&to),
            Endpoint::Session(_) | Endpoint::Controller(_) | Endpoint::Administrator => None,
        }
    }

    fn peer_mut(&mut self, owner: Endpoint, to: BrokerId) -> Option<&mut Peer> {
        match owner {
            Endpoint::Broker(from) => self.peers.get_mut(&(from, to)),
            Endpoint::Consumer(index) => {
                std::sync::Arc::make_mut(self.consumers.get_mut(index as usize)?).peers.get_mut(&to)
            }
            Endpoint::Session(_) | Endpoint::Controller(_) | Endpoint::Administrator => None,
        }
    }
}
