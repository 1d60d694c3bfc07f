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
    ("controller", "The node that notices dead brokers and elects leaders."),
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
    ("segment", "A piece of a log, a file named after its first offset. Retention deletes whole segments."),
];
