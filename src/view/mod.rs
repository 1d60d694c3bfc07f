//! What is drawn, as plain data: a function of the engine's state and virtual time.

pub mod format;
pub mod frame;
pub mod hashing;
pub mod palette;
pub mod playback;
pub mod ring;

pub use frame::Frame;
