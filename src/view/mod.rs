//! What is drawn, as plain data: a function of the engine's state and virtual time.

pub mod batch_bytes;
pub mod batching_view;
pub mod departures;
pub mod failover;
pub mod fault_acts;
mod fault_words;
pub mod format;
pub mod frame;
pub mod hashing;
pub mod hindrance;
pub mod inspect;
pub mod inspection;
pub mod landing;
pub mod ledger;
pub mod log_room;
pub mod log_seek;
pub mod log_view;
pub mod mark_row;
pub mod news;
pub mod palette;
pub mod playback;
pub mod promises;
pub mod proof;
pub mod provenance;
pub mod reader_flags;
pub mod replay;
pub mod ring;
pub mod seek_target;
pub mod setting_refusals;
pub mod settings;
pub mod stage;
pub mod subject;
pub mod transport;
pub mod waiting_calls;

pub use frame::Frame;
pub use subject::Subject;
