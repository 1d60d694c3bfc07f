//! Room 4: batching.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "When does a batch leave?",
    idea: &[
        "`send()` appends to the **last** batch of a partition. The sender takes the **first**: when it is full, when its linger is over, when another leaves for that broker, when memory has run out, or at a `flush()`.",
        "A batch counts **bytes**, not messages.",
    ],
    settings: &[
        "linger.ms",
        "batch.size",
        "compression.type",
        "max.in.flight.requests.per.connection",
        "buffer.memory",
    ],
    look: &[
        "Raise `linger.ms`: batches that fill before it ends leave no later than before.",
        "Watch the slots: a batch that is ready still waits while `max.in.flight.requests.per.connection` requests to its broker are in flight.",
    ],
    simplified: &[
        "Changing a producer's setting closes that producer and starts a new one, as in Kafka; it has a row of its own in the ledger.",
        "Batches, memory and requests are exact; what a broker and a wire take in time is a model.",
    ],
};
