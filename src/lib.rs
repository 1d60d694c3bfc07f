//! Highwater: a Kafka playground in one browser tab.
//!
//! The engine is deterministic and knows no browser; the page draws what the engine says. Dependencies point one way:
//! `ui` → `view`, `course`, `ring` → `engine`; `ui` → `web`.

pub mod course;
pub mod ring;
pub mod view;

pub use highwater_engine::engine;

#[cfg(feature = "ui")]
pub mod ui;
#[cfg(feature = "ui")]
pub mod web;
