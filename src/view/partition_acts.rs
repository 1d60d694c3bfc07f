//! What an administrator can ask for a partition, where it stands to be asked for, and the sentence that comes back when it is refused.
//!
//! Kafka's tools print the error; here it has its reason beside it. That an order was given and nothing came of it is never left unsaid.

use super::fault_acts::FaultAct;
use super::format;
use super::frame::{Frame, PartitionFrame, Role};
use super::news;
use super::subject::Subject;
use crate::engine::cluster::{ControllerEvent, ElectionKind};
use crate::engine::common::{KafkaError, Offset, PartitionId, TopicId, TopicPartition};
use crate::engine::sim::event::EventKind;
use crate::engine::sim::{Command, Event, State};

/// Partitions that are listed.
pub const ROWS_MAX: usize = 24;

/// What the acts of partitions mean, once for all of them.
pub const MEANINGS: [(&str, &str); 3] = [PREFERRED, UNCLEAN, DELETE];

const PREFERRED: (&str, &str) = ("Preferred leader", "The first replica leads again, if it is alive and in sync.");
const UNCLEAN: (&str, &str) =
    ("Unclean election", "Where nobody leads, a replica that is alive does, though it may lack what was committed.");
const DELETE: (&str, &str) = ("Delete records", "The log begins at the high watermark: what stands before it may go.");

/// A partition with what can be asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionRow {
    /// `orders-0`.
    pub name: String,
    /// Who leads, who is in sync, and in which epoch.
    pub words: String,
    /// Nobody leads it.
    pub is_leaderless: bool,
    /// What can be asked for it.
    pub acts: Vec<FaultAct>,
}

/// The partitions of the stage's topic, at most [`ROWS_MAX`]; of more, those that nobody leads come first.
#[must_use]
pub fn rows(frame: &Frame) -> Vec<PartitionRow> {
    let mut partitions: Vec<&PartitionFrame> = frame.registered.iter().collect();
    if partitions.len() > ROWS_MAX {
        partitions.sort_by_key(|it| it.leader.is_some());
    }
    partitions.into_iter().take(ROWS_MAX).map(|partition| row(frame, partition)).collect()
}

/// How many partitions nobody leads.
#[must_use]
pub fn leaderless(frame: &Frame) -> usize {
    frame.registered.iter().filter(|partition| partition.leader.is_none()).count()
}

/// The partition that a subject is a piece of, with what can be asked for it there.
#[must_use]
pub fn of_subject(frame: &Frame, subject: Subject) -> Option<PartitionRow> {
    let (Subject::Segment { partition, base_offset, .. } | Subject::Batch { partition, base_offset, .. }) = subject
    else {
        return None;
    };
    // The stage shows the scenario's first topic.
    let shown = frame.registered.iter().find(|it| it.partition == partition.partition.0);
    let shown = shown.filter(|_| partition.topic == TopicId(0))?;
    let mut row = row(frame, shown);
    row.acts.extend(delete_before(frame, shown, base_offset));
    Some(row)
}

fn row(frame: &Frame, partition: &PartitionFrame) -> PartitionRow {
    PartitionRow {
        name: format!("{}-{}", frame.topic, partition.partition),
        words: words(partition),
        is_leaderless: partition.leader.is_none(),
        acts: acts(frame, partition),
    }
}

/// `broker 1 leads · ISR 1, 2 · ELR 3 · leader epoch 4`, and what is unusual.
fn words(partition: &PartitionFrame) -> String {
    let ids = |ids: &[i32]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut words = vec![
        partition.leader.map_or("nobody leads".to_string(), |leader| format!("broker {leader} leads")),
        format!("ISR {}", if partition.isr.is_empty() { "empty".to_string() } else { ids(&partition.isr) }),
    ];
    if !partition.elr.is_empty() {
        words.push(format!("ELR {}", ids(&partition.elr)));
    }
    words.push(format!("leader epoch {}", partition.leader_epoch));
    words.extend(partition.recovering.then(|| "recovering from an unclean election".to_string()));
    words.join(" · ")
}

