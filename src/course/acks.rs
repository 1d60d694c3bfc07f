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
        "The run stands still while every leader has records above its high watermark. **Crash** any of the three and go to the next mark (shift + →): when its session has run out a follower leads, and what only the old leader had is gone. `lost` counts it.",
        "Now press **Reset**, choose `acks=all`, play until the new producer has filled the tapes a little, and crash the same broker. What was promised is still there.",
    ],
    simplified: &[
        "There is one controller here, where Kafka has three or five; while it is down nobody else leads. It learns of a broker's crash when `broker.session.timeout.ms` runs out.",
        "A crash ends the process; what was appended is still on the disk when the broker starts again. Cutting its power is another fault.",
        "What is not flushed is lost with a broker's power; when a page cache flushes by itself is a model's number.",
        "Not set, `enable.idempotence` is on with `acks=all` only; with 0 and 1 the Java client switches it off and says so in its log alone.",
    ],
};
