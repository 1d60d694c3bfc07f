//! The cluster: brokers, replication and the controller, as pure state machines that whoever drives them connects.
//!
//! A [`Broker`] and the [`Controller`] take `now`, an input and an output to push to. They know no scheduler, no link and
//! no chance; a clone is a checkpoint. How to drive them:
//!
//! - Build `Controller::new(config, brokers, topics)` (replicas from [`ring_placement`]) and `start` it; build a
//!   `Broker::new(id, epoch_ms, config)` each and `start(now, Some(controller.image()), out)` it: the cluster is at rest and in
//!   its first incarnation. After a `crash(now, out)`, `start(now, None, out)` starts the process again: it registers,
//!   catches up, and goes on.
//! - Carry out every effect in `out.effects`, in order ([`output`]). Messages of one connection keep their order.
//! - Requests to a broker come on a connection: `receive(now, connection, correlation, request, out)`. The broker answers by
//!   `Respond` on that connection, or never (acks=0), or closes it. When the other side closes it, or its link breaks, call
//!   `disconnected(now, connection, out)`. A crashed broker takes no connections: `is_up()`.
//! - A broker's own requests (`SendToBroker`, `SendToController`) end with `answered`, `controller_answered` or, if the
//!   connection failed, `unreachable(now, correlation, out)`, each by the broker's own correlation number. Late or repeated
//!   calls do no harm, nor do calls for a request that was made before a crash.
//! - `Schedule { at, timer }` comes back by `timer(now, timer, out)`. Nothing is ever cancelled.
//! - `update_metadata(now, update, out)` brings what the broker has read of the metadata log; until then a broker believes what it last heard.
//! - `out.events` say what was done, in order; `event` lists them. They happen at `now`.
//!
//! ```text
//! Broker::new(id: BrokerId, epoch_ms: Timestamp, config: Arc<BrokerConfig>) -> Broker          // epoch_ms: wall clock at time 0
//! broker.start(now, image: Option<&MetadataImage>, out: &mut BrokerOutput)       broker.crash(now, out)
//! broker.receive(now, ConnectionId, CorrelationId, Request, out)                 broker.disconnected(now, ConnectionId, out)
//! broker.answered(now, CorrelationId, Response, out)                             broker.unreachable(now, CorrelationId, out)
//! broker.controller_answered(now, CorrelationId, ControllerResponse, out)        broker.update_metadata(now, MetadataUpdate, out)
//! broker.timer(now, BrokerTimer, out)                                            broker.shut_down(now, out)
//! broker.id() is_up() partitions() -> (TopicPartition, &Partition)               partition(tp) -> Option<&Partition>
//! partition.log() -> &Log   role() -> Leader | Follower | Offline   high_watermark()   leader_epoch()   isr()
//! ```
//!
//! The connection is Kafka's (KAFKA 3.6): one request at a time. A request that arrives while another is open waits unread.
//! What a broker keeps through a crash of its process: its logs, as far as they were appended, and the high watermarks that it
//! wrote to `replication-offset-checkpoint` every 5 s.
//!
//! KRaft's quorum is in [`quorum`], its log in [`metadata_log`]. [`QuorumController`] is a node of the quorum with the [`Controller`] that
//! it is while it leads; [`BrokerObserver`] is a broker's copy of the log, and its way to the active controller.

mod breakage;
pub mod broker;
pub mod broker_observer;
pub mod controller;
mod delayed_fetch;
mod delayed_produce;
pub mod event;
pub mod high_watermark;
pub mod in_sync_replicas;
pub mod metadata;
pub mod metadata_change;
pub mod metadata_log;
pub mod output;
pub mod partition;
pub mod partition_change;
pub mod placement;
pub mod protocol;
pub mod quorum;
pub mod quorum_controller;
pub mod replica;
mod replica_fetcher;
pub mod zookeeper;

#[cfg(test)]
pub(in crate::engine) mod test_driver;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use breakage::Breakage;
pub use broker::Broker;
pub use broker_observer::{BrokerObserver, ObserverEffect, ObserverOutput};
pub use controller::{Controller, NewTopic};
pub use event::{BrokerEvent, ControllerEvent};
pub use in_sync_replicas::InSyncReplicas;
pub use metadata_change::MetadataChange;
pub use output::{BrokerEffect, BrokerOutput, BrokerTimer, ControllerEffect, ControllerOutput, ControllerTimer};
pub use partition::{Follower, Leader, Partition, Role};
pub use partition_change::{ElectedBy, ElectionKind, PartitionChange, PartitionChangeBuilder};
pub use placement::ring_placement;
pub use quorum_controller::{
    AdminRequest, QuorumController, QuorumControllerEffect, QuorumControllerOutput, QuorumEvent, QuorumTimer,
};
pub use replica::Replica;
