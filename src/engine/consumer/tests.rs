//! Consumers against brokers: own position, replay, pause, and a leader that changes.

use super::{Application, Consumer, ConsumerEffect, ConsumerEvent, ConsumerOutput, PollException};
use crate::engine::cluster::protocol::{CorrelationId, OffsetQuery, Request, Response};
use crate::engine::cluster::test_driver::{Cluster, P0, ms};
use crate::engine::common::{BrokerId, Offset, TopicId};
use crate::engine::config::{Acks, AutoOffsetReset, ConsumerConfig, TopicConfig};

/// A consumer and its connections to a cluster, without delay.
struct Reader {
    consumer: Consumer,
    open: Vec<(BrokerId, u64, CorrelationId)>,
    connection: u64,
    wants_metadata: bool,
    events: Vec<ConsumerEvent>,
}

impl Reader {
    /// A consumer that reads everything, as fast as it can.
    fn start(cluster: &mut Cluster, connection: u64) -> Self {
        Self::start_with(cluster, connection, config(AutoOffsetReset::Earliest))
    }

    fn start_with(cluster: &mut Cluster, connection: u64, config: ConsumerConfig) -> Self {
        let consumer = Consumer::new(config, TopicId(0), false);
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

fn config(auto_offset_reset: AutoOffsetReset) -> ConsumerConfig {
    ConsumerConfig { auto_offset_reset, ..ConsumerConfig::default() }
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
fn a_slow_application_is_given_no_more_than_it_polls_for() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 10);
    let slow =
        ConsumerConfig { max_poll_records: 3, processing_us_per_record: 100_000, ..config(AutoOffsetReset::Earliest) };
    let mut fast = Reader::start(&mut cluster, 10_000);
    let mut slow = Reader::start_with(&mut cluster, 20_000, slow);
    fast.run(&mut cluster, 200);
    slow.pump(&mut cluster);
    assert_eq!(fast.read(), [(0, 10)]);
    slow.run(&mut cluster, 100);
    assert_eq!(slow.read(), [(0, 3)]);
    assert_eq!(slow.consumer.buffered().into_iter().collect::<Vec<_>>(), [(P0, 7)], "fetched, and not polled");
    assert!(slow.open.is_empty(), "nothing more is asked for while records wait");
    assert!(matches!(slow.consumer.application(), Application::Processing { records: 3, .. }));
    slow.run(&mut cluster, 1_200);
    assert_eq!(slow.read(), [(0, 3), (3, 6), (6, 9), (9, 10)], "0.3 s, 0.3 s, 0.3 s and 0.1 s of work");
    assert_eq!(slow.consumer.application(), Application::Polling);
}

#[test]
fn what_was_fetched_waits_out_a_pause_and_is_dropped_by_a_seek() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 10);
    let slow =
        ConsumerConfig { max_poll_records: 1, processing_us_per_record: 100_000, ..config(AutoOffsetReset::Earliest) };
    let mut reader = Reader::start_with(&mut cluster, 10_000, slow);
    reader.run(&mut cluster, 150);
    reader.consumer.pause();
    reader.run(&mut cluster, 1_000);
    let before = reader.read();
    assert_eq!(reader.consumer.buffered()[&P0], 10 - before.len() as u64);
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.resume(now, out));
    assert_eq!(reader.read().len(), before.len() + 1, "given without another fetch");
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(8), out));
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read()[before.len() + 1..], [(8, 9), (9, 10)]);
}

#[test]
fn a_changed_setting_starts_it_anew_where_it_was() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 5);
    let slow = ConsumerConfig {
        max_poll_records: 1,
        processing_us_per_record: 60_000_000,
        ..config(AutoOffsetReset::Earliest)
    };
    let mut reader = Reader::start_with(&mut cluster, 10_000, slow);
    reader.run(&mut cluster, 300);
    assert_eq!(reader.read(), [(0, 1)]);
    let now = cluster.now;
    let fast = config(AutoOffsetReset::Earliest);
    reader.call(&mut cluster, |consumer, out| consumer.configure(now, fast, out));
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read(), [(0, 1), (1, 5)], "no record twice, none left out");
}

#[test]
fn ends_of_the_log_and_times_are_asked_of_the_leader() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 4);
    cluster.run_for(ms(1_000));
    let mut reader = Reader::start_with(&mut cluster, 10_000, config(AutoOffsetReset::Latest));
    reader.run(&mut cluster, 500);
    assert_eq!((reader.position(), reader.read()), (Some(4), vec![]), "the latest is the high watermark");
    for (query, position) in [
        (OffsetQuery::Earliest, 0),
        (OffsetQuery::Latest, 4),
        (OffsetQuery::AtTimestamp(0), 0),
        // No record is that late.
        (OffsetQuery::AtTimestamp(i64::MAX), 4),
    ] {
        let now = cluster.now;
        reader.call(&mut cluster, |consumer, out| consumer.seek_to(now, P0, query, out));
        reader.run(&mut cluster, 1_500);
        let set = reader.events.iter().rev().find_map(|event| match event {
            ConsumerEvent::PositionSet { position, .. } => Some(position.0),
            _ => None,
        });
        assert_eq!(set, Some(position), "{query:?}");
    }
    assert_eq!(reader.read(), [(0, 4), (0, 4)]);
}

