//! A broker's life as the controller sees it (`BrokerLifecycleManager`): registration, heartbeats, stopping, and what a crash takes.
//!
//! A process that starts is unknown until it has registered, and the controller refuses it while the session of the process
//! before it runs. Then it is fenced until it has replayed the metadata up to its own registration. A crash takes the process's
//! memory; appended bytes stay. One that stops in order hands its leaderships over first, and leaves a file that says so: that is
//! how the controller knows, when the next process registers, that no log has lost its end.

use super::{Broker, Process, Sent};
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput, TimerKind};
use crate::engine::cluster::protocol::{
    ControllerRequest, ControllerResponse, CorrelationId, HeartbeatResponse, MetadataImage, MetadataUpdate,
};
use crate::engine::common::{KafkaError, Offset, VirtualTime};
use crate::engine::storage::Shutdown;

/// Where a process stands with the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lifecycle {
    /// It does not run.
    Down,
    /// It wants to be known.
    Registering {
        /// How often it has asked in vain.
        failures: u32,
    },
    /// It is known.
    Registered {
        broker_epoch: i64,
        is_fenced: bool,
        /// How many heartbeats in a row were in vain.
        failures: u32,
    },
}

/// A process that was asked to stop (`PENDING_CONTROLLED_SHUTDOWN`).
#[derive(Clone, Copy, Debug)]
pub(super) struct ControlledShutdown {
    /// The controller has said once that it must wait.
    was_answered: bool,
}

/// How soon a broker that wants to stop asks for the second time: 50 ms.
const SECOND_SHUTDOWN_HEARTBEAT: VirtualTime = VirtualTime(50_000);
/// How long a broker that wants to stop waits for the controller: 5 min.
const SHUTDOWN_TIMEOUT: VirtualTime = VirtualTime(300_000_000);
/// How soon a fenced broker's next heartbeat comes: 10 ms.
const FENCED_HEARTBEAT: VirtualTime = VirtualTime(10_000);
/// The first wait after a failure, doubled each time up to the session's length: 100 ms.
const RETRY_BASE_MS: i64 = 100;

impl Broker {
    /// Starts the process. With an image in which this very incarnation is registered and alive it runs at once: so a run
    /// begins. Without one it registers first: so it comes back from a crash. Does nothing if it runs.
    pub fn start(&mut self, now: VirtualTime, image: Option<&MetadataImage>, out: &mut BrokerOutput) {
        if self.is_up() {
            return;
        }
        self.incarnation += 1;
        let incarnation = self.incarnation;
        self.process = Process::down(self.config.clone());
        self.process.lifecycle = Lifecycle::Registering { failures: 0 };
        out.events.push(BrokerEvent::Started { incarnation });
        self.lose_what_the_disk_lost(now, out);
        self.reopen_logs(now, out);
        self.process.previous_broker_epoch = self.clean_shutdown_file.take();
        self.schedule_periodic_checks(now, out);
        let registration = image.and_then(|image| image.brokers.get(&self.id));
        match (image, registration) {
            (Some(image), Some(known)) if known.incarnation == incarnation && !known.is_fenced => {
                let broker_epoch = known.epoch;
                self.process.lifecycle = Lifecycle::Registered { broker_epoch, is_fenced: false, failures: 0 };
                self.update_metadata(now, MetadataUpdate::Image(image.clone()), out);
            }
            _ => {}
        }
        self.contact_controller(now, out);
    }

