//! Fetch requests, of followers and of consumers (`ReplicaManager.fetchMessages`).
//!
//! What a follower asks for says what it has, so its fetch first moves the leader's view of it (KAFKA 6.1). Then the broker
//! reads; if that gives less than `min_bytes` and nothing else to tell, the fetch waits in the purgatory and is read again later.

use super::Broker;
use super::produce::Origin;
use crate::engine::cluster::delayed_fetch::{DelayedFetch, Readable};
use crate::engine::cluster::output::BrokerOutput;
use crate::engine::cluster::partition::Partition;
use crate::engine::cluster::protocol::{
    FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Fetcher, LeaderAndEpoch, Response,
};
use crate::engine::common::{KafkaError, Offset, TopicPartition, VirtualTime};

/// Whether a read is the first one of its fetch, which tells where the follower is, or a later one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    First,
    FromPurgatory,
}

impl Broker {
    pub(super) fn fetch(&mut self, now: VirtualTime, origin: Origin, request: FetchRequest, out: &mut BrokerOutput) {
        let response = self.read_all(now, &request, Reading::First, out);
        let has_news = |fetched: &FetchedPartition| fetched.error.is_some() || fetched.diverging_epoch.is_some();
        let is_enough = request.max_wait == VirtualTime::ZERO
            || request.partitions.is_empty()
            || response.batch_bytes() >= request.min_bytes
            || response.partitions.iter().any(has_news);
        if is_enough {
            self.respond(origin.connection, origin.correlation, Response::Fetch(response), out);
        } else {
            self.delay_fetch(now, origin, DelayedFetch { request }, out);
        }
    }

    /// Reads again, and answers with what there is now.
    pub(super) fn answer_fetch(
        &mut self,
        now: VirtualTime,
        origin: Origin,
        request: &FetchRequest,
        out: &mut BrokerOutput,
    ) {
        let response = self.read_all(now, request, Reading::FromPurgatory, out);
        self.respond(origin.connection, origin.correlation, Response::Fetch(response), out);
    }

    /// Reads each partition in turn while the answer has room. The first one that has data gives one whole batch at least.
    fn read_all(
        &mut self,
        now: VirtualTime,
        request: &FetchRequest,
        reading: Reading,
        out: &mut BrokerOutput,
    ) -> FetchResponse {
        let mut room = request.max_bytes;
        let mut is_first = true;
        let mut partitions = Vec::with_capacity(request.partitions.len());
        for fetch in &request.partitions {
            let max_bytes = fetch.max_bytes.min(room);
            let mut fetched = self
                .read_one(now, request.fetcher, fetch, max_bytes, reading, out)
                .unwrap_or_else(|error| self.failed(fetch.partition, error));
            let bytes = fetched.batch_bytes();
            if bytes > max_bytes && !is_first {
                fetched.batches.clear();
            } else if bytes > 0 {
                is_first = false;
                room = room.saturating_sub(bytes);
            }
            partitions.push(fetched);
        }
        FetchResponse { partitions }
    }

    fn read_one(
        &mut self,
        now: VirtualTime,
        fetcher: Fetcher,
        fetch: &FetchPartition,
        max_bytes: usize,
        reading: Reading,
        out: &mut BrokerOutput,
    ) -> Result<FetchedPartition, KafkaError> {
        let Some(partition) = self.partition_mut(fetch.partition) else {
            return Err(self.missing_partition_error(fetch.partition));
        };
        partition.ensure_leads(fetcher, fetch.current_leader_epoch)?;
        let diverging_epoch = partition.diverging_epoch(fetch)?;
        let batches = match diverging_epoch {
            Some(_) => Vec::new(),
            None => partition.read(fetcher, fetch.fetch_offset, max_bytes)?.batches,
        };
        // Taken before the fetch moves the follower: the answer does not tell of a high watermark that it raises itself.
        let fetched = FetchedPartition {
            partition: fetch.partition,
            error: None,
            high_watermark: partition.high_watermark(),
            log_start_offset: partition.log().log_start_offset(),
            diverging_epoch,
            batches,
            current_leader: None,
        };
        if reading == Reading::First && diverging_epoch.is_none() {
            self.note_follower(now, fetcher, fetch, out);
        }
        Ok(fetched)
    }

    /// A follower's fetch is its acknowledgement.
    fn note_follower(&mut self, now: VirtualTime, fetcher: Fetcher, fetch: &FetchPartition, out: &mut BrokerOutput) {
        let Fetcher::Follower { broker, broker_epoch } = fetcher else { return };
        let change = self.with_leader(now, fetch.partition, |partition, context| {
            partition.update_follower_fetch_state(broker, broker_epoch, fetch, context, &mut out.events)
        });
        let Some(change) = change else { return };
        if change.proposal {
            self.propose_isr(now, fetch.partition, out);
        }
        self.check_purgatory_after_follower(now, fetch.partition, change.high_watermark, out);
    }

    fn failed(&self, partition: TopicPartition, error: KafkaError) -> FetchedPartition {
        let current_leader = match error {
            KafkaError::NotLeaderOrFollower | KafkaError::FencedLeaderEpoch => self.known_leader(partition),
            _ => None,
        };
        FetchedPartition {
            partition,
            error: Some(error),
            high_watermark: Offset::UNKNOWN,
            log_start_offset: Offset::UNKNOWN,
            diverging_epoch: None,
            batches: Vec::new(),
            current_leader,
        }
    }

    /// Who leads a partition, as far as this broker knows.
    pub(super) fn known_leader(&self, partition: TopicPartition) -> Option<LeaderAndEpoch> {
        let state = self.process.metadata.image().partition(partition)?;
        state.leader.map(|leader| LeaderAndEpoch { leader, epoch: state.leader_epoch })
    }

    /// What a partition has for a waiting fetch. Reads only if the number of bytes matters.
    pub(super) fn readable(partition: Option<&Partition>, request: &FetchRequest, fetch: &FetchPartition) -> Readable {
        let fetcher = request.fetcher;
        let Some(partition) = partition else { return Readable::AnswerNow };
        if partition.ensure_leads(fetcher, fetch.current_leader_epoch).is_err() {
            return Readable::AnswerNow;
        }
        let limit = partition.limit(fetcher);
        if limit < fetch.fetch_offset && matches!(fetcher, Fetcher::Follower { .. }) {
            return Readable::AnswerNow;
        }
        if limit <= fetch.fetch_offset {
            return Readable::Bytes(0);
        }
        if request.min_bytes <= 1 {
            return Readable::Bytes(1);
        }
        // A look at a copy: reading may resolve the high watermark's place, and a look changes nothing.
        let read = partition.clone().read(fetcher, fetch.fetch_offset, fetch.max_bytes);
        read.map_or(Readable::AnswerNow, |data| Readable::Bytes(data.size_in_bytes))
    }
}
