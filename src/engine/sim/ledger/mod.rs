//! The omniscient ledger: every record that was sent, what its application was told, and where it stands now.
//!
//! It is driven by events alone and never rescans: a change touches the records it concerns (`partition`), and the figures
//! move by the difference (`books`). `totals` says what each figure means. Copies are told apart by partition, leader epoch
//! and base offset.

mod books;
mod compaction;
mod entry;
mod partition;
mod replica_log;
mod totals;

pub use entry::{
    BatchEntry, BatchMoment, BatchRef, Compacted, Failure, OpenContent, Outcome, RecordEntry, RecordMoment,
};
pub use partition::PartitionLedger;
pub use replica_log::{CopyEntry, ReplicaLog};
pub use totals::{Figure, Totals};

use super::chunked::Chunked;
use crate::engine::common::{
    BrokerId, KafkaError, LeaderEpoch, Offset, ProducerEpoch, RecordId, SessionId, TopicPartition, VirtualTime,
};
use crate::engine::producer::OutgoingBatch;
use crate::engine::record::{Header, RecordBatch};
use books::{Books, Missing};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use totals::Flags;

/// The ledger of one run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    books: Books,
    /// For each session, its batches by the producer's own number.
    numbers: Vec<Chunked<Option<BatchRef>>>,
    partitions: BTreeMap<TopicPartition, Arc<PartitionLedger>>,
    /// Records whose application has called send() again with their content.
    sent_again: imbl::OrdSet<RecordId>,
}

/// A key, a value and headers, as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordContent {
    /// The key.
    pub key: Option<Bytes>,
    /// The value.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Vec<Header>,
}

