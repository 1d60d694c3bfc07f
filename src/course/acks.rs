//! Room 5: acks.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "What does an ack promise?",
    idea: &[
        "With `acks=1` the producer waits for **the leader only**; its followers copy the log a little later. With `acks=all` it waits for every replica that is in sync, and with `acks=0` for nobody.",
        "Records above the **high watermark** are on the leader, but not yet known to be on every in-sync replica. While fewer than `min.insync.replicas` are in sync, it stands still.",
    ],
    settings: &["acks", "min.insync.replicas"],
    look: &[
        "Pause while records stand above the high watermark, then click the leader and crash it. When its session has run out, a follower leads, and what only the old leader had is gone.",
        "Now choose `acks=all` and run the **same** failure.",
    ],
    simplified: &[
        "The controller is one node of its own that cannot crash here. It learns of a crash when `broker.session.timeout.ms` runs out.",
        "A crash ends the process; what was appended is still on the disk when the broker starts again. Cutting its power is another fault.",
        "What is not flushed is lost with a broker's power; when a page cache flushes by itself is a model's number.",
        "Not set, `enable.idempotence` is on with `acks=all` only; with 0 and 1 the Java client switches it off and says so in its log alone.",
    ],
};
