//! The Ring buffer room: components over `view::ring`. They place what stands there and tell the room what was done.

pub mod call_bar;
pub mod call_table;
pub mod drawing;
pub mod list_form;
pub mod log_beside;
pub mod log_segment;
pub mod marker;
pub mod page;
pub mod slot;
pub mod store;

pub use page::RingPage;
pub use store::{RingStore, use_ring_store};
