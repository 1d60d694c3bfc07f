//! Room 8: the circular queue.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Design a circular queue",
    idea: &[
        "A queue in a fixed number of slots. **head** is the slot that `Front` reads, **tail** the slot that the next `enQueue` writes. After the last slot comes slot 0.",
        "`enQueue` and `deQueue` answer whether they did anything; `Front` and `Rear` answer −1 when the queue is empty.",
    ],
    settings: &[],
    look: &[
        "Fill the ring and `enQueue` once more: it **refuses**, and nothing changes. The log beside it never refuses for being full: it **forgets** its oldest segment.",
        "`deQueue` empties a slot for the next value. Its counterpart in a log deletes nothing: a consumer's position moves on, and retention alone decides when a record goes.",
        "`head` and `tail` wrap; offsets only grow. While both are given the same values, `tail` is the log end offset modulo k, and `head` the consumer's position modulo k.",
        "Then let the log have what the ring refuses, and `deQueue` after its oldest segment has gone.",
    ],
    simplified: &[
        "The queue here is the reference solution; you drive it and predict it. Writing your own comes later.",
        "The log has one replica, so its high watermark is its end. Each record is a batch of its own, 72 bytes: no key, the value as a 4-byte integer.",
        "Retention is checked after each append. A broker checks every `log.retention.check.interval.ms`, 5 minutes by default.",
        "`segment.bytes` and `retention.bytes` follow k, so that a window is a few small segments. Kafka 4 takes no `segment.bytes` below 1 MiB; both settings are per partition.",
        "The consumer takes one record a `deQueue` (`max.poll.records` 1) and, when its offset is gone, begins at the oldest (`auto.offset.reset` earliest; Kafka's default is latest).",
    ],
};
