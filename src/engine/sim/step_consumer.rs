//! Driving consumers: the commands for them, one connection a broker, and metadata from any broker that answers.

use super::command::Command;
use super::consumer_node::{ConsumerNode, MetadataAsk};
use super::event::EventKind;
use super::network::{Direction, Endpoint, Payload};
use super::scheduler::Task;
use super::state::State;
use super::step_broker::Peer;
use crate::engine::cluster::protocol::{ConnectionId, CorrelationId, OffsetQuery, Request, Response};
use crate::engine::common::{BrokerId, PartitionId, TopicPartition, VirtualTime};
use crate::engine::consumer::{Consumer, ConsumerEffect, ConsumerEvent, ConsumerOutput};
use std::sync::Arc;

/// Sets metadata requests, which are numbered here, apart from those that the consumer numbers.
const METADATA_CORRELATIONS: u64 = 1 << 63;
/// How long a consumer waits before it asks another broker for metadata (`retry.backoff.ms`).
const METADATA_BACKOFF: VirtualTime = VirtualTime(100_000);

impl State {
    fn consumer_mut(&mut self, index: u32) -> &mut ConsumerNode {
        Arc::make_mut(&mut self.consumers[index as usize])
    }

    /// Lets a consumer act, and carries out what it wants.
    pub(super) fn drive_consumer(
        &mut self,
        index: u32,
        act: impl FnOnce(&mut Consumer, VirtualTime, &mut ConsumerOutput),
    ) {
        let now = self.now;
        let mut out = ConsumerOutput::default();
        act(&mut self.consumer_mut(index).consumer, now, &mut out);
        for event in out.events {
            if let ConsumerEvent::Read { from, partition, first_offset, next_offset, records } = &event {
                self.consumer_mut(index).read += u64::from(*records);
                self.ledger.read(*partition, *from, (*first_offset, *next_offset), index, now);
            }
            self.emit(EventKind::Consumer { consumer: index, event });
        }
        for effect in out.effects {
            match effect {
                ConsumerEffect::RequestMetadata => self.ask_for_consumer_metadata(index, BrokerId(1)),
                ConsumerEffect::Send { to, correlation, request } => {
                    self.send_for_consumer(index, to, correlation, request);
                }
                ConsumerEffect::Schedule { at } => self.scheduler.schedule(at, Task::WakeConsumer(index)),
            }
        }
    }

    /// Carries a command out if it is one for a consumer; says whether it was.
    pub(super) fn carry_out_of_consumer(&mut self, command: &Command) -> bool {
        match command {
            Command::PauseConsumer { consumer } => {
                let at = self.consumer_index(consumer);
                self.drive_consumer(at, |it, _, _| it.pause());
            }
            Command::ResumeConsumer { consumer } => {
                let at = self.consumer_index(consumer);
                self.drive_consumer(at, Consumer::resume);
            }
            Command::SetConsumer { consumer, setting, value } => {
                let at = self.consumer_index(consumer);
                let mut config = self.consumers[at as usize].consumer.config().clone();
                config.set(setting, &value.0).expect("the command was validated");
                self.drive_consumer(at, |it, now, out| it.configure(now, config, out));
            }
            Command::SeekConsumer { consumer, partition, offset } => {
                self.move_consumer(consumer, *partition, |it, now, partition, out| {
                    it.seek(now, partition, *offset, out)
                });
            }
            Command::SeekConsumerToBeginning { consumer, partition } => {
                self.seek_consumer_to(consumer, *partition, OffsetQuery::Earliest);
            }
            Command::SeekConsumerToEnd { consumer, partition } => {
                self.seek_consumer_to(consumer, *partition, OffsetQuery::Latest);
            }
            Command::SeekConsumerToTimestamp { consumer, partition, timestamp_ms } => {
                self.seek_consumer_to(consumer, *partition, OffsetQuery::AtTimestamp(*timestamp_ms));
            }
            _ => return false,
        }
        true
    }

    fn seek_consumer_to(&mut self, consumer: &str, partition: Option<PartitionId>, query: OffsetQuery) {
        self.move_consumer(consumer, partition, |it, now, partition, out| it.seek_to(now, partition, query, out));
    }

