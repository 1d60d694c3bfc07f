//! Drives a quorum and its observers by hand or by chance: delays, losses, cuts, crashes with the disk kept, restarts.
//!
//! After every event the invariants look at the node that it happened to.

use super::super::{RaftClient, RaftEffect, RaftOutput, RaftRequest, RaftResponse, Replica};
use super::invariants::Invariants;
use crate::engine::cluster::protocol::CorrelationId;
use crate::engine::common::{BrokerId, ControllerId, Prng, VirtualTime};
use crate::engine::config::ControllerConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) type Records = Vec<u32>;

enum Task {
    Request { from: Replica, to: ControllerId, correlation: CorrelationId, request: RaftRequest },
    Response { from: ControllerId, to: Replica, correlation: CorrelationId, response: RaftResponse<Records> },
    Unreachable { from: ControllerId, to: Replica, correlation: CorrelationId },
    Wake(Replica),
}

/// What may happen to messages.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    /// Longest delay, in ms; the shortest is 1.
    pub(super) delay_max_ms: u64,
    /// How many messages of a thousand are lost.
    pub(super) lost_per_mille: u32,
}

impl Weather {
    pub(super) const FAIR: Weather = Weather { delay_max_ms: 5, lost_per_mille: 0 };
}

pub(super) struct Driver {
    pub(super) now: VirtualTime,
    pub(super) nodes: BTreeMap<Replica, RaftClient<Records>>,
    pub(super) voters: Arc<[ControllerId]>,
    pub(super) weather: Weather,
    /// Pairs between which nothing passes, in this direction.
    pub(super) cut: BTreeSet<(Replica, Replica)>,
    pub(super) invariants: Invariants,
    pub(super) prng: Prng,
    pub(super) requests_sent: Vec<(VirtualTime, Replica, ControllerId, RaftRequest)>,
    tasks: BTreeMap<(VirtualTime, u64), Task>,
    next_task: u64,
    next_value: u32,
}

pub(super) fn controller(id: i32) -> Replica {
    Replica::Controller(ControllerId(id))
}

impl Driver {
    /// Controllers 1 to `voters` and brokers 1 to `observers`, all started.
    pub(super) fn new(seed: u64, voters: i32, observers: i32) -> Self {
        let ids: Arc<[ControllerId]> = (1..=voters).map(ControllerId).collect();
        let config = Arc::new(ControllerConfig::default());
        let replicas = (1..=voters).map(controller).chain((1..=observers).map(|id| Replica::Broker(BrokerId(id))));
        let node = |replica: Replica| {
            let prng = Prng::stream(seed, &format!("quorum/{replica:?}"));
            (replica, RaftClient::new(replica, Arc::clone(&ids), Arc::clone(&config), prng))
        };
        let nodes: BTreeMap<_, _> = replicas.map(node).collect();
        let mut driver = Self {
            now: VirtualTime::ZERO,
            nodes,
            voters: ids,
            weather: Weather::FAIR,
            cut: BTreeSet::new(),
            invariants: Invariants::default(),
            prng: Prng::stream(seed, "driver"),
            requests_sent: Vec::new(),
            tasks: BTreeMap::new(),
            next_task: 0,
            next_value: 0,
        };
        driver.start_all();
        driver
    }

    pub(super) fn start_all(&mut self) {
        for replica in self.replicas() {
            self.call(replica, |node, now, out| node.start(now, out));
        }
    }

    pub(super) fn replicas(&self) -> Vec<Replica> {
        self.nodes.keys().copied().collect()
    }

    pub(super) fn node(&self, id: i32) -> &RaftClient<Records> {
        &self.nodes[&controller(id)]
    }

    /// The leader of the latest epoch in which one leads.
    pub(super) fn leader(&self) -> Option<i32> {
        let leaders = self.voters.iter().filter(|voter| self.node(voter.0).is_leader());
        leaders.max_by_key(|voter| self.node(voter.0).epoch()).map(|voter| voter.0)
    }

