//! Room 3: the cluster and who decides in it.

use super::Lesson;

pub(super) const LESSON: Lesson = Lesson {
    title: "A broker dies. Who decides?",
    idea: &[
        "Every partition has **one leader**; its followers copy the log by asking for it. Each broker tells the **controller** that it lives. When a broker has been silent for `broker.session.timeout.ms`, the controller fences it and names another leader from the in-sync replicas.",
        "Which controller? Three of them are a **quorum**: they elect one, the **active** controller, and copy its **metadata log**. A change counts when two of the three have it; the brokers replay it then. When the active one is silent for `controller.quorum.fetch.timeout.ms`, the others elect the next, in a higher epoch.",
        "The replica that leads next asks the others for nothing: what it has is the log from now on. A broker that comes back cuts off what the new leader never had, by its **leader epoch**.",
    ],
    settings: &["broker.session.timeout.ms", "min.insync.replicas", "unclean.leader.election.enable"],
    look: &[
        "Crash a broker that leads something. Nothing happens until its session has run out; then the leaders change, and the leader epoch with them.",
        "Crash the active controller, then a broker. For two seconds or a little more nobody decides anything; then another controller does, and gives every broker a whole session. With two controllers down nobody is elected at all, and a dead broker goes on leading on paper.",
        "Shut a broker down in order instead, from its **Faults**: what it leads is handed over before it stops, and nobody waits for a session. Let the **preferred leader** lead again below the stage once it is back.",
        "Crash the brokers one after another. With `unclean.leader.election.enable` at **false** the last in-sync replica keeps its partition: until it returns, nobody leads. Crash all three and start another one first: an **unclean election**, below the stage, lets it lead at once, and what only the others had is lost.",
    ],
    simplified: &[
        "Brokers' sessions and heartbeats are shorter than Kafka's defaults, so that one need not wait; each says so. The quorum's times are Kafka's.",
        "The controllers are nodes of their own. What one appends is on its disk at once, and its log is kept whole: nobody needs a snapshot. The voters are always the same.",
    ],
};
