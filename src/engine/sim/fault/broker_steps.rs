//! Faults of a broker's process and disk, carried out.

use super::Frozen;
use crate::engine::common::{BrokerId, limits};
use crate::engine::sim::command::CommandError;
use crate::engine::sim::network::{Endpoint, Payload};
use crate::engine::sim::scheduler::Task;
use crate::engine::sim::state::State;

impl State {
    /// Whether a broker's process is frozen, or not, as it should be. It must be running.
    pub(in crate::engine::sim) fn ensure_frozen(&self, broker: BrokerId, is_frozen: bool) -> Result<(), CommandError> {
        self.ensure_broker(broker, true)?;
        let words = if is_frozen { "is not frozen" } else { "is frozen" };
        self.ensure_so(self.faults.frozen_since(Endpoint::Broker(broker)).is_some() == is_frozen, || {
            format!("broker {broker} {words}")
        })
    }

    /// Whether a broker's fetchers are stalled, or not, as it should be. It must be running.
    pub(in crate::engine::sim) fn ensure_stalled(
        &self,
        broker: BrokerId,
        is_stalled: bool,
    ) -> Result<(), CommandError> {
        self.ensure_broker(broker, true)?;
        let stands = is_stalled && self.faults.frozen_since(Endpoint::Broker(broker)).is_some();
        self.ensure_so(!stands, || format!("broker {broker} is frozen; thaw it first"))?;
        let words = if is_stalled { "is not stalled" } else { "is stalled already" };
        let stalled = self.broker(broker).is_some_and(crate::engine::cluster::Broker::is_stalled);
        self.ensure_so(stalled == is_stalled, || format!("broker {broker} {words}"))
    }

    /// Whether a broker's disk is slow, or can be made so.
    pub(in crate::engine::sim) fn ensure_disk(&self, broker: BrokerId, wanted: u32) -> Result<(), CommandError> {
        let factor = self.broker(broker).map_or(1, crate::engine::cluster::Broker::disk_factor);
        let words = if wanted == 1 { "is not slow".to_string() } else { format!("is {factor} times slower already") };
        self.ensure_so(factor != wanted, || format!("the disk of broker {broker} {words}"))
    }

    pub(in crate::engine::sim) fn ensure_so(
        &self,
        is_so: bool,
        text: impl FnOnce() -> String,
    ) -> Result<(), CommandError> {
        if is_so { Ok(()) } else { Err(CommandError::AlreadySo(text())) }
    }

    /// Cuts the power of a broker's machine.
    pub(in crate::engine::sim) fn cut_power(&mut self, broker: BrokerId) {
        self.crash_broker(broker);
        self.broker_mut(broker).lose_page_cache();
    }

    pub(in crate::engine::sim) fn restart_broker_without_disk(&mut self, broker: BrokerId) {
        self.broker_mut(broker).replace_disk();
        self.restart_broker(broker);
    }

    /// Stops a process: what comes to it waits.
    pub(in crate::engine::sim) fn freeze(&mut self, process: Endpoint) {
        self.faults.frozen.insert(process, Frozen { since: self.now, waiting: Vec::new() });
        self.watch_requests();
    }

    /// Lets a frozen process go on: it takes what waits, in the order in which it came.
    pub(in crate::engine::sim) fn thaw(&mut self, process: Endpoint) {
        for task in self.take_waiting(process) {
            self.run_task(task);
        }
        self.empty_sockets();
    }

    /// A process that stands still does so no more: what waited for it.
    pub(in crate::engine::sim) fn take_waiting(&mut self, process: Endpoint) -> Vec<Task> {
        self.faults.frozen.remove(&process).map(|frozen| frozen.waiting).unwrap_or_default()
    }

    /// Keeps a task for later if it is one of a frozen process; says whether it did.
    pub(in crate::engine::sim) fn is_held_up(&mut self, task: Task) -> bool {
        if self.faults.frozen.is_empty() {
            return false;
        }
        let Some(frozen) = self.whose(task).and_then(|process| self.faults.frozen.get_mut(&process)) else {
            return false;
        };
        let is_full = frozen.waiting.len() >= limits::HELD_UP_MAX;
        match task {
            Task::Deliver(id) if is_full && self.network.message(id).is_some_and(|it| it.connection.is_some()) => {
                self.refuse_message(id);
            }
            task => frozen.waiting.push(task),
        }
        true
    }

    /// The broker or controller whose process does this task.
    fn whose(&self, task: Task) -> Option<Endpoint> {
        match task {
            Task::Broker(broker, _) | Task::Observer(broker) => Some(Endpoint::Broker(broker)),
            Task::Controller(controller, _) => Some(Endpoint::Controller(controller)),
            Task::CheckRequests(owner @ Endpoint::Broker(_), _) => Some(owner),
            Task::Deliver(id) => {
                let message = self.network.message(id).filter(|message| message.arrives_at <= self.now)?;
                match (message.to, &message.payload) {
                    // The machine's kernel accepts connections.
                    (_, Payload::Connect) => None,
                    (process @ (Endpoint::Broker(_) | Endpoint::Controller(_)), _) => Some(process),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(in crate::engine::sim) fn slow_disk(&mut self, broker: BrokerId, factor: u32) {
        self.broker_mut(broker).set_disk_factor(factor);
        self.watch_requests();
    }

    pub(in crate::engine::sim) fn stall_follower(&mut self, broker: BrokerId) {
        self.broker_mut(broker).stall_fetchers();
    }

    pub(in crate::engine::sim) fn resume_follower(&mut self, broker: BrokerId) {
        self.drive_broker(broker, |it, now, out| it.resume_fetchers(now, out));
    }

    /// Ends every fault that can be ended.
    pub(in crate::engine::sim) fn heal(&mut self) {
        self.heal_network();
        self.heal_controllers();
        for broker in self.scenario.broker_ids().collect::<Vec<_>>() {
            if self.broker(broker).is_some_and(|it| it.disk_factor() > 1) {
                self.slow_disk(broker, 1);
            }
            if !self.is_up(broker) {
                self.restart_broker(broker);
            }
            self.thaw(Endpoint::Broker(broker));
            if self.broker(broker).is_some_and(crate::engine::cluster::Broker::is_stalled) {
                self.resume_follower(broker);
            }
        }
    }
}
