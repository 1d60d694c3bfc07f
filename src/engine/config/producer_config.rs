//! A producer's settings (`org.apache.kafka.clients.producer.ProducerConfig`, KAFKA 4 defaults). Fixed when the producer is made.

use super::setting::{SettingKind, SettingValue, Value, settings, word_setting};

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

/// `enable.idempotence`: not set is not the same as set to its default, for then other settings may switch it off silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnableIdempotence {
    /// Not set: true, as far as the other settings allow it.
    Unset,
    /// Set to true: settings that rule it out are refused.
    True,
    /// Set to false.
    False,
}

impl SettingValue for EnableIdempotence {
    fn to_value(&self) -> Value {
        Value::Bool(*self != EnableIdempotence::False)
    }

    fn from_value(value: &Value, kind: &SettingKind) -> Result<Self, String> {
        Ok(if bool::from_value(value, kind)? { EnableIdempotence::True } else { EnableIdempotence::False })
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
        enable_idempotence: EnableIdempotence = EnableIdempotence::Unset, "enable.idempotence", "", SettingKind::Bool, "Whether batches are numbered, so that a broker recognises one that it has already and refuses one that is out of order. Not set, it is off where acks or retries do not allow it.";
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
        socket_connection_setup_timeout_ms: i64 = 10_000, "socket.connection.setup.timeout.ms", "ms", SettingKind::Int { min: 1, max: 3_600_000 }, "How long the producer waits for a connection to stand; it doubles with each attempt that fails.";
        socket_connection_setup_timeout_max_ms: i64 = 30_000, "socket.connection.setup.timeout.max.ms", "ms", SettingKind::Int { min: 1, max: 3_600_000 }, "Longest wait for a connection to stand.";
        reconnect_backoff_ms: i64 = 50, "reconnect.backoff.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Wait before the first attempt to connect again; it doubles with each.";
        reconnect_backoff_max_ms: i64 = 1_000, "reconnect.backoff.max.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "Longest wait before an attempt to connect again.";
    }
}

/// `max.in.flight.requests.per.connection` at most, with idempotence.
const IN_FLIGHT_MAX_FOR_IDEMPOTENCE: i64 = 5;

/// What becomes of idempotence with the other settings (`ProducerConfig.postProcessAndValidateIdempotenceConfigs`, Kafka 4).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Idempotence {
    On,
    Off,
    /// A `ConfigException` with these words.
    Refused(String),
}

impl ProducerConfig {
    /// Whether the producer numbers its batches: `enable.idempotence`, unless it is not set and other settings rule it out.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotence() == Idempotence::On
    }

    /// What Kafka's `ConfigException` would say of settings that do not go together, if anything.
    #[must_use]
    pub fn conflict(&self) -> Option<String> {
        if let Idempotence::Refused(words) = self.idempotence() {
            return Some(words);
        }
        let least = self.linger_ms + self.request_timeout_ms;
        (self.delivery_timeout_ms < least).then(|| {
            format!(
                "delivery.timeout.ms ({}) should be equal to or larger than linger.ms + request.timeout.ms ({least})",
                self.delivery_timeout_ms
            )
        })
    }

    /// The first row that fits:
    ///
    /// | `enable.idempotence` | `retries` | `acks` | in flight | then |
    /// |----------------------|-----------|--------|-----------|------|
    /// | false                | any       | any    | any       | off |
    /// | true                 | 0         | any    | any       | refused |
    /// | true                 | 1 or more | 0, 1   | any       | refused |
    /// | any                  | any       | any    | above 5   | refused |
    /// | not set              | 0         | any    | at most 5 | off |
    /// | not set              | any       | 0, 1   | at most 5 | off |
    /// | any                  | 1 or more | all    | at most 5 | on |
    fn idempotence(&self) -> Idempotence {
        let is_set = self.enable_idempotence == EnableIdempotence::True;
        let (no_retries, not_all) = (self.retries == 0, self.acks != Acks::All);
        match () {
            () if self.enable_idempotence == EnableIdempotence::False => Idempotence::Off,
            () if is_set && no_retries => {
                Idempotence::Refused("Must set retries to non-zero when using the idempotent producer.".to_string())
            }
            () if is_set && not_all => Idempotence::Refused(
                "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
                    .to_string(),
            ),
            () if self.max_in_flight > IN_FLIGHT_MAX_FOR_IDEMPOTENCE => Idempotence::Refused(format!(
                "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is {}.",
                self.max_in_flight
            )),
            () if no_retries || not_all => Idempotence::Off,
            () => Idempotence::On,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_kafkas_name_and_refused_with_a_sentence() {
        let mut config = ProducerConfig::default();
        config.set("acks", &Value::Int(-1)).unwrap();
        assert_eq!(config.acks, Acks::All);
        config.set("linger.ms", &Value::Text("20".into())).unwrap();
        assert_eq!(config.get("linger.ms"), Some(Value::Int(20)));
        let error = config.set("acks", &Value::Text("2".into())).unwrap_err();
        assert_eq!(error.to_string(), "acks: `2` is not one of 0, 1, all");
        assert!(config.set("linger", &Value::Int(1)).is_err());
    }

    /// `on`, `off`, or the first words of the exception.
    #[track_caller]
    fn check(settings: &str, expected: &str) {
        let mut config = ProducerConfig::default();
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            config.set(name, &Value::Text(value.to_string())).unwrap();
        }
        let found = match config.conflict() {
            Some(words) => words,
            None => (if config.is_idempotent() { "on" } else { "off" }).to_string(),
        };
        assert!(found.starts_with(expected), "{settings}: {found}");
    }

    #[test]
    fn idempotence_is_on_unless_a_setting_rules_it_out() {
        const SIX: &str = "max.in.flight.requests.per.connection=6";
        const TOO_MANY: &str = "To use the idempotent producer, max.in.flight.requests.per.connection";
        check("", "on");
        check("enable.idempotence=true", "on");
        check("enable.idempotence=false acks=1 retries=0", "off");
        check(&format!("enable.idempotence=false {SIX}"), "off");
        check("enable.idempotence=true retries=0 acks=1", "Must set retries to non-zero");
        check("enable.idempotence=true acks=0", "Must set acks to all in order to use");
        check("enable.idempotence=true acks=1", "Must set acks to all in order to use");
        check(&format!("enable.idempotence=true {SIX}"), TOO_MANY);
        check(SIX, TOO_MANY);
        check(&format!("acks=1 {SIX}"), TOO_MANY);
        check("retries=0", "off");
        check("acks=1", "off");
        check("acks=0 retries=0", "off");
    }
}
