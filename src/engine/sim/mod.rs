//! The simulation: one deterministic run of scenario, seed and commands.
//!
//! Commands go in (`command`), events come out (`event`), and [`trace`] hashes both. Nothing here knows a clock or a browser.

pub mod chunked;
pub mod command;
pub mod content;
pub mod ledger;
pub mod links;
pub mod scenario;
mod scenario_json;
pub mod trace;
pub mod workload;

pub use command::{Command, CommandError, HeaderContent, SendRecord, SettingContent, TimedCommand};
pub use content::Content;
pub use scenario::{Client, Scenario, ScenarioError};
pub use trace::TraceHash;
pub use workload::Workload;