    /// Calls a node, carries out what it wants, and looks at it.
    pub(super) fn call(
        &mut self,
        replica: Replica,
        act: impl FnOnce(&mut RaftClient<Records>, VirtualTime, &mut RaftOutput<Records>),
    ) {
        let mut out = RaftOutput::default();
        act(self.nodes.get_mut(&replica).expect("it exists"), self.now, &mut out);
        self.invariants.check(replica, &self.nodes);
        for effect in out.effects {
            match effect {
                RaftEffect::Send { to, correlation, request } => {
                    self.requests_sent.push((self.now, replica, to, request.clone()));
                    let task = Task::Request { from: replica, to, correlation, request };
                    self.send(replica, Replica::Controller(to), task);
                }
                RaftEffect::Respond { to, correlation, response } => {
                    let Replica::Controller(from) = replica else { unreachable!("only controllers answer") };
                    self.send(replica, to, Task::Response { from, to, correlation, response });
                }
                RaftEffect::WakeAt(at) => self.schedule(at, Task::Wake(replica)),
            }
        }
    }

    fn send(&mut self, from: Replica, to: Replica, task: Task) {
        let delay = self.prng.between(1_000, self.weather.delay_max_ms * 1_000);
        let is_lost = self.prng.chance(self.weather.lost_per_mille) || self.cut.contains(&(from, to));
        if !is_lost {
            self.schedule(self.now + VirtualTime(delay), task);
        }
    }

    fn schedule(&mut self, at: VirtualTime, task: Task) {
        if at < VirtualTime::NEVER {
            self.tasks.insert((at, self.next_task), task);
            self.next_task += 1;
        }
    }

    /// Runs until a time.
    pub(super) fn run_until(&mut self, end: VirtualTime) {
        while let Some(((at, _), _)) = self.tasks.first_key_value().filter(|((at, _), _)| *at <= end) {
            self.now = *at;
            let (_, task) = self.tasks.pop_first().expect("seen above");
            self.run(task);
        }
        self.now = end;
    }

    pub(super) fn run_for_ms(&mut self, ms: i64) {
        self.run_until(self.now + VirtualTime::from_ms(ms));
    }

    /// Runs until something holds, looked at every ms, or `limit_ms` are over. Returns how long it took, in ms.
    #[track_caller]
    pub(super) fn run_until_that(&mut self, limit_ms: i64, holds: impl Fn(&Self) -> bool) -> i64 {
        let begin = self.now;
        while !holds(self) {
            let taken = self.now.since(begin).as_ms();
            assert!(taken < limit_ms, "it does not hold after {taken} ms");
            self.run_for_ms(1);
        }
        self.now.since(begin).as_ms()
    }

    fn run(&mut self, task: Task) {
        match task {
            Task::Wake(replica) => self.call(replica, |node, now, out| node.wake(now, out)),
            Task::Request { from, to, correlation, request } => {
                let to_replica = Replica::Controller(to);
                if self.nodes[&to_replica].is_up() {
                    self.call(to_replica, |node, now, out| node.receive(now, from, correlation, request, out));
                } else {
                    self.send(to_replica, from, Task::Unreachable { from: to, to: from, correlation });
                }
            }
            Task::Response { from, to, correlation, response } => {
                self.call(to, |node, now, out| node.answered(now, from, correlation, response, out));
            }
            Task::Unreachable { from, to, correlation } => {
                self.call(to, |node, now, out| node.unreachable(now, from, correlation, out));
            }
        }
    }

    /// Appends records with the next numbers on a node; nothing if it does not lead.
    pub(super) fn append(&mut self, id: i32, count: u32) -> bool {
        let values: Records = (self.next_value..self.next_value + count).collect();
        let mut taken = false;
        self.call(controller(id), |node, now, out| taken = node.append(now, values, out).is_ok());
        if taken {
            self.next_value += count;
        }
        taken
    }

    pub(super) fn crash(&mut self, replica: Replica) {
        self.call(replica, |node, _, _| node.crash());
        self.invariants.restarted(replica);
    }

    pub(super) fn start(&mut self, replica: Replica) {
        self.call(replica, |node, now, out| node.start(now, out));
    }

    pub(super) fn cut_both_ways(&mut self, a: Replica, b: Replica) {
        self.cut.extend([(a, b), (b, a)]);
    }

    /// Cuts a node from all others.
    pub(super) fn isolate(&mut self, replica: Replica) {
        for other in self.replicas() {
            self.cut_both_ways(replica, other);
        }
    }

    /// Whether one leads, all others follow it, and every log is committed to its end everywhere.
    pub(super) fn has_converged(&self) -> bool {
        let Some(leader) = self.leader() else { return false };
        let leader = self.node(leader);
        self.nodes.values().all(|node| {
            node.is_up()
                && node.leader() == leader.leader()
                && node.epoch() == leader.epoch()
                && node.log() == leader.log()
                && node.high_watermark() == leader.log().log_end_offset()
        })
    }
}
