//! Consumers against brokers: own position, replay, pause, and a leader that changes.

use super::{Consumer, ConsumerEffect, ConsumerEvent, ConsumerOutput};
use crate::engine::cluster::protocol::{CorrelationId, Request, Response};
use crate::engine::cluster::test_driver::{Cluster, P0, ms};
use crate::engine::common::{BrokerId, Offset, TopicId};
use crate::engine::config::{Acks, ConsumerConfig, TopicConfig};

/// A consumer and its connections to a cluster, without delay.
struct Reader {
    consumer: Consumer,
    open: Vec<(BrokerId, u64, CorrelationId)>,
    connection: u64,
    wants_metadata: bool,
    events: Vec<ConsumerEvent>,
}

impl Reader {
    fn start(cluster: &mut Cluster, connection: u64) -> Self {
        let consumer = Consumer::new(ConsumerConfig::default(), TopicId(0), false);
        let mut reader = Self { consumer, open: Vec::new(), connection, wants_metadata: false, events: Vec::new() };
        let mut out = ConsumerOutput::default();
        reader.consumer.start(&mut out);
        reader.carry_out(cluster, out);
        reader.pump(cluster);
        reader
    }

    fn carry_out(&mut self, cluster: &mut Cluster, out: ConsumerOutput) {
        self.events.extend(out.events);
        for effect in out.effects {
            match effect {
                ConsumerEffect::RequestMetadata => self.wants_metadata = true,
                ConsumerEffect::Send { to, correlation, request } => {
                    self.connection += 1;
                    self.open.push((to, self.connection, correlation));
                    if cluster.broker(to.0).is_up() {
                        cluster.request(to.0, self.connection, correlation.0, request);
                    }
                }
                ConsumerEffect::Schedule { .. } => {}
            }
        }
    }

    fn call(&mut self, cluster: &mut Cluster, call: impl FnOnce(&mut Consumer, &mut ConsumerOutput)) {
        let mut out = ConsumerOutput::default();
        call(&mut self.consumer, &mut out);
        self.carry_out(cluster, out);
    }

    /// Brings it everything that the cluster has for it by now.
    fn pump(&mut self, cluster: &mut Cluster) {
        let now = cluster.now;
        if std::mem::take(&mut self.wants_metadata) {
            self.connection += 1;
            let alive = (1..=3).find(|id| cluster.broker(*id).is_up()).expect("one is up");
            cluster.request(alive, self.connection, 1, Request::Metadata);
            if let Some(Response::Metadata(response)) =
                cluster.answers(self.connection).first().map(|answer| answer.response.clone())
            {
                self.call(cluster, |consumer, out| consumer.metadata_received(now, &response, out));
            }
        }
        self.call(cluster, |consumer, out| consumer.wake(now, out));
        while let Some(at) = self
            .open
            .iter()
            .position(|(to, connection, _)| !cluster.broker(to.0).is_up() || !cluster.answers(*connection).is_empty())
        {
            let (from, connection, correlation) = self.open.remove(at);
            match cluster.answers(connection).first().map(|answer| answer.response.clone()) {
                Some(response) => {
                    self.call(cluster, |consumer, out| consumer.answered(now, from, correlation, response, out));
                }
                None => self.call(cluster, |consumer, out| consumer.unreachable(now, from, correlation, out)),
            }
        }
    }

    fn run(&mut self, cluster: &mut Cluster, milliseconds: i64) {
        for _ in 0..milliseconds / 10 {
            cluster.run_for(ms(10));
            self.pump(cluster);
        }
    }

    /// The ranges read so far.
    fn read(&self) -> Vec<(i64, i64)> {
        let range = |event: &ConsumerEvent| match event {
            ConsumerEvent::Read { first_offset, next_offset, .. } => Some((first_offset.0, next_offset.0)),
            _ => None,
        };
        self.events.iter().filter_map(range).collect()
    }

    fn position(&self) -> Option<i64> {
        self.consumer.positions().find(|(partition, _)| *partition == P0).and_then(|(_, at)| at).map(|at| at.0)
    }
}

fn cluster() -> Cluster {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_for(ms(100));
    cluster
}

#[test]
fn it_reads_what_is_safe_and_two_readers_do_not_disturb_each_other() {
    let mut cluster = cluster();
    let mut first = Reader::start(&mut cluster, 10_000);
    cluster.produce(1, 1, 1, Acks::All, 3);
    first.run(&mut cluster, 100);
    cluster.produce(1, 1, 2, Acks::All, 2);
    first.run(&mut cluster, 100);
    assert_eq!(first.read(), [(0, 3), (3, 5)]);
    let mut second = Reader::start(&mut cluster, 20_000);
    second.run(&mut cluster, 100);
    assert_eq!(second.read(), [(0, 5)], "reading removed nothing");
    assert_eq!((first.position(), second.position()), (Some(5), Some(5)));
}

#[test]
fn it_pauses_resumes_and_replays() {
    let mut cluster = cluster();
    let mut reader = Reader::start(&mut cluster, 10_000);
    cluster.produce(1, 1, 1, Acks::All, 3);
    reader.run(&mut cluster, 100);
    reader.consumer.pause();
    cluster.produce(1, 1, 2, Acks::All, 2);
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read(), [(0, 3)]);
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.resume(now, out));
    reader.run(&mut cluster, 100);
    assert_eq!(reader.read(), [(0, 3), (3, 5)]);
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(1), out));
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read()[2..], [(1, 5)], "the batch starts before it; the record before it is skipped");
}

#[test]
fn an_offset_that_does_not_exist_sends_it_to_the_first() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 3);
    let mut reader = Reader::start(&mut cluster, 10_000);
    reader.run(&mut cluster, 100);
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(99), out));
    reader.run(&mut cluster, 1_000);
    assert!(reader.events.contains(&ConsumerEvent::OutOfRange { partition: P0, position: Offset(99) }));
    assert_eq!(reader.read(), [(0, 3), (0, 3)]);
}

#[test]
fn it_finds_the_new_leader() {
    let mut cluster = cluster();
    let mut reader = Reader::start(&mut cluster, 10_000);
    cluster.produce(1, 1, 1, Acks::All, 3);
    reader.run(&mut cluster, 100);
    cluster.crash(1);
    reader.run(&mut cluster, 12_000);
    cluster.produce(2, 2, 1, Acks::All, 1);
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read(), [(0, 3), (3, 4)]);
}
