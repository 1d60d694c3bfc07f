//! A record: what it is, its bytes in its batch, everything that happened to it, and why it stands as it does.

use super::super::inspection::{FieldView, Inspection, MomentView, Tone};
use super::{place, standing};
use crate::engine::common::{BrokerId, RecordId, VirtualTime};
use crate::engine::config::Acks;
use crate::engine::sim::State;
use crate::engine::sim::ledger::{BatchMoment, Compacted, Failure, Outcome, RecordEntry, RecordMoment};
use crate::engine::storage::RemovalReason;
use crate::view::batch_bytes;
use crate::view::departures::{leave_meaning, leave_word};
use crate::view::format;
use crate::view::frame::RecordState;
use crate::view::news;
use crate::view::subject::Subject;

pub(super) fn inspect(state: &State, id: RecordId) -> Option<Inspection> {
    let entry = state.ledger.record(id)?;
    let batch = entry.batched.and_then(|(_, batch)| state.ledger.batch(batch));
    let body = batch.and_then(|batch| batch.body.as_ref());
    let mut parts = body.and_then(|body| batch_bytes::record(body, entry.index as usize)).unwrap_or_default();
    let mut fields = facts(state, entry);
    fields.append(&mut parts.fields);
    if body.is_none() {
        fields.extend(open_content(state, id));
    }
    let stands = standing(state, id);
    let links = batch.map(|batch| {
        (
            format!("its batch, {}", format::counted(batch.records.len() as u64, "record")),
            Subject::ProducerBatch { session: batch.session, number: batch.number },
        )
    });
    Some(Inspection {
        kind: "record",
        title: title(state, id, entry),
        record: Some(id.0),
        standing: Some(standing_words(state, entry, stands, state.ledger.compacted(id))),
        fields,
        bytes: parts.runs,
        bytes_total: parts.total,
        journey: journey(state, id),
        why: why(state, id, entry, stands),
        links: links.into_iter().collect(),
        ..Inspection::default()
    })
}

fn title(state: &State, id: RecordId, entry: &RecordEntry) -> String {
    match entry.first_offset() {
        Some(offset) => format!("{} @ {offset}", place(state, entry.partition)),
        None if entry.partition.partition.0 >= 0 => format!("{}, record {id}", place(state, entry.partition)),
        None => format!("record {id}, no partition yet"),
    }
}

fn facts(state: &State, entry: &RecordEntry) -> Vec<FieldView> {
    let outcome = match entry.outcome {
        Outcome::Pending => FieldView::toned("reported", "nothing yet", Tone::Quiet),
        Outcome::Delivered { at } => {
            FieldView::toned("reported", format!("delivered, {}", format::time(at)), Tone::Committed)
        }
        Outcome::Failed { at, why } => {
            FieldView::toned("reported", format!("{}, {}", why.exception(), format::time(at)), Tone::Lost)
        }
    };
    vec![
        FieldView::plain("producer", news::producer_name(state, entry.session)),
        FieldView::plain("sent", format::time(entry.sent_at)),
        outcome,
        FieldView::plain("copies in leader's log", entry.copies().to_string()),
    ]
}

/// Key, value and headers of a record whose batch still takes records: it has no bytes yet.
fn open_content(state: &State, id: RecordId) -> Vec<FieldView> {
    let Some(content) = state.ledger.content(id) else { return Vec::new() };
    let headers = content
        .headers
        .iter()
        .map(|header| format!("{}={}", header.key_text(), format::text_or_hex(header.value.as_deref())));
    vec![
        FieldView::plain("key", format::text_or_hex(content.key.as_deref())),
        FieldView::plain("value", format::text_or_hex(content.value.as_deref())),
        FieldView::plain(
            "headers",
            if content.headers.is_empty() { "none".to_string() } else { headers.collect::<Vec<_>>().join(", ") },
        ),
    ]
}

fn standing_words(
    state: &State,
    entry: &RecordEntry,
    stands: RecordState,
    compacted: Option<&Compacted>,
) -> (String, Tone) {
    let delivered = matches!(entry.outcome, Outcome::Delivered { .. });
    match stands {
        RecordState::Lost => ("delivered, and lost".to_string(), Tone::Lost),
        RecordState::Duplicate => (format!("{} copies in the log", entry.copies()), Tone::Duplicate),
        RecordState::Committed => ("committed".to_string(), Tone::Committed),
        RecordState::Pending if delivered => ("delivered, not committed".to_string(), Tone::Pending),
        RecordState::Pending => ("in the leader's log, not committed".to_string(), Tone::Pending),
        RecordState::Removed if compacted.is_some() => ("compacted".to_string(), Tone::Quiet),
        RecordState::Removed => ("expired".to_string(), Tone::Quiet),
        RecordState::Waiting => match entry.outcome {
            Outcome::Failed { .. } => ("failed".to_string(), Tone::Lost),
            Outcome::Delivered { .. } => ("delivered, in no leader's log now".to_string(), Tone::Pending),
            Outcome::Pending => (Whereabouts::of(state, entry).words().to_string(), Tone::Quiet),
        },
    }
}

