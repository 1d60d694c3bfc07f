//! The brokers' settings, the same for every broker of a scenario, and the cost model's, which Kafka does not have.

use super::setting::{SettingKind, settings};

const I32_MAX: i64 = i32::MAX as i64;

settings! {
    /// The settings of the brokers. Names that start with `model.` belong to the simulation's cost model, not to Kafka.
    BrokerConfig {
        replica_lag_time_max_ms: i64 = 30_000, "replica.lag.time.max.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "A follower that has not caught up for this long leaves the ISR; checked every half of it.";
        replica_fetch_wait_max_ms: i64 = 500, "replica.fetch.wait.max.ms", "ms", SettingKind::Int { min: 0, max: 86_400_000 }, "How long the leader holds a follower's fetch that finds nothing.";
        replica_fetch_min_bytes: i64 = 1, "replica.fetch.min.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "How many bytes end a follower's wait.";
        replica_fetch_max_bytes: i64 = 1_048_576, "replica.fetch.max.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Bytes of one partition in an answer to a follower; one whole batch is always given.";
        replica_fetch_response_max_bytes: i64 = 10_485_760, "replica.fetch.response.max.bytes", "bytes", SettingKind::Int { min: 0, max: I32_MAX }, "Bytes of an answer to a follower.";
        replica_fetch_backoff_ms: i64 = 1_000, "replica.fetch.backoff.ms", "ms", SettingKind::Int { min: 0, max: 3_600_000 }, "How long a follower waits after a fetch that failed.";
        broker_session_timeout_ms: i64 = 9_000, "broker.session.timeout.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long after a broker's last heartbeat the controller takes it for dead.";
        broker_heartbeat_interval_ms: i64 = 2_000, "broker.heartbeat.interval.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How often a broker tells the controller that it lives.";
        elr_version: i64 = 1, "eligible.leader.replicas.version", "", SettingKind::Int { min: 0, max: 1 }, "Kafka's feature level, 1 in new clusters since 4.1: replicas that left the ISR with every committed record may still lead. 0: only the ISR.";
        auto_leader_rebalance_enable: bool = true, "auto.leader.rebalance.enable", "", SettingKind::Bool, "Whether leaders move back to the first replica by themselves, once it is in sync again.";
        leader_imbalance_check_interval_seconds: i64 = 300, "leader.imbalance.check.interval.seconds", "s", SettingKind::Int { min: 1, max: 86_400 }, "How often the controller moves leaders back.";
        unclean_leader_election_interval_ms: i64 = 300_000, "unclean.leader.election.interval.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How often the controller looks for leaderless partitions of topics that allow an unclean election.";
        log_retention_check_interval_ms: i64 = 300_000, "log.retention.check.interval.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How often a broker looks for segments that may go.";
        log_initial_task_delay_ms: i64 = 30_000, "log.initial.task.delay.ms", "ms", SettingKind::Int { min: 0, max: 86_400_000 }, "How long after its start a broker first looks.";
        log_cleaner_backoff_ms: i64 = 15_000, "log.cleaner.backoff.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long the cleaner of compacted logs sleeps when it finds nothing to clean.";
        log_flush_scheduler_interval_ms: i64 = i64::MAX, "log.flush.scheduler.interval.ms", "ms", SettingKind::Int { min: 1, max: i64::MAX }, "How often a broker looks for logs that flush.ms wants on the disk; by default never.";
        replica_socket_timeout_ms: i64 = 30_000, "replica.socket.timeout.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long a follower waits for the answer to a fetch before it breaks the connection.";
        socket_connection_setup_timeout_ms: i64 = 10_000, "socket.connection.setup.timeout.ms", "ms", SettingKind::Int { min: 1, max: 86_400_000 }, "How long a broker waits for a connection to another to stand.";
        page_cache_flush_ms: i64 = 30_000, "model.page.cache.flush.ms", "ms", SettingKind::Int { min: 1, max: i64::MAX }, "Model: how often the operating system writes its page cache to the disk. A power loss takes what was appended since.";
        request_cost_us: i64 = 50, "model.request.cost.us", "us", SettingKind::Int { min: 0, max: 60_000_000 }, "Model: what handling one request costs a broker.";
        append_cost_us_per_mib: i64 = 1_000, "model.append.cost.us.per.mib", "us", SettingKind::Int { min: 0, max: 60_000_000 }, "Model: what appending 1 MiB to a log costs a broker.";
        request_handlers: i64 = 8, "num.io.threads", "", SettingKind::Int { min: 1, max: 64 }, "How many requests a broker handles at once, of different connections.";
    }
}