#[test]
fn without_a_position_and_without_a_rule_poll_fails_until_someone_seeks() {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 4);
    let mut reader = Reader::start_with(&mut cluster, 10_000, config(AutoOffsetReset::None));
    reader.run(&mut cluster, 500);
    assert_eq!(reader.consumer.exception(), Some((P0, PollException::NoOffsetForPartition)));
    assert_eq!((reader.position(), reader.read()), (None, vec![]));
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(2), out));
    reader.run(&mut cluster, 500);
    assert_eq!((reader.consumer.exception(), reader.read()), (None, vec![(2, 4)]));
}

/// A consumer that has read four records stands at offset 99: what `auto.offset.reset` makes of that.
#[track_caller]
fn check_out_of_range(reset: AutoOffsetReset, read: &[(i64, i64)], exception: Option<PollException>) {
    let mut cluster = cluster();
    cluster.produce(1, 1, 1, Acks::All, 4);
    cluster.run_for(ms(1_000));
    let mut reader = Reader::start_with(&mut cluster, 10_000, config(reset));
    reader.run(&mut cluster, 100);
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(99), out));
    reader.run(&mut cluster, 1_000);
    assert!(reader.events.contains(&ConsumerEvent::OutOfRange { partition: P0, position: Offset(99) }));
    cluster.produce(1, 1, 2, Acks::All, 2);
    reader.run(&mut cluster, 1_000);
    let before = usize::from(reset == AutoOffsetReset::Earliest);
    assert_eq!(&reader.read()[before..], read);
    assert_eq!(reader.consumer.exception().map(|(_, exception)| exception), exception);
}

#[test]
fn an_offset_that_is_gone_is_for_auto_offset_reset_to_decide() {
    check_out_of_range(AutoOffsetReset::Earliest, &[(0, 4), (4, 6)], None);
    check_out_of_range(AutoOffsetReset::Latest, &[(4, 6)], None);
    check_out_of_range(AutoOffsetReset::None, &[], Some(PollException::OffsetOutOfRange));
}

#[test]
fn it_finds_the_new_leader_and_asks_whether_that_has_what_it_read() {
    let mut cluster = cluster();
    let mut reader = Reader::start(&mut cluster, 10_000);
    cluster.produce(1, 1, 1, Acks::All, 3);
    reader.run(&mut cluster, 100);
    cluster.crash(1);
    reader.run(&mut cluster, 12_000);
    cluster.produce(2, 2, 1, Acks::All, 1);
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.read(), [(0, 3), (3, 4)]);
    let truncated = |event: &ConsumerEvent| matches!(event, ConsumerEvent::TruncationDetected { .. });
    assert!(!reader.events.iter().any(truncated), "it has");
}

/// Broker 2 stops, broker 1 alone commits three more records, a consumer reads them; then broker 2, which lacks them, is elected uncleanly.
#[track_caller]
fn check_truncated(reset: AutoOffsetReset, position: Option<i64>, exception: Option<PollException>) {
    let unclean = TopicConfig { unclean_leader_election_enable: true, ..TopicConfig::default() };
    let mut cluster = Cluster::new(2, 1, 2, unclean);
    cluster.run_for(ms(100));
    cluster.produce(1, 1, 1, Acks::All, 2);
    cluster.run_for(ms(1_000));
    cluster.crash(2);
    cluster.run_for(ms(20_000));
    cluster.produce(1, 2, 1, Acks::All, 3);
    let mut reader = Reader::start_with(&mut cluster, 10_000, config(reset));
    let now = cluster.now;
    reader.call(&mut cluster, |consumer, out| consumer.seek(now, P0, Offset(0), out));
    reader.run(&mut cluster, 1_000);
    assert_eq!(reader.position(), Some(5));
    cluster.crash(1);
    cluster.restart(2);
    cluster.run_for(ms(20_000));
    cluster.produce(2, 3, 1, Acks::All, 1);
    reader.run(&mut cluster, 5_000);
    let diverges_at = Some(Offset(2));
    let event = ConsumerEvent::TruncationDetected { partition: P0, position: Offset(5), diverges_at };
    assert!(reader.events.contains(&event), "{:?}", reader.events);
    assert_eq!((reader.position(), reader.consumer.exception().map(|(_, exception)| exception)), (position, exception));
}

#[test]
fn a_log_that_was_cut_under_it_is_noticed() {
    // Offset 2 holds another record now: it is read, where an unaware consumer would stand at 5 and see an offset out of range.
    check_truncated(AutoOffsetReset::Earliest, Some(3), None);
    check_truncated(AutoOffsetReset::Latest, Some(3), None);
    check_truncated(AutoOffsetReset::None, Some(5), Some(PollException::LogTruncation));
}
