//! One picture of a run, as plain data: everything that the stage and the panels show at one moment.
//!
//! A frame is a total function of (state, virtual time) without side effects; two pictures are the same when their serialised
//! frames are equal. What it keeps of a long log is bounded: the newest records, and blocks for the segments before them.
//! Pixels are elsewhere: `view::stage_*` lays a frame out, `ui` and the canvas draw it.

mod broker;
mod consumer;
mod controller;
mod flight;
mod link_note;
mod message;
mod node;
mod partition;
mod producer;
mod record;
mod wire;
mod wire_state;

pub use broker::{BrokerFrame, BrokerState, Role, SegmentBlock, Tape};
pub use consumer::{Activity, ConsumerFrame, Position};
pub use controller::ControllerFrame;
pub use flight::{Flight, FlightKind, Payload};
pub use node::Node;
pub use partition::PartitionFrame;
pub use producer::{BatchState, Identity, InFlightRequest, LastSend, ProducerBatchFrame, ProducerFrame, WorkloadFrame};
pub use record::{RecordDot, RecordState};
pub use wire::Wire;
pub use wire_state::WireState;

use crate::engine::common::VirtualTime;
use crate::engine::sim::State;
use serde::Serialize;

/// Newest records of a tape that are drawn one by one; older ones stand in their segments' blocks.
pub const TAPE_RECORDS_MAX: usize = 48;
/// Records of a producer's batch that are drawn one by one.
pub const BATCH_RECORDS_MAX: usize = 24;
/// Segments of a tape that are drawn.
pub const SEGMENTS_MAX: usize = 64;
/// Stretches of a tape that compaction has emptied.
pub const HOLES_MAX: usize = 256;
/// Messages on wires that are drawn.
pub const FLIGHTS_MAX: usize = 256;

/// Everything that is to be seen of a run at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The moment, in microseconds of virtual time.
    pub now_us: u64,
    /// Milliseconds since 1970 at the run's start.
    pub epoch_ms: i64,
    /// The topic on the stage.
    pub topic: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// These partitions as the controllers have them, by number.
    pub registered: Vec<PartitionFrame>,
    /// Producers, in the scenario's order; a producer that was closed stays while something of it is in flight.
    pub producers: Vec<ProducerFrame>,
    /// Brokers, by id.
    pub brokers: Vec<BrokerFrame>,
    /// Controllers, by id.
    pub controllers: Vec<ControllerFrame>,
    /// Consumers, in the scenario's order.
    pub consumers: Vec<ConsumerFrame>,
    /// Connections between them.
    pub wires: Vec<Wire>,
    /// What is on the wires now, oldest first.
    pub flights: Vec<Flight>,
}

impl Frame {
    /// The picture of a run at the moment that it has reached.
    #[must_use]
    pub fn of(state: &State, at: VirtualTime) -> Self {
        let topic = state.scenario.topics.first();
        Self {
            now_us: at.0,
            epoch_ms: state.scenario.epoch_ms,
            topic: topic.map(|topic| topic.name.clone()).unwrap_or_default(),
            partitions: state.partition_counts.first().map_or(0, |count| *count as i32),
            registered: PartitionFrame::all(state),
            producers: ProducerFrame::all(state),
            brokers: BrokerFrame::all(state),
            controllers: ControllerFrame::all(state),
            consumers: ConsumerFrame::all(state),
            wires: Wire::all(state),
            flights: Self::flights_of(state),
        }
    }

    /// What is on the wires alone: all that a painter needs of a frame sixty times a second.
    #[must_use]
    pub fn flights_of(state: &State) -> Vec<Flight> {
        Flight::all(state)
    }
}
