//! What can be done to break a run, and to mend it, as it stands: the acts of the menus on brokers, producers and links.

use super::frame::{BrokerFrame, BrokerState, Frame, Node, ProducerFrame, WireState};
use crate::engine::common::BrokerId;
use crate::engine::sim::Command;
use crate::engine::sim::fault::Way;

/// How many times longer a slow disk of the menu takes: 0.1 s for an append of no size.
const SLOW_DISK_FACTOR: u32 = 100_000;
/// How much longer a slow link of the menu takes.
const DELAY_US: u64 = 200_000;

/// One act of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultAct {
    /// Its name in `data-fault`: `freeze-broker-1`, `cut-p1-broker-1`.
    pub hook: String,
    /// The word on its button.
    pub word: &'static str,
    /// What it does, in full.
    pub label: String,
    /// The command.
    pub command: Command,
}

/// A link with what can be done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkRow {
    /// Its ends' names: `p1-broker-1`.
    pub key: String,
    /// Its ends in words.
    pub words: String,
    /// What is wrong with it, in a few words; empty if nothing is.
    pub note: String,
    /// What can be done.
    pub acts: Vec<FaultAct>,
}

/// What can be done to a broker beside crashing it, or, once it is down, starting it on its disk.
#[must_use]
pub fn of_broker(frame: &BrokerFrame) -> Vec<FaultAct> {
    let broker = BrokerId(frame.id);
    let act = |verb: &str, word, what: &str, command| FaultAct {
        hook: format!("{verb}-broker-{broker}"),
        word,
        label: what.replace("{}", &format!("broker {broker}")),
        command,
    };
    if !frame.state.is_up() {
        let command = Command::RestartBrokerWithoutDisk { broker };
        return vec![act("restart-without-disk", "Start, disk empty", "Start {} with an empty disk", command)];
    }
    vec![
        act("cut-power", "Cut power", "Cut the power of {}: what is not flushed is lost", Command::CutPower { broker }),
        match frame.state {
            BrokerState::Frozen { .. } => act("thaw", "Thaw", "Let {} go on", Command::ThawBroker { broker }),
            _ => act("freeze", "Freeze", "Freeze {}: a long pause of its process", Command::FreezeBroker { broker }),
        },
        if frame.disk_factor > 1 {
            act("restore-disk", "Disk normal", "Make the disk of {} as fast as before", Command::RestoreDisk { broker })
        } else {
            let command = Command::SlowDisk { broker, factor: SLOW_DISK_FACTOR };
            act("slow-disk", "Slow disk", "Make appends of {} slow", command)
        },
        if frame.stalled {
            act("resume", "Resume fetching", "Let {} fetch again", Command::ResumeFollower { broker })
        } else {
            act("stall", "Stall fetching", "Stop the replica fetchers of {}", Command::StallFollower { broker })
        },
    ]
}

/// What can be done to a producer.
#[must_use]
pub fn of_producer(frame: &ProducerFrame) -> Vec<FaultAct> {
    let producer = frame.name.clone();
    let act = |verb: &str, word, what: &str, command| FaultAct {
        hook: format!("{verb}-{producer}"),
        word,
        label: what.replace("{}", &format!("producer {producer}")),
        command,
    };
    if frame.killed {
        let command = Command::RestartProducer { producer: producer.clone() };
        return vec![act("restart", "Start", "Start {} again, as another session", command)];
    }
    let (kill, resend) = (Command::KillProducer { producer: producer.clone() }, producer.clone());
    let resend = Command::Resend { producer: resend, record: None };
    vec![
        act("kill", "Kill", "Kill the process of {}", kill),
        act("resend", "Send failed again", "Let the application of {} send again what failed", resend),
    ]
}

