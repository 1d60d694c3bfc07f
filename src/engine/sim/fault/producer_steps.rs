//! Faults of a producer's process, and what its application does about records that failed.
//!
//! A killed process reports nothing to anyone: what had no outcome then has none for good, and stays *pending* in the ledger, so that
//! sent = delivered + failed + pending holds. What was on the wire still arrives. A restart is another session, with a producer id of
//! its own if it is idempotent, so no broker can tell what it sends again from something new (KAFKA 12 D7).

use crate::engine::common::{PartitionId, RecordId, SessionId, limits};
use crate::engine::sim::command::CommandError;
use crate::engine::sim::event::{EventKind, ProducerEvent};
use crate::engine::sim::ledger::{Figure, RecordContent};
use crate::engine::sim::producer_session::{ByHand, Call, NodeConnection, Phase, RunningWorkload};
use crate::engine::sim::state::State;
use std::collections::VecDeque;

impl State {
    /// Whether a producer's process runs, or not, as it should.
    pub(in crate::engine::sim) fn ensure_runs(&self, producer: &str, runs: bool) -> Result<(), CommandError> {
        let is_killed = self.session(self.current(producer)).is_some_and(|session| session.phase == Phase::Killed);
        let words = if runs { "is not running; restart it first" } else { "is running" };
        self.ensure_so(is_killed != runs, || format!("{producer} {words}"))
    }

    /// Whether an application has something to send again.
    pub(in crate::engine::sim) fn ensure_can_resend(
        &self,
        producer: &str,
        record: Option<RecordId>,
    ) -> Result<(), CommandError> {
        self.ensure_runs(producer, true)?;
        if let Some(record) = record {
            let is_its_own = self.ledger.record(record).is_some_and(|it| self.is_of(it.session, producer));
            let has_content = is_its_own && self.ledger.content(record).is_some();
            let unknown =
                || CommandError::Unknown { kind: "record of this producer with its content", name: record.to_string() };
            return if has_content { self.ensure_can_send(producer, 1) } else { Err(unknown()) };
        }
        let again = self.failed_and_not_resent(producer);
        self.ensure_so(!again.is_empty(), || format!("no record of {producer} has failed that was not sent again"))?;
        self.ensure_can_send(producer, u32::try_from(again.len()).unwrap_or(u32::MAX))
    }

    /// The process of a producer dies, with the sessions that it was still closing.
    pub(in crate::engine::sim) fn kill_producer(&mut self, producer: &str) {
        let theirs = self.sessions.iter().filter(|session| !session.is_gone() && self.is_of(session.id, producer));
        for id in theirs.map(|session| session.id).collect::<Vec<_>>() {
            self.kill_session(id);
        }
    }

    fn kill_session(&mut self, id: SessionId) {
        let session = self.session_mut(id);
        session.phase = Phase::Killed;
        session.by_hand = ByHand::default();
        session.flush = None;
        session.open_requests.clear();
        session.producer_id.asked = None;
        let nodes = std::mem::take(&mut session.nodes);
        for node in nodes.into_values() {
            if let NodeConnection::Ready { connection } | NodeConnection::Connecting { connection, .. } = node {
                self.close_client_end(connection);
            }
        }
        self.emit(EventKind::Producer { session: id, event: ProducerEvent::Killed });
    }

    /// A killed producer's application starts again: another session with the same settings. Its workload goes on if it ran.
    pub(in crate::engine::sim) fn restart_producer(&mut self, producer: &str) {
        let (now, at) = (self.now, self.producer_index(producer));
        let old = self.session(self.current_sessions[at]).expect("sessions are never removed");
        let config = old.producer.config().clone();
        let goes_on =
            |old: RunningWorkload| RunningWorkload { waits_for: None, blocked: None, since: now, nth: 0, ..old };
        let workload = old.workload.clone().map(goes_on);
        self.open_session(at, config, VecDeque::new(), workload);
    }

    /// The application calls send() again with what failed, in the order in which it was first sent, or with one record.
    pub(in crate::engine::sim) fn resend(&mut self, producer: &str, record: Option<RecordId>) {
        let records = record.map_or_else(|| self.failed_and_not_resent(producer), |record| vec![record]);
        let id = self.current(producer);
        let calls: Vec<Call> = records.iter().filter_map(|record| self.call_again(*record)).collect();
        for record in records {
            self.ledger.sent_again(record);
        }
        self.session_mut(id).by_hand.queue.extend(calls);
        self.drive_session(id, false);
    }

    fn call_again(&self, record: RecordId) -> Option<Call> {
        let RecordContent { key, value, headers } = self.ledger.content(record)?;
        let entry = self.ledger.record(record)?;
        let partition = (entry.asked_partition != PartitionId::UNKNOWN).then_some(entry.asked_partition);
        Some(Call { topic: entry.partition.topic, partition, key, value, headers })
    }

    /// What failed of all sessions of a producer and was in a batch, whose content is known, and was not sent again.
    fn failed_and_not_resent(&self, producer: &str) -> Vec<RecordId> {
        let sessions = self.sessions.iter().filter(|session| self.is_of(session.id, producer));
        let failed = sessions.flat_map(|session| self.ledger.list(Figure::Failed, Some(session.id)));
        let in_a_batch = |record: &RecordId| self.ledger.record(*record).is_some_and(|it| it.batched.is_some());
        let mut records: Vec<RecordId> =
            failed.filter(|record| in_a_batch(record) && !self.ledger.was_sent_again(*record)).collect();
        records.sort_unstable();
        records.truncate(limits::BLOCKED_SENDS_MAX);
        records
    }

    fn is_of(&self, session: SessionId, producer: &str) -> bool {
        let index = self.session(session).map(|session| session.producer_index as usize);
        index.and_then(|index| self.scenario.producers.get(index)).is_some_and(|spec| spec.name == producer)
    }
}
