//! Faults of a controller's process, carried out. Its disk is sound: log, epoch and vote outlive a crash.

use crate::engine::cluster::QuorumController;
use crate::engine::common::ControllerId;
use crate::engine::sim::command::CommandError;
use crate::engine::sim::network::{Endpoint, Payload};
use crate::engine::sim::state::State;

impl State {
    /// Whether a controller's process runs, or not, as it should.
    pub(super) fn ensure_controller(&self, controller: ControllerId, is_up: bool) -> Result<(), CommandError> {
        let words = if is_up { "is down" } else { "is running" };
        let up = self.controller(controller).is_some_and(QuorumController::is_up);
        self.ensure_so(up == is_up, || format!("controller {controller} {words}"))
    }

    /// Whether a controller's process is frozen, or not, as it should be. It must be running.
    pub(super) fn ensure_controller_frozen(
        &self,
        controller: ControllerId,
        is_frozen: bool,
    ) -> Result<(), CommandError> {
        self.ensure_controller(controller, true)?;
        let words = if is_frozen { "is not frozen" } else { "is frozen" };
        let stands = self.faults.frozen_since(Endpoint::Controller(controller)).is_some();
        self.ensure_so(stands == is_frozen, || format!("controller {controller} {words}"))
    }

    /// Kills a controller's process: its connections break. What waited for a frozen one finds nobody.
    pub(super) fn crash_controller(&mut self, id: ControllerId) {
        let from = Endpoint::Controller(id);
        let waiting = self.take_waiting(from);
        self.drive_controller(id, QuorumController::crash);
        let controllers = self.scenario.controller_ids().filter(|other| *other != id).map(Endpoint::Controller);
        let all: Vec<Endpoint> = controllers.chain(self.scenario.broker_ids().map(Endpoint::Broker)).collect();
        for to in all {
            self.send_control(from, to, Payload::Reset);
        }
        waiting.into_iter().for_each(|task| self.run_task(task));
    }

    /// Starts a controller that is down.
    pub(super) fn restart_controller(&mut self, id: ControllerId) {
        self.drive_controller(id, QuorumController::start);
    }

    /// Every controller runs.
    pub(super) fn heal_controllers(&mut self) {
        for id in self.scenario.controller_ids() {
            if !self.controller(id).is_some_and(QuorumController::is_up) {
                self.restart_controller(id);
            }
            self.thaw(Endpoint::Controller(id));
        }
    }
}
