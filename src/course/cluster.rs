//! Room 3: the cluster and who decides in it.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "A broker dies. Who decides?",
    idea: &[
        "Every partition has **one leader**; its followers copy the log by asking for it. Each broker tells the **controller** that it lives. When a broker has been silent for `broker.session.timeout.ms`, the controller fences it and names another leader from the in-sync replicas.",
        "The replica that leads next asks the others for nothing: what it has is the log from now on. A broker that comes back cuts off what the new leader never had, by its **leader epoch**.",
    ],
    settings: &["broker.session.timeout.ms", "min.insync.replicas", "unclean.leader.election.enable"],
    look: &[
        "Crash a broker that leads something. Nothing happens until its session has run out; then the leaders change, and the leader epoch with them.",
        "Crash the brokers one after another. With `unclean.leader.election.enable` at **false** the last in-sync replica keeps its partition: until it returns, nobody leads.",
    ],
    simplified: &[
        "Session and election times are shorter than Kafka's defaults, so that one need not wait; each says so.",
        "The controller is one node of its own that cannot crash here; Kafka has a quorum of them.",
    ],
};
