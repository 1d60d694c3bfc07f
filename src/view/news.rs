//! Events in words, for the live region and for the marks on the timeline. What is of no interest to a reader has none.

use crate::engine::cluster::event::TruncationReason;
use crate::engine::cluster::quorum::QuorumStateName;
use crate::engine::cluster::{BrokerEvent, ControllerEvent, ElectedBy, QuorumEvent};
use crate::engine::common::{BrokerId, ControllerId, Offset, PartitionId, SessionId, TopicPartition};
use crate::engine::consumer::ConsumerEvent;
use crate::engine::record::Header;
use crate::engine::record::builder::batch_size_upper_bound;
use crate::engine::sim::ledger::Failure;
use crate::engine::sim::network::Endpoint;
use crate::engine::sim::{Command, Event, EventKind, ProducerEvent, SendRecord, State};
use crate::engine::storage::CleanedLog;
use crate::view::{fault_words, format};

/// What the newest of these events that is worth telling says; the weightiest goes first.
#[must_use]
pub fn headline(state: &State, events: &[Event], marks_only: bool) -> Option<String> {
    let weighty = events.iter().rev().find(|event| event.kind.mark().is_some());
    let told = weighty.and_then(|event| sentence(state, &event.kind));
    if marks_only {
        return told;
    }
    told.or_else(|| events.iter().rev().find_map(|event| sentence(state, &event.kind)))
}

/// One event in words.
#[must_use]
pub fn sentence(state: &State, event: &EventKind) -> Option<String> {
    match event {
        EventKind::Command(command) => Some(command_words(command)),
        EventKind::CommandRefused(command) => Some(format!("Not possible: {}", command_words(command))),
        EventKind::Producer { session, event } => producer_words(state, *session, event),
        EventKind::Broker { broker, event } => broker_words(state, *broker, event),
        EventKind::Controller(event) => controller_words(state, event),
        EventKind::Quorum { controller, event } => quorum_words(*controller, event),
        EventKind::Consumer { consumer, event } => consumer_words(state, *consumer, event),
        EventKind::MessageDropped { .. } => None,
        EventKind::MessageLost { from, to, .. } => {
            Some(format!("the connection broke under a message from {} to {}", node(state, *from), node(state, *to)))
        }
        EventKind::RecordsLost { more, lost } => {
            Some(format!("{} lost, {} in all", format::counted(*more, "delivered record"), format::grouped(*lost)))
        }
        EventKind::RecordsDuplicated { more, duplicates } => {
            let copies = format::counted_as(*more, "copy", "copies");
            Some(format!("{copies} beyond the first, {} in all", format::grouped(*duplicates)))
        }
        EventKind::RecordsReordered { more, reordered } => {
            Some(format!("{} out of order, {} in all", format::counted(*more, "record"), format::grouped(*reordered)))
        }
        EventKind::LimitReached(limit) => Some(limit.to_string()),
    }
}

fn command_words(command: &Command) -> String {
    match command {
        Command::Send { producer, .. } => format!("send() on {producer}"),
        Command::Burst { producer, count, .. } => {
            format!("send() {} times on {producer}", format::grouped(u64::from(*count)))
        }
        Command::Flush { producer } => format!("flush() on {producer}"),
        Command::StartWorkload { producer, .. } => format!("workload of {producer} started"),
        Command::StopWorkload { producer } => format!("workload of {producer} stopped"),
        Command::ShutDownBroker { broker } => format!("controlled shutdown of broker {broker}"),
        Command::ElectPreferred { topic, partition } => {
            format!("preferred election for {}", of_topic(topic, *partition))
        }
        Command::ElectUnclean { topic, partition } => format!("unclean election for {}", of_topic(topic, *partition)),
        Command::SetProducer { producer, setting, value } => {
            format!("{setting}={}: {producer} closes its producer and starts another", value.0)
        }
        Command::SetTopic { topic, setting, value } => format!("{setting}={} on {topic}", value.0),
        Command::SetBroker { setting, value } => format!("{setting}={} on the brokers", value.0),
        Command::AddPartitions { topic, partitions } => format!("{topic} grows to {partitions} partitions"),
        Command::DeleteRecords { topic, partition, before_offset: Offset(-1) } => {
            format!("DeleteRecords up to the high watermark of {topic}-{partition}")
        }
        Command::DeleteRecords { topic, partition, before_offset } => {
            format!("DeleteRecords before {before_offset} of {topic}-{partition}")
        }
        Command::PauseConsumer { consumer } => format!("{consumer} paused"),
        Command::ResumeConsumer { consumer } => format!("{consumer} resumed"),
        Command::SeekConsumer { consumer, offset, .. } => format!("{consumer} moved to offset {offset}"),
        Command::SeekConsumerToBeginning { consumer, .. } => format!("{consumer} moved to the first offset"),
        Command::SeekConsumerToEnd { consumer, .. } => format!("{consumer} moved to the end"),
        Command::SeekConsumerToTimestamp { consumer, timestamp_ms, .. } => {
            format!("{consumer} moved to the first record from {timestamp_ms} on")
        }
        Command::SetConsumer { consumer, setting, value } => format!("{setting}={} on {consumer}", value.0),
        fault => fault_words::command_words(fault),
    }
}

