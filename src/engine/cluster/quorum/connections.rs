//! Whom a node waits for (`RequestManager`): one request at a time to each controller, a timeout, and a pause after a failure.

use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{ControllerId, VirtualTime};
use std::collections::BTreeMap;

/// The first wait before a connection is made again, in ms, and the longest.
const RECONNECT_BACKOFF_MS: i64 = 50;
const RECONNECT_BACKOFF_MAX_MS: i64 = 500;

/// A node's connections to controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Connections {
    /// Those that are not ready.
    busy: BTreeMap<ControllerId, Busy>,
    /// How often in a row nobody was there, where so it was.
    failures: BTreeMap<ControllerId, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    Awaiting { correlation: CorrelationId, until: VirtualTime },
    BackingOff { until: VirtualTime },
}

impl Connections {
    /// Whether a request may be sent: none is open, or it has been given up, and no pause is on.
    pub(super) fn is_ready(&self, now: VirtualTime, to: ControllerId) -> bool {
        match self.busy.get(&to) {
            None => true,
            Some(Busy::Awaiting { until, .. } | Busy::BackingOff { until }) => now >= *until,
        }
    }

    /// Whether something is open to anyone.
    pub(super) fn is_awaiting_any(&self, now: VirtualTime) -> bool {
        self.busy.values().any(|busy| matches!(busy, Busy::Awaiting { until, .. } if now < *until))
    }

    /// Whether the last request to a controller has failed or timed out.
    pub(super) fn has_failed(&self, now: VirtualTime, to: ControllerId) -> bool {
        match self.busy.get(&to) {
            None => false,
            Some(Busy::Awaiting { until, .. }) => now >= *until,
            Some(Busy::BackingOff { .. }) => true,
        }
    }

    pub(super) fn sent(&mut self, to: ControllerId, correlation: CorrelationId, until: VirtualTime) {
        self.busy.insert(to, Busy::Awaiting { correlation, until });
    }

    /// Takes an answer, or a failure, to be that of the open request. False: it came too late and means nothing any more.
    pub(super) fn take(&mut self, from: ControllerId, correlation: CorrelationId) -> bool {
        let is_open =
            matches!(self.busy.get(&from), Some(Busy::Awaiting { correlation: open, .. }) if *open == correlation);
        if is_open {
            self.busy.remove(&from);
        }
        is_open
    }

    /// A controller has answered.
    pub(super) fn heard_of(&mut self, from: ControllerId) {
        self.failures.remove(&from);
    }

    /// Nobody was there: how long to wait before another connection is tried (`reconnect.backoff.ms` of `KafkaRaftManager`, without the
    /// chance in it): 50 ms, twice as long after each failure in a row, up to 500 ms.
    pub(super) fn reconnect_backoff_ms(&mut self, to: ControllerId) -> i64 {
        let failures = self.failures.entry(to).or_default();
        let wait_ms = (RECONNECT_BACKOFF_MS << (*failures).min(8)).min(RECONNECT_BACKOFF_MAX_MS);
        *failures = failures.saturating_add(1);
        wait_ms
    }

    /// Takes whatever is open to a controller as failed. False: nothing is.
    pub(super) fn take_any(&mut self, from: ControllerId) -> bool {
        let is_open = matches!(self.busy.get(&from), Some(Busy::Awaiting { .. }));
        if is_open {
            self.busy.remove(&from);
        }
        is_open
    }

    pub(super) fn back_off(&mut self, to: ControllerId, until: VirtualTime) {
        self.busy.insert(to, Busy::BackingOff { until });
    }

    /// Forgets everything: what was asked in another state does not matter in this one.
    pub(super) fn reset(&mut self) {
        self.busy.clear();
    }

    /// When the next connection becomes ready by itself.
    pub(super) fn next_ready_at(&self, now: VirtualTime) -> Option<VirtualTime> {
        let times = self.busy.values().map(|busy| match busy {
            Busy::Awaiting { until, .. } | Busy::BackingOff { until } => *until,
        });
        times.filter(|until| *until > now).min()
    }
}
