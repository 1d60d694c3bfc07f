//! A consumer: reads every partition of one topic from its leader, below the high watermark, and keeps its own position.
//!
//! Reading removes nothing: another consumer, or this one again from an earlier offset, gets the same records. The rule it
//! keeps: a position moves only by records that were read, by [`Consumer::seek`], or when its offset is gone; an answer that
//! was asked for from another position is dropped. A consumer without a position starts at the log's first offset, as with
//! `auto.offset.reset=earliest`; groups and committed offsets are not modelled.
//!
//! A pure state machine like the brokers: it pushes effects and events, and whoever drives it keeps the connections.

#[cfg(test)]
mod tests;

use crate::engine::cluster::protocol::{
    CorrelationId, FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Fetcher, LeaderAndEpoch,
    ListOffsetsRequest, ListOffsetsResponse, MetadataResponse, OffsetQuery, Request, Response,
};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::ConsumerConfig;
use crate::engine::record::RecordBatch;
use std::collections::BTreeMap;

/// One consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    config: ConsumerConfig,
    topic: TopicId,
    is_paused: bool,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    /// The one request that is open to each broker.
    in_flight: BTreeMap<BrokerId, InFlight>,
    metadata: MetadataState,
    last_correlation: u64,
}

/// What a consumer knows of one partition (`SubscriptionState.TopicPartitionState`).
#[derive(Clone, Copy, Debug)]
struct PartitionState {
    /// The next offset to read; none: to be asked for.
    position: Option<Offset>,
    leader: Option<LeaderAndEpoch>,
    /// Not to be asked for before this time; after an error.
    not_before: VirtualTime,
}

#[derive(Clone, Debug)]
struct InFlight {
    correlation: CorrelationId,
    /// From where each partition was asked for; none: its first offset was.
    asked: Vec<(TopicPartition, Option<Offset>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetadataState {
    /// Asked for.
    Awaited,
    /// Known; to be asked for again at that time.
    KnownUntil(VirtualTime),
}

/// What one call of a [`Consumer`] asks for and did.
#[derive(Clone, Debug, Default)]
pub struct ConsumerOutput {
    /// To be done, in this order.
    pub effects: Vec<ConsumerEffect>,
    /// Done, in this order.
    pub events: Vec<ConsumerEvent>,
}

/// Something to do for a consumer.
#[derive(Clone, Debug)]
pub enum ConsumerEffect {
    /// Ask any live broker for metadata; try another one, and again, until there is an answer: [`Consumer::metadata_received`].
    RequestMetadata,
    /// Send a request to a broker, over the one connection kept to it. It ends with [`Consumer::answered`] or
    /// [`Consumer::unreachable`].
    Send {
        /// Whom to.
        to: BrokerId,
        /// The consumer's number of the request.
        correlation: CorrelationId,
        /// The request.
        request: Request,
    },
    /// Call [`Consumer::wake`] at that time.
    Schedule {
        /// When.
        at: VirtualTime,
    },
}

/// Something that a consumer did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConsumerEvent {
    /// It read records.
    Read {
        /// From which broker.
        from: BrokerId,
        /// Which partition.
        partition: TopicPartition,
        /// First offset read.
        first_offset: Offset,
        /// Its position now: the next offset to read.
        next_offset: Offset,
    },
    /// Its position was set: by a seek, or at the first offset of the log.
    PositionSet {
        /// Which partition.
        partition: TopicPartition,
        /// The next offset to read.
        position: Offset,
    },
    /// Its position is no offset of the log; it goes on from the log's first offset.
    OutOfRange {
        /// Which partition.
        partition: TopicPartition,
        /// Where it was.
        position: Offset,
    },
    /// A partition could not be read; tried again later.
    FetchFailed {
        /// From which broker.
        from: BrokerId,
        /// Which partition; none: the broker could not be reached.
        partition: Option<TopicPartition>,
        /// Why.
        error: KafkaError,
    },
}

impl Consumer {
    /// A consumer of a topic, not started.
    #[must_use]
    pub fn new(config: ConsumerConfig, topic: TopicId, is_paused: bool) -> Self {
        Self {
            config,
            topic,
            is_paused,
            partitions: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            metadata: MetadataState::Awaited,
            last_correlation: 0,
        }
    }

    /// Starts it. Call once.
    pub fn start(&mut self, out: &mut ConsumerOutput) {
        self.metadata = MetadataState::Awaited;
        out.effects.push(ConsumerEffect::RequestMetadata);
    }

    /// The topic that it reads.
    #[must_use]
    pub fn topic(&self) -> TopicId {
        self.topic
    }

    /// Whether it is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The next offset to read of each partition that it knows; none: not asked for yet.
    pub fn positions(&self) -> impl Iterator<Item = (TopicPartition, Option<Offset>)> {
        self.partitions.iter().map(|(partition, state)| (*partition, state.position))
    }

    /// Fetches nothing from now on. What is on its way is dropped; the positions stay.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Goes on from its positions.
    pub fn resume(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        self.is_paused = false;
        self.fetch(now, out);
    }