impl Ledger {
    /// The figures of the whole run.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.books.totals
    }

    /// The figures of each producer session, by its id.
    #[must_use]
    pub fn rows(&self) -> &[Totals] {
        &self.books.rows
    }

    /// How many records there are; their ids are 0 and up.
    #[must_use]
    pub fn records_count(&self) -> usize {
        self.books.records.len()
    }

    /// A record.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&RecordEntry> {
        self.books.records.get(usize::try_from(id.0).ok()?)
    }

    /// How many batches there are; they are numbered from 0 in the order in which they were made.
    #[must_use]
    pub fn batches_count(&self) -> usize {
        self.books.batches.len()
    }

    /// A batch.
    #[must_use]
    pub fn batch(&self, batch: BatchRef) -> Option<&BatchEntry> {
        self.books.batches.get(batch.0 as usize)
    }

    /// A session's batch, by the producer's own number of it.
    #[must_use]
    pub fn batch_ref(&self, session: SessionId, number: u64) -> Option<BatchRef> {
        *self.numbers.get(session.0 as usize)?.get(usize::try_from(number).ok()?)?
    }

    /// A partition.
    #[must_use]
    pub fn partition(&self, partition: TopicPartition) -> Option<&PartitionLedger> {
        self.partitions.get(&partition).map(Arc::as_ref)
    }

    /// The record at an offset of a replica's log; none if there is none, or compaction has removed it.
    #[must_use]
    pub fn record_at(&self, partition: TopicPartition, broker: BrokerId, offset: Offset) -> Option<RecordId> {
        let log = self.partition(partition)?.replica(broker)?;
        if log.is_hole(offset) { None } else { self.record_once_at(partition, broker, offset) }
    }

    /// The record that stands at an offset of a replica's log, or stood there before compaction removed it.
    #[must_use]
    pub fn record_once_at(&self, partition: TopicPartition, broker: BrokerId, offset: Offset) -> Option<RecordId> {
        let entry = self.partition(partition)?.replica(broker)?.at(offset)?;
        let index = usize::try_from(offset.0 - entry.base_offset.0).ok()?;
        self.batch(entry.batch)?.records.get(index).copied()
    }

    /// The batch that a leader wrote under an epoch at an offset.
    #[must_use]
    pub fn batch_written(
        &self,
        partition: TopicPartition,
        epoch: LeaderEpoch,
        base_offset: Offset,
    ) -> Option<BatchRef> {
        self.partition(partition)?.written(epoch, base_offset)
    }

    /// The records behind a figure, in order of sending; for duplicates, a record once for each copy beyond the first.
    /// Looks at every record: for a list that someone asked to see.
    #[must_use]
    pub fn list(&self, figure: Figure, session: Option<SessionId>) -> Vec<RecordId> {
        let mut found = Vec::new();
        for (id, (_, entry)) in (0..).map(RecordId).zip(self.books.records.iter()) {
            if session.is_none_or(|session| session == entry.session) {
                found.extend(std::iter::repeat_n(id, self.times(figure, id, entry)));
            }
        }
        found
    }

    /// How often a record counts in a figure.
    fn times(&self, figure: Figure, id: RecordId, entry: &RecordEntry) -> usize {
        let on_the_wire = entry.batched.is_some_and(|(_, batch)| self.books.batch(batch).on_the_wire > 0);
        let standing = entry.standing(on_the_wire);
        let flag = match figure {
            Figure::Sent => return 1,
            Figure::Duplicates => return usize::from(standing.duplicates),
            Figure::Delivered => Flags::DELIVERED,
            Figure::Failed => Flags::FAILED,
            Figure::Pending => Flags::PENDING,
            Figure::Unknown => Flags::UNKNOWN,
            Figure::Stored => Flags::STORED,
            Figure::Committed => Flags::COMMITTED,
            Figure::Expired => Flags::EXPIRED,
            Figure::Compacted => Flags::COMPACTED,
            Figure::Lost => Flags::MISSING,
            Figure::Reordered => Flags::REORDERED,
        };
        let is_settled = || self.partition(entry.partition).is_some_and(|partition| partition.missing.is_settled(id));
        usize::from(standing.flags.has(flag) && (figure != Figure::Lost || is_settled()))
    }

    /// Whether the application has called send() again with a record's content.
    #[must_use]
    pub fn was_sent_again(&self, id: RecordId) -> bool {
        self.sent_again.contains(&id)
    }

    /// Whether a record is behind a figure now.
    #[must_use]
    pub fn is(&self, id: RecordId, figure: Figure) -> bool {
        self.record(id).is_some_and(|entry| self.times(figure, id, entry) > 0)
    }

    /// What was sent. It is read from the batch's bytes once the batch is encoded.
    #[must_use]
    pub fn content(&self, id: RecordId) -> Option<RecordContent> {
        let entry = self.record(id)?;
        let (_, batch) = entry.batched?;
        let batch = self.batch(batch)?;
        let index = entry.index as usize;
        if let Some(body) = &batch.body {
            let records = body.records().ok()?;
            let record = records.into_iter().nth(index)?;
            return Some(RecordContent { key: record.key, value: record.value, headers: record.headers });
        }
        let open = batch.open.get(index)?;
        Some(RecordContent { key: entry.key.clone(), value: open.value.clone(), headers: open.headers.clone() })
    }

    /// Everything that happened to a record, in order.
    #[must_use]
    pub fn moments(&self, id: RecordId) -> Vec<(VirtualTime, RecordMoment)> {
        let Some(entry) = self.record(id) else { return Vec::new() };
        let mut moments = vec![(entry.sent_at, RecordMoment::Sent)];
        if let Some((at, batch)) = entry.batched {
            moments.push((at, RecordMoment::InBatch { batch, index: entry.index }));
            let batch = self.books.batch(batch);
            let compacted = self.compacted(id);
            let concerns = |at: VirtualTime, moment: &BatchMoment| {
                let is_of_batch = matches!(moment, BatchMoment::Compacted { .. });
                !is_of_batch && moment.is_of_record(entry.index) && compacted.is_none_or(|gone| at <= gone.at)
            };
            let of_batch = batch.moments.iter().filter(|(at, moment)| concerns(*at, moment));
            moments.extend(of_batch.map(|(at, moment)| (*at, RecordMoment::Batch(*moment))));
            moments.extend(compacted.map(|gone| (gone.at, RecordMoment::Compacted(*gone))));
        } else if let Outcome::Failed { at, why } = entry.outcome {
            moments.push((at, RecordMoment::Failed { why }));
        }
        moments
    }
}

