//! Brokers as the controller knows them (`BrokerHeartbeatManager`, `ClusterControlManager`): registered, alive, stopping, fenced.
//!
//! The rule it keeps: what it knows of a broker is what the broker's last message said. A silent broker is fenced when its
//! session has run out, one at a time; one that comes back must first know the metadata up to its own registration; one whose
//! process before died, rather than stopped, may have lost the end of its logs, so it leaves ISR and ELR.

use super::election::Wanted;
use super::{Controller, Session};
use crate::engine::cluster::event::ControllerEvent;
use crate::engine::cluster::output::{ControllerEffect, ControllerOutput, ControllerTimer};
use crate::engine::cluster::protocol::{BrokerRegistration, HeartbeatResponse, MetadataDelta};
use crate::engine::common::{BrokerId, KafkaError, VirtualTime};

/// Where a heartbeat leaves a broker (`BrokerControlState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrokerControlState {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

/// What a heartbeat says, and what is known beside it.
#[derive(Clone, Copy, Debug)]
struct Heartbeat {
    registration: BrokerRegistration,
    wants_shut_down: bool,
    knows_its_registration: bool,
    has_leaderships: bool,
    /// Every active broker knows of the change that began its controlled shutdown.
    others_know: bool,
}

impl Heartbeat {
    /// `BrokerHeartbeatManager.calculateNextBrokerState`:
    ///
    /// | the broker is          | wants to stop | and                             | then |
    /// |------------------------|---------------|---------------------------------|------|
    /// | fenced                 | yes           | -                               | it may stop |
    /// | fenced                 | no            | it knows its registration       | unfenced |
    /// | fenced                 | no            | it does not                     | fenced |
    /// | unfenced               | no            | -                               | unfenced |
    /// | unfenced               | yes           | it leads something              | controlled shutdown |
    /// | unfenced               | yes           | it leads nothing                | it may stop |
    /// | in controlled shutdown | -             | it leads something              | controlled shutdown |
    /// | in controlled shutdown | -             | not every active broker knows   | controlled shutdown |
    /// | in controlled shutdown | -             | they know                       | it may stop |
    fn next_state(self) -> BrokerControlState {
        if self.registration.is_fenced {
            return match (self.wants_shut_down, self.knows_its_registration) {
                (true, _) => BrokerControlState::ShutdownNow,
                (false, true) => BrokerControlState::Unfenced,
                (false, false) => BrokerControlState::Fenced,
            };
        }
        if self.registration.in_controlled_shutdown {
            let may_stop = !self.has_leaderships && self.others_know;
            return if may_stop { BrokerControlState::ShutdownNow } else { BrokerControlState::ControlledShutdown };
        }
        match (self.wants_shut_down, self.has_leaderships) {
            (false, _) => BrokerControlState::Unfenced,
            (true, true) => BrokerControlState::ControlledShutdown,
            (true, false) => BrokerControlState::ShutdownNow,
        }
    }
}

impl Controller {
    /// A broker's process wants to be known. `previous_broker_epoch`: what its clean shutdown file says.
    pub(super) fn register(
        &mut self,
        now: VirtualTime,
        broker: BrokerId,
        (incarnation, previous_broker_epoch): (u32, Option<i64>),
        out: &mut ControllerOutput,
    ) -> Result<i64, KafkaError> {
        let known = self.image.brokers.get(&broker).copied();
        if known.is_some_and(|known| self.is_in_the_way(broker, known, incarnation)) {
            return Err(KafkaError::DuplicateBrokerRegistration);
        }
        let is_another = known.is_some_and(|known| known.incarnation != incarnation);
        let is_clean = known.is_some_and(|known| previous_broker_epoch == Some(known.epoch));
        let changes = match (is_another, is_clean) {
            (true, false) => self.crashed(broker, out),
            (true, true) => self.leaving(broker),
            (false, _) => Vec::new(),
        };
        let epoch = self.image.offset + 1;
        let brokers = vec![(broker, BrokerRegistration::new(incarnation, epoch))];
        self.write(MetadataDelta { brokers, ..self.next_delta() }, changes, out);
        self.sessions.insert(broker, Session { last_contact: Some(now), ..Session::NEW });
        out.events.push(ControllerEvent::BrokerRegistered { broker, broker_epoch: epoch });
        self.schedule_session_check(now, out);
        Ok(epoch)
    }