    /// Reads a partition from `position` on, whatever was read before. A partition that it does not know yet is remembered.
    pub fn seek(&mut self, now: VirtualTime, partition: TopicPartition, position: Offset, out: &mut ConsumerOutput) {
        let unknown = PartitionState { position: None, leader: None, not_before: VirtualTime::ZERO };
        self.partitions.entry(partition).or_insert(unknown).position = Some(position);
        out.events.push(ConsumerEvent::PositionSet { partition, position });
        self.fetch(now, out);
    }

    /// The time that it asked for has come.
    pub fn wake(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        if matches!(self.metadata, MetadataState::KnownUntil(until) if until <= now) {
            self.request_metadata(out);
        }
        self.fetch(now, out);
    }

    /// A broker has said who leads what.
    pub fn metadata_received(&mut self, now: VirtualTime, response: &MetadataResponse, out: &mut ConsumerOutput) {
        let until = now + VirtualTime::from_ms(self.config.metadata_max_age_ms);
        self.metadata = MetadataState::KnownUntil(until);
        out.effects.push(ConsumerEffect::Schedule { at: until });
        let topic = self.topic;
        let known = response.topics.iter().flat_map(|topic| &topic.partitions);
        for known in known.filter(|known| known.partition.topic == topic) {
            let told = known.leader.map(|leader| LeaderAndEpoch { leader, epoch: known.leader_epoch });
            self.learn_leader(known.partition, told, known.leader_epoch);
        }
        if self.partitions.values().any(|state| state.leader.is_none()) {
            self.metadata = MetadataState::KnownUntil(now + self.backoff());
            out.effects.push(ConsumerEffect::Schedule { at: now + self.backoff() });
        }
        self.fetch(now, out);
    }

    /// Takes what was said of a leader, unless it is older than what is known.
    fn learn_leader(&mut self, partition: TopicPartition, told: Option<LeaderAndEpoch>, epoch: LeaderEpoch) {
        let unknown = PartitionState { position: None, leader: None, not_before: VirtualTime::ZERO };
        let state = self.partitions.entry(partition).or_insert(unknown);
        if state.leader.is_none_or(|known| epoch >= known.epoch) {
            state.leader = told;
        }
    }

    /// A broker has answered.
    pub fn answered(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        correlation: CorrelationId,
        response: Response,
        out: &mut ConsumerOutput,
    ) {
        let Some(in_flight) = self.take_in_flight(from, correlation) else { return };
        match response {
            Response::Fetch(response) => self.take_fetched(now, from, &in_flight, response, out),
            Response::ListOffsets(response) => self.take_offsets(now, from, &response, out),
            Response::Produce(_) | Response::Metadata(_) | Response::DeleteRecords(_) | Response::InitProducerId(_) => {
            }
        }
        self.fetch(now, out);
    }

    /// A broker will not answer: the connection failed.
    pub fn unreachable(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        correlation: CorrelationId,
        out: &mut ConsumerOutput,
    ) {
        let Some(in_flight) = self.take_in_flight(from, correlation) else { return };
        out.events.push(ConsumerEvent::FetchFailed { from, partition: None, error: KafkaError::NetworkException });
        for (partition, _) in in_flight.asked {
            self.wait(now, partition);
        }
        self.retry_with_fresh_metadata(now, out);
    }

    fn take_in_flight(&mut self, from: BrokerId, correlation: CorrelationId) -> Option<InFlight> {
        if self.in_flight.get(&from)?.correlation != correlation {
            return None;
        }
        self.in_flight.remove(&from)
    }

    fn take_fetched(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        in_flight: &InFlight,
        response: FetchResponse,
        out: &mut ConsumerOutput,
    ) {
        for fetched in response.partitions {
            let partition = fetched.partition;
            let asked = in_flight.asked.iter().find(|(asked, _)| *asked == partition).and_then(|(_, offset)| *offset);
            let Some(state) = self.partitions.get_mut(&partition) else { continue };
            if asked.is_none() || state.position != asked || self.is_paused {
                continue;
            }
            match fetched.error {
                None => read(from, state, &fetched, out),
                Some(KafkaError::OffsetOutOfRange) => {
                    let position = state.position.take().expect("it is what was asked for");
                    out.events.push(ConsumerEvent::OutOfRange { partition, position });
                }
                Some(error) => {
                    self.partition_failed(now, from, partition, error, fetched.current_leader, out);
                }
            }
        }
    }

    fn take_offsets(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        response: &ListOffsetsResponse,
        out: &mut ConsumerOutput,
    ) {
        for (partition, result) in &response.partitions {
            match (result, self.partitions.get_mut(partition)) {
                (Ok(Some(position)), Some(state)) if state.position.is_none() => {
                    state.position = Some(*position);
                    out.events.push(ConsumerEvent::PositionSet { partition: *partition, position: *position });
                }
                (Err(error), Some(_)) => self.partition_failed(now, from, *partition, *error, None, out),
                (Ok(_), _) | (Err(_), None) => {}
            }
        }
    }