fn journey(state: &State, id: RecordId) -> Vec<MomentView> {
    let moments = state.ledger.moments(id);
    moments
        .into_iter()
        .map(|(at, moment)| {
            let (label, tone) = moment_words(state, moment);
            MomentView { label, at_us: at.0, tone }
        })
        .collect()
}

fn moment_words(state: &State, moment: RecordMoment) -> (String, Tone) {
    match moment {
        RecordMoment::Sent => ("send()".to_string(), Tone::Plain),
        RecordMoment::InBatch { index, .. } => (format!("in batch, as no. {}", index + 1), Tone::Plain),
        RecordMoment::Failed { why } => (format!("failed: {}", why.exception()), Tone::Lost),
        RecordMoment::Batch(moment) => batch_moment_words(state, moment),
        RecordMoment::Compacted(gone) => {
            (format!("removed from {} by compaction: {}", gone.by, removal_words(gone.why)), Tone::Quiet)
        }
    }
}

/// Why compaction removed a record, in a few words.
pub(super) fn removal_words(why: Option<RemovalReason>) -> String {
    match why {
        Some(RemovalReason::Superseded { by }) => format!("offset {by} has its key"),
        Some(RemovalReason::TombstoneExpired { .. }) => "a tombstone whose time was over".to_string(),
        Some(RemovalReason::WithoutKey) => "it has no key".to_string(),
        None => "it was gone where this log was copied from".to_string(),
    }
}

/// Something that happened to a batch, in words.
pub(super) fn batch_moment_words(state: &State, moment: BatchMoment) -> (String, Tone) {
    match moment {
        BatchMoment::Closed => ("batch closed and encoded".to_string(), Tone::Plain),
        BatchMoment::Sent { to, attempt: 0, why } => {
            (format!("on the wire to {to}: {}", leave_meaning(leave_word(why))), Tone::Plain)
        }
        BatchMoment::Sent { to, attempt, .. } => {
            (format!("on the wire to {to}, attempt {}", attempt + 1), Tone::Pending)
        }
        BatchMoment::Appended { by, base_offset, .. } => (format!("appended by {by} at {base_offset}"), Tone::Plain),
        BatchMoment::RecognisedAsDuplicate { by, base_offset } => {
            (format!("recognised by {by}: it has it at {base_offset} already"), Tone::Committed)
        }
        BatchMoment::Renumbered { epoch, base_sequence } => {
            (format!("numbered anew: epoch {epoch}, sequence {base_sequence}"), Tone::Pending)
        }
        BatchMoment::Refused { by, error } => (format!("refused by {by}: {}", error.name()), Tone::Lost),
        BatchMoment::Replicated { by, .. } => (format!("copied by {by}"), Tone::Plain),
        BatchMoment::Committed { .. } => ("below the high watermark".to_string(), Tone::Committed),
        BatchMoment::Answered { error: None } => ("answer received".to_string(), Tone::Plain),
        BatchMoment::Answered { error: Some(error) } => (format!("answer: {}", error.name()), Tone::Pending),
        BatchMoment::Retrying => ("waits for another attempt".to_string(), Tone::Pending),
        BatchMoment::Split => ("split, too large".to_string(), Tone::Pending),
        BatchMoment::Delivered => ("delivered".to_string(), Tone::Committed),
        BatchMoment::Failed { why } => (format!("failed: {}", why.exception()), Tone::Lost),
        BatchMoment::Truncated { by } => (format!("cut off by {by}"), Tone::Lost),
        BatchMoment::Removed { by } => (format!("removed from {by} by retention"), Tone::Quiet),
        BatchMoment::Compacted { by } => (format!("compacted by {by}: records went"), Tone::Quiet),
        BatchMoment::Read { consumer, .. } => {
            let name = state.scenario.consumers.get(consumer as usize).map_or("?", |consumer| consumer.name.as_str());
            (format!("read by {name}"), Tone::Plain)
        }
    }
}

/// Why it stands as it does, in a sentence or two.
fn why(state: &State, id: RecordId, entry: &RecordEntry, stands: RecordState) -> Vec<String> {
    if let (RecordState::Removed, Some(gone)) = (stands, state.ledger.compacted(id)) {
        return vec![why_compacted(state, entry, gone)];
    }
    let acks = state.session(entry.session).map(|session| session.producer.config().acks);
    let delivered = matches!(entry.outcome, Outcome::Delivered { .. });
    let sentence = match (stands, acks) {
        (RecordState::Lost, Some(Acks::One)) => {
            "With `acks=1` the leader answers before any follower has the bytes. It died, and the replica that leads now never had them."
        }
        (RecordState::Lost, Some(Acks::Zero)) => {
            "With `acks=0` the producer reports success as soon as the request is written. Nobody has to have the bytes."
        }
        (RecordState::Lost, _) => "It was reported delivered, and no log that leads has it now.",
        (RecordState::Pending, Some(Acks::One)) if delivered => {
            "With `acks=1` the leader answers before any follower has the bytes. Until every in-sync replica has it, only the leader's disk stands between this record and its loss."
        }
        (RecordState::Pending, _) => {
            "It stands at or above the high watermark: not every in-sync replica is known to have it, so no consumer may read it."
        }
        (RecordState::Committed, _) => {
            "It stands below the high watermark: every in-sync replica has it, and consumers may read it."
        }
        (RecordState::Duplicate, _) => {
            "It was sent again after an attempt that had been appended; without idempotence the broker cannot tell."
        }
        (RecordState::Removed, _) => {
            "Retention or DeleteRecords took it out of the leader's log. It was kept as long as the topic's settings ask for, so it is expired, not lost."
        }
        (RecordState::Waiting, _) => match entry.outcome {
            Outcome::Failed { why: Failure::RecordTooLarge, .. } => return vec![too_large(state, entry)],
            Outcome::Failed { .. } => "The producer gave up on it and told the application.",
            Outcome::Delivered { .. } => {
                "The application was told that it is delivered. No log that leads holds it at this moment."
            }
            Outcome::Pending => return vec![Whereabouts::of(state, entry).sentence()],
        },
    };
    vec![sentence.to_string()]
}

