//! A scenario that is played step by step, and what can be asked of it at each moment: who leads, what is stored, what can be
//! read, and what the application was told of each record.
//!
//! Only scenarios of the real runs' kind: one partition of three replicas, and every record sent by a command of its own.

use highwater::engine::cluster::ControllerEvent;
use highwater::engine::cluster::protocol::PartitionRegistration;
use highwater::engine::common::{BrokerId, Offset, PartitionId, RecordId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::config::ProducerConfig;
use highwater::engine::sim::event::Event;
use highwater::engine::sim::ledger::Outcome;
use highwater::engine::sim::network::Endpoint;
use highwater::engine::sim::{Command, EventKind, Figure, ProducerEvent, Scenario, Simulation};
use std::sync::Arc;

/// The one partition.
const P0: TopicPartition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };
/// How long after a send the application looks whether it was told something.
const PATIENCE: VirtualTime = VirtualTime(1_000_000);

/// A record that a command sends.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: VirtualTime,
    pub(super) id: RecordId,
    pub(super) value: String,
    pub(super) producer: String,
}

/// A run, and what has happened in it so far.
pub(super) struct Play {
    pub(super) scenario: Arc<Scenario>,
    simulation: Simulation,
    events: Vec<Event>,
}

impl Play {
    pub(super) fn of(scenario: Scenario) -> Self {
        let scenario = Arc::new(scenario);
        let mut simulation = Simulation::new(Arc::clone(&scenario));
        simulation.keep_events();
        Self { scenario, simulation, events: Vec::new() }
    }

    /// Plays on to a moment, its commands included.
    pub(super) fn to(&mut self, at: VirtualTime) {
        self.simulation.advance_to(at);
        self.events.extend(self.simulation.take_events());
    }

    /// Plays on to just before a moment's commands.
    pub(super) fn before(&mut self, at: VirtualTime) {
        self.to(VirtualTime(at.0 - 1));
    }

    /// Plays on to when the application looks what it was told of a record.
    pub(super) fn after(&mut self, sent: &Sent) {
        self.to(sent.at + PATIENCE);
    }

    pub(super) fn finish(&mut self) {
        self.to(self.scenario.end);
    }

    /// The records that the scenario sends, in order.
    pub(super) fn sends(&self) -> Vec<Sent> {
        let sends = self.scenario.commands.iter().filter_map(|timed| match &timed.command {
            Command::Send { producer, record } => Some((timed.at, producer.clone(), record.value.0.clone())),
            _ => None,
        });
        let numbered = (0..).zip(sends).map(|(id, (at, producer, value))| {
            let value = String::from_utf8(value.expect("it has a value").to_vec()).expect("a text");
            Sent { at, id: RecordId(id), value, producer }
        });
        numbered.collect()
    }

    /// When the scenario gives commands of a kind, in order.
    pub(super) fn times(&self, is_it: impl Fn(&Command) -> bool) -> Vec<VirtualTime> {
        self.scenario.commands.iter().filter(|timed| is_it(&timed.command)).map(|timed| timed.at).collect()
    }

    /// The settings of a producer, as the scenario has them.
    pub(super) fn producer(&self, name: &str) -> &ProducerConfig {
        let found = self.scenario.producers.iter().find(|producer| producer.name == name);
        &found.expect("the scenario was validated").config
    }

    /// When the application was told of a record, and what, as the real runs' rows have it.
    pub(super) fn told(&self, id: RecordId) -> (Option<VirtualTime>, String) {
        let entry = self.simulation.state().ledger.record(id).expect("it was sent");
        match entry.outcome {
            Outcome::Pending => (None, "nothing".to_string()),
            Outcome::Failed { at, why } => (Some(at), why.exception().to_string()),
            Outcome::Delivered { at } => match self.reported_offset(id) {
                -1 => (Some(at), "no offset (-1)".to_string()),
                offset => (Some(at), format!("offset {offset}")),
            },
        }
    }