fn acts(frame: &Frame, partition: &PartitionFrame) -> Vec<FaultAct> {
    let name = format!("{}-{}", frame.topic, partition.partition);
    let (topic, id) = (frame.topic.clone(), Some(PartitionId(partition.partition)));
    let act = |verb: &str, (word, means): (&'static str, &str), label: String, command| FaultAct {
        hook: format!("{verb}-{name}"),
        word,
        label,
        means: means.to_string(),
        command,
    };
    let preferred = Command::ElectPreferred { topic: topic.clone(), partition: id };
    let unclean = Command::ElectUnclean { topic: topic.clone(), partition: id };
    let to_high_watermark =
        Command::DeleteRecords { topic, partition: PartitionId(partition.partition), before_offset: Offset(-1) };
    vec![
        act("elect-preferred", PREFERRED, format!("Let the preferred leader of {name} lead"), preferred),
        act("elect-unclean", UNCLEAN, format!("Hold an unclean election for {name}"), unclean),
        act("delete-records", DELETE, format!("Delete records of {name} up to the high watermark"), to_high_watermark),
    ]
}

/// Deletes what stands before a batch or a segment that one looks at, if it is all committed and there is something.
fn delete_before(frame: &Frame, partition: &PartitionFrame, base_offset: Offset) -> Option<FaultAct> {
    let tapes = frame.brokers.iter().flat_map(|broker| &broker.tapes);
    let mut led =
        tapes.filter(|tape| tape.partition == partition.partition && tape.role == Role::Leader && !tape.deposed);
    let leader = led.next()?;
    (leader.log_start < base_offset.0 && base_offset.0 <= leader.hw).then(|| FaultAct {
        hook: format!("delete-before-{}-{}", frame.topic, partition.partition),
        word: "Delete before",
        label: format!("Delete before offset {base_offset} of {}-{}", frame.topic, partition.partition),
        means: "The log begins here: what stands before may go.".to_string(),
        command: Command::DeleteRecords {
            topic: frame.topic.clone(),
            partition: PartitionId(partition.partition),
            before_offset: base_offset,
        },
    })
}

/// Why nothing came of an administrator's order that was just carried out, if nothing did. `events` are those of the order.
#[must_use]
pub fn refusal(state: &State, command: &Command, events: &[Event]) -> Option<String> {
    match command {
        Command::ElectPreferred { .. } | Command::ElectUnclean { .. } => {
            if state.active_controller().is_none() {
                return Some("No controller is active. The election is held once one is.".to_string());
            }
            events.iter().find_map(|event| refused_election(state, &event.kind))
        }
        Command::DeleteRecords { topic, partition, .. } => {
            let id = TopicPartition::new(state.scenario.topic_id(Some(topic))?, *partition);
            let leader = state.metadata.partition(id).and_then(|registration| registration.leader);
            let deletes = leader.and_then(|leader| state.broker(leader)).is_some_and(|broker| broker.is_up());
            let place = news::place(state, id);
            (!deletes).then(|| {
                format!("LEADER_NOT_AVAILABLE: no broker that runs leads {place}, so nobody can delete its records.")
            })
        }
        _ => None,
    }
}

fn refused_election(state: &State, event: &EventKind) -> Option<String> {
    let EventKind::Controller(ControllerEvent::ElectionRefused { partition, election, error }) = event else {
        return None;
    };
    let place = news::place(state, *partition);
    let registration = state.metadata.partition(*partition);
    let broker = |id: Option<i32>| id.map_or("nobody".to_string(), |id| format!("broker {id}"));
    let leader = broker(registration.and_then(|it| it.leader).map(|leader| leader.0));
    let first = broker(registration.and_then(|it| it.replicas.first()).map(|first| first.0));
    let why = match (error, election) {
        (KafkaError::ElectionNotNeeded, ElectionKind::Unclean) => {
            format!("{leader} leads {place}, and an unclean election is for what nobody leads")
        }
        (KafkaError::ElectionNotNeeded, _) => format!("{first}, the first replica of {place}, leads it already"),
        (KafkaError::PreferredLeaderNotAvailable, _) => {
            format!("{first}, the first replica of {place}, is not alive and in sync")
        }
        (KafkaError::EligibleLeadersNotAvailable, _) => format!("no replica of {place} is alive"),
        _ => format!("the controller does not know {place}"),
    };
    Some(format!("{}: {why}.", error.name()))
}

/// What a closed list of partitions says of itself.
#[must_use]
pub fn summary(frame: &Frame) -> String {
    let all = format::counted(frame.registered.len() as u64, "partition");
    match leaderless(frame) {
        0 => format!("{all} of {} and who leads them", frame.topic),
        count => format!("{all} of {}: nobody leads {count}", frame.topic),
    }
}