/// Where a record is that is in no log, and of which its application knows nothing yet.
enum Whereabouts {
    /// Its call of `send()` has not returned.
    InSend,
    /// In a batch that has not left.
    InBatch,
    /// In a batch that failed in a way that may pass.
    BackingOff,
    /// In a request that was sent.
    Sent {
        /// When.
        at: VirtualTime,
        /// Whom to.
        to: BrokerId,
    },
}

impl Whereabouts {
    fn of(state: &State, entry: &RecordEntry) -> Self {
        let Some((_, batch)) = entry.batched else { return Whereabouts::InSend };
        let moments = state.ledger.batch(batch).into_iter().flat_map(|batch| batch.moments.iter().rev());
        let last = moments.filter_map(|(at, moment)| match moment {
            BatchMoment::Sent { to, .. } => Some(Whereabouts::Sent { at: *at, to: *to }),
            BatchMoment::Retrying | BatchMoment::Split => Some(Whereabouts::BackingOff),
            _ => None,
        });
        last.into_iter().next().unwrap_or(Whereabouts::InBatch)
    }

    fn words(&self) -> &'static str {
        match self {
            Whereabouts::InSend => "waits in send()",
            Whereabouts::InBatch => "in its batch, not sent",
            Whereabouts::BackingOff => "in its batch, to be sent again",
            Whereabouts::Sent { .. } => "sent, not answered",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Whereabouts::InSend => "`send()` has not returned yet: it waits, up to `max.block.ms`, for memory or for metadata, as for a partition that does not exist. What the same thread of its application sends next waits behind it: calls by hand behind calls by hand, a workload's behind its own.".to_string(),
            Whereabouts::InBatch => "Its batch waits until it is full, its linger is over, or another batch leaves for the same broker, and then for a free slot in flight.".to_string(),
            Whereabouts::BackingOff => "Its batch was sent and failed in a way that may pass. It waits out its backoff and goes again.".to_string(),
            Whereabouts::Sent { at, to } => format!(
                "It is on the wire or with the broker: its batch was sent to broker {to} at {}, and no answer has come back.",
                format::time(*at)
            ),
        }
    }
}

/// Which limits a record that is too large has to keep.
fn too_large(state: &State, entry: &RecordEntry) -> String {
    let limits = state.session(entry.session).map(|session| {
        let config = session.producer.config();
        (format::grouped_signed(config.max_request_size), format::grouped_signed(config.buffer_memory))
    });
    let (request, memory) = limits.unwrap_or_default();
    format!(
        "`send()` refused it: as a batch of its own it is larger than `max.request.size`, {request} bytes, or than `buffer.memory`, {memory} bytes. Nothing was sent."
    )
}

/// Why compaction removed it, with the record that speaks for its key now.
fn why_compacted(state: &State, entry: &RecordEntry, gone: &Compacted) -> String {
    let offset = gone.offset;
    match gone.why {
        Some(RemovalReason::Superseded { by }) => {
            let later = state.ledger.record_once_at(entry.partition, gone.by, by);
            let what = later.and_then(|id| state.ledger.content(id)).map_or("a record", |content| {
                if content.value.is_none() { "a tombstone" } else { "a value" }
            });
            format!(
                "Compaction keeps the last record of every key. It stood at offset {offset}; {what} with the same key stands at offset {by}, so it is superseded, not lost. No other record gets offset {offset}."
            )
        }
        Some(RemovalReason::TombstoneExpired { horizon }) => format!(
            "It was a tombstone: it said that its key is deleted. The first cleaning that kept it set its delete horizon, `delete.retention.ms` later, {horizon} in ms since 1970; a cleaning after that removed it. A reader that had not come by until then never learns of the deletion."
        ),
        Some(RemovalReason::WithoutKey) => {
            "It has no key. In a compacted topic nothing could ever take its place, so the cleaner removes it; the leader refuses such records from the moment on at which the topic is compacted.".to_string()
        }
        None => format!(
            "Compaction had removed it from the log that broker {} copied, so its offset {offset} was never written here. It is compacted, not lost.",
            gone.by
        ),
    }
}