fn producer_words(state: &State, session: SessionId, event: &ProducerEvent) -> Option<String> {
    let name = producer_name(state, session);
    Some(match event {
        ProducerEvent::Started { .. } => format!("{name} started"),
        ProducerEvent::Closed => format!("{name} closed"),
        ProducerEvent::Killed => format!("{name} killed"),
        ProducerEvent::SendBlocked { .. } => format!("send() on {name} waits"),
        ProducerEvent::SendFailed { why, .. } => format!("send() on {name} failed: {}", why.exception()),
        ProducerEvent::Delivered { partition, records, base_offset, .. } => {
            let place = place(state, *partition);
            match base_offset.0 {
                -1 => format!("{records} delivered to {place}"),
                offset => format!("{records} delivered to {place} at {offset}"),
            }
        }
        ProducerEvent::Failed { partition, records, why, .. } => {
            format!("{records} failed for {}: {}", place(state, *partition), why.exception())
        }
        ProducerEvent::Retrying { partition, error, attempts, .. } => {
            format!("retry {attempts} for {}: {}", place(state, *partition), error.name())
        }
        ProducerEvent::ProducerIdReceived { from, producer_id } => {
            format!("{name} has producer id {producer_id} from broker {from}")
        }
        ProducerEvent::EpochBumped { epoch, .. } if epoch.0 < 0 => format!("{name} needs another producer id"),
        ProducerEvent::EpochBumped { epoch, .. } => format!("{name} goes on in epoch {epoch}"),
        ProducerEvent::RequestSent { to, batches, .. } => {
            let records: u32 = batches.iter().map(|batch| batch.records).sum();
            format!("{name} sent {} to broker {to}", format::counted(u64::from(records), "record"))
        }
        _ => return None,
    })
}

/// What a reader of the run would want to know of a consumer: not each read, but that its position does not do.
fn consumer_words(state: &State, consumer: u32, event: &ConsumerEvent) -> Option<String> {
    let name = node(state, Endpoint::Consumer(consumer));
    Some(match event {
        ConsumerEvent::OutOfRange { partition, position } => {
            format!(
                "{name} stands at {position} of {}, where nothing is: OFFSET_OUT_OF_RANGE",
                place(state, *partition)
            )
        }
        ConsumerEvent::TruncationDetected { partition, position, diverges_at: Some(fork) } => {
            format!(
                "{name} has read up to {position} of {}, and the new leader's log parts at {fork}",
                place(state, *partition)
            )
        }
        ConsumerEvent::TruncationDetected { partition, position, diverges_at: None } => {
            format!(
                "{name} has read up to {position} of {} in an epoch that the new leader does not know",
                place(state, *partition)
            )
        }
        ConsumerEvent::PollFailed { partition, exception } => {
            format!("poll() of {name} failed for {}: {}", place(state, *partition), exception.exception())
        }
        ConsumerEvent::Read { .. } | ConsumerEvent::PositionSet { .. } | ConsumerEvent::FetchFailed { .. } => {
            return None;
        }
    })
}