/// What the simulation tells the ledger. Each call is one thing that happened at `at`.
impl Ledger {
    /// A producer session begins; its id is the number of rows before.
    pub(super) fn session_started(&mut self) -> SessionId {
        self.books.rows.push(Totals::default());
        self.numbers.push(Chunked::default());
        SessionId(u32::try_from(self.books.rows.len() - 1).expect("a session takes a command, and those are bounded"))
    }

    /// `send()` was called.
    pub(super) fn sent(
        &mut self,
        session: SessionId,
        partition: TopicPartition,
        key: Option<Bytes>,
        at: VirtualTime,
    ) -> RecordId {
        let entry = RecordEntry {
            session,
            partition,
            asked_partition: partition.partition,
            key,
            sent_at: at,
            batched: None,
            index: 0,
            outcome: Outcome::Pending,
            copies: 0,
            committed_copies: 0,
            first_offset: Offset::UNKNOWN,
            was_expired: false,
            was_compacted: false,
            reordered: false,
            unknown: false,
        };
        let id = RecordId(self.books.records.push(entry) as u64);
        for totals in [&mut self.books.totals, &mut self.books.rows[session.0 as usize]] {
            totals.sent += 1;
            totals.pending += 1;
        }
        id
    }

    /// The application calls send() again with a record's content.
    pub(super) fn sent_again(&mut self, id: RecordId) {
        self.sent_again.insert(id);
    }

    /// A record joined a batch, at its end. The batch is new if its number is.
    pub(super) fn batched(
        &mut self,
        id: RecordId,
        number: u64,
        partition: TopicPartition,
        content: OpenContent,
        at: VirtualTime,
    ) -> BatchRef {
        let session = self.books.record(id).session;
        let batch = self.batch_ref(session, number).unwrap_or_else(|| self.new_batch(session, number, partition, at));
        let entry = self.books.batch_mut(batch);
        let index = u32::try_from(entry.records.len()).expect("a batch is bounded by its bytes");
        Arc::make_mut(&mut entry.records).push(id);
        Arc::make_mut(&mut entry.open).push(content);
        let record = self.books.records.get_mut(books::position(id)).expect("the ledger gave this id out");
        record.batched = Some((at, batch));
        record.index = index;
        record.partition = partition;
        batch
    }

    fn new_batch(&mut self, session: SessionId, number: u64, partition: TopicPartition, at: VirtualTime) -> BatchRef {
        let entry = BatchEntry {
            session,
            number,
            partition,
            created_at: at,
            records: Arc::default(),
            open: Arc::default(),
            body: None,
            moments: Vec::new(),
            on_the_wire: 0,
        };
        let position = self.books.batches.push(entry);
        let batch = BatchRef(u32::try_from(position).expect("a batch holds a record, and those are bounded"));
        let numbers = &mut self.numbers[session.0 as usize];
        let place = usize::try_from(number).expect("batches are numbered from 0");
        while numbers.back() <= place {
            numbers.push(None);
        }
        *numbers.get_mut(place).expect("just filled up to it") = Some(batch);
        batch
    }

    /// A batch is encoded. Whether it was not before; one that was numbered anew is encoded again.
    pub(super) fn closed(&mut self, batch: BatchRef, body: &RecordBatch, at: VirtualTime) -> bool {
        let entry = self.books.batch_mut(batch);
        let is_news = entry.body.is_none();
        if is_news {
            entry.open = Arc::default();
            entry.note(at, BatchMoment::Closed);
        }
        if entry.body.as_ref().is_none_or(|known| known.crc() != body.crc()) {
            entry.body = Some(body.clone());
        }
        is_news
    }

