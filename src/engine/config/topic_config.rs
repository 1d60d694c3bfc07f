//! A topic's settings, which its logs follow (`org.apache.kafka.storage.internals.log.LogConfig`).

use super::setting::{SettingKind, settings, word_setting};

const I32_MAX: i64 = i32::MAX as i64;

word_setting! {
    /// `message.timestamp.type`.
    TimestampType {
        /// The producer's clock.
        CreateTime = "CreateTime",
        /// The leader's clock at the append.
        LogAppendTime = "LogAppendTime",
    }
}

word_setting! {
    /// `cleanup.policy`.
    CleanupPolicy {
        /// Old segments go, by time and size.
        Delete = "delete",
    }
}

word_setting! {
    /// `compression.type` of a topic.
    TopicCompression {
        /// Whatever the producer sent.
        Producer = "producer",
        /// The leader decompresses.
        Uncompressed = "uncompressed",
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

settings! {
    /// The settings of one topic.
    TopicConfig {
        segment_bytes: i64 = 1_073_741_824, "segment.bytes", "bytes", SettingKind::Int { min: 14, max: I32_MAX }, "Largest size of one segment file. Kafka 4 takes no less than 1 MiB; smaller values are for looking at rolls.";
        segment_ms: i64 = 604_800_000, "segment.ms", "ms", SettingKind::Int { min: 1, max: i64::MAX }, "A segment rolls when the next batch's timestamp is this much later than the first one's.";
        segment_index_bytes: i64 = 10_485_760, "segment.index.bytes", "bytes", SettingKind::Int { min: 4, max: I32_MAX }, "Largest size of an index file; a full index rolls the segment.";
        index_interval_bytes: i64 = 4_096, "index.interval.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "A batch gets an index entry when more than this many bytes were written since the last entry.";
        retention_ms: i64 = 604_800_000, "retention.ms", "ms", SettingKind::Int { min: -1, max: i64::MAX }, "A segment whose newest record is older than this goes; -1: never.";
        retention_bytes: i64 = -1, "retention.bytes", "bytes", SettingKind::Int { min: -1, max: i64::MAX }, "Oldest segments go while the log without them would still be at least this large; -1: never.";
        cleanup_policy: CleanupPolicy = CleanupPolicy::Delete, "cleanup.policy", "", SettingKind::Choice(CleanupPolicy::WORDS), "What becomes of old segments.";
        max_message_bytes: i64 = 1_048_588, "max.message.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Largest batch that the topic takes, as it arrives.";
        min_insync_replicas: i64 = 1, "min.insync.replicas", "", SettingKind::Int { min: 1, max: 9 }, "With acks=all, refuse when fewer replicas than this are in sync; below it the high watermark stands still.";
        unclean_leader_election_enable: bool = false, "unclean.leader.election.enable", "", SettingKind::Bool, "Whether a replica out of sync may lead when no other can; committed records that it lacks are lost.";
        message_timestamp_type: TimestampType = TimestampType::CreateTime, "message.timestamp.type", "", SettingKind::Choice(TimestampType::WORDS), "Whose clock a record's timestamp is.";
        message_timestamp_before_max_ms: i64 = i64::MAX, "message.timestamp.before.max.ms", "ms", SettingKind::Int { min: 0, max: i64::MAX }, "How far a record's timestamp may lie behind the leader's clock.";
        message_timestamp_after_max_ms: i64 = 3_600_000, "message.timestamp.after.max.ms", "ms", SettingKind::Int { min: 0, max: i64::MAX }, "How far a record's timestamp may lie ahead of the leader's clock.";
        flush_messages: i64 = i64::MAX, "flush.messages", "", SettingKind::Int { min: 1, max: i64::MAX }, "A log is written to the disk after this many records; by default never: the operating system does it, and replicas make up for it.";
        flush_ms: i64 = i64::MAX, "flush.ms", "ms", SettingKind::Int { min: 0, max: i64::MAX }, "A log is written to the disk when it has not been for this long, looked at every log.flush.scheduler.interval.ms.";
        compression_type: TopicCompression = TopicCompression::Producer, "compression.type", "", SettingKind::Choice(TopicCompression::WORDS), "Keep the producer's codec, or recompress on the leader.";
    }
}
