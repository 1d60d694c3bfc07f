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
        /// Of every key the last record stays.
        Compact = "compact",
        /// Both.
        CompactAndDelete = "compact,delete" | "delete,compact",
    }
}

impl CleanupPolicy {
    /// Whether retention by time and size applies.
    #[must_use]
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::CompactAndDelete)
    }

    /// Whether the cleaner compacts, so that every record needs a key.
    #[must_use]
    pub fn compacts(self) -> bool {
        matches!(self, Self::Compact | Self::CompactAndDelete)
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
        cleanup_policy: CleanupPolicy = CleanupPolicy::Delete, "cleanup.policy", "", SettingKind::Choice(CleanupPolicy::WORDS), "What becomes of old segments: whole ones go, or of every key only the last record stays, or both. With compact a record without a key is refused.";
        min_cleanable_dirty_ratio: f64 = 0.5, "min.cleanable.dirty.ratio", "", SettingKind::Float { min: 0.0, max: 1.0 }, "A compacted log is cleaned when a larger part of its bytes than this has not been looked at by the cleaner.";
        min_compaction_lag_ms: i64 = 0, "min.compaction.lag.ms", "ms", SettingKind::Int { min: 0, max: i64::MAX }, "How long a record stays at least before compaction may remove it.";
        max_compaction_lag_ms: i64 = i64::MAX, "max.compaction.lag.ms", "ms", SettingKind::Int { min: 1, max: i64::MAX }, "How long a record may wait to be looked at by the cleaner; then the log is cleaned whatever its ratio.";
        delete_retention_ms: i64 = 86_400_000, "delete.retention.ms", "ms", SettingKind::Int { min: 0, max: i64::MAX }, "How long a tombstone, a record without a value, stays after the first cleaning that kept it. A reader that takes longer may miss the deletion.";
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

impl TopicConfig {
    /// Which two settings contradict each other, in a sentence (`LogConfig.validateTopicConfigValues`).
    #[must_use]
    pub fn conflict(&self) -> Option<String> {
        let (min, max) = (self.min_compaction_lag_ms, self.max_compaction_lag_ms);
        (min > max).then(|| format!("min.compaction.lag.ms ({min}) is larger than max.compaction.lag.ms ({max})"))
    }

    /// After how long by its records' time a segment rolls, in ms (`LogConfig.maxSegmentMs`): in a compacted topic no later than
    /// `max.compaction.lag.ms`, for the active segment is never cleaned.
    #[must_use]
    pub fn segment_ms_max(&self) -> i64 {
        if self.cleanup_policy.compacts() { self.segment_ms.min(self.max_compaction_lag_ms) } else { self.segment_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::config::Value;

    #[test]
    fn both_policies_are_one_word_in_either_order() {
        for (word, deletes, compacts) in [
            ("delete", true, false),
            ("compact", false, true),
            ("compact,delete", true, true),
            ("delete,compact", true, true),
        ] {
            let mut config = TopicConfig::default();
            config.set("cleanup.policy", &Value::Text(word.to_string())).unwrap();
            let policy = config.cleanup_policy;
            assert_eq!((policy.deletes(), policy.compacts()), (deletes, compacts), "{word}");
        }
    }

    #[test]
    fn the_lags_contradict_each_other_only_the_wrong_way_round() {
        let lags = |min_compaction_lag_ms, max_compaction_lag_ms| TopicConfig {
            min_compaction_lag_ms,
            max_compaction_lag_ms,
            ..TopicConfig::default()
        };
        assert_eq!(lags(5, 5).conflict(), None);
        assert!(lags(6, 5).conflict().is_some());
    }

    #[test]
    fn a_compacted_segment_rolls_before_its_records_are_overdue() {
        let config =
            |cleanup_policy| TopicConfig { cleanup_policy, max_compaction_lag_ms: 9, ..TopicConfig::default() };
        assert_eq!(config(CleanupPolicy::Compact).segment_ms_max(), 9);
        assert_eq!(config(CleanupPolicy::Delete).segment_ms_max(), 604_800_000);
    }
}
