//! What every layer of the engine shares: identities, time, limits, Kafka's error codes, chance.

pub mod ids;
pub mod kafka_error;
pub mod limits;
pub mod prng;
pub mod virtual_time;

pub use ids::*;
pub use kafka_error::KafkaError;
pub use prng::Prng;
pub use virtual_time::{Timestamp, VirtualTime};
