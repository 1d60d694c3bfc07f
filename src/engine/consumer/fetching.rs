//! What a consumer says to brokers, and what it makes of their answers: Fetch, ListOffsets, OffsetsForLeaderEpoch.
//!
//! One request is open to a broker at a time. A broker is not fetched from while records of a partition that it leads wait to be
//! polled (`AbstractFetch.prepareFetchRequests`); so a slow application is not handed more than it can take.

use super::Consumer;
use super::application::CompletedFetch;
use super::output::{ConsumerEffect, ConsumerEvent, ConsumerOutput};
use super::position::{FetchPosition, PartitionState, Position, Trouble};
use crate::engine::cluster::protocol::{
    CorrelationId, EpochOfPartition, FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Fetcher,
    LeaderAndEpoch, ListOffsetsRequest, ListOffsetsResponse, OffsetQuery, OffsetsForLeaderEpochRequest,
    OffsetsForLeaderEpochResponse, Request, Response,
};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, TopicPartition, VirtualTime};
use std::collections::BTreeSet;

/// A request that is open.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    correlation: CorrelationId,
    /// Where each partition stood when it was asked for.
    asked: Vec<(TopicPartition, Position)>,
}

impl InFlight {
    /// Whatever the answer says, it is for nobody.
    pub(super) fn forget(&mut self) {
        self.asked.clear();
    }
}

