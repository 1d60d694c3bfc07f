//! The start of a run: a cluster at rest, producers and consumers about to connect.

use super::consumer_node::ConsumerNode;
use super::ledger::Ledger;
use super::metrics::Metrics;
use super::network::Network;
use super::producer_session::RunningWorkload;
use super::scenario::Scenario;
use super::scheduler::Scheduler;
use super::state::State;
use super::step_command::workload_stream;
use super::topic_placement::{all_alive, place};
use super::trace::TraceHash;
use crate::engine::cluster::{Breakage, Broker, Controller, NewTopic};
use crate::engine::common::{BrokerId, PartitionId, Prng, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::TopicConfig;
use crate::engine::consumer::Consumer;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

impl State {
    /// The state at time 0, before anything has happened. The scenario is valid.
    pub(super) fn new(scenario: Arc<Scenario>, breakage: Option<Breakage>) -> Self {
        let brokers: Vec<BrokerId> = scenario.broker_ids().collect();
        let broker_config = Arc::new(scenario.brokers.config.clone());
        let topic_configs: Vec<Arc<TopicConfig>> =
            scenario.topics.iter().map(|topic| Arc::new(topic.config.clone())).collect();
        let mut placement = Prng::stream(scenario.seed, "placement");
        let usable = all_alive(&brokers);
        let topics =
            (0..).map(TopicId).zip(&scenario.topics).zip(&topic_configs).map(|((id, topic), config)| NewTopic {
                id,
                name: topic.name.as_str().into(),
                config: Arc::clone(config),
                assignments: place(topic, (0, topic.partitions), &usable, &mut placement)
                    .expect("a scenario's replication factor fits its brokers"),
            });
        let topics = topics.collect();
        let mut controller = Controller::new(Arc::clone(&broker_config), &brokers, topics);
        controller.break_it(breakage);
        let nodes = brokers.iter().map(|id| {
            let mut broker = Broker::new(*id, scenario.epoch_ms, Arc::clone(&broker_config));
            broker.break_it(breakage);
            Arc::new(broker)
        });
        let mut state = Self {
            now: VirtualTime::ZERO,
            scheduler: Scheduler::default(),
            network: Network::new(&scenario),
            brokers: nodes.collect(),
            controller: Arc::new(controller),
            sessions: Vec::new(),
            current_sessions: Vec::new(),
            consumers: Vec::new(),
            partition_counts: scenario.topics.iter().map(|topic| topic.partitions).collect(),
            topic_configs,
            placement,
            broker_config,
            ledger: Ledger::default(),
            metrics: Metrics::default(),
            trace_hash: TraceHash::default(),
            events_count: 0,
            limit: None,
            faults: super::fault::Faults::default(),
            crashed_at: BTreeMap::new(),
            peers: BTreeMap::new(),
            produces: BTreeMap::new(),
            next_correlation: 0,
            lost_before: 0,
            tasks_now: 0,
            watch: None,
            journal: None,
            scenario,
        };
        state.start();
        state
    }

    fn start(&mut self) {
        self.drive_controller(|it, now, out| it.start(now, out));
        let counts = (0..).map(TopicId).zip(self.partition_counts.clone());
        for (topic, count) in counts {
            for index in 0..i32::try_from(count).expect("partitions are few") {
                self.note_leader(TopicPartition::new(topic, PartitionId(index)));
            }
        }
        let image = self.controller.image().clone();
        for id in self.scenario.broker_ids() {
            self.drive_broker(id, |it, now, out| it.start(now, Some(&image), out));
        }
        let scenario = Arc::clone(&self.scenario);
        for (at, spec) in scenario.producers.iter().enumerate() {
            let workload = spec.workload.clone().map(|workload| {
                let topic = scenario.topic_id(workload.topic.as_deref()).expect("the scenario is valid");
                RunningWorkload::new(workload, topic, workload_stream(scenario.seed, &spec.name), VirtualTime::ZERO)
            });
            self.open_session(at, spec.config.clone(), VecDeque::new(), workload);
        }
        for (index, spec) in (0..).zip(&scenario.consumers) {
            let topic = scenario.topic_id(spec.topic.as_deref()).expect("the scenario is valid");
            let consumer = Consumer::new(spec.config.clone(), topic, spec.paused);
            self.consumers.push(Arc::new(ConsumerNode::new(consumer)));
            self.drive_consumer(index, |it, _, out| it.start(out));
        }
    }
}