    /// Whether another process of this broker has a session that runs, and does not stop.
    fn is_in_the_way(&self, broker: BrokerId, known: BrokerRegistration, incarnation: u32) -> bool {
        let has_session = self.sessions.get(&broker).is_some_and(|session| session.last_contact.is_some());
        has_session && known.incarnation != incarnation && !known.in_controlled_shutdown
    }

    /// A process died and another one registers: what it had may be incomplete. With ELR on it leaves ISR and ELR; without,
    /// the ISR, unless it is its last member.
    fn crashed(&self, broker: BrokerId, out: &mut ControllerOutput) -> Vec<super::Change> {
        if self.image.broker_config.elr_version == 0 {
            return self.leaving(broker);
        }
        out.events.push(ControllerEvent::UncleanShutdownDetected { broker });
        self.changes_where(Wanted { crashed: Some(broker), ..Wanted::default() }, |_, partition| {
            partition.isr.contains(&broker) || partition.elr.contains(&broker)
        })
    }

    /// What changes when a broker leaves every ISR and leads nothing any more.
    fn leaving(&self, broker: BrokerId) -> Vec<super::Change> {
        let wanted = Wanted { leaving: Some(broker), ..Wanted::default() };
        self.changes_where(wanted, |_, partition| partition.isr.contains(&broker))
    }

    pub(super) fn heartbeat(
        &mut self,
        now: VirtualTime,
        broker: BrokerId,
        (broker_epoch, metadata_offset, wants_shut_down): (i64, i64, bool),
        out: &mut ControllerOutput,
    ) -> Result<HeartbeatResponse, KafkaError> {
        let registration = *self.image.brokers.get(&broker).ok_or(KafkaError::BrokerIdNotRegistered)?;
        if registration.epoch != broker_epoch {
            return Err(KafkaError::StaleBrokerEpoch);
        }
        let before = self.sessions.get(&broker).copied().unwrap_or(Session::NEW);
        let heartbeat = Heartbeat {
            registration,
            wants_shut_down,
            knows_its_registration: metadata_offset >= registration.epoch,
            has_leaderships: self.image.partitions().any(|(_, partition)| partition.leader == Some(broker)),
            others_know: before.shutdown_offset.is_none_or(|offset| offset <= self.lowest_active_offset()),
        };
        let last_contact = Some(now);
        self.sessions.insert(broker, Session { last_contact, metadata_offset, ..before });
        let next = heartbeat.next_state();
        self.move_broker(now, broker, registration, next, out);
        Ok(HeartbeatResponse {
            is_fenced: matches!(next, BrokerControlState::Fenced | BrokerControlState::ShutdownNow),
            should_shut_down: next == BrokerControlState::ShutdownNow,
        })
    }

    fn move_broker(
        &mut self,
        now: VirtualTime,
        broker: BrokerId,
        registration: BrokerRegistration,
        next: BrokerControlState,
        out: &mut ControllerOutput,
    ) {
        match next {
            BrokerControlState::Unfenced if registration.is_fenced => {
                self.unfence(broker, registration, out);
                self.schedule_session_check(now, out);
            }
            BrokerControlState::ControlledShutdown if !registration.in_controlled_shutdown => {
                self.enter_controlled_shutdown(broker, registration, out);
            }
            BrokerControlState::ShutdownNow => {
                if let Some(session) = self.sessions.get_mut(&broker) {
                    session.last_contact = None;
                }
                if !registration.is_fenced {
                    out.events.push(ControllerEvent::ShutdownGranted { broker });
                    self.fence(broker, registration, out);
                }
            }
            _ => {}
        }
    }

    /// The smallest offset that an active broker has said to have replayed; the largest number if none is active.
    fn lowest_active_offset(&self) -> i64 {
        let active = self.sessions.iter().filter(|(broker, _)| self.image.is_active(**broker));
        active.map(|(_, session)| session.metadata_offset).min().unwrap_or(i64::MAX)
    }

    /// Fences the broker that has been silent longest, if its session has run out.
    pub(super) fn check_sessions(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        if now < self.periodic.check_sessions {
            return;
        }
        self.periodic.check_sessions = VirtualTime::NEVER;
        let stale = self.oldest_contact().filter(|(contact, _)| now >= *contact + self.session_timeout());
        if let Some((_, broker)) = stale {
            if let Some(session) = self.sessions.get_mut(&broker) {
                session.last_contact = None;
            }
            let registration = self.image.brokers.get(&broker).copied().filter(|known| !known.is_fenced);
            if let Some(registration) = registration {
                out.events.push(ControllerEvent::BrokerFenced { broker });
                self.fence(broker, registration, out);
            }
        }
        self.schedule_session_check(now, out);
    }

