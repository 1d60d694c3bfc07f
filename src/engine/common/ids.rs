//! Identities and positions as types of their own, so that an offset can not be passed for an epoch.
//!
//! Each is a plain integer inside, ordered and serialised as that integer.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! integer_newtype {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}

integer_newtype! {
    /// Position of a record in a partition. Never negative in a log; −1 stands for "unknown" in answers, as in Kafka.
    Offset(i64)
}
integer_newtype! {
    /// How often a partition's leader has changed. −1: none (`RecordBatch.NO_PARTITION_LEADER_EPOCH`).
    LeaderEpoch(i32)
}
integer_newtype! {
    /// A broker's `node.id`, from 1 on the stage (the vectors have a broker 0).
    BrokerId(i32)
}
integer_newtype! {
    /// A controller: a voter of the metadata quorum, from 1 on the stage. Kafka gives controllers and brokers `node.id`s of one space;
    /// here each kind counts for itself.
    ControllerId(i32)
}
integer_newtype! {
    /// Index of a partition within its topic, from 0. −1: not chosen yet (`RecordMetadata.UNKNOWN_PARTITION`).
    PartitionId(i32)
}
integer_newtype! {
    /// Kafka's producer id (idempotence). −1: none.
    ProducerId(i64)
}
integer_newtype! {
    /// Kafka's producer epoch (idempotence). −1: none.
    ProducerEpoch(i16)
}
integer_newtype! {
    /// Which producer *session* of the scenario: one application process with one `KafkaProducer`. Not Kafka's producer id.
    SessionId(u32)
}
integer_newtype! {
    /// A record that an application sent, counted over the whole run. The ledger's key; it is in no byte of the log.
    RecordId(u64)
}
integer_newtype! {
    /// A topic, by its place in the scenario.
    TopicId(u16)
}

impl Offset {
    /// "Unknown", as acks=0 answers it.
    pub const UNKNOWN: Offset = Offset(-1);

    /// The offset `count` records further on.
    #[must_use]
    pub fn plus(self, count: i64) -> Offset {
        Offset(self.0 + count)
    }
}

impl LeaderEpoch {
    /// `RecordBatch.NO_PARTITION_LEADER_EPOCH`.
    pub const NONE: LeaderEpoch = LeaderEpoch(-1);
}

impl PartitionId {
    /// `RecordMetadata.UNKNOWN_PARTITION`: the accumulator's built-in partitioner chooses.
    pub const UNKNOWN: PartitionId = PartitionId(-1);

    /// The index, for a partition that is known to exist.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).expect("a partition that exists has an index of 0 or more")
    }
}

impl ProducerId {
    /// `RecordBatch.NO_PRODUCER_ID`.
    pub const NONE: ProducerId = ProducerId(-1);
}

impl ProducerEpoch {
    /// `RecordBatch.NO_PRODUCER_EPOCH`.
    pub const NONE: ProducerEpoch = ProducerEpoch(-1);
}

/// `RecordBatch.NO_SEQUENCE`.
pub const NO_SEQUENCE: i32 = -1;

/// One partition of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicId,
    /// The partition's index in it.
    pub partition: PartitionId,
}

impl TopicPartition {
    /// A partition of a topic.
    #[must_use]
    pub fn new(topic: TopicId, partition: PartitionId) -> Self {
        Self { topic, partition }
    }
}
