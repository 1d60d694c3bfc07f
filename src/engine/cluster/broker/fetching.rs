//! The follower's side of a broker: asking leaders for what it lacks (`AbstractFetcherThread`).
//!
//! One request at a time to each leader, for all partitions that this broker follows there, each from its log end. An answer
//! is appended and the next request goes out at once; the leader makes it wait if there is nothing new. A leader that
//! cannot be reached is asked again after `replica.fetch.backoff.ms`, until the metadata names another.

use super::{Broker, Sent};
use crate::engine::cluster::event::BrokerEvent;
use crate::engine::cluster::output::{BrokerEffect, BrokerOutput, TimerKind};
use crate::engine::cluster::partition::{FetchedOutcome, Role};
use crate::engine::cluster::protocol::{
    CorrelationId, FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Fetcher, ListOffsetsRequest,
    ListOffsetsResponse, OffsetQuery, Request,
};
use crate::engine::cluster::replica_fetcher::{FetcherPhase, ReplicaFetcher};
use crate::engine::common::{BrokerId, KafkaError, LeaderEpoch, Offset, TopicPartition, VirtualTime};

impl Broker {
    /// A partition's leader or epoch is another than before: it is fetched from there, and from nowhere else.
    pub(super) fn follow_or_stop(&mut self, now: VirtualTime, partition: TopicPartition, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        let Some(replica) = self.partition_mut(partition) else { return };
        let followed = match replica.role() {
            Role::Follower(follower) => follower.leader(),
            Role::Leader(_) | Role::Offline => None,
        };
        let leader_epoch = replica.leader_epoch();
        if followed.is_some() {
            replica.prepare_to_follow(wall_clock, &mut out.events);
        }
        for (leader, fetcher) in &mut self.process.fetchers {
            if followed != Some(*leader) {
                fetcher.remove(partition);
            }
        }
        if let Some(leader) = followed {
            self.process.fetchers.entry(leader).or_default().add(partition, leader_epoch);
        }
        self.stop_idle_fetchers(out);
    }

    /// A fetcher that follows nothing ends, and its connection is closed.
    fn stop_idle_fetchers(&mut self, out: &mut BrokerOutput) {
        let idle = |(leader, fetcher): (&BrokerId, &ReplicaFetcher)| fetcher.is_empty().then_some(*leader);
        for leader in self.process.fetchers.iter().filter_map(idle).collect::<Vec<_>>() {
            self.process.fetchers.remove(&leader);
            out.effects.push(BrokerEffect::Disconnect { from: leader });
        }
    }

    /// Asks every leader that nothing is asked of.
    pub(super) fn fetch_where_idle(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let idle = |(leader, fetcher): (&BrokerId, &ReplicaFetcher)| {
            matches!(fetcher.phase, FetcherPhase::Idle).then_some(*leader)
        };
        for leader in self.process.fetchers.iter().filter_map(idle).collect::<Vec<_>>() {
            self.send_fetch(now, leader, out);
        }
    }

    /// Asks a leader for everything that may be asked for, or waits until something may.
    fn send_fetch(&mut self, now: VirtualTime, leader: BrokerId, out: &mut BrokerOutput) {
        let Some(broker_epoch) = self.broker_epoch() else { return };
        if self.process.is_stalled {
            self.set_phase(leader, FetcherPhase::Idle);
            return;
        }
        let Some(fetcher) = self.process.fetchers.get(&leader) else { return };
        let next_due = fetcher.next_due();
        let asked = fetcher.askable(now);
        let max_bytes = usize::try_from(self.config.replica_fetch_max_bytes).unwrap_or(0);
        let fetch = |(partition, epoch): (TopicPartition, LeaderEpoch)| self.fetch_of(partition, epoch, max_bytes);
        let partitions: Vec<FetchPartition> = asked.into_iter().filter_map(fetch).collect();
        if partitions.is_empty() {
            self.set_phase(leader, FetcherPhase::Idle);
            if let Some(due) = next_due {
                self.schedule(due.max(now), TimerKind::Fetcher(leader), out);
            }
            return;
        }
        if let Some(fetcher) = self.process.fetchers.get_mut(&leader) {
            partitions.iter().for_each(|fetch| fetcher.note_asked(fetch.partition, fetch.fetch_offset));
        }
        let request = Request::Fetch(FetchRequest {
            fetcher: Fetcher::Follower { broker: self.id, broker_epoch },
            max_wait: VirtualTime::from_ms(self.config.replica_fetch_wait_max_ms),
            min_bytes: usize::try_from(self.config.replica_fetch_min_bytes).unwrap_or(0),
            max_bytes: usize::try_from(self.config.replica_fetch_response_max_bytes).unwrap_or(0),
            partitions,
        });
        self.ask(leader, Sent::Fetch(leader), request, out);
    }

