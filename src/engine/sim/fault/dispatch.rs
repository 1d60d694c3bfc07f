//! Which fault is possible now, and which function carries it out. Flat: one call an arm.

use crate::engine::sim::command::{Command, CommandError};
use crate::engine::sim::network::Endpoint;
use crate::engine::sim::state::State;

impl State {
    /// Whether a fault is possible now. Its names and ranges are checked.
    pub(in crate::engine::sim) fn ensure_fault_possible(&self, command: &Command) -> Result<(), CommandError> {
        match command {
            Command::CrashBroker { broker } | Command::CutPower { broker } => self.ensure_broker(*broker, true),
            Command::RestartBroker { broker } | Command::RestartBrokerWithoutDisk { broker } => {
                self.ensure_broker(*broker, false)
            }
            Command::FreezeBroker { broker } => self.ensure_frozen(*broker, false),
            Command::ThawBroker { broker } => self.ensure_frozen(*broker, true),
            Command::CrashController { controller } => self.ensure_controller(*controller, true),
            Command::RestartController { controller } => self.ensure_controller(*controller, false),
            Command::FreezeController { controller } => self.ensure_controller_frozen(*controller, false),
            Command::ThawController { controller } => self.ensure_controller_frozen(*controller, true),
            Command::SlowDisk { broker, factor } => self.ensure_disk(*broker, *factor),
            Command::RestoreDisk { broker } => self.ensure_disk(*broker, 1),
            Command::StallFollower { broker } => self.ensure_stalled(*broker, false),
            Command::ResumeFollower { broker } => self.ensure_stalled(*broker, true),
            Command::CutLink { a, b, way } => self.ensure_can_cut(a, b, *way),
            Command::HealLink { a, b } => self.ensure_can_heal(a, b),
            Command::HealNetwork => self.ensure_can_heal_network(),
            Command::LoseResponse { producer, broker } => self.ensure_can_lose(producer, *broker),
            Command::KillProducer { producer } => self.ensure_runs(producer, true),
            Command::RestartProducer { producer } => self.ensure_runs(producer, false),
            Command::Resend { producer, record } => self.ensure_can_resend(producer, *record),
            _ => Ok(()),
        }
    }

    /// Carries out a fault that is possible.
    pub(in crate::engine::sim) fn carry_out_fault(&mut self, command: &Command) {
        match command {
            Command::CrashBroker { broker } => self.crash_broker(*broker),
            Command::CutPower { broker } => self.cut_power(*broker),
            Command::RestartBroker { broker } => self.restart_broker(*broker),
            Command::RestartBrokerWithoutDisk { broker } => self.restart_broker_without_disk(*broker),
            Command::FreezeBroker { broker } => self.freeze(Endpoint::Broker(*broker)),
            Command::ThawBroker { broker } => self.thaw(Endpoint::Broker(*broker)),
            Command::CrashController { controller } => self.crash_controller(*controller),
            Command::RestartController { controller } => self.restart_controller(*controller),
            Command::FreezeController { controller } => self.freeze(Endpoint::Controller(*controller)),
            Command::ThawController { controller } => self.thaw(Endpoint::Controller(*controller)),
            Command::SlowDisk { broker, factor } => self.slow_disk(*broker, *factor),
            Command::RestoreDisk { broker } => self.slow_disk(*broker, 1),
            Command::StallFollower { broker } => self.stall_follower(*broker),
            Command::ResumeFollower { broker } => self.resume_follower(*broker),
            Command::CutLink { a, b, way } => self.cut_link(a, b, *way),
            Command::HealLink { a, b } => self.heal_link(a, b),
            Command::DelayLink { a, b, delay_us } => self.delay_link(a, b, *delay_us),
            Command::LosePackets { a, b, per_mille } => self.lose_packets(a, b, *per_mille),
            Command::DropMessages { from, to, next, per_mille } => self.drop_messages(from, to, *next, *per_mille),
            Command::DuplicateMessages { from, to, next } => self.duplicate_messages(from, to, *next),
            Command::LoseResponse { producer, broker } => self.lose_response(producer, *broker),
            Command::PartitionNetwork { groups } => self.partition_network(groups),
            Command::HealNetwork => self.heal_network(),
            Command::KillProducer { producer } => self.kill_producer(producer),
            Command::RestartProducer { producer } => self.restart_producer(producer),
            Command::Resend { producer, record } => self.resend(producer, *record),
            Command::Heal => self.heal(),
            other => unreachable!("{other:?} is no fault"),
        }
    }
}
