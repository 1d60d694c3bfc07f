//! The lower layers: `common`, `config`, `record`, `storage` and `producer`. `src/engine/mod.rs` has the whole engine.

#[path = "../common/mod.rs"]
pub mod common;
#[path = "../config/mod.rs"]
pub mod config;
#[path = "../producer/mod.rs"]
pub mod producer;
#[path = "../record/mod.rs"]
pub mod record;
#[path = "../storage/mod.rs"]
pub mod storage;
