//! A broker's life as the controller sees it (`BrokerLifecycleManager`): registration, heartbeats, and what a crash takes.
//!
//! A process that starts is unknown until it has registered, and the controller refuses it while the session of the process
//! before it runs. Then it is fenced until it has replayed the metadata up to its own registration. A crash takes the process's
//! memory; appended bytes stay.

use super::{Broker, Process, Sent};
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput, TimerKind};
use crate::engine::cluster::protocol::{
    ControllerRequest, ControllerResponse, CorrelationId, HeartbeatResponse, MetadataImage, MetadataUpdate,
};
use crate::engine::common::{KafkaError, Offset, VirtualTime};

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
        self.reopen_logs(now, out);
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

    /// Opens every log as the last process left it, with the high watermark that it had written to disk.
    fn reopen_logs(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            let high_watermark = self.checkpointed_high_watermark(id).unwrap_or(Offset(0));
            self.partition_mut(id).expect("its key was just listed").reopen(
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
                (Sent::Registration, ControllerRequest::Register { incarnation: self.incarnation })
            }
            Lifecycle::Registered { broker_epoch, .. } => {
                let metadata_offset = self.process.metadata.image().offset;
                (Sent::Heartbeat, ControllerRequest::Heartbeat { broker_epoch, metadata_offset })
            }
        };
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
        let Ok(HeartbeatResponse { is_fenced }) = result else {
            self.retry_later(now, out);
            return;
        };
        self.process.lifecycle = Lifecycle::Registered { broker_epoch, is_fenced, failures: 0 };
        if was_fenced && !is_fenced {
            out.events.push(BrokerEvent::Unfenced);
        }
        let interval = VirtualTime::from_ms(self.config.broker_heartbeat_interval_ms);
        let wait = if is_fenced { FENCED_HEARTBEAT.min(interval) } else { interval };
        self.schedule(now + wait, TimerKind::Lifecycle, out);
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
        self.schedule(retry_at, TimerKind::Lifecycle, out);
        retry_at
    }
}
