//! A producer's settings (`org.apache.kafka.clients.producer.ProducerConfig`, KAFKA 4 defaults). Fixed when the producer is made.

use super::setting::{SettingKind, settings, word_setting};

const I32_MAX: i64 = i32::MAX as i64;

word_setting! {
    /// `acks`: who must have a batch before the producer is answered.
    Acks {
        /// Nobody: the broker never answers.
        Zero = "0",
        /// The leader alone.
        One = "1",
        /// Every replica in the ISR.
        All = "all" | "-1",
    }
}

word_setting! {
    /// `compression.type` of a producer, and the codec of a batch.
    CompressionType {
        /// No compression.
        None = "none",
        /// gzip.
        Gzip = "gzip",
        /// snappy.
        Snappy = "snappy",
        /// lz4.
        Lz4 = "lz4",
        /// zstd.
        Zstd = "zstd",
    }
}

word_setting! {
    /// Which partitioner a producer uses: Java's `partitioner.class` or librdkafka's `partitioner`.
    PartitionerClass {
        /// Java's default: murmur2 for a key, built-in sticky (KIP-794) without one.
        BuiltIn = "built-in",
        /// Java's opt-in `RoundRobinPartitioner`.
        RoundRobin = "round-robin",
        /// librdkafka's default: crc32 for a key, time-based sticky without one or with an empty one.
        ConsistentRandom = "consistent_random",
        /// librdkafka's `consistent`: crc32, partition 0 without a key.
        Consistent = "consistent",
        /// librdkafka's Java-compatible `murmur2_random`.
        Murmur2Random = "murmur2_random",
        /// librdkafka's `murmur2`.
        Murmur2 = "murmur2",
        /// librdkafka's `fnv1a_random`.
        Fnv1aRandom = "fnv1a_random",
        /// librdkafka's `fnv1a`.
        Fnv1a = "fnv1a",
        /// librdkafka's `random`.
        Random = "random",
    }
}

settings! {
    /// The settings of one producer session.
    ProducerConfig {
        acks: Acks = Acks::All, "acks", "", SettingKind::Choice(Acks::WORDS), "Whom the producer waits for: nobody, the leader, or every in-sync replica.";
        linger_ms: i64 = 5, "linger.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "How long a batch that is not full waits for more records.";
        batch_size: i64 = 16_384, "batch.size", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Bytes of one batch, at most; a larger record gets a batch of its own.";
        compression_type: CompressionType = CompressionType::None, "compression.type", "", SettingKind::Choice(CompressionType::WORDS), "How the records of a batch are compressed, together.";
        max_in_flight: i64 = 5, "max.in.flight.requests.per.connection", "", SettingKind::Int { min: 1, max: 1_000_000 }, "Requests to one broker that may wait for their answer at once.";
        retries: i64 = I32_MAX, "retries", "", SettingKind::Int { min: 0, max: I32_MAX }, "How often a batch is sent again after an error that may pass.";
        enable_idempotence: bool = false, "enable.idempotence", "", SettingKind::Bool, "Whether the broker recognises a batch that it has already.", locked "Java's default is true; comes next";
        buffer_memory: i64 = 33_554_432, "buffer.memory", "bytes", SettingKind::Int { min: 0, max: 1_073_741_824 }, "Memory for all batches of a producer, from their creation to their completion.";
        max_block_ms: i64 = 60_000, "max.block.ms", "ms", SettingKind::Int { min: 0, max: 86_400_000 }, "How long send() waits for metadata and for memory.";
        max_request_size: i64 = 1_048_576, "max.request.size", "bytes", SettingKind::Int { min: 0, max: 104_857_600 }, "Bytes of one request, and of one record before compression, at most.";
        request_timeout_ms: i64 = 30_000, "request.timeout.ms", "ms", SettingKind::Int { min: 0, max: 86_400_000 }, "How long the client waits for an answer before it closes the connection; also how long a broker waits for replicas.";
        delivery_timeout_ms: i64 = 120_000, "delivery.timeout.ms", "ms", SettingKind::Int { min: 0, max: I32_MAX }, "How long after its batch was created a record must be delivered or fail.";
        retry_backoff_ms: i64 = 100, "retry.backoff.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Wait before the first retry; it doubles with each.";
        retry_backoff_max_ms: i64 = 1_000, "retry.backoff.max.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Longest wait before a retry.";
        partitioner_class: PartitionerClass = PartitionerClass::BuiltIn, "partitioner.class", "", SettingKind::Choice(PartitionerClass::WORDS), "Who chooses a record's partition.";
        partitioner_ignore_keys: bool = false, "partitioner.ignore.keys", "", SettingKind::Bool, "Whether the built-in partitioner treats every record as one without a key.";
        partitioner_adaptive: bool = true, "partitioner.adaptive.partitioning.enable", "", SettingKind::Bool, "Whether keyless records prefer partitions with shorter queues.";
        partitioner_availability_timeout_ms: i64 = 0, "partitioner.availability.timeout.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "After how long a broker that takes nothing is left out by the adaptive choice; 0: never.";
        sticky_partitioning_linger_ms: i64 = 10, "sticky.partitioning.linger.ms", "ms", SettingKind::Int { min: 0, max: 900_000 }, "librdkafka only: how long keyless records stay on one partition; 0: each is drawn anew.";
        metadata_max_age_ms: i64 = 300_000, "metadata.max.age.ms", "ms", SettingKind::Int { min: 0, max: 86_400_000 }, "After how long metadata is asked for again even if nothing went wrong.";
        reconnect_backoff_ms: i64 = 50, "reconnect.backoff.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Wait before the first attempt to connect again; it doubles with each.";
        reconnect_backoff_max_ms: i64 = 1_000, "reconnect.backoff.max.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Longest wait before an attempt to connect again.";
    }
}

impl ProducerConfig {
    /// What Kafka's `ConfigException` would say of settings that do not go together, if anything.
    #[must_use]
    pub fn conflict(&self) -> Option<String> {
        let least = self.linger_ms + self.request_timeout_ms;
        (self.delivery_timeout_ms < least).then(|| {
            format!(
                "delivery.timeout.ms ({}) should be equal to or larger than linger.ms + request.timeout.ms ({least})",
                self.delivery_timeout_ms
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::{ConfigError, Value};

    #[test]
    fn values_are_read_by_kafkas_name_and_refused_with_a_sentence() {
        let mut config = ProducerConfig::default();
        config.set("acks", &Value::Int(-1)).unwrap();
        assert_eq!(config.acks, Acks::All);
        config.set("linger.ms", &Value::Text("20".into())).unwrap();
        assert_eq!(config.get("linger.ms"), Some(Value::Int(20)));
        let error = config.set("acks", &Value::Text("2".into())).unwrap_err();
        assert_eq!(error.to_string(), "acks: `2` is not one of 0, 1, all");
        let error = config.set("enable.idempotence", &Value::Bool(true)).unwrap_err();
        assert!(matches!(error, ConfigError::Locked { .. }));
        config.set("enable.idempotence", &Value::Bool(false)).unwrap();
        assert!(config.set("linger", &Value::Int(1)).is_err());
    }
}
