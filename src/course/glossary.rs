//! Kafka's words, each in a sentence.

/// Word and meaning, in order of the alphabet.
pub const GLOSSARY: &[(&str, &str)] = &[
    ("acks", "Whom the producer waits for: nobody (0), the leader (1), every in-sync replica (all)."),
    (
        "batch",
        "Records of one partition that travel, are compressed and are stored together. Its size is counted in bytes.",
    ),
    ("broker", "A server that keeps partitions' logs and answers producers, consumers and other brokers."),
    ("committed", "Below the high watermark: every in-sync replica has it, and consumers may read it."),
    ("consumer", "A reader with a position of its own. Reading removes nothing."),
    (
        "controller",
        "A node that keeps the metadata log. The one that leads the quorum is active: it notices dead brokers and elects leaders.",
    ),
    ("follower", "A replica that copies the leader's log by fetching from it."),
    ("high watermark", "The offset below which every in-sync replica has every record."),
    ("ISR", "In-sync replicas: the leader and the followers that have kept up with it."),
    ("leader", "The one replica of a partition that takes writes."),
    (
        "leader epoch",
        "A number that rises when a new leader is elected. It tells a returning replica where its log stops agreeing.",
    ),
    ("linger.ms", "How long, at most, a batch that is not full waits for more records."),
    ("log end offset", "The offset that the next record will get."),
    ("offset", "A record's place in its partition. It never changes."),
    ("partition", "One append-only log. Order holds inside it, not across."),
    (
        "quorum",
        "The controllers, who elect one of them and agree on the metadata log: what a majority of them has is committed.",
    ),
    ("segment", "A piece of a log, a file named after its first offset. Retention deletes whole segments."),
];

/// What stands on the stage in a word or a sign, in the order in which one meets it from left to right.
pub const STAGE_WORDS: &[(&str, &str)] = &[
    (
        "in flight, max 5 each",
        "Requests that were sent and have no answer yet. To each broker at most `max.in.flight.requests.per.connection` are.",
    ),
    ("last in deque", "The newest batch of a partition that still waits in its producer: the one that records join."),
    (
        "P0 ×3",
        "Records on their way: three of partition 0. Filled, they go to a leader; with a rim, to a follower or a consumer.",
    ),
    ("ack P0", "A broker's answer that the records of partition 0 are taken, as `acks` demands it."),
    ("fetch 159", "A request of a follower or a consumer for what stands from offset 159 on."),
    ("up · 2 open", "The broker runs, and has two requests that it has not answered."),
    ("purgatory", "Where a broker keeps requests that wait: for replicas under `acks=all`, for bytes under a fetch."),
    (
        "2 requests open",
        "Requests of clients and other brokers that have reached this broker and are not answered yet; on a narrow card “2 open”. A click on the broker’s name says how many of them wait for replicas or for bytes.",
    ),
    ("crashed, not noticed", "The broker is down, and the controller takes it for alive until its session runs out."),
    ("fenced", "The controller takes the broker for dead: it leads nothing and is in no ISR."),
    ("★", "The replica that leads, as its broker knows it."),
    ("☆", "A replica that takes itself for the leader, while the controller has named another: it has not heard yet."),
    ("⋯", "Offsets whose records **compaction** has removed. What stands on both sides keeps its offset."),
    ("end 23", "The log end offset, **LEO**: what the next record will get."),
    ("HW 18", "The high watermark: what stands left of its line is committed."),
    ("in sync, not in sync", "Whether the replica is in the **ISR**."),
    ("ELR", "Eligible leader replicas: out of the ISR, but known to have everything committed, so they may lead."),
    (
        "a dashed red line",
        "A connection that is broken: one of its ends was crashed or killed, or a fault broke it. A connection that was closed in order has no line.",
    ),
    ("a dotted red line with a cross", "A link that is cut, or half cut: then one direction still passes."),
    (
        "a line of dashes with a triangle",
        "A link that is slow, or, with dots between the dashes, one that loses packets or will break a connection.",
    ),
    (
        "Bring back the tail",
        "Acting in the past cuts off what came after; this brings it back, and your act is undone.",
    ),
];
