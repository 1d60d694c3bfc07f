//! Room 1: the log.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "One offset among many",
    idea: &[
        "A partition is a log: records are only ever added at its end, and each gets the next **offset**. Reading takes nothing away.",
        "The log is cut into **segments**. Beside each segment a broker keeps a **sparse index**: an entry every few kilobytes of batches, not one a record.",
    ],
    settings: &["segment.bytes", "retention.bytes", "index.interval.bytes", "cleanup.policy"],
    look: &[
        "Seek an offset: the index leads to a place a little before it, and the broker scans on from there. It answers with the **whole batch**; the consumer drops what it did not ask for.",
        "Seek a timestamp: the time index gives an offset to begin with, the rest is the same. The answer is an **offset**, no batch.",
        "With `cleanup.policy=delete` only whole segments go, oldest first, and no reader is asked.",
        "`audit` works longer on a record than `billing`: each has a position of its own, and `audit` falls behind. Play on until retention overtakes it: its offset is gone, and `auto.offset.reset` says where it goes on.",
        "With `compact` the **cleaner** keeps the last record of every key: offsets stay, and gaps show what went. A record without a value is a **tombstone**: it deletes its key, and goes itself after `delete.retention.ms`.",
    ],
    simplified: &[
        "The room shows one replica, the leader's of the first partition. Its own run has no other, so that a log has the stage to itself.",
        "Segments lie in memory, byte for byte as Kafka's files; what a disk costs is the cost model's.",
        "`segment.bytes` is below what Kafka 4 takes (1 MiB), so that rolls can be seen.",
        "The log cleaner takes no time, and has Kafka's default memory. It sleeps `log.cleaner.backoff.ms` between its rounds.",
    ],
};