    /// Moves a consumer in one partition of its topic, or in all of them.
    fn move_consumer(
        &mut self,
        consumer: &str,
        partition: Option<PartitionId>,
        go: impl Fn(&mut Consumer, VirtualTime, TopicPartition, &mut ConsumerOutput),
    ) {
        let at = self.consumer_index(consumer);
        let topic = self.consumers[at as usize].consumer.topic();
        for index in self.partitions_of(topic, partition) {
            let partition = TopicPartition::new(topic, PartitionId(index));
            self.drive_consumer(at, |it, now, out| go(it, now, partition, out));
        }
    }

    pub(super) fn wake_consumer(&mut self, index: u32) {
        if let MetadataAsk::Waiting { first, at } = self.consumer_mut(index).metadata
            && at <= self.now
        {
            self.ask_for_consumer_metadata(index, first);
        }
        self.drive_consumer(index, Consumer::wake);
    }

    fn ask_for_consumer_metadata(&mut self, index: u32, of: BrokerId) {
        let correlation = CorrelationId(METADATA_CORRELATIONS | self.new_correlation().0);
        self.consumer_mut(index).metadata = MetadataAsk::Asked { of, correlation };
        self.send_for_consumer(index, of, correlation, Request::Metadata);
    }

    fn send_for_consumer(&mut self, index: u32, to: BrokerId, correlation: CorrelationId, request: Request) {
        if !self.consumer_mut(index).peers.contains_key(&to) {
            let connection = self.connect(Endpoint::Consumer(index), to);
            let peer = Peer::new(connection, self.now);
            self.consumer_mut(index).peers.insert(to, peer);
        }
        let now = self.now;
        let peer = self.consumer_mut(index).peers.get_mut(&to).expect("made above");
        let connection = peer.connection;
        if let Some(request) = peer.offer(now, correlation, request) {
            self.send_on(connection, Direction::ToServer, Payload::Request(correlation, request));
        }
        self.watch(Endpoint::Consumer(index), to);
    }

    pub(super) fn consumer_connected(&mut self, index: u32, to: BrokerId, id: ConnectionId) {
        let now = self.now;
        let peer = self.consumer_mut(index).peers.get_mut(&to).filter(|peer| peer.connection == id);
        for (correlation, request) in peer.map(|peer| peer.established(now)).unwrap_or_default() {
            self.send_on(id, Direction::ToServer, Payload::Request(correlation, request));
        }
        self.watch(Endpoint::Consumer(index), to);
    }

    pub(super) fn consumer_disconnected(&mut self, index: u32, to: BrokerId, id: ConnectionId) {
        let now = self.now;
        let node = self.consumer_mut(index);
        if node.peers.get(&to).is_none_or(|peer| peer.connection != id) {
            return;
        }
        let peer = node.peers.remove(&to).expect("found above");
        for correlation in peer.unanswered() {
            if correlation.0 & METADATA_CORRELATIONS == 0 {
                self.drive_consumer(index, |it, now, out| it.unreachable(now, to, correlation, out));
            } else if self.consumer_mut(index).metadata == (MetadataAsk::Asked { of: to, correlation }) {
                let brokers = i32::try_from(self.brokers.len()).expect("brokers are few");
                let at = now + METADATA_BACKOFF;
                let first = BrokerId(to.0 % brokers + 1);
                self.consumer_mut(index).metadata = MetadataAsk::Waiting { first, at };
                self.scheduler.schedule(at, Task::WakeConsumer(index));
            }
        }
    }

    pub(super) fn consumer_answered(
        &mut self,
        index: u32,
        from: BrokerId,
        correlation: CorrelationId,
        response: Response,
    ) {
        let node = self.consumer_mut(index);
        if let Some(peer) = node.peers.get_mut(&from) {
            peer.open.retain(|(open, _)| *open != correlation);
        }
        if let Response::Metadata(response) = response {
            if node.metadata == (MetadataAsk::Asked { of: from, correlation }) {
                node.metadata = MetadataAsk::Idle;
            }
            self.drive_consumer(index, |it, now, out| it.metadata_received(now, &response, out));
        } else {
            self.drive_consumer(index, |it, now, out| it.answered(now, from, correlation, response, out));
        }
    }
}