    /// The offset that the application was told for a delivered record.
    fn reported_offset(&self, id: RecordId) -> i64 {
        let ledger = &self.simulation.state().ledger;
        let entry = ledger.record(id).expect("it was sent");
        let (_, batch) = entry.batched.expect("it was delivered");
        let number = ledger.batch(batch).expect("the ledger keeps it").number;
        let base = self.events.iter().find_map(|event| match &event.kind {
            EventKind::Producer { session, event: ProducerEvent::Delivered { batch, base_offset, .. } } => {
                (*session == entry.session && *batch == number).then_some(*base_offset)
            }
            _ => None,
        });
        let base = base.expect("a delivery is an event");
        if base == Offset(-1) { -1 } else { base.0 + i64::from(entry.index) }
    }

    pub(super) fn delivered_count(&self, of: &[Sent]) -> usize {
        of.iter().filter(|sent| self.simulation.state().ledger.is(sent.id, Figure::Delivered)).count()
    }

    pub(super) fn failed_count(&self, of: &[Sent]) -> usize {
        of.iter().filter(|sent| self.simulation.state().ledger.is(sent.id, Figure::Failed)).count()
    }

    pub(super) fn total(&self, figure: Figure) -> u64 {
        self.simulation.state().ledger.totals().get(figure)
    }

    /// How many answers of a broker did not reach a producer because a fault broke their connection.
    pub(super) fn responses_lost(&self) -> usize {
        let is_one = |event: &&Event| {
            let ends = match &event.kind {
                EventKind::MessageLost { from, to, .. } => Some((from, to)),
                _ => None,
            };
            matches!(ends, Some((Endpoint::Broker(_), Endpoint::Session(_))))
        };
        self.events.iter().filter(is_one).count()
    }

    /// Who was elected first after a moment, and when.
    pub(super) fn elected_after(&self, after: VirtualTime) -> Option<(VirtualTime, i32)> {
        self.events.iter().filter(|event| event.at > after).find_map(|event| match &event.kind {
            EventKind::Controller(ControllerEvent::LeaderElected { leader: Some(leader), .. }) => {
                Some((event.at, leader.0))
            }
            _ => None,
        })
    }

    pub(super) fn partition(&self) -> &PartitionRegistration {
        self.simulation.state().metadata.partition(P0).expect("the partition exists")
    }

    /// Who leads; −1: nobody.
    pub(super) fn leader(&self) -> i32 {
        self.partition().leader.map_or(-1, |leader| leader.0)
    }

    pub(super) fn isr(&self) -> String {
        java_list(&self.partition().isr)
    }

    pub(super) fn elr(&self) -> String {
        java_list(&self.partition().elr)
    }

    /// Log end and high watermark of a broker's log.
    pub(super) fn log(&self, broker: i32) -> (i64, i64) {
        let broker = self.simulation.state().broker(BrokerId(broker)).expect("a broker of the run");
        let partition = broker.partition(P0).expect("every broker holds it");
        (partition.log().log_end_offset().0, partition.high_watermark().0)
    }

    /// Whether a broker's process runs, and whether the last one stopped in order.
    pub(super) fn process(&self, broker: i32) -> (bool, bool) {
        let broker = self.simulation.state().broker(BrokerId(broker)).expect("a broker of the run");
        (broker.is_up(), broker.has_stopped_cleanly())
    }

    /// The values in a broker's log below an offset, in order.
    pub(super) fn values(&self, broker: i32, end: i64) -> Vec<String> {
        let ledger = &self.simulation.state().ledger;
        let value_at = |offset| {
            let id = ledger.record_at(P0, BrokerId(broker), Offset(offset)).expect("a record stands there");
            let value = ledger.content(id).and_then(|content| content.value).expect("it has a value");
            String::from_utf8(value.to_vec()).expect("a text")
        };
        (0..end).map(value_at).collect()
    }

    /// The values that a consumer can read, in order.
    pub(super) fn readable(&self) -> Vec<String> {
        let leader = self.leader();
        self.values(leader, self.log(leader).1)
    }
}

/// Brokers, as Java prints a list.
fn java_list(brokers: &[BrokerId]) -> String {
    let ids: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(", "))
}
