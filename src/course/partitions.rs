//! Room 2: partitions.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Same key, same lane",
    idea: &[
        "The producer hashes the **bytes** of the key and takes the remainder. Nothing else decides: not load, not time, not luck.",
        "Records with one key stand in one partition, so they keep their order. Across partitions there is none.",
    ],
    settings: &["partitioner.class", "partitioner.ignore.keys"],
    look: &[
        "Type a key and follow its bytes to a lane. Then add a partition: the hash stays, the remainder moves.",
        "Send without a key: the batch sticks to one partition until about `batch.size` bytes went there. It is not round robin.",
    ],
    simplified: &[
        "librdkafka's partitioner, sticky rule and snappy framing are its own; its way of cutting batches is not built, Java's is used.",
        "Partitions can only be added, as in Kafka.",
    ],
};
