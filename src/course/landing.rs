//! The first page: a cluster running, one question, one thing to do.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Kafka, in one tab, to take apart",
    idea: &[
        "Every record, hash and byte follows Kafka's own rules, computed in this tab. Where something is a model, it says so.",
    ],
    settings: &[],
    look: &[],
    simplified: &[
        "Time is virtual. Network and request times are a model with stated numbers.",
        "There is one controller here; the room Cluster has three, as Kafka does.",
    ],
};
