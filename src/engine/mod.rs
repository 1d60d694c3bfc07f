//! The engine: Kafka's log, partitioners, producer and cluster in virtual time. No browser, no clock, no I/O.
//!
//! Layers, lowest first: `common`, `config`, `record`, `storage`, `producer` and `cluster`, `consumer`, `sim`.

pub mod cluster;
pub mod common;
pub mod config;
pub mod consumer;
pub mod producer;
pub mod record;
pub mod sim;
pub mod storage;
