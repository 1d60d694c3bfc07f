//! A consumer's settings (`org.apache.kafka.clients.consumer.ConsumerConfig`), as far as one that reads by itself has use for them.
//! Names that start with `model.` belong to the application, which Kafka has no settings for.

use super::setting::{SettingKind, settings, word_setting};

const I32_MAX: i64 = i32::MAX as i64;

word_setting! {
    /// `auto.offset.reset`.
    AutoOffsetReset {
        /// At the first offset of the log.
        Earliest = "earliest",
        /// At the high watermark: only what comes from now on.
        Latest = "latest",
        /// `poll()` throws an exception.
        None = "none",
    }
}

settings! {
    /// The settings of one consumer.
    ConsumerConfig {
        auto_offset_reset: AutoOffsetReset = AutoOffsetReset::Latest, "auto.offset.reset", "", SettingKind::Choice(AutoOffsetReset::WORDS), "Where to read when there is no position, or its offset is gone.";
        max_poll_records: i64 = 500, "max.poll.records", "", SettingKind::Int { min: 1, max: I32_MAX }, "Most records that one poll() gives the application.";
        processing_us_per_record: i64 = 0, "model.processing.us.per.record", "us", SettingKind::Int { min: 0, max: 60_000_000 }, "Model: how long the application is at work on a record before it polls again.";
        fetch_min_bytes: i64 = 1, "fetch.min.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "How many bytes end a fetch's wait on the broker.";
        fetch_max_wait_ms: i64 = 500, "fetch.max.wait.ms", "ms", SettingKind::Int { min: 0, max: I32_MAX }, "How long a broker holds a fetch that finds less.";
        fetch_max_bytes: i64 = 52_428_800, "fetch.max.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Bytes of an answer; one whole batch is always given.";
        max_partition_fetch_bytes: i64 = 1_048_576, "max.partition.fetch.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Bytes of one partition in an answer; one whole batch is always given.";
        request_timeout_ms: i64 = 30_000, "request.timeout.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long the consumer waits for an answer before it breaks the connection.";
        socket_connection_setup_timeout_ms: i64 = 10_000, "socket.connection.setup.timeout.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long the consumer waits for a connection to stand.";
        retry_backoff_ms: i64 = 100, "retry.backoff.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "How long after a failure before the consumer tries again.";
        metadata_max_age_ms: i64 = 300_000, "metadata.max.age.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How often the consumer asks anew who leads what, and whether there are more partitions.";
    }
}
