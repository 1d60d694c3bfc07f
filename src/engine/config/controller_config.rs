//! The controllers' settings: the quorum's timers, and how often an idle log grows (`QuorumConfig`, `KRaftConfigs`).
//!
//! Kafka gives the quorum's timers no range; here they are positive, and at most an hour.

use super::setting::{SettingKind, settings};

const HOUR_MS: i64 = 3_600_000;

settings! {
    /// The settings of the controllers, the same for all.
    ControllerConfig {
        election_timeout_ms: i64 = 1_000, "controller.quorum.election.timeout.ms", "ms", SettingKind::Int { min: 1, max: HOUR_MS }, "How long a voter waits for a leader, or for votes, before it stands for election; the wait is drawn between this and twice this.";
        fetch_timeout_ms: i64 = 2_000, "controller.quorum.fetch.timeout.ms", "ms", SettingKind::Int { min: 1, max: HOUR_MS }, "How long a follower does without an answer to its fetches before it asks for an election; a leader resigns after one and a half times this without fetches of a majority.";
        election_backoff_max_ms: i64 = 1_000, "controller.quorum.election.backoff.max.ms", "ms", SettingKind::Int { min: 0, max: HOUR_MS }, "Longest wait of a candidate that was not elected.";
        append_linger_ms: i64 = 25, "controller.quorum.append.linger.ms", "ms", SettingKind::Int { min: 0, max: HOUR_MS }, "How long the leader gathers changes before it writes them to its log.";
        request_timeout_ms: i64 = 2_000, "controller.quorum.request.timeout.ms", "ms", SettingKind::Int { min: 1, max: HOUR_MS }, "How long a node waits for the answer of another one.";
        retry_backoff_ms: i64 = 20, "controller.quorum.retry.backoff.ms", "ms", SettingKind::Int { min: 1, max: HOUR_MS }, "How long a node waits after a request that failed.";
        max_idle_interval_ms: i64 = 500, "metadata.max.idle.interval.ms", "ms", SettingKind::Int { min: 0, max: HOUR_MS }, "How often the active controller writes a NoOp record when nothing else is written; 0: never.";
    }
}