    /// A partition could not be read: wait a little, and find out who leads unless the answer said so.
    fn partition_failed(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        partition: TopicPartition,
        error: KafkaError,
        leader: Option<LeaderAndEpoch>,
        out: &mut ConsumerOutput,
    ) {
        out.events.push(ConsumerEvent::FetchFailed { from, partition: Some(partition), error });
        let known = self.partitions.get(&partition).and_then(|state| state.leader);
        match leader {
            Some(newer) if known.is_none_or(|known| newer.epoch > known.epoch) => {
                self.learn_leader(partition, Some(newer), newer.epoch);
            }
            _ => {
                self.wait(now, partition);
                self.retry_with_fresh_metadata(now, out);
            }
        }
    }

    fn wait(&mut self, now: VirtualTime, partition: TopicPartition) {
        let not_before = now + self.backoff();
        if let Some(state) = self.partitions.get_mut(&partition) {
            state.not_before = not_before;
        }
    }

    fn backoff(&self) -> VirtualTime {
        VirtualTime::from_ms(self.config.retry_backoff_ms).max(VirtualTime(1))
    }

    fn retry_with_fresh_metadata(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        self.request_metadata(out);
        out.effects.push(ConsumerEffect::Schedule { at: now + self.backoff() });
    }

    fn request_metadata(&mut self, out: &mut ConsumerOutput) {
        if self.metadata != MetadataState::Awaited {
            self.metadata = MetadataState::Awaited;
            out.effects.push(ConsumerEffect::RequestMetadata);
        }
    }

    /// Asks each leader to which nothing is open: for first offsets where there is no position, else for records.
    fn fetch(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        if self.is_paused {
            return;
        }
        let due = self.partitions.values().filter(|state| state.not_before <= now);
        let leaders: std::collections::BTreeSet<BrokerId> =
            due.filter_map(|state| state.leader.map(|leader| leader.leader)).collect();
        for leader in leaders {
            if !self.in_flight.contains_key(&leader) {
                self.ask(now, leader, out);
            }
        }
    }

    fn ask(&mut self, now: VirtualTime, leader: BrokerId, out: &mut ConsumerOutput) {
        let led_by = |state: &PartitionState| state.leader.is_some_and(|known| known.leader == leader);
        let due: Vec<(TopicPartition, PartitionState)> = self
            .partitions
            .iter()
            .filter(|(_, state)| led_by(state) && state.not_before <= now)
            .map(|(partition, state)| (*partition, *state))
            .collect();
        let without: Vec<TopicPartition> =
            due.iter().filter(|(_, state)| state.position.is_none()).map(|(partition, _)| *partition).collect();
        self.last_correlation += 1;
        let correlation = CorrelationId(self.last_correlation);
        let (asked, request) = if without.is_empty() {
            let asked = due.iter().map(|(partition, state)| (*partition, state.position)).collect();
            (asked, Request::Fetch(self.fetch_request(&due)))
        } else {
            let partitions = without.iter().map(|partition| (*partition, OffsetQuery::Earliest)).collect();
            let request = ListOffsetsRequest { fetcher: Fetcher::Consumer, partitions };
            (without.into_iter().map(|partition| (partition, None)).collect(), Request::ListOffsets(request))
        };
        self.in_flight.insert(leader, InFlight { correlation, asked });
        out.effects.push(ConsumerEffect::Send { to: leader, correlation, request });
    }

    fn fetch_request(&self, due: &[(TopicPartition, PartitionState)]) -> FetchRequest {
        let bytes = |setting: i64| usize::try_from(setting).unwrap_or(0);
        let fetch = |(partition, state): &(TopicPartition, PartitionState)| FetchPartition {
            partition: *partition,
            fetch_offset: state.position.expect("those without a position are asked for first"),
            last_fetched_epoch: None,
            current_leader_epoch: state.leader.map(|leader| leader.epoch),
            log_start_offset: Offset::UNKNOWN,
            max_bytes: bytes(self.config.max_partition_fetch_bytes),
        };
        FetchRequest {
            fetcher: Fetcher::Consumer,
            max_wait: VirtualTime::from_ms(self.config.fetch_max_wait_ms),
            min_bytes: bytes(self.config.fetch_min_bytes),
            max_bytes: bytes(self.config.fetch_max_bytes),
            partitions: due.iter().map(fetch).collect(),
        }
    }
}

/// Reads what came from the position on. The first batch may start before it; what is before it is skipped.
fn read(from: BrokerId, state: &mut PartitionState, fetched: &FetchedPartition, out: &mut ConsumerOutput) {
    let position = state.position.expect("it is what was asked for");
    let Some(next_offset) = fetched.batches.last().map(RecordBatch::next_offset) else { return };
    let first = fetched.batches.iter().find(|batch| batch.next_offset() > position);
    let Some(first_offset) = first.map(|batch| batch.base_offset().max(position)) else { return };
    state.position = Some(next_offset);
    out.events.push(ConsumerEvent::Read { from, partition: fetched.partition, first_offset, next_offset });
}