    /// A new epoch of its producer numbers a batch anew.
    pub(super) fn renumbered(&mut self, batch: BatchRef, epoch: ProducerEpoch, base_sequence: i32, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Renumbered { epoch, base_sequence });
    }

    /// A batch was too large: its records go on in smaller ones.
    pub(super) fn split(&mut self, batch: BatchRef, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Split);
    }

    /// The batch with this number. If the ledger does not know it, it is a part of a batch that was split, and takes the
    /// records over from it.
    pub(super) fn ensure_batch(
        &mut self,
        session: SessionId,
        number: u64,
        partition: TopicPartition,
        records: &Arc<Vec<RecordId>>,
        at: VirtualTime,
    ) -> BatchRef {
        if let Some(batch) = self.batch_ref(session, number) {
            return batch;
        }
        let batch = self.new_batch(session, number, partition, at);
        self.books.batch_mut(batch).records = Arc::clone(records);
        for (index, id) in (0..).zip(records.iter()) {
            let record = self.books.records.get_mut(books::position(*id)).expect("the ledger gave this id out");
            record.batched = Some((record.batched.map_or(at, |(at, _)| at), batch));
            record.index = index;
        }
        batch
    }

    /// A request with a batch left for a broker.
    pub(super) fn request_sent(&mut self, batch: BatchRef, to: BrokerId, outgoing: &OutgoingBatch, at: VirtualTime) {
        let entry = self.books.batch_mut(batch);
        entry.note(at, BatchMoment::Sent { to, attempt: outgoing.attempts, why: outgoing.reason });
        entry.on_the_wire += 1;
    }

    /// The producer got the answer to one attempt.
    pub(super) fn answered(&mut self, batch: BatchRef, error: Option<KafkaError>, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Answered { error });
    }

    /// An answer that came too late says whether a failed batch may be in a log.
    pub(super) fn answered_too_late(&mut self, batch: BatchRef, may_be_appended: bool) {
        self.update_batch(batch, |record| {
            record.unknown = may_be_appended && matches!(record.outcome, Outcome::Failed { .. });
        });
    }

    /// A batch waits for another attempt.
    pub(super) fn retrying(&mut self, batch: BatchRef, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Retrying);
    }

    /// Success was reported for a batch's records. Gives when each was sent to `latency`.
    pub(super) fn delivered(&mut self, batch: BatchRef, at: VirtualTime, mut latency: impl FnMut(VirtualTime)) {
        self.books.batch_mut(batch).note(at, BatchMoment::Delivered);
        self.update_batch(batch, |record| {
            if record.outcome == Outcome::Pending {
                record.outcome = Outcome::Delivered { at };
                latency(at.since(record.sent_at));
            }
        });
    }

    /// An error was reported for a batch's records. `unknown`: it was on the wire, and no answer ruled out an append.
    pub(super) fn failed(&mut self, batch: BatchRef, why: Failure, unknown: bool, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Failed { why });
        self.update_batch(batch, |record| {
            if record.outcome == Outcome::Pending {
                record.outcome = Outcome::Failed { at, why };
                record.unknown = unknown;
            }
        });
    }

    /// An error was reported for a record that is in no batch.
    pub(super) fn failed_alone(&mut self, id: RecordId, why: Failure, at: VirtualTime) {
        let mut nowhere = Missing::default();
        self.books.update(&mut nowhere, id, (false, false), |record| record.outcome = Outcome::Failed { at, why });
    }

    /// A request that carried a batch can no longer append it: it was refused, or went down with its connection or broker.
    pub(super) fn off_the_wire(&mut self, batch: BatchRef) {
        let entry = self.books.batch_mut(batch);
        debug_assert!(entry.on_the_wire > 0, "a batch leaves the wire once for each time it was sent");
        entry.on_the_wire = entry.on_the_wire.saturating_sub(1);
        if entry.on_the_wire == 0 {
            let (records, partition) = (Arc::clone(&entry.records), entry.partition);
            let missing = &mut partition_mut(&mut self.partitions, partition).missing;
            records.iter().for_each(|id| self.books.update(missing, *id, (true, false), |_| ()));
        }
    }

    /// A leader recognised a batch that it has already, at this offset.
    pub(super) fn recognised(&mut self, batch: BatchRef, by: BrokerId, base_offset: Offset, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::RecognisedAsDuplicate { by, base_offset });
    }

    /// A leader refused a batch.
    pub(super) fn refused(&mut self, batch: BatchRef, by: BrokerId, error: KafkaError, at: VirtualTime) {
        self.books.batch_mut(batch).note(at, BatchMoment::Refused { by, error });
    }

    /// A leader wrote a batch.
    pub(super) fn appended(&mut self, partition: TopicPartition, by: BrokerId, entry: CopyEntry, at: VirtualTime) {
        let (leader_epoch, base_offset) = (entry.leader_epoch, entry.base_offset);
        self.books.batch_mut(entry.batch).note(at, BatchMoment::Appended { by, leader_epoch, base_offset });
        partition_mut(&mut self.partitions, partition).appended(&mut self.books, by, entry);
    }

    /// A follower wrote a batch.
    pub(super) fn replicated(&mut self, partition: TopicPartition, by: BrokerId, entry: CopyEntry, at: VirtualTime) {
        self.books.batch_mut(entry.batch).note(at, BatchMoment::Replicated { by, base_offset: entry.base_offset });
        partition_mut(&mut self.partitions, partition).added(&mut self.books, by, entry);
    }

    /// A replica's log was cut.
    pub(super) fn truncated(
        &mut self,
        partition: TopicPartition,
        by: BrokerId,
        ends: (Offset, Offset),
        at: VirtualTime,
    ) {
        partition_mut(&mut self.partitions, partition).truncated(&mut self.books, by, ends, at);
    }

    /// A replica's log start moved.
    pub(super) fn log_start_advanced(&mut self, partition: TopicPartition, by: BrokerId, to: Offset, at: VirtualTime) {
        partition_mut(&mut self.partitions, partition).log_start_advanced(&mut self.books, by, to, at);
    }

    /// A replica's high watermark moved, up or down.
    pub(super) fn high_watermark(&mut self, partition: TopicPartition, by: BrokerId, to: Offset, at: VirtualTime) {
        partition_mut(&mut self.partitions, partition).high_watermark(&mut self.books, by, to, at);
    }

    /// A partition has another leader, or none.
    pub(super) fn elected(&mut self, partition: TopicPartition, leader: Option<BrokerId>, at: VirtualTime) {
        partition_mut(&mut self.partitions, partition).elected(&mut self.books, leader, at);
    }

    /// A consumer read what stands between two offsets of a replica's log.
    pub(super) fn read(
        &mut self,
        partition: TopicPartition,
        from_broker: BrokerId,
        (from, to): (Offset, Offset),
        consumer: u32,
        at: VirtualTime,
    ) {
        let Some(log) = self.partitions.get(&partition).and_then(|partition| partition.replica(from_broker)) else {
            return;
        };
        for position in log.floor(from)..log.entries.back() {
            let Some(entry) = log.entries.get(position).filter(|entry| entry.base_offset < to) else { break };
            if log.holds_any_of(entry) {
                let index = |offset: Offset| u32::try_from(offset.0 - entry.base_offset.0).unwrap_or(0);
                let (first_index, end_index) = (index(from), index(to.min(entry.last_offset.plus(1))));
                self.books.batch_mut(entry.batch).note(at, BatchMoment::Read { consumer, first_index, end_index });
            }
        }
    }

    fn update_batch(&mut self, batch: BatchRef, mut change: impl FnMut(&mut RecordEntry)) {
        let entry = self.books.batch(batch);
        let (records, partition, on_the_wire) = (Arc::clone(&entry.records), entry.partition, entry.on_the_wire > 0);
        let missing = &mut partition_mut(&mut self.partitions, partition).missing;
        for id in records.iter() {
            self.books.update(missing, *id, (on_the_wire, on_the_wire), &mut change);
        }
    }
}

fn partition_mut(
    partitions: &mut BTreeMap<TopicPartition, Arc<PartitionLedger>>,
    partition: TopicPartition,
) -> &mut PartitionLedger {
    Arc::make_mut(partitions.entry(partition).or_default())
}