    fn fetch_of(
        &self,
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
        max_bytes: usize,
    ) -> Option<FetchPartition> {
        let replica = self.partition(partition)?;
        Some(FetchPartition {
            partition,
            fetch_offset: replica.log().log_end_offset(),
            last_fetched_epoch: replica.last_fetched_epoch(),
            current_leader_epoch: Some(leader_epoch),
            log_start_offset: replica.log().log_start_offset(),
            max_bytes,
        })
    }

    fn ask(&mut self, leader: BrokerId, sent: Sent, request: Request, out: &mut BrokerOutput) {
        let correlation = self.next_correlation();
        self.process.sent.insert(correlation, sent);
        self.set_phase(leader, FetcherPhase::Asking(correlation));
        out.effects.push(BrokerEffect::SendToBroker { to: leader, correlation, request });
    }

    fn set_phase(&mut self, leader: BrokerId, phase: FetcherPhase) {
        if let Some(fetcher) = self.process.fetchers.get_mut(&leader) {
            fetcher.phase = phase;
        }
    }

    fn is_asking(&self, leader: BrokerId, correlation: CorrelationId) -> bool {
        self.process.fetchers.get(&leader).is_some_and(|fetcher| fetcher.is_asking(correlation))
    }

    /// A leader has answered a fetch. Appending takes time by the number of bytes.
    pub(super) fn fetch_answered(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        correlation: CorrelationId,
        response: FetchResponse,
        out: &mut BrokerOutput,
    ) {
        if !self.is_asking(leader, correlation) {
            return;
        }
        let done_at = now + self.append_cost(response.batch_bytes());
        if done_at == now && !self.process.is_stalled {
            self.take_fetched(now, leader, response, out);
        } else {
            self.set_phase(leader, FetcherPhase::Appending { response, done_at });
            self.schedule(done_at, TimerKind::Fetcher(leader), out);
        }
    }

    /// A fetcher has written what it got, or has waited long enough.
    pub(super) fn fetcher_due(&mut self, now: VirtualTime, leader: BrokerId, out: &mut BrokerOutput) {
        if self.process.is_stalled {
            return;
        }
        let Some(fetcher) = self.process.fetchers.get_mut(&leader) else { return };
        match std::mem::take(&mut fetcher.phase) {
            FetcherPhase::Appending { response, done_at } if done_at <= now => {
                self.take_fetched(now, leader, response, out);
            }
            FetcherPhase::BackingOff { until } if until <= now => self.send_fetch(now, leader, out),
            FetcherPhase::Idle => self.send_fetch(now, leader, out),
            not_due => fetcher.phase = not_due,
        }
    }

    /// Stops every fetcher where it is: what it has asked for may still come, but is not written, and nothing more is asked for.
    pub fn stall_fetchers(&mut self) {
        self.process.is_stalled = true;
    }

    /// Lets the fetchers go on from where they stopped.
    pub fn resume_fetchers(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        self.process.is_stalled = false;
        for leader in self.process.fetchers.keys().copied().collect::<Vec<_>>() {
            self.fetcher_due(now, leader, out);
        }
    }

