//! A broker: what it does, what it leads and follows, and what it has in hand.

use super::super::inspection::{FieldView, Inspection, Tone};
use super::place;
use crate::engine::cluster::protocol::{BrokerRegistration, LeaderRecoveryState, PartitionRegistration};
use crate::engine::cluster::{Broker, Partition, Role};
use crate::engine::common::{BrokerId, TopicPartition};
use crate::engine::sim::State;
use crate::view::{format, news};

/// Replicas that are listed.
const REPLICAS_SHOWN: usize = 24;

pub(super) fn inspect(state: &State, id: BrokerId) -> Option<Inspection> {
    let broker = state.broker(id)?;
    let known = state.metadata.brokers.get(&id);
    let condition = Condition::of(state, broker);
    let mut fields = vec![
        FieldView::plain("node.id", id.to_string()),
        FieldView::plain("broker epoch", known.map_or("none".to_string(), |known| known.epoch.to_string())),
        FieldView::plain("to the controller", known.map_or("not registered", controller_state).to_string()),
        FieldView::plain("requests not answered", broker.open_requests().to_string()),
        FieldView::plain("waiting in purgatory", broker.delayed_requests().to_string()),
    ];
    let replicas = broker.partitions().take(REPLICAS_SHOWN);
    fields.extend(replicas.flat_map(|(partition, replica)| replica_fields(state, id, partition, replica)));
    let since = state.crashed_at.get(&id).map_or_else(String::new, |at| format::time(*at));
    Some(Inspection {
        kind: "broker",
        title: format!("Broker {id}"),
        standing: Some(condition.standing(&since)),
        fields,
        why: vec![condition.why().to_string()],
        ..Inspection::default()
    })
}

/// How the controller has it (`BrokerControlState`).
fn controller_state(known: &BrokerRegistration) -> &'static str {
    match (known.is_fenced, known.in_controlled_shutdown) {
        (true, _) => "fenced",
        (false, true) => "in controlled shutdown",
        (false, false) => "active",
    }
}

/// How a broker is, of itself and to the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Crashed { fenced: bool },
    Stopped,
    Stopping,
    Up,
    Fenced,
}

impl Condition {
    fn of(state: &State, broker: &Broker) -> Self {
        let fenced = !state.metadata.is_alive(broker.id());
        match (broker.is_up(), broker.has_stopped_cleanly()) {
            (false, true) => Self::Stopped,
            (false, false) => Self::Crashed { fenced },
            (true, _) if broker.is_shutting_down() => Self::Stopping,
            (true, _) if fenced => Self::Fenced,
            (true, _) => Self::Up,
        }
    }

    fn standing(self, since: &str) -> (String, Tone) {
        match self {
            Self::Crashed { fenced: false } => (format!("crashed {since}, its session still runs"), Tone::Lost),
            Self::Crashed { fenced: true } => (format!("crashed {since}, fenced"), Tone::Lost),
            Self::Stopped => (format!("stopped in order {since}"), Tone::Lost),
            Self::Stopping => ("about to stop".to_string(), Tone::Pending),
            Self::Up => ("up".to_string(), Tone::Committed),
            Self::Fenced => ("up, not unfenced yet".to_string(), Tone::Pending),
        }
    }

    fn why(self) -> &'static str {
        match self {
            Self::Crashed { fenced: false } => {
                "The process is dead. Until `broker.session.timeout.ms` has run out, the controller takes it for alive and elects nobody."
            }
            Self::Crashed { fenced: true } => {
                "The controller has fenced it: it is in no ISR and leads nothing. Its logs are on its disk and come back with it."
            }
            Self::Stopped => {
                "It handed over what it led, closed its logs and left a clean shutdown file: the controller will know that its logs are whole."
            }
            Self::Stopping => {
                "It has asked the controller to move what it leads, and stops when the other brokers know. Meanwhile it joins no ISR."
            }
            Self::Up => "It answers producers, consumers and followers. The controller hears its heartbeats.",
            Self::Fenced => "It runs, and catches up with the metadata before it may lead or be in sync.",
        }
    }
}

/// A replica in a line, and where it leads, or is the first replica of what nobody leads, the partition as the controller has it.
fn replica_fields(state: &State, id: BrokerId, partition: TopicPartition, replica: &Partition) -> Vec<FieldView> {
    let registration = state.metadata.partition(partition);
    let is_told_here = |registration: &&PartitionRegistration| match registration.leader {
        Some(leader) => leader == id,
        None => registration.replicas.first() == Some(&id),
    };
    let told = registration.filter(is_told_here);
    let mut fields = vec![replica_field(state, id, partition, replica, registration)];
    fields.extend(told.map(|it| FieldView::plain("the controller has", partition_words(it))));
    fields
}

/// `ISR 1, 2 · ELR 3 · leader epoch 4 · partition epoch 7`, and what is unusual beside it.
fn partition_words(partition: &PartitionRegistration) -> String {
    let mut words = vec![
        format!("ISR {}", news::brokers(&partition.isr)),
        format!("ELR {}", news::brokers(&partition.elr)),
        format!("leader epoch {}", partition.leader_epoch),
        format!("partition epoch {}", partition.partition_epoch),
    ];
    if partition.leader.is_none() {
        words.push("no leader".to_string());
    }
    words.extend(partition.last_known_elr.first().map(|last| format!("last known leader {last}")));
    if partition.leader_recovery_state == LeaderRecoveryState::Recovering {
        words.push("recovering from an unclean election".to_string());
    }
    words.join(" · ")
}

fn replica_field(
    state: &State,
    id: BrokerId,
    partition: TopicPartition,
    replica: &Partition,
    registration: Option<&PartitionRegistration>,
) -> FieldView {
    let role = match replica.role() {
        Role::Leader(_) => "leads",
        Role::Follower(_) => "follows",
        Role::Offline => "offline",
    };
    let in_isr = registration.is_some_and(|partition| partition.isr.contains(&id));
    let in_elr = registration.is_some_and(|partition| partition.elr.contains(&id));
    let log = replica.log();
    let isr = match (in_isr, in_elr) {
        (true, _) => "",
        (false, true) => ", in the ELR",
        (false, false) => ", not in ISR",
    };
    FieldView {
        name: role,
        value: format!("{} · LEO {} · HW {}{isr}", place(state, partition), log.log_end_offset(), log.high_watermark()),
        tone: if in_isr { Tone::Plain } else { Tone::Pending },
        run: None,
    }
}
