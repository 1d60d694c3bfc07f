//! The first page: a cluster running, one question, one thing to do.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "Kafka, in one tab, to take apart",
    idea: &[
        "Everything you see is real: Kafka's own hash, bytes and rules, running in this tab. Where something is a model, it says so.",
    ],
    settings: &[],
    look: &[],
    simplified: &[
        "Time is virtual. Network and request times are a model with stated numbers.",
        "The controller is one node of its own that cannot crash here.",
    ],
};
