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
        "A partition with retention is a bounded window too. One difference matters: a ring **refuses** when it is full, a log **forgets** its oldest segment.",
    ],
    simplified: &[
        "The queue here is the reference solution; you drive it and predict it. Writing your own comes later.",
    ],
};
