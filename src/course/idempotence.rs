//! Room 6: idempotence.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Sent twice, stored once",
    idea: &[
        "A leader appends a batch and its answer is lost. The producer cannot tell this from a batch that never arrived, so it sends it **again**. Without idempotence the log then has it twice.",
        "With `enable.idempotence` a broker gives the producer an **id**, and every batch carries id, epoch and the **sequence** of its first record. A leader keeps the last five batches of each id: one that it knows is answered with its first offset and not appended; one that comes too early is refused.",
    ],
    settings: &["enable.idempotence", "acks", "max.in.flight.requests.per.connection"],
    look: &[
        "Click the wire between `p1` and the leader, or open **Links and their faults** below the stage; lose the next response, and play. A response is lost with its connection, so **everything in flight** on it is sent again: each batch with the sequence it had, and the log keeps one copy of each.",
        "Now set `enable.idempotence` to **false**. The old `p1` closes and first sends what it has: play until its card is gone. Then lose a response again: `duplicates` counts what is there twice.",
        "What it does not protect: kill `p1` and start it again, or let the application send again what it was told had failed. Nothing recognises a record whose sender has another id or gave it another sequence. The ledger does not either: `duplicates` counts copies of one `send()`, and what is sent again is **another record**, so `sent` and `stored` grow instead.",
    ],
    simplified: &[
        "A lost answer is a connection that breaks after the append. TCP loses nothing else.",
        "Ids come from blocks of 1,000 that brokers ask of the controller, as in Kafka; transactions are not part of the course.",
        "A producer id is forgotten after `producer.id.expiration.ms`, a day, which no run here reaches.",
    ],
};
