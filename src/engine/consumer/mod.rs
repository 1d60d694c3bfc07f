//! A consumer: reads every partition of one topic from its leader, below the high watermark, and keeps its own position.
//!
//! Reading removes nothing: another consumer, or this one again from an earlier offset, gets the same records. The rule it
//! keeps: a position moves only by records that `poll()` gave, by a seek, or when its offset is gone; an answer that was asked
//! for from another position is dropped. Each consumer has an application of its own ([`application`]), so a slow one falls
//! behind and holds nobody up. Where it begins, and goes on when its offset is gone, is in [`position`]; what it says to
//! brokers is in [`fetching`].
//!
//! Simplified: groups and committed offsets are not modelled. A consumer without a position begins as `auto.offset.reset`
//! says, and one that is closed to change a setting goes on where it was, as if it had committed.
//!
//! A pure state machine like the brokers: it pushes effects and events, and whoever drives it keeps the connections.

pub mod application;
mod fetching;
mod output;
pub mod position;
#[cfg(test)]
mod tests;

pub use application::Application;
pub use output::{ConsumerEffect, ConsumerEvent, ConsumerOutput};
pub use position::PollException;

use crate::engine::cluster::protocol::{LeaderAndEpoch, MetadataResponse, OffsetQuery};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::ConsumerConfig;
use application::CompletedFetch;
use fetching::InFlight;
use position::{FetchPosition, PartitionState, Position, Trouble, after};
use std::collections::{BTreeMap, VecDeque};

/// One consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    config: ConsumerConfig,
    topic: TopicId,
    is_paused: bool,
    partitions: BTreeMap<TopicPartition, PartitionState>,
    /// What came and was not polled yet, oldest first.
    fetched: VecDeque<CompletedFetch>,
    application: Application,
    exception: Option<(TopicPartition, PollException)>,
    /// The one request that is open to each broker.
    in_flight: BTreeMap<BrokerId, InFlight>,
    metadata: MetadataState,
    last_correlation: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetadataState {
    /// Asked for.
    Awaited,
    /// Known; to be asked for again at that time.
    KnownUntil(VirtualTime),
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
            fetched: VecDeque::new(),
            application: Application::Polling,
            exception: None,
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

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &ConsumerConfig {
        &self.config
    }

    /// Whether it is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// The next offset to read of each partition that it knows; none: not known yet.
    pub fn positions(&self) -> impl Iterator<Item = (TopicPartition, Option<Offset>)> {
        self.partitions.iter().map(|(partition, state)| (*partition, state.position.offset()))
    }

    /// Gives and fetches nothing from now on. The positions stay, and so does what was fetched.
    pub fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Goes on from its positions.
    pub fn resume(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        self.is_paused = false;
        self.poll(now, out);
    }

    /// Reads a partition from `offset` on, whatever was read before. A partition that it does not know yet is remembered.
    pub fn seek(&mut self, now: VirtualTime, partition: TopicPartition, offset: Offset, out: &mut ConsumerOutput) {
        self.go_to(partition, Position::At(FetchPosition { offset, epoch: None }));
        out.events.push(ConsumerEvent::PositionSet { partition, position: offset });
        self.poll(now, out);
    }

    /// Reads a partition from an end of the log on, or from the first record at or after a time (`seekToBeginning`, `seekToEnd`,
    /// `offsetsForTimes`): the leader is asked where that is. No record that late: from the end on.
    pub fn seek_to(
        &mut self,
        now: VirtualTime,
        partition: TopicPartition,
        query: OffsetQuery,
        out: &mut ConsumerOutput,
    ) {
        self.go_to(partition, Position::ToAsk(query));
        self.poll(now, out);
    }

    fn go_to(&mut self, partition: TopicPartition, position: Position) {
        let reset = self.config.auto_offset_reset;
        self.partitions.entry(partition).or_insert_with(|| PartitionState::new(reset)).position = position;
        // The application has what it was asked for, and polls again.
        self.exception = self.exception.filter(|(stopped, _)| *stopped != partition);
    }

    /// Closes it and starts another one with these settings, at the positions that it had. The application begins anew, too.
    pub fn configure(&mut self, now: VirtualTime, config: ConsumerConfig, out: &mut ConsumerOutput) {
        self.config = config;
        self.fetched.clear();
        self.in_flight.values_mut().for_each(InFlight::forget);
        self.application = Application::Polling;
        self.exception = None;
        for state in self.partitions.values_mut().filter(|state| state.position == Position::Nowhere) {
            state.position = PartitionState::new(self.config.auto_offset_reset).position;
        }
        self.poll(now, out);
    }

    /// The time that it asked for has come.
    pub fn wake(&mut self, now: VirtualTime, out: &mut ConsumerOutput) {
        if matches!(self.metadata, MetadataState::KnownUntil(until) if until <= now) {
            self.request_metadata(out);
        }
        self.poll(now, out);
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
        self.poll(now, out);
    }

    fn learn_leader(&mut self, partition: TopicPartition, told: Option<LeaderAndEpoch>, epoch: LeaderEpoch) {
        let reset = self.config.auto_offset_reset;
        self.partitions.entry(partition).or_insert_with(|| PartitionState::new(reset)).learn_leader(told, epoch);
    }

    /// A position does not do: what `auto.offset.reset` has for that, or an exception for the application.
    fn reset(&mut self, partition: TopicPartition, trouble: Trouble, out: &mut ConsumerOutput) {
        let Some(state) = self.partitions.get_mut(&partition) else { return };
        match after(trouble, self.config.auto_offset_reset) {
            Ok(position) => {
                state.position = position;
                if let Position::At(FetchPosition { offset, .. }) = position {
                    out.events.push(ConsumerEvent::PositionSet { partition, position: offset });
                }
            }
            Err(exception) => self.raise(partition, exception, out),
        }
    }

    /// `poll()` throws. The position stays: an application that only polls again would be told the same.
    fn raise(&mut self, partition: TopicPartition, exception: PollException, out: &mut ConsumerOutput) {
        if self.exception.is_none() {
            self.exception = Some((partition, exception));
            out.events.push(ConsumerEvent::PollFailed { partition, exception });
        }
    }

    fn maybe_raise_for_no_position(&mut self, out: &mut ConsumerOutput) {
        let nowhere = self.partitions.iter().find(|(_, state)| state.position == Position::Nowhere);
        if let Some(partition) = nowhere.map(|(partition, _)| *partition) {
            self.reset(partition, Trouble::NoPosition, out);
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
}
