//! Random crashes, freezes, cuts and appends: what must hold at every moment, and after everything has healed.

use crate::engine::cluster::protocol::{ProduceRequest, Request};
use crate::engine::cluster::test_driver::{Cluster, EPOCH_MS, P0, free_of_cost, ms};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, Prng};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};
use crate::engine::record::{BatchOptions, Compressor, ProducerState, RecordBatchBuilder};
use crate::engine::storage::{ClientBatch, Log, ReadUpTo};
use std::collections::BTreeMap;

const BROKERS: i32 = 3;

/// Settings with short times, so that a lot happens in a short run.
fn quick() -> BrokerConfig {
    BrokerConfig {
        broker_session_timeout_ms: 1_000,
        broker_heartbeat_interval_ms: 200,
        replica_lag_time_max_ms: 1_000,
        replica_fetch_backoff_ms: 100,
        request_cost_us: 30,
        append_cost_us_per_mib: 1_000_000,
        // With ELR a partition whose replicas have all crashed stays offline.
        elr_version: 0,
        ..free_of_cost()
    }
}

struct Run {
    cluster: Cluster,
    prng: Prng,
    down: Vec<i32>,
    frozen: Vec<i32>,
    cut: Vec<i32>,
    /// Connection of each produce request, by the number that its one record holds.
    sent: BTreeMap<u64, Acks>,
    /// The highest high watermark that a leader of that epoch has had.
    high_watermarks: BTreeMap<LeaderEpoch, Offset>,
    /// Who has led in an epoch.
    leaders: BTreeMap<LeaderEpoch, BrokerId>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut prng = Prng::stream(seed, "faults");
        let min_insync_replicas = i64::try_from(prng.between(1, 2)).expect("small");
        let topic = TopicConfig { min_insync_replicas, segment_bytes: 500, ..TopicConfig::default() };
        let cluster = Cluster::with_config(3, 1, 3, topic, quick());
        Self {
            cluster,
            prng,
            down: Vec::new(),
            frozen: Vec::new(),
            cut: Vec::new(),
            sent: BTreeMap::new(),
            high_watermarks: BTreeMap::new(),
            leaders: BTreeMap::new(),
        }
    }

    /// One act by chance, then some time.
    fn step(&mut self) {
        let id = i32::try_from(self.prng.between(1, 3)).expect("small");
        match self.prng.below(20) {
            0 if !self.down.contains(&id) && !self.frozen.contains(&id) => {
                self.cluster.crash(id);
                self.down.push(id);
            }
            1 | 2 if self.down.contains(&id) => {
                self.cluster.restart(id);
                self.down.retain(|down| *down != id);
            }
            3 if !self.down.contains(&id) && !self.frozen.contains(&id) => {
                self.cluster.freeze(id);
                self.frozen.push(id);
            }
            4 | 5 if self.frozen.contains(&id) => self.thaw(id),
            6 if !self.cut.contains(&id) => {
                self.cluster.cut_from_controller(id);
                self.cut.push(id);
            }
            7 | 8 if self.cut.contains(&id) => self.join(id),
            _ => self.produce(id),
        }
        let pause = ms(i64::try_from(self.prng.between(0, 120)).expect("small"));
        let until = self.cluster.now + pause;
        while self.cluster.now < until {
            self.cluster.run_for(ms(5).min(until.since(self.cluster.now)));
            self.check();
        }
    }

    fn thaw(&mut self, id: i32) {
        self.cluster.thaw(id);
        self.frozen.retain(|frozen| *frozen != id);
    }

    fn join(&mut self, id: i32) {
        self.cluster.join_to_controller(id);
        self.cut.retain(|cut| *cut != id);
    }

    /// Sends a record that nobody else sends to a broker that thinks it leads, or to any.
    fn produce(&mut self, any: i32) {
        let leads = |id: &i32| self.cluster.replica(*id).is_leader();
        let to = (1..=BROKERS).find(leads).unwrap_or(any);
        if self.down.contains(&to) || self.frozen.contains(&to) {
            return;
        }
        let number = 10_000 + self.sent.len() as u64;
        let acks = if self.prng.chance(300) { Acks::One } else { Acks::All };
        self.sent.insert(number, acks);
        let mut builder = RecordBatchBuilder::new(BatchOptions::default(), Vec::new());
        builder.append(EPOCH_MS, None, Some(number.to_string().as_bytes()), &[]);
        let batch = ClientBatch::Built(builder.close(ProducerState::NONE, &mut Compressor::default()).batch);
        let request = ProduceRequest { acks, timeout: ms(2_000), batches: vec![(P0, batch)] };
        self.cluster.request(to, number, 1, Request::Produce(request));
    }

    fn check(&mut self) {
        let state = self.cluster.controller.image().partition(P0).expect("it exists").clone();
        assert!(!state.isr.is_empty(), "the ISR is never empty");
        assert!(state.leader.is_none_or(|leader| state.isr.contains(&leader)), "the ISR contains the leader");
        for id in 1..=BROKERS {
            let replica = self.cluster.replica(id);
            let log = replica.log();
            assert!(log.log_start_offset() <= log.high_watermark() && log.high_watermark() <= log.log_end_offset());
            let Some(leader) = replica.leader() else { continue };
            let (epoch, me) = (leader.leader_epoch(), BrokerId(id));
            assert_eq!(*self.leaders.entry(epoch).or_insert(me), me, "one leader an epoch");
            assert!(leader.isr().committed().contains(&me));
            let highest = self.high_watermarks.entry(epoch).or_insert(log.high_watermark());
            assert!(log.high_watermark() >= *highest, "a leader's high watermark never falls");
            *highest = log.high_watermark();
        }
    }

    fn heal(&mut self) {
        for id in 1..=BROKERS {
            if self.cut.contains(&id) {
                self.join(id);
            }
            if self.frozen.contains(&id) {
                self.thaw(id);
            }
            if self.down.contains(&id) {
                self.cluster.restart(id);
            }
        }
        self.cluster.run_for(ms(30_000));
        self.check();
        let mut isr = self.cluster.isr();
        isr.sort_unstable();
        assert_eq!(isr, [1, 2, 3], "a healed cluster is in sync again");
    }

    /// Every replica has the same records, and every record whose acks=all was answered with success is at its offset.
    fn check_records(&self) {
        let records: Vec<_> = (1..=BROKERS).map(|id| contents(self.cluster.replica(id).log())).collect();
        assert!(records.windows(2).all(|pair| pair[0] == pair[1]), "all logs are the leader's");
        for (number, acks) in &self.sent {
            if let (Acks::All, Some(Ok(offset))) = (acks, self.cluster.outcome(*number)) {
                assert_eq!(records[0].get(&offset), Some(&number.to_string()), "acks=all was answered for {number}");
            }
        }
        let end = self.cluster.log_end(1);
        assert!((1..=BROKERS).all(|id| self.cluster.high_watermark(id) == end), "everything is safe now");
    }
}

