//! The simulation: one deterministic run of scenario, seed and commands.
//!
//! Commands go in (`command`), events come out (`event`), and `trace` hashes both. [`Simulation`] runs forward, [`Timeline`]
//! goes anywhere; [`State`] is everything at one moment. Nothing here knows a clock or a browser.
//!
//! `scheduler` holds what is to come, `network` what is on the wires, `fault` what is broken; the `step_*` files let brokers, producers and consumers
//! act and write down in the `ledger` what became of every record.

pub mod adversary;
pub mod chunked;
pub mod command;
mod command_error;
pub mod consumer_node;
pub mod content;
pub mod event;
pub mod failover;
pub mod fault;
mod fault_schedule;
pub mod generate;
mod generate_compaction;
mod generate_faults;
pub mod guarantees;
pub mod invariants;
pub mod ledger;
pub mod links;
mod mark;
pub mod metrics;
pub mod network;
pub mod producer_session;
pub mod report;
pub mod scenario;
mod scenario_json;
pub mod scheduler;
pub mod shrink;
pub mod simulation;
mod start;
pub mod state;
mod step;
mod step_broker;
mod step_client;
mod step_command;
mod step_consumer;
mod step_controller;
mod step_producer;
mod step_producer_id;
pub mod swarm;
pub mod timeline;
mod topic_placement;
pub mod trace;
pub mod workload;

pub use command::{Command, CommandError, HeaderContent, SendRecord, SettingContent, TimedCommand};
pub use content::Content;
pub use event::{Event, EventKind, Limit, MarkKind, ProducerEvent};
pub use guarantees::{Anomaly, Faults, Guarantees, Promise, Reason, Terms, guarantees};
pub use invariants::{Invariants, Violation};
pub use ledger::{Figure, Ledger, Totals};
pub use mark::Mark;
pub use report::RunReport;
pub use scenario::{Client, Scenario, ScenarioError};
pub use simulation::Simulation;
pub use state::State;
pub use timeline::{Branch, Timeline};
pub use trace::TraceHash;
pub use workload::Workload;
