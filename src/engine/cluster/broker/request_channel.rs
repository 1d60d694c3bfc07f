//! Connections and request handlers (`SocketServer`, `RequestChannel`): one request at a time on a connection.
//!
//! A request is read, its connection is muted, and it waits for a handler; the connection is read again when the answer has
//! left. So pipelining hides the network's delay, not the wait for replication. What has arrived on a connection is read even
//! if the other side has closed it meanwhile; only the answer has nowhere to go.

use crate::engine::cluster::protocol::{Api, ConnectionId, CorrelationId, Request};
use std::collections::{BTreeMap, VecDeque};

/// A request on its way through the broker.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) connection: ConnectionId,
    pub(super) correlation: CorrelationId,
    pub(super) request: Request,
}

/// All connections, the queue of read requests, and the handlers' work.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestChannel {
    connections: BTreeMap<ConnectionId, Connection>,
    /// Connections that may have something to read.
    readable: VecDeque<ConnectionId>,
    /// Requests that were read and wait for a handler.
    queue: VecDeque<Incoming>,
    /// Requests that a handler works on.
    handled: BTreeMap<ConnectionId, Incoming>,
}

#[derive(Clone, Debug)]
struct Connection {
    /// Arrived and not read.
    unread: VecDeque<(CorrelationId, Request)>,
    /// Read and not answered: the connection is muted.
    open: Option<(CorrelationId, Api)>,
    is_closed_by_peer: bool,
}

impl RequestChannel {
    /// A request has arrived.
    pub(super) fn arrive(&mut self, incoming: Incoming) {
        let Incoming { connection, correlation, request } = incoming;
        let new = || Connection { unread: VecDeque::new(), open: None, is_closed_by_peer: false };
        self.connections.entry(connection).or_insert_with(new).unread.push_back((correlation, request));
        self.readable.push_back(connection);
    }

    /// Reads one request from a connection that is not muted. It waits for a handler from now on.
    pub(super) fn read_next(&mut self) -> Option<(ConnectionId, CorrelationId, Api)> {
        while let Some(id) = self.readable.pop_front() {
            let Some(connection) = self.connections.get_mut(&id).filter(|connection| connection.open.is_none()) else {
                continue;
            };
            if let Some((correlation, request)) = connection.unread.pop_front() {
                let api = request.api();
                connection.open = Some((correlation, api));
                self.queue.push_back(Incoming { connection: id, correlation, request });
                return Some((id, correlation, api));
            }
            if connection.is_closed_by_peer {
                self.connections.remove(&id);
            }
        }
        None
    }

    /// The request that has waited longest, if fewer than `handlers` are at work.
    pub(super) fn take_next(&mut self, handlers: usize) -> Option<Incoming> {
        if self.handled.len() < handlers { self.queue.pop_front() } else { None }
    }

    /// A handler works on this request until it is [`RequestChannel::finished`].
    pub(super) fn work_on(&mut self, incoming: Incoming) {
        self.handled.insert(incoming.connection, incoming);
    }

    /// The request of this connection that a handler has worked on.
    pub(super) fn finished(&mut self, connection: ConnectionId) -> Option<Incoming> {
        self.handled.remove(&connection)
    }

    /// The answer leaves: the connection is read again. Says what was open, and whether there is still someone to answer.
    pub(super) fn unmute(&mut self, id: ConnectionId, correlation: CorrelationId) -> Option<(Api, HasPeer)> {
        let connection = self.connections.get_mut(&id)?;
        let (_, api) = connection.open.take_if(|(open, _)| *open == correlation)?;
        self.readable.push_back(id);
        Some((api, HasPeer(!connection.is_closed_by_peer)))
    }

    /// The broker closes a connection: what was not read is gone.
    pub(super) fn close(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// The other side has closed it.
    pub(super) fn closed_by_peer(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.is_closed_by_peer = true;
            self.readable.push_back(id);
        }
    }

    /// How many requests have arrived and are not answered, over all connections.
    pub(super) fn open_requests(&self) -> usize {
        self.connections
            .values()
            .map(|connection| connection.unread.len() + usize::from(connection.open.is_some()))
            .sum()
    }
}

/// Whether an answer has somewhere to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HasPeer(pub(super) bool);

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(channel: &mut RequestChannel, connection: u64, correlation: u64) {
        channel.arrive(Incoming {
            connection: ConnectionId(connection),
            correlation: CorrelationId(correlation),
            request: Request::Metadata,
        });
    }

    fn read(channel: &mut RequestChannel) -> Vec<(u64, u64)> {
        std::iter::from_fn(|| channel.read_next())
            .map(|(connection, correlation, _)| (connection.0, correlation.0))
            .collect()
    }

    #[test]
    fn one_request_at_a_time_on_a_connection_in_order_of_arrival() {
        let mut channel = RequestChannel::default();
        for (connection, correlation) in [(1, 10), (1, 11), (2, 20), (1, 12)] {
            arrive(&mut channel, connection, correlation);
        }
        assert_eq!(read(&mut channel), [(1, 10), (2, 20)]);
        assert!(channel.unmute(ConnectionId(1), CorrelationId(99)).is_none(), "not the open one");
        assert_eq!(channel.unmute(ConnectionId(1), CorrelationId(10)), Some((Api::Metadata, HasPeer(true))));
        assert_eq!(read(&mut channel), [(1, 11)]);
        assert_eq!(channel.open_requests(), 3);
    }

    #[test]
    fn no_more_requests_are_handled_than_there_are_handlers() {
        let mut channel = RequestChannel::default();
        (1..=3).for_each(|connection| arrive(&mut channel, connection, 0));
        read(&mut channel);
        for _ in 0..2 {
            let taken = channel.take_next(2).expect("a handler is free");
            channel.work_on(taken);
        }
        assert!(channel.take_next(2).is_none());
        assert!(channel.finished(ConnectionId(1)).is_some());
        assert_eq!(channel.take_next(2).map(|incoming| incoming.connection), Some(ConnectionId(3)));
    }

    #[test]
    fn what_arrived_before_the_peer_closed_is_still_read() {
        let mut channel = RequestChannel::default();
        arrive(&mut channel, 1, 10);
        arrive(&mut channel, 1, 11);
        read(&mut channel);
        channel.closed_by_peer(ConnectionId(1));
        assert_eq!(channel.unmute(ConnectionId(1), CorrelationId(10)), Some((Api::Metadata, HasPeer(false))));
        assert_eq!(read(&mut channel), [(1, 11)]);
        channel.close(ConnectionId(1));
        assert!(channel.unmute(ConnectionId(1), CorrelationId(11)).is_none());
    }
}