/// The value at each offset.
fn contents(log: &Log) -> BTreeMap<i64, String> {
    let mut log = log.clone();
    let mut contents = BTreeMap::new();
    let mut offset = log.log_start_offset();
    while offset < log.log_end_offset() {
        let data = log.read(offset, 1_000_000, ReadUpTo::LogEnd).expect("the offset is in the log");
        for batch in &data.batches {
            for record in batch.records().expect("our own batches decode") {
                let value = record.value.expect("every record has a value");
                contents.insert(record.offset.0, String::from_utf8(value.to_vec()).expect("digits"));
            }
            offset = batch.next_offset();
        }
    }
    contents
}

#[test]
fn no_acknowledged_record_is_lost_and_a_healed_cluster_converges() {
    let mut acknowledged = 0;
    let mut elections = 0;
    for seed in 0..200 {
        let outcome = std::panic::catch_unwind(|| {
            let mut run = Run::new(seed);
            (0..150).for_each(|_| run.step());
            run.heal();
            run.check_records();
            let answered =
                run.sent.keys().filter(|number| matches!(run.cluster.outcome(**number), Some(Ok(_)))).count();
            (answered, run.leaders.len())
        });
        let (answered, leaders) = outcome.unwrap_or_else(|_| panic!("seed {seed}"));
        acknowledged += answered;
        elections += leaders;
    }
    assert!(
        acknowledged > 5_000 && elections > 400,
        "the runs did something: {acknowledged} answers, {elections} epochs"
    );
}
