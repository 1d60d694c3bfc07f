//! The engine: Kafka's log, partitioners, producer and cluster in virtual time. No browser, no clock, no I/O.
//!
//! Layers, lowest first: `common`, `config`, `record`, `storage`, `producer` and `cluster`, `consumer`, `sim`. Those up to `producer` are
//! compiled in a package of their own, in `hot/`.

pub mod cluster;
pub mod consumer;
pub mod sim;

pub use highwater_log::engine::{common, config, producer, record, storage};
