//! What is to come: tasks ordered by (time, sequence number). Two tasks of one time run in the order in which they were set.

use super::network::{Endpoint, MessageId};
use crate::engine::cluster::{BrokerTimer, QuorumTimer};
use crate::engine::common::{BrokerId, ControllerId, SessionId, VirtualTime};
use std::collections::BTreeMap;

/// Something to do at a time. Nothing is cancelled: a task that no longer matters does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A message arrives.
    Deliver(MessageId),
    /// A broker's timer fires.
    Broker(BrokerId, BrokerTimer),
    /// A controller's timer fires.
    Controller(ControllerId, QuorumTimer),
    /// A broker's copy of the metadata log, or its way to the controller, has something to look at.
    Observer(BrokerId),
    /// A producer's sender has something to look at.
    WakeProducer(SessionId),
    /// A producer's application has something to do: a send is due, or a wait is over.
    WakeApplication(SessionId),
    /// A producer's connections or metadata need a look.
    WakeClient(SessionId),
    /// A closing producer's time is over.
    CloseProducer(SessionId),
    /// A consumer has something to do.
    WakeConsumer(u32),
    /// A broker's or consumer's oldest request to a broker may have waited too long.
    CheckRequests(Endpoint, BrokerId),
}

/// The tasks to come.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    tasks: BTreeMap<(VirtualTime, u64), Task>,
    next_sequence: u64,
}

impl Scheduler {
    /// Sets a task. One that is set for the past runs now.
    pub(super) fn schedule(&mut self, at: VirtualTime, task: Task) {
        if at < VirtualTime::NEVER {
            self.tasks.insert((at, self.next_sequence), task);
            self.next_sequence += 1;
        }
    }

    /// When the next task is due.
    #[must_use]
    pub fn next_at(&self) -> Option<VirtualTime> {
        self.tasks.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next task if it is due at `upto` or before.
    pub(super) fn pop_due(&mut self, upto: VirtualTime) -> Option<(VirtualTime, Task)> {
        if self.next_at()? > upto {
            return None;
        }
        self.tasks.pop_first().map(|((at, _), task)| (at, task))
    }

    /// How many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether nothing is to come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_one_time_keep_their_order() {
        let mut scheduler = Scheduler::default();
        for (at, session) in [(5, 0), (3, 1), (5, 2), (3, 3)] {
            scheduler.schedule(VirtualTime(at), Task::WakeProducer(SessionId(session)));
        }
        scheduler.schedule(VirtualTime::NEVER, Task::WakeConsumer(0));
        let mut order = Vec::new();
        while let Some((_, Task::WakeProducer(session))) = scheduler.pop_due(VirtualTime(5)) {
            order.push(session.0);
        }
        assert_eq!(order, [1, 3, 0, 2]);
        assert!(scheduler.is_empty(), "what is due never is not kept");
    }
}