    /// The process dies: connections, waiting requests and all that it knew are gone. Its logs stay.
    pub fn crash(&mut self, _now: VirtualTime, out: &mut BrokerOutput) {
        if !self.is_up() {
            return;
        }
        self.process = Process::down(self.config.clone());
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            self.partition_mut(id).expect("its key was just listed").go_offline();
        }
        out.events.push(BrokerEvent::Crashed);
    }

    /// The process is asked to stop (SIGTERM): while it is alive and known it asks the controller to move what it leads, and stops when
    /// it may; else it stops at once. Does nothing if it is down or stops already.
    pub fn shut_down(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        if !self.is_up() || self.is_shutting_down() {
            return;
        }
        out.events.push(BrokerEvent::ShutdownBegun);
        if self.is_unfenced() {
            self.process.shutdown = Some(ControlledShutdown { was_answered: false });
            self.schedule(now + SHUTDOWN_TIMEOUT, TimerKind::ShutdownTimeout, out);
            self.contact_controller(now, out);
        } else {
            self.stop(now, out);
        }
    }

    /// The process ends in order: high watermarks and logs are written, and the file that says so.
    pub(super) fn stop(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        self.write_high_watermarks();
        self.clean_shutdown_file = Some(self.broker_epoch().unwrap_or(-1));
        self.process = Process::down(self.config.clone());
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            let replica = self.partition_mut(id).expect("its key was just listed");
            replica.flush(wall_clock);
            replica.go_offline();
        }
        out.events.push(BrokerEvent::Stopped);
        out.effects.push(BrokerEffect::Exit);
    }

    /// Opens every log as the last process left it, with the high watermark that it had written to disk.
    fn reopen_logs(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        let shutdown = if self.has_stopped_cleanly() { Shutdown::Clean } else { Shutdown::Crash };
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            let high_watermark = self.checkpointed_high_watermark(id).unwrap_or(Offset(0));
            self.partition_mut(id).expect("its key was just listed").reopen(
                shutdown,
                high_watermark,
                wall_clock,
                &mut out.events,
            );
        }
    }

    /// The epoch of its registration.
    pub(super) fn broker_epoch(&self) -> Option<i64> {
        match self.process.lifecycle {
            Lifecycle::Registered { broker_epoch, .. } => Some(broker_epoch),
            Lifecycle::Down | Lifecycle::Registering { .. } => None,
        }
    }

    /// Whether it knows the metadata up to its own registration; before that it reads no request.
    pub(super) fn is_caught_up(&self) -> bool {
        self.broker_epoch().is_some_and(|epoch| self.process.metadata.image().offset >= epoch)
    }

    /// Registers, or sends a heartbeat.
    pub(super) fn contact_controller(&mut self, _now: VirtualTime, out: &mut BrokerOutput) {
        let (sent, request) = match self.process.lifecycle {
            Lifecycle::Down => return,
            Lifecycle::Registering { .. } => {
                let previous_broker_epoch = self.process.previous_broker_epoch;
                (
                    Sent::Registration,
                    ControllerRequest::Register { incarnation: self.incarnation, previous_broker_epoch },
                )
            }
            Lifecycle::Registered { broker_epoch, .. } => {
                let metadata_offset = self.process.metadata.image().offset;
                let wants_shut_down = self.is_shutting_down();
                (Sent::Heartbeat, ControllerRequest::Heartbeat { broker_epoch, metadata_offset, wants_shut_down })
            }
        };
        self.process.next_contact = VirtualTime::NEVER;
        let correlation = self.next_correlation();
        self.process.sent.insert(correlation, sent);
        out.effects.push(BrokerEffect::SendToController { correlation, request });
    }

    /// The controller has answered a request of this broker.
    pub fn controller_answered(
        &mut self,
        now: VirtualTime,
        correlation: CorrelationId,
        response: ControllerResponse,
        out: &mut BrokerOutput,
    ) {
        match (self.process.sent.remove(&correlation), response) {
            (Some(Sent::Registration), ControllerResponse::Register(result)) => self.registered(now, result, out),
            (Some(Sent::Heartbeat), ControllerResponse::Heartbeat(result)) => self.heartbeat_answered(now, result, out),
            (Some(Sent::IsrProposals), ControllerResponse::AlterPartition(response)) => {
                self.isr_proposals_answered(now, &response, out);
            }
            (Some(Sent::ProducerIds), ControllerResponse::AllocateProducerIds(result)) => {
                self.producer_ids_answered(now, result, out);
            }
            (_, _) => {}
        }
        self.serve(now, out);
    }

    fn registered(&mut self, now: VirtualTime, result: Result<i64, KafkaError>, out: &mut BrokerOutput) {
        match result {
            Ok(broker_epoch) => {
                self.process.lifecycle = Lifecycle::Registered { broker_epoch, is_fenced: true, failures: 0 };
                out.events.push(BrokerEvent::Registered { broker_epoch });
                // The image may have come before the answer.
                self.apply_metadata(now, None, out);
                self.contact_controller(now, out);
            }
            Err(error) => {
                let retry_at = self.retry_later(now, out);
                out.events.push(BrokerEvent::RegistrationRefused { error, retry_at });
            }
        }
    }

    fn heartbeat_answered(
        &mut self,
        now: VirtualTime,
        result: Result<HeartbeatResponse, KafkaError>,
        out: &mut BrokerOutput,
    ) {
        let Lifecycle::Registered { broker_epoch, is_fenced: was_fenced, .. } = self.process.lifecycle else { return };
        let Ok(HeartbeatResponse { is_fenced, should_shut_down }) = result else {
            self.retry_later(now, out);
            return;
        };
        if should_shut_down && self.is_shutting_down() {
            self.stop(now, out);
            return;
        }
        self.process.lifecycle = Lifecycle::Registered { broker_epoch, is_fenced, failures: 0 };
        if was_fenced && !is_fenced {
            out.events.push(BrokerEvent::Unfenced);
        }
        let interval = VirtualTime::from_ms(self.config.broker_heartbeat_interval_ms);
        let is_first_answer = self.process.shutdown.is_some_and(|shutdown| !shutdown.was_answered);
        let wait = match self.process.shutdown {
            Some(_) if is_first_answer => SECOND_SHUTDOWN_HEARTBEAT.min(interval),
            None if is_fenced => FENCED_HEARTBEAT.min(interval),
            Some(_) | None => interval,
        };
        if is_first_answer {
            self.process.shutdown = Some(ControlledShutdown { was_answered: true });
        }
        self.schedule_contact(now + wait, out);
    }

    fn schedule_contact(&mut self, at: VirtualTime, out: &mut BrokerOutput) {
        self.process.next_contact = at;
        self.schedule(at, TimerKind::Lifecycle, out);
    }

    pub(super) fn controller_unreachable(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        self.retry_later(now, out);
    }

    /// Asks again after 100 ms × 2^failures, at most the session's length.
    fn retry_later(&mut self, now: VirtualTime, out: &mut BrokerOutput) -> VirtualTime {
        let (Lifecycle::Registering { failures } | Lifecycle::Registered { failures, .. }) =
            &mut self.process.lifecycle
        else {
            return VirtualTime::NEVER;
        };
        let wait_ms = RETRY_BASE_MS.saturating_mul(1 << (*failures).min(20));
        *failures += 1;
        let retry_at = now + VirtualTime::from_ms(wait_ms.min(self.config.broker_session_timeout_ms));
        self.schedule_contact(retry_at, out);
        retry_at
    }
}
