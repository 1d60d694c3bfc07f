//! Room 2: partitions.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Same key, same lane",
    idea: &[
        "The producer hashes the **bytes** of the key and takes the remainder by the number of partitions. Unless the record names its partition, nothing else decides: not load, not time, not luck.",
        "Records with one key stand in one partition, in the order in which they were appended, as long as the number of partitions stays. Across partitions there is no order.",
        "Here eight keys, `user-0` to `user-7`, are sent again and again. A record's **colour is its key's**: each colour stays in its lane, and two may share one.",
    ],
    settings: &["partitioner.class", "partitioner.ignore.keys", "metadata.max.age.ms"],
    look: &[
        "Type a key and follow its bytes to a lane. Then add a partition: the hash stays, but for most keys the remainder moves, as soon as the producer has heard of it. It asks again every `metadata.max.age.ms`: here 100 ms, by default 5 minutes; until then it divides by the old number.",
        "Send without a key: the producer sticks to one partition until at least `batch.size` bytes, and at most about twice as many, went there. It is not round robin.",
    ],
    simplified: &[
        "librdkafka's partitioner, sticky rule and snappy framing are its own; its way of cutting batches is not built, Java's is used.",
        "Partitions can only be added, as in Kafka.",
    ],
};
