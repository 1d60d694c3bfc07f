//! The Ring buffer room as plain data: the ring's geometry, the list of calls, the words for the last one, the room's state.
//!
//! All of it follows from a `Replay`. Components only place what stands here.

pub mod calls;
pub mod geometry;
pub mod log;
pub mod picture;
pub mod room;
pub mod words;

pub use calls::{CallList, CallRow, Mark};
pub use log::{LogPicture, RecordCell, SegmentPicture, SegmentState};
pub use picture::{Detail, Marker, RingPicture, SlotPicture, Touch};
pub use room::{RingAction, RingRoom};