fn broker_words(state: &State, broker: BrokerId, event: &BrokerEvent) -> Option<String> {
    Some(match event {
        BrokerEvent::Started { .. } => format!("broker {broker} started"),
        BrokerEvent::Crashed => format!("broker {broker} crashed"),
        BrokerEvent::ShutdownBegun => format!("broker {broker} asks to stop"),
        BrokerEvent::Stopped => format!("broker {broker} stopped in order"),
        BrokerEvent::Appended { partition, base_offset, last_offset, .. } => {
            let offsets = format::offsets(base_offset.0, last_offset.0);
            format!("broker {broker} appended {offsets} to {}", place(state, *partition))
        }
        BrokerEvent::DuplicateRecognised { partition, base_offset, .. } => {
            format!("broker {broker} has that batch already, {} at {base_offset}", place(state, *partition))
        }
        BrokerEvent::AppendRefused { partition, error, .. } => {
            format!("broker {broker} refused a batch for {}: {}", place(state, *partition), error.name())
        }
        BrokerEvent::Rolled { partition, roll } => {
            format!("roll {} of {} ({})", roll.base_offset, place(state, *partition), roll.reason.name())
        }
        BrokerEvent::SegmentDeleted { partition, base_offset, reason, .. } => {
            format!("segment {base_offset} of {} deleted ({})", place(state, *partition), reason.name())
        }
        BrokerEvent::LogCleaned { partition, cleaned } => cleaning_words(&place(state, *partition), broker, cleaned),
        BrokerEvent::Truncated { partition, from, to, reason: TruncationReason::PowerLost } => {
            format!(
                "broker {broker} came back without {to}–{} of {}: not flushed",
                from.0 - 1,
                place(state, *partition)
            )
        }
        BrokerEvent::Truncated { partition, from, reason: TruncationReason::DiskLost, .. } => {
            format!("broker {broker} came back without {}, which had {from} offsets", place(state, *partition))
        }
        BrokerEvent::Truncated { partition, from, to, .. } => {
            format!("broker {broker} cut {} from {from} to {to}", place(state, *partition))
        }
        _ => return None,
    })
}

/// What a cleaning did, in a line.
fn cleaning_words(place: &str, broker: BrokerId, cleaned: &CleanedLog) -> String {
    let (before, after) = cleaned.bytes();
    let removed = format::counted(cleaned.removed.len() as u64, "record");
    let horizon = match cleaned.horizons.len() {
        0 => String::new(),
        count => format!(", delete horizon set in {count}"),
    };
    let bytes = format!("{} became {}", format::bytes(before), format::bytes(after));
    format!("broker {broker} compacted {place}: {removed} went, {bytes}{horizon} ({})", cleaned.reason.name())
}

fn controller_words(state: &State, event: &ControllerEvent) -> Option<String> {
    Some(match event {
        ControllerEvent::BrokerFenced { broker } => format!("the session of broker {broker} ran out"),
        ControllerEvent::ControlledShutdownBegun { broker } => {
            format!("what broker {broker} led was moved, so that it can stop")
        }
        ControllerEvent::UncleanShutdownDetected { broker } => {
            format!("broker {broker} is back from a crash: no ISR or ELR counts it until it has caught up")
        }
        ControllerEvent::LeaderElected { partition, leader, leader_epoch, elected_by, .. } => {
            election_words(&place(state, *partition), *leader, leader_epoch.0, *elected_by)
        }
        ControllerEvent::ElectionRefused { partition, error, .. } => {
            format!("no election for {}: {}", place(state, *partition), error.name())
        }
        ControllerEvent::IsrChanged { partition, isr, .. } => {
            format!("ISR of {} is {}", place(state, *partition), brokers(isr))
        }
        ControllerEvent::ElrChanged { partition, elr, .. } => {
            format!("ELR of {} is {}", place(state, *partition), brokers(elr))
        }
        ControllerEvent::LeaderRecovered { partition, .. } => {
            format!("{} has recovered from its unclean election", place(state, *partition))
        }
        _ => return None,
    })
}

/// Who leads, and by which rule if it is not the usual one.
fn election_words(place: &str, leader: Option<BrokerId>, leader_epoch: i32, elected_by: ElectedBy) -> String {
    let Some(leader) = leader else { return format!("nobody leads {place}") };
    let how = match elected_by {
        ElectedBy::PresentLeader | ElectedBy::FirstInSync | ElectedBy::Nobody => "",
        ElectedBy::PreferredReplica => ": the preferred leader",
        ElectedBy::FirstEligible => ": elected from the ELR",
        ElectedBy::LastKnownLeader => ": the last known leader, an unclean election",
        ElectedBy::FirstAlive => ": an unclean election",
    };
    format!("broker {leader} leads {place}, epoch {leader_epoch}{how}")
}

