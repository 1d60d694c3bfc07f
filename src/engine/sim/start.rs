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
use crate::engine::cluster::{
    Breakage, Broker, BrokerObserver, Controller, MetadataChange, NewTopic, QuorumController,
};
use crate::engine::common::{BrokerId, ControllerId, PartitionId, Prng, TopicId, TopicPartition, VirtualTime};
use crate::engine::config::{BrokerConfig, TopicConfig};
use crate::engine::consumer::Consumer;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Who leads the quorum when a run begins: elected before it.
const FIRST_LEADER: ControllerId = ControllerId(1);

fn controllers(
    scenario: &Scenario,
    broker_config: &Arc<BrokerConfig>,
    breakage: Option<Breakage>,
) -> Vec<Arc<QuorumController>> {
    let voters: Arc<[ControllerId]> = scenario.controller_ids().collect();
    let config = Arc::new(scenario.controllers.config.clone());
    let controller = |id| {
        let prng = Prng::stream(scenario.seed, &format!("quorum/controller-{id}"));
        let mut controller =
            QuorumController::new(id, Arc::clone(&voters), Arc::clone(&config), Arc::clone(broker_config), prng);
        controller.break_it(breakage);
        controller
    };
    voters.iter().map(|id| Arc::new(controller(*id))).collect()
}

fn observers(scenario: &Scenario) -> Vec<Arc<BrokerObserver>> {
    let voters: Arc<[ControllerId]> = scenario.controller_ids().collect();
    let config = Arc::new(scenario.controllers.config.clone());
    let observer = |id| {
        let prng = Prng::stream(scenario.seed, &format!("quorum/broker-{id}"));
        BrokerObserver::new(id, Arc::clone(&voters), Arc::clone(&config), prng)
    };
    scenario.broker_ids().map(|id| Arc::new(observer(id))).collect()
}

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
        let metadata = Controller::new(Arc::clone(&broker_config), &brokers, topics).image().clone();
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
            controllers: controllers(&scenario, &broker_config, breakage),
            observers: observers(&scenario),
            metadata,
            admin_requests: Vec::new(),
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
            anomalies_before: super::state::Anomalies::default(),
            tasks_now: 0,
            watch: None,
            journal: None,
            scenario,
        };
        state.start();
        state
    }

    fn start(&mut self) {
        let bootstrap = MetadataChange { delta: Arc::new(self.metadata.to_delta()), events: [].into() };
        for id in self.scenario.controller_ids() {
            self.drive_controller(id, |it, now, out| it.start_at_rest(now, FIRST_LEADER, &bootstrap, out));
        }
        let counts = (0..).map(TopicId).zip(self.partition_counts.clone());
        for (topic, count) in counts {
            for index in 0..i32::try_from(count).expect("partitions are few") {
                self.note_leader(TopicPartition::new(topic, PartitionId(index)));
            }
        }
        let image = self.metadata.clone();
        for id in self.scenario.broker_ids() {
            self.drive_observer(id, |it, now, out| it.start_at_rest(now, FIRST_LEADER, &bootstrap, out));
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