    /// Whether its fetchers were stopped.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        self.process.is_stalled
    }

    /// Takes an answer into the logs and asks for more.
    fn take_fetched(&mut self, now: VirtualTime, leader: BrokerId, response: FetchResponse, out: &mut BrokerOutput) {
        let mut out_of_range = Vec::new();
        for fetched in response.partitions {
            if !self.is_awaited(leader, &fetched) {
                continue;
            }
            match fetched.error {
                None => self.take_partition(now, leader, &fetched, out),
                Some(KafkaError::OffsetOutOfRange) => out_of_range.push(fetched.partition),
                Some(error) => self.partition_failed(now, leader, fetched.partition, error, out),
            }
        }
        if out_of_range.is_empty() {
            self.send_fetch(now, leader, out);
        } else {
            self.ask_offsets(leader, Sent::LeaderEnds(leader), &out_of_range, OffsetQuery::Latest, out);
        }
    }

    /// Whether the answer is still for the log as it is: followed here, and not cut or moved since it was asked for.
    fn is_awaited(&self, leader: BrokerId, fetched: &FetchedPartition) -> bool {
        let state = self.process.fetchers.get(&leader).and_then(|fetcher| fetcher.partition(fetched.partition));
        let end = self.partition(fetched.partition).map(|replica| replica.log().log_end_offset());
        state.is_some_and(|state| state.asked.is_some() && state.asked == end)
    }

    fn take_partition(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        fetched: &FetchedPartition,
        out: &mut BrokerOutput,
    ) {
        let wall_clock = self.wall_clock(now);
        let Some(replica) = self.partition_mut(fetched.partition) else { return };
        if replica.fetched(leader, fetched, wall_clock, &mut out.events) == FetchedOutcome::Failed {
            self.partition_failed(now, leader, fetched.partition, KafkaError::UnknownServerError, out);
        }
    }

    /// One partition could not be read. A fenced epoch waits for the metadata, all else is tried again in a while.
    fn partition_failed(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        partition: TopicPartition,
        error: KafkaError,
        out: &mut BrokerOutput,
    ) {
        out.events.push(BrokerEvent::FetchFailed { leader, partition: Some(partition), error });
        let until = now + VirtualTime::from_ms(self.config.replica_fetch_backoff_ms);
        let Some(fetcher) = self.process.fetchers.get_mut(&leader) else { return };
        if error == KafkaError::FencedLeaderEpoch {
            fetcher.remove(partition);
            self.stop_idle_fetchers(out);
        } else {
            fetcher.delay(partition, until);
        }
    }

    /// A leader could not be reached.
    pub(super) fn leader_unreachable(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        correlation: CorrelationId,
        out: &mut BrokerOutput,
    ) {
        if !self.is_asking(leader, correlation) {
            return;
        }
        out.events.push(BrokerEvent::FetchFailed { leader, partition: None, error: KafkaError::NetworkException });
        let until = now + VirtualTime::from_ms(self.config.replica_fetch_backoff_ms);
        self.set_phase(leader, FetcherPhase::BackingOff { until });
        self.schedule(until, TimerKind::Fetcher(leader), out);
    }

    fn ask_offsets(
        &mut self,
        leader: BrokerId,
        sent: Sent,
        partitions: &[TopicPartition],
        query: OffsetQuery,
        out: &mut BrokerOutput,
    ) {
        let broker_epoch = self.broker_epoch().unwrap_or(-1);
        let request = Request::ListOffsets(ListOffsetsRequest {
            fetcher: Fetcher::Follower { broker: self.id, broker_epoch },
            partitions: partitions.iter().map(|partition| (*partition, query)).collect(),
        });
        self.ask(leader, sent, request, out);
    }

    /// Where the leader's logs end, for logs out of its range: longer ones are cut, for the others its start is asked for.
    pub(super) fn leader_ends_answered(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        correlation: CorrelationId,
        response: &ListOffsetsResponse,
        out: &mut BrokerOutput,
    ) {
        if !self.is_asking(leader, correlation) {
            return;
        }
        let wall_clock = self.wall_clock(now);
        let mut behind = Vec::new();
        for (partition, leader_end) in self.offsets_found(now, leader, response, out) {
            let Some(replica) = self.partition_mut(partition) else { continue };
            if leader_end < replica.log().log_end_offset() {
                replica.truncate_to_leader_end(leader_end, wall_clock, &mut out.events);
            } else {
                behind.push(partition);
            }
        }
        if behind.is_empty() {
            self.send_fetch(now, leader, out);
        } else {
            self.ask_offsets(leader, Sent::LeaderStarts(leader), &behind, OffsetQuery::Earliest, out);
        }
    }

    /// Where the leader's logs start: a log that ends before that has nothing to continue.
    pub(super) fn leader_starts_answered(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        correlation: CorrelationId,
        response: &ListOffsetsResponse,
        out: &mut BrokerOutput,
    ) {
        if !self.is_asking(leader, correlation) {
            return;
        }
        let wall_clock = self.wall_clock(now);
        for (partition, leader_start) in self.offsets_found(now, leader, response, out) {
            let Some(replica) = self.partition_mut(partition) else { continue };
            if leader_start > replica.log().log_end_offset() {
                replica.start_again_at(leader_start, wall_clock, &mut out.events);
            }
        }
        self.send_fetch(now, leader, out);
    }

    /// The offsets of an answer; partitions with an error are tried again later.
    fn offsets_found(
        &mut self,
        now: VirtualTime,
        leader: BrokerId,
        response: &ListOffsetsResponse,
        out: &mut BrokerOutput,
    ) -> Vec<(TopicPartition, Offset)> {
        let mut found = Vec::new();
        for (partition, result) in &response.partitions {
            let is_followed =
                self.process.fetchers.get(&leader).is_some_and(|fetcher| fetcher.partition(*partition).is_some());
            match result {
                Ok(Some(offset)) if is_followed => found.push((*partition, *offset)),
                Ok(_) => {}
                Err(error) => self.partition_failed(now, leader, *partition, *error, out),
            }
        }
        found
    }
}
