//! One registry of settings: each row states Kafka's name, the default, the range, the unit and a sentence of help.
//!
//! The scenario format, the command line and the page's controls all read these rows; none keeps a list of its own.

pub mod broker_config;
pub mod consumer_config;
pub mod controller_config;
pub mod producer_config;
pub mod setting;
pub mod topic_config;

pub use broker_config::BrokerConfig;
pub use consumer_config::{AutoOffsetReset, ConsumerConfig};
pub use controller_config::ControllerConfig;
pub use producer_config::{Acks, CompressionType, EnableIdempotence, PartitionerClass, ProducerConfig};
pub use setting::{ConfigError, Setting, SettingKind, Value};
pub use topic_config::{CleanupPolicy, TimestampType, TopicCompression, TopicConfig};
