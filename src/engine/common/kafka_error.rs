//! Kafka's protocol errors, by code, name and exception (`org.apache.kafka.common.protocol.Errors`), and what a producer may do about each.

use serde::{Deserialize, Serialize};

macro_rules! kafka_errors {
    ($($variant:ident = $code:literal, $name:literal, $exception:literal, $retriable:literal, $metadata:literal;)*) => {
        /// An error that a broker answers, or that the client library makes itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum KafkaError {
            $(#[doc = $name] #[serde(rename = $name)] $variant,)*
        }

        impl KafkaError {
            /// Every error, in order of code.
            pub const ALL: &'static [KafkaError] = &[$(KafkaError::$variant,)*];

            /// The code on the wire.
            #[must_use]
            pub fn code(self) -> i16 {
                match self { $(KafkaError::$variant => $code,)* }
            }

            /// Kafka's name of the error, as its documentation prints it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(KafkaError::$variant => $name,)* }
            }

            /// The Java client's exception class, without its package.
            #[must_use]
            pub fn exception(self) -> &'static str {
                match self { $(KafkaError::$variant => $exception,)* }
            }

            /// A `RetriableException` in the Java client.
            #[must_use]
            pub fn is_retriable(self) -> bool {
                match self { $(KafkaError::$variant => $retriable,)* }
            }

            /// An `InvalidMetadataException`: the client also asks for fresh metadata.
            #[must_use]
            pub fn is_invalid_metadata(self) -> bool {
                match self { $(KafkaError::$variant => $metadata,)* }
            }
        }
    };
}

kafka_errors! {
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", "UnknownServerException", false, false;
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", "OffsetOutOfRangeException", false, false;
    CorruptMessage = 2, "CORRUPT_MESSAGE", "CorruptRecordException", true, false;
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", "UnknownTopicOrPartitionException", true, true;
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", "LeaderNotAvailableException", true, true;
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", "NotLeaderOrFollowerException", true, true;
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", "TimeoutException", true, false;
    MessageTooLarge = 10, "MESSAGE_TOO_LARGE", "RecordTooLargeException", false, false;
    NetworkException = 13, "NETWORK_EXCEPTION", "NetworkException", true, true;
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", "CoordinatorLoadInProgressException", true, false;
    RecordListTooLarge = 18, "RECORD_LIST_TOO_LARGE", "RecordBatchTooLargeException", false, false;
    NotEnoughReplicas = 19, "NOT_ENOUGH_REPLICAS", "NotEnoughReplicasException", true, false;
    NotEnoughReplicasAfterAppend = 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "NotEnoughReplicasAfterAppendException", true, false;
    InvalidRequiredAcks = 21, "INVALID_REQUIRED_ACKS", "InvalidRequiredAcksException", false, false;
    InvalidTimestamp = 32, "INVALID_TIMESTAMP", "InvalidTimestampException", false, false;
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", "InvalidReplicationFactorException", false, false;
    NotController = 41, "NOT_CONTROLLER", "NotControllerException", true, false;
    InvalidRequest = 42, "INVALID_REQUEST", "InvalidRequestException", false, false;
    OutOfOrderSequenceNumber = 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "OutOfOrderSequenceException", false, false;
    DuplicateSequenceNumber = 46, "DUPLICATE_SEQUENCE_NUMBER", "DuplicateSequenceException", false, false;
    InvalidProducerEpoch = 47, "INVALID_PRODUCER_EPOCH", "InvalidProducerEpochException", false, false;
    KafkaStorageError = 56, "KAFKA_STORAGE_ERROR", "KafkaStorageException", true, true;
    UnknownProducerId = 59, "UNKNOWN_PRODUCER_ID", "UnknownProducerIdException", false, false;
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", "FencedLeaderEpochException", true, true;
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", "UnknownLeaderEpochException", true, false;
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", "StaleBrokerEpochException", false, false;
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", "PreferredLeaderNotAvailableException", true, true;
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", "EligibleLeadersNotAvailableException", true, true;
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", "ElectionNotNeededException", true, true;
    InvalidRecord = 87, "INVALID_RECORD", "InvalidRecordException", false, false;
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", "InvalidUpdateVersionException", false, false;
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", "DuplicateBrokerRegistrationException", false, false;
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", "BrokerIdNotRegisteredException", false, false;
    IneligibleReplica = 107, "INELIGIBLE_REPLICA", "IneligibleReplicaException", false, false;
    NewLeaderElected = 108, "NEW_LEADER_ELECTED", "NewLeaderElectedException", false, false;
}

impl KafkaError {
    /// The error with this code.
    #[must_use]
    pub fn from_code(code: i16) -> Option<KafkaError> {
        Self::ALL.iter().copied().find(|error| error.code() == code)
    }

    /// The error with this name, such as `NOT_ENOUGH_REPLICAS`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<KafkaError> {
        Self::ALL.iter().copied().find(|error| error.name() == name)
    }
}