/// `1, 2`, or `empty`.
pub(super) fn brokers(ids: &[BrokerId]) -> String {
    if ids.is_empty() {
        return "empty".to_string();
    }
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `orders-0`, or `every partition of orders`.
fn of_topic(topic: &str, partition: Option<PartitionId>) -> String {
    partition.map_or_else(|| format!("every partition of {topic}"), |partition| format!("{topic}-{partition}"))
}

/// Who stands at an end of a wire.
fn node(state: &State, endpoint: Endpoint) -> String {
    match endpoint {
        Endpoint::Session(session) => producer_name(state, session).to_string(),
        Endpoint::Consumer(index) => {
            state.scenario.consumers.get(index as usize).map_or("?", |consumer| consumer.name.as_str()).to_string()
        }
        Endpoint::Broker(broker) => format!("broker {broker}"),
        Endpoint::Controller(controller) => format!("controller {controller}"),
        Endpoint::Administrator => "an administrator".to_string(),
    }
}

fn quorum_words(controller: ControllerId, event: &QuorumEvent) -> Option<String> {
    Some(match event {
        QuorumEvent::Started => format!("controller {controller} started"),
        QuorumEvent::Crashed => format!("controller {controller} crashed"),
        QuorumEvent::BecameActive { epoch } => {
            format!("controller {controller} is the active controller, epoch {epoch}")
        }
        QuorumEvent::Renounced { epoch } => format!("controller {controller} gives up epoch {epoch}"),
        QuorumEvent::VoteGranted { candidate, epoch } => {
            format!("controller {controller} votes for {candidate} in epoch {epoch}")
        }
        QuorumEvent::Truncated { from, to } => {
            format!("controller {controller} cut its metadata log from {from} to {to}")
        }
        QuorumEvent::StateChanged { state: QuorumStateName::Follower, epoch, leader: Some(leader) } => {
            format!("controller {controller} follows {leader} in epoch {epoch}")
        }
        QuorumEvent::StateChanged { state, epoch, .. } => {
            format!("controller {controller} is {}, epoch {epoch}", state.word())
        }
        QuorumEvent::Controller(_) => return None,
    })
}

/// `orders-0`.
#[must_use]
pub fn place(state: &State, partition: TopicPartition) -> String {
    let topic = state.scenario.topics.get(usize::from(partition.topic.0)).map_or("?", |topic| topic.name.as_str());
    format!("{topic}-{}", partition.partition)
}

/// The name of a session's producer.
#[must_use]
pub fn producer_name(state: &State, session: SessionId) -> &str {
    let index = state.session(session).map(|session| session.producer_index as usize);
    index.and_then(|index| state.scenario.producers.get(index)).map_or("?", |producer| producer.name.as_str())
}

/// Why a call of `send()` was refused, as Kafka words it.
#[must_use]
pub fn refusal(state: &State, session: SessionId, why: Failure, record: &SendRecord) -> String {
    let size = size_upper_bound(record);
    let Some(config) = state.session(session).map(|session| session.producer.config()) else {
        return why.exception().to_string();
    };
    let message = match why {
        Failure::RecordTooLarge if size as i64 > config.max_request_size => format!(
            "The message is {size} bytes when serialized which is larger than {}, which is the value of the max.request.size configuration.",
            config.max_request_size
        ),
        Failure::RecordTooLarge => format!(
            "The message is {size} bytes when serialized which is larger than the total memory buffer you have configured with the buffer.memory configuration."
        ),
        Failure::BufferExhausted => format!(
            "Failed to allocate {size} bytes within the configured max blocking time {} ms.",
            config.max_block_ms
        ),
        Failure::MetadataTimeout => {
            format!("Topic or partition not present in metadata after {} ms.", config.max_block_ms)
        }
        Failure::InvalidCall => "Invalid partition given with record.".to_string(),
        Failure::ProducerClosed => "Producer closed while send in progress.".to_string(),
        Failure::DeliveryTimeout => {
            format!("Expiring record: {} ms has passed since batch creation.", config.delivery_timeout_ms)
        }
        Failure::Error(error) => error.name().to_string(),
    };
    format!("{}: {message}", why.exception())
}

/// Why a call of `send()` that waited has failed, as Kafka words it.
#[must_use]
pub fn late_refusal(state: &State, session: SessionId, why: Failure) -> String {
    let waited = state.session(session).map_or(0, |session| session.producer.config().max_block_ms);
    let message = match why {
        Failure::MetadataTimeout => format!("Topic or partition not present in metadata after {waited} ms."),
        Failure::BufferExhausted => {
            format!("Failed to allocate memory within the configured max blocking time {waited} ms.")
        }
        Failure::ProducerClosed => "Producer closed while send in progress.".to_string(),
        _ => return why.exception().to_string(),
    };
    format!("{}: {message}", why.exception())
}

/// What the record's batch may take at most: the figure that Kafka names when a record is too large.
fn size_upper_bound(record: &SendRecord) -> usize {
    let headers: Vec<Header> = record
        .headers
        .iter()
        .map(|header| Header::new(header.key.clone().into_bytes(), header.value.0.clone()))
        .collect();
    batch_size_upper_bound(record.key.0.as_deref(), record.value.0.as_deref(), &headers)
}