impl Consumer {
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
            Response::ListOffsets(response) => self.take_offsets(now, from, &in_flight, &response, out),
            Response::OffsetsForLeaderEpoch(response) => self.take_epochs(now, from, &in_flight, &response, out),
            Response::Produce(_) | Response::Metadata(_) | Response::DeleteRecords(_) | Response::InitProducerId(_) => {
            }
        }
        self.poll(now, out);
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

    /// Where a partition stands, if it is still where it was when the broker was asked.
    fn still_at(&self, in_flight: &InFlight, partition: TopicPartition) -> Option<Position> {
        let (_, asked) = in_flight.asked.iter().find(|(asked, _)| *asked == partition)?;
        self.partitions.get(&partition).map(|state| state.position).filter(|position| position == asked)
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
            let Some(Position::At(asked)) = self.still_at(in_flight, partition) else { continue };
            match fetched.error {
                None => self.buffer(from, asked.offset, fetched),
                Some(KafkaError::OffsetOutOfRange) => {
                    out.events.push(ConsumerEvent::OutOfRange { partition, position: asked.offset });
                    self.reset(partition, Trouble::OutOfRange, out);
                }
                Some(error) => {
                    self.partition_failed(now, from, partition, error, fetched.current_leader, out);
                }
            }
        }
    }

    /// Keeps what came for `poll()`. The first batch may start before the position; what is before it is skipped.
    fn buffer(&mut self, from: BrokerId, next: Offset, fetched: FetchedPartition) {
        let partition = fetched.partition;
        let batches = fetched.batches.into_iter().skip_while(|batch| batch.next_offset() <= next).collect();
        let completed = CompletedFetch { from, partition, next, batches };
        if !completed.batches.is_empty() {
            self.fetched.push_back(completed);
        }
    }

    fn take_offsets(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        in_flight: &InFlight,
        response: &ListOffsetsResponse,
        out: &mut ConsumerOutput,
    ) {
        for (partition, result) in &response.partitions {
            let Some(Position::ToAsk(_)) = self.still_at(in_flight, *partition) else { continue };
            let Some(state) = self.partitions.get_mut(partition) else { continue };
            match result {
                Ok(Some(offset)) => {
                    state.position = Position::At(FetchPosition { offset: *offset, epoch: None });
                    out.events.push(ConsumerEvent::PositionSet { partition: *partition, position: *offset });
                }
                // No record is that late: the application goes to the end.
                Ok(None) => state.position = Position::ToAsk(OffsetQuery::Latest),
                Err(error) => self.partition_failed(now, from, *partition, *error, None, out),
            }
        }
    }

    /// What a new leader says of the epoch that was read last (KIP-320).
    fn take_epochs(
        &mut self,
        now: VirtualTime,
        from: BrokerId,
        in_flight: &InFlight,
        response: &OffsetsForLeaderEpochResponse,
        out: &mut ConsumerOutput,
    ) {
        for (partition, result) in &response.partitions {
            let partition = *partition;
            let Some(Position::ToValidate { position, against }) = self.still_at(in_flight, partition) else {
                continue;
            };
            let trouble = match result {
                Err(error) => {
                    self.partition_failed(now, from, partition, *error, None, out);
                    continue;
                }
                Ok(None) => Trouble::EpochUnknown,
                Ok(Some(end)) if end.end_offset < position.offset => {
                    Trouble::Truncated(FetchPosition { offset: end.end_offset, epoch: Some(end.epoch) })
                }
                Ok(Some(_)) => {
                    self.trust(partition, position, against);
                    continue;
                }
            };
            let diverges_at = if let Trouble::Truncated(fork) = trouble { Some(fork.offset) } else { None };
            out.events.push(ConsumerEvent::TruncationDetected { partition, position: position.offset, diverges_at });
            self.reset(partition, trouble, out);
            if let Some(Position::At(fork)) = self.partitions.get(&partition).map(|state| state.position) {
                self.trust(partition, fork, against);
            }
        }
    }

    /// The leader's log has what was read before a position.
    fn trust(&mut self, partition: TopicPartition, position: FetchPosition, against: LeaderEpoch) {
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        state.position = Position::At(position);
        state.trusted = Some(against);
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

    /// Asks each leader to which nothing is open for what its partitions need first: whether a position is sound, an offset,
    /// or records.
    pub(super) fn fetch(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        let due = self.partitions.values().filter(|state| state.not_before <= now);
        let leaders: BTreeSet<BrokerId> = due.filter_map(|state| state.leader.map(|leader| leader.leader)).collect();
        for leader in leaders {
            if !self.in_flight.contains_key(&leader) {
                self.ask(now, leader, out);
            }
        }
    }

    fn ask(&mut self, now: VirtualTime, leader: BrokerId, out: &mut ConsumerOutput) {
        let led = self.partitions.iter().filter(|(_, state)| state.is_led_by(leader));
        let has_buffered = led.clone().any(|(partition, _)| self.is_buffered(*partition));
        let due: Vec<(TopicPartition, PartitionState)> =
            led.filter(|(_, state)| state.not_before <= now).map(|(partition, state)| (*partition, *state)).collect();
        let those = |wanted: fn(Position) -> bool| -> Vec<(TopicPartition, PartitionState)> {
            due.iter().filter(|(_, state)| wanted(state.position)).copied().collect()
        };
        let unsound = those(|position| matches!(position, Position::ToValidate { .. }));
        let without = those(|position| matches!(position, Position::ToAsk(_)));
        let (asked, request) = if !unsound.is_empty() {
            let request = epochs_request(&unsound);
            (unsound, request)
        } else if !without.is_empty() {
            let request = offsets_request(&without);
            (without, request)
        } else {
            let fetchable = those(|position| matches!(position, Position::At(_)));
            if fetchable.is_empty() || has_buffered || self.is_paused {
                return;
            }
            let request = self.fetch_request(&fetchable);
            (fetchable, request)
        };
        self.last_correlation += 1;
        let correlation = CorrelationId(self.last_correlation);
        let asked = asked.into_iter().map(|(partition, state)| (partition, state.position)).collect();
        self.in_flight.insert(leader, InFlight { correlation, asked });
        out.effects.push(ConsumerEffect::Send { to: leader, correlation, request });
    }

    fn fetch_request(&self, due: &[(TopicPartition, PartitionState)]) -> Request {
        let bytes = |setting: i64| usize::try_from(setting).unwrap_or(0);
        let fetch = |(partition, state): &(TopicPartition, PartitionState)| FetchPartition {
            partition: *partition,
            fetch_offset: state.position.offset().expect("only those with a position are fetched"),
            last_fetched_epoch: None,
            current_leader_epoch: state.leader.map(|leader| leader.epoch),
            log_start_offset: Offset::UNKNOWN,
            max_bytes: bytes(self.config.max_partition_fetch_bytes),
        };
        Request::Fetch(FetchRequest {
            fetcher: Fetcher::Consumer,
            max_wait: VirtualTime::from_ms(self.config.fetch_max_wait_ms),
            min_bytes: bytes(self.config.fetch_min_bytes),
            max_bytes: bytes(self.config.fetch_max_bytes),
            partitions: due.iter().map(fetch).collect(),
        })
    }
}

fn offsets_request(without: &[(TopicPartition, PartitionState)]) -> Request {
    let query = |(partition, state): &(TopicPartition, PartitionState)| match state.position {
        Position::ToAsk(query) => Some((*partition, query)),
        Position::At(_) | Position::ToValidate { .. } | Position::Nowhere => None,
    };
    let partitions = without.iter().filter_map(query).collect();
    Request::ListOffsets(ListOffsetsRequest { fetcher: Fetcher::Consumer, partitions })
}

fn epochs_request(unsound: &[(TopicPartition, PartitionState)]) -> Request {
    let query = |(partition, state): &(TopicPartition, PartitionState)| match state.position {
        Position::ToValidate { position: FetchPosition { epoch: Some(leader_epoch), .. }, .. } => {
            Some(EpochOfPartition {
                partition: *partition,
                current_leader_epoch: state.leader.map(|leader| leader.epoch),
                leader_epoch,
            })
        }
        _ => None,
    };
    let partitions = unsound.iter().filter_map(query).collect();
    Request::OffsetsForLeaderEpoch(OffsetsForLeaderEpochRequest { partitions })
}