/// Every link of the stage, clients' first, with what can be done to it.
#[must_use]
pub fn links(frame: &Frame) -> Vec<LinkRow> {
    let mut producers: Vec<Node> = frame.producers.iter().map(|producer| Node::Producer(producer.index)).collect();
    producers.dedup();
    let consumers = frame.consumers.iter().map(|consumer| Node::Consumer(consumer.index));
    let clients: Vec<Node> = producers.into_iter().chain(consumers).chain([Node::Controller]).collect();
    let brokers: Vec<Node> = frame.brokers.iter().map(|broker| Node::Broker(broker.id)).collect();
    let to_brokers = clients.iter().flat_map(|client| brokers.iter().map(move |broker| (*client, *broker)));
    let between = brokers.iter().enumerate().flat_map(|(at, a)| brokers[at + 1..].iter().map(move |b| (*a, *b)));
    to_brokers.chain(between).map(|(a, b)| row(frame, a, b)).collect()
}

fn row(frame: &Frame, from: Node, to: Node) -> LinkRow {
    let (a, b) = (name(frame, from), name(frame, to));
    let key = format!("{a}-{b}");
    let is_it = |ends: (Node, Node)| ends == (from, to) || ends == (to, from);
    let wire = frame.wires.iter().find(|wire| is_it((wire.from, wire.to)) && !wire.note.is_empty());
    let act =
        |verb: &str, word, label: String, command| FaultAct { hook: format!("{verb}-{key}"), word, label, command };
    let between = format!("between {} and {}", words(frame, from), words(frame, to));
    let mut acts = Vec::new();
    if wire.is_none_or(|wire| wire.state != WireState::Cut) {
        let cut = |way| Command::CutLink { a: a.clone(), b: b.clone(), way };
        acts.push(act("cut", "Cut", format!("Cut the link {between}"), cut(Way::Both)));
        acts.push(act(
            "cut-to",
            "Cut →",
            format!("Cut the link from {} to {}", words(frame, from), words(frame, to)),
            cut(Way::AToB),
        ));
        acts.push(act(
            "cut-from",
            "Cut ←",
            format!("Cut the link from {} to {}", words(frame, to), words(frame, from)),
            cut(Way::BToA),
        ));
    }
    let delay = Command::DelayLink { a: a.clone(), b: b.clone(), delay_us: DELAY_US };
    acts.push(act("delay", "Slow", format!("Slow the link {between} down"), delay));
    let drop = Command::DropMessages { from: a.clone(), to: b.clone(), next: 1, per_mille: 0 };
    acts.push(act("drop", "Break", format!("Break the connection {between} under the next message"), drop));
    if let (Node::Producer(_), Node::Broker(broker)) = (from, to) {
        let command = Command::LoseResponse { producer: a.clone(), broker: BrokerId(broker) };
        let label = format!("Lose the next produce response of {} to {}", words(frame, to), words(frame, from));
        acts.push(act("lose-response", "Lose response", label, command));
    }
    if wire.is_some() {
        let heal = Command::HealLink { a: a.clone(), b: b.clone() };
        acts.push(act("heal", "Heal", format!("Heal the link {between}"), heal));
    }
    LinkRow {
        key: key.clone(),
        words: format!("{} – {}", words(frame, from), words(frame, to)),
        note: wire.map(|wire| wire.note.clone()).unwrap_or_default(),
        acts,
    }
}

/// The name by which a command means a node.
fn name(frame: &Frame, node: Node) -> String {
    match node {
        Node::Producer(_) | Node::Consumer(_) => words(frame, node),
        Node::Broker(id) => format!("broker-{id}"),
        Node::Controller => "controller".to_string(),
    }
}

fn words(frame: &Frame, node: Node) -> String {
    let named = match node {
        Node::Producer(index) => frame.producers.iter().find(|it| it.index == index).map(|it| it.name.clone()),
        Node::Consumer(index) => frame.consumers.iter().find(|it| it.index == index).map(|it| it.name.clone()),
        Node::Controller => Some("controller".to_string()),
        Node::Broker(_) => None,
    };
    named.unwrap_or_else(|| node.words())
}