    fn oldest_contact(&self) -> Option<(VirtualTime, BrokerId)> {
        self.sessions.iter().filter_map(|(broker, session)| Some((session.last_contact?, *broker))).min()
    }

    pub(super) fn session_timeout(&self) -> VirtualTime {
        VirtualTime::from_ms(self.image.broker_config.broker_session_timeout_ms)
    }

    /// Sees to it that the session that runs out first is looked at then.
    pub(super) fn schedule_session_check(&mut self, now: VirtualTime, out: &mut ControllerOutput) {
        let Some((contact, _)) = self.oldest_contact() else { return };
        let at = now.max(contact + self.session_timeout());
        if at < self.periodic.check_sessions {
            self.periodic.check_sessions = at;
            out.effects.push(ControllerEffect::Schedule { at, timer: ControllerTimer::SessionCheck });
        }
    }

    /// It leaves every ISR, and what it led gets another leader, in one change (`handleBrokerFenced`).
    fn fence(&mut self, broker: BrokerId, registration: BrokerRegistration, out: &mut ControllerOutput) {
        let changes = self.leaving(broker);
        let brokers = vec![(broker, BrokerRegistration { is_fenced: true, ..registration })];
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.shutdown_offset = None;
        }
        self.write(MetadataDelta { brokers, ..self.next_delta() }, changes, out);
    }

    /// It may lead again; partitions that nobody leads and for which it is valid are led by it (`handleBrokerUnfenced`).
    fn unfence(&mut self, broker: BrokerId, registration: BrokerRegistration, out: &mut ControllerOutput) {
        let wanted = Wanted { coming: Some(broker), ..Wanted::default() };
        let changes = self.changes_where(wanted, |_, partition| partition.leader.is_none());
        out.events.push(ControllerEvent::BrokerUnfenced { broker });
        let brokers = vec![(broker, BrokerRegistration { is_fenced: false, ..registration })];
        self.write(MetadataDelta { brokers, ..self.next_delta() }, changes, out);
    }

    /// It leaves every ISR and leads nothing, but lives on until the others know (`handleBrokerInControlledShutdown`).
    fn enter_controlled_shutdown(
        &mut self,
        broker: BrokerId,
        registration: BrokerRegistration,
        out: &mut ControllerOutput,
    ) {
        let changes = self.leaving(broker);
        out.events.push(ControllerEvent::ControlledShutdownBegun { broker });
        let brokers = vec![(broker, BrokerRegistration { in_controlled_shutdown: true, ..registration })];
        self.write(MetadataDelta { brokers, ..self.next_delta() }, changes, out);
        if let Some(session) = self.sessions.get_mut(&broker) {
            session.shutdown_offset = Some(self.image.offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (fenced, in controlled shutdown, wants to stop, knows its registration, leads, others know) and the state then.
    #[track_caller]
    fn check(
        [is_fenced, in_controlled_shutdown, wants_shut_down, knows_its_registration, has_leaderships, others_know]: [bool; 6],
        next: BrokerControlState,
    ) {
        let registration = BrokerRegistration { is_fenced, in_controlled_shutdown, ..BrokerRegistration::new(1, 0) };
        let heartbeat =
            Heartbeat { registration, wants_shut_down, knows_its_registration, has_leaderships, others_know };
        assert_eq!(heartbeat.next_state(), next);
    }

    #[test]
    fn the_table() {
        use BrokerControlState::{ControlledShutdown, Fenced, ShutdownNow, Unfenced};
        check([true, false, true, false, false, true], ShutdownNow);
        check([true, false, false, true, false, true], Unfenced);
        check([true, false, false, false, false, true], Fenced);
        check([false, false, false, true, true, true], Unfenced);
        check([false, false, true, true, true, true], ControlledShutdown);
        check([false, false, true, true, false, true], ShutdownNow);
        check([false, true, true, true, true, true], ControlledShutdown);
        check([false, true, true, true, false, false], ControlledShutdown);
        check([false, true, true, true, false, true], ShutdownNow);
    }
}
