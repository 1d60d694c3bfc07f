//! What can be done to break a run, and to mend it, as it stands: the acts of the menus on brokers, producers and links.

use super::frame::{BrokerFrame, BrokerState, ControllerFrame, Frame, Node, ProducerFrame, WireState};
use crate::engine::common::{BrokerId, ControllerId};
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
    /// What it does to whom, in full.
    pub label: String,
    /// What that means, in a short sentence that stands beside the button.
    pub means: &'static str,
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

/// Makes the acts on one node, of which it is given the name in hooks and the name in words; the latter stands for `{}` in what an act does.
fn act_on(key: String, name: String) -> impl Fn(&str, &'static str, &str, &'static str, Command) -> FaultAct {
    move |verb, word, what, means, command| FaultAct {
        hook: format!("{verb}-{key}"),
        word,
        label: what.replace("{}", &name),
        means,
        command,
    }
}

/// What can be done to a broker beside crashing it, or, once it is down, starting it on its disk.
#[must_use]
pub fn of_broker(frame: &BrokerFrame) -> Vec<FaultAct> {
    let broker = BrokerId(frame.id);
    let act = act_on(format!("broker-{broker}"), format!("broker {broker}"));
    if !frame.state.is_up() {
        let (command, what) = (Command::RestartBrokerWithoutDisk { broker }, "Start {} with an empty disk");
        let means = "Its logs are gone; it copies them from the leaders.";
        return vec![act("restart-without-disk", "Start, disk empty", what, means, command)];
    }
    vec![
        {
            let (what, means) = ("Cut the power of {}", "It is gone, with what was not flushed to its disk.");
            act("cut-power", "Cut power", what, means, Command::CutPower { broker })
        },
        if let BrokerState::Frozen { .. } = frame.state {
            act("thaw", "Thaw", "Let {} go on", "It goes on where it stood.", Command::ThawBroker { broker })
        } else {
            let means = "Its process stands still, as in a long garbage collection; its connections stay open.";
            act("freeze", "Freeze", "Freeze {}", means, Command::FreezeBroker { broker })
        },
        if frame.disk_factor > 1 {
            let (what, means) = ("Make the disk of {} as fast as before", "Appends take as long as before.");
            act("restore-disk", "Disk normal", what, means, Command::RestoreDisk { broker })
        } else {
            let command = Command::SlowDisk { broker, factor: SLOW_DISK_FACTOR };
            let means = "Each append takes 0.1 s and more.";
            act("slow-disk", "Slow disk", "Make appends of {} slow", means, command)
        },
        if frame.stalled {
            let means = "It copies from the leaders again.";
            act("resume", "Resume fetching", "Let {} fetch again", means, Command::ResumeFollower { broker })
        } else {
            let means = "It copies no more from the leaders; where it leads, it goes on.";
            let command = Command::StallFollower { broker };
            act("stall", "Stall fetching", "Stop the replica fetchers of {}", means, command)
        },
    ]
}

/// What can be done to a controller beside crashing and starting it.
#[must_use]
pub fn of_controller(frame: &Frame, controller: &ControllerFrame) -> Vec<FaultAct> {
    let id = ControllerId(controller.id);
    let act = act_on(format!("controller-{id}"), format!("controller {id}"));
    if controller.state.is_none() {
        return Vec::new();
    }
    let pause = if controller.frozen_since_us.is_some() {
        let command = Command::ThawController { controller: id };
        act("thaw", "Thaw", "Let {} go on", "It goes on where it stood, with all that it believed.", command)
    } else {
        let command = Command::FreezeController { controller: id };
        act("freeze", "Freeze", "Freeze {}", "Its process stands still; if it led, the others elect another.", command)
    };
    let link = if controller.cut {
        let what = "Heal every link, those of {} among them";
        act("heal", "Heal links", what, "What waits on the links arrives.", Command::HealNetwork)
    } else {
        let brokers = frame.brokers.iter().map(|broker| Node::Broker(broker.id));
        let others = frame.controllers.iter().filter(|other| other.id != controller.id);
        let others = others.map(|other| Node::Controller(other.id)).chain(brokers).map(|node| name(frame, node));
        let groups = vec![vec![name(frame, Node::Controller(controller.id))], others.collect()];
        let means = "It runs, and nobody hears it; if it led, it resigns when it notices.";
        act("cut", "Cut off", "Cut every link of {}", means, Command::PartitionNetwork { groups })
    };
    vec![pause, link]
}

/// What can be done to a producer.
#[must_use]
pub fn of_producer(frame: &ProducerFrame) -> Vec<FaultAct> {
    let producer = frame.name.clone();
    let act = act_on(producer.clone(), format!("producer {producer}"));
    if frame.killed {
        let command = Command::RestartProducer { producer: producer.clone() };
        let means = "It knows nothing of what the one before has sent.";
        return vec![act("restart", "Start", "Start {} again, as another session", means, command)];
    }
    let (kill, resend) = (Command::KillProducer { producer: producer.clone() }, producer.clone());
    let resend = Command::Resend { producer: resend, record: None };
    let dies = "Nobody learns what becomes of the records it still has.";
    let again = "The application calls send() again for every record that failed.";
    vec![
        act("kill", "Kill", "Kill the process of {}", dies, kill),
        act("resend", "Send failed again", "Let the application of {} send again what failed", again, resend),
    ]
}

/// Links that have one end in common.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkGroup {
    /// Whose links: `p1`, `controller`, `between brokers`.
    pub name: String,
    /// The links.
    pub rows: Vec<LinkRow>,
}

impl LinkGroup {
    /// With how many of them something is wrong.
    #[must_use]
    pub fn faulty(&self) -> usize {
        self.rows.iter().filter(|row| !row.note.is_empty()).count()
    }
}

/// Every link of the stage, by the client at its end; those between brokers stand last.
#[must_use]
pub fn link_groups(frame: &Frame) -> Vec<LinkGroup> {
    let mut groups: Vec<LinkGroup> = Vec::new();
    for row in links(frame) {
        let first = row.words.split(" – ").next().unwrap_or_default();
        let name = if first.starts_with("broker ") { "between brokers" } else { first };
        match groups.last_mut().filter(|group| group.name == name) {
            Some(group) => group.rows.push(row),
            None => groups.push(LinkGroup { name: name.to_string(), rows: vec![row] }),
        }
    }
    groups
}

/// Each act that a link has a button for, once, with what it means.
#[must_use]
pub fn link_meanings(groups: &[LinkGroup]) -> Vec<(&'static str, &'static str)> {
    let mut meanings: Vec<(&'static str, &'static str)> = Vec::new();
    for act in groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.acts) {
        if !meanings.iter().any(|(word, _)| *word == act.word) {
            meanings.push((act.word, act.means));
        }
    }
    meanings
}

/// Every link of the stage, clients' first, with what can be done to it.
#[must_use]
pub fn links(frame: &Frame) -> Vec<LinkRow> {
    let mut producers: Vec<Node> = frame.producers.iter().map(|producer| Node::Producer(producer.index)).collect();
    producers.dedup();
    let consumers = frame.consumers.iter().map(|consumer| Node::Consumer(consumer.index));
    let controllers: Vec<Node> = frame.controllers.iter().map(|controller| Node::Controller(controller.id)).collect();
    let clients: Vec<Node> = producers.into_iter().chain(consumers).chain(controllers.iter().copied()).collect();
    let brokers: Vec<Node> = frame.brokers.iter().map(|broker| Node::Broker(broker.id)).collect();
    let to_brokers = clients.iter().flat_map(|client| brokers.iter().map(move |broker| (*client, *broker)));
    to_brokers.chain(pairs(&brokers)).chain(pairs(&controllers)).map(|(a, b)| row(frame, a, b)).collect()
}

fn pairs(nodes: &[Node]) -> impl Iterator<Item = (Node, Node)> + '_ {
    nodes.iter().enumerate().flat_map(|(at, a)| nodes[at + 1..].iter().map(move |b| (*a, *b)))
}

fn row(frame: &Frame, from: Node, to: Node) -> LinkRow {
    let (a, b) = (name(frame, from), name(frame, to));
    let key = format!("{a}-{b}");
    let is_it = |ends: (Node, Node)| ends == (from, to) || ends == (to, from);
    let wire = frame.wires.iter().find(|wire| is_it((wire.from, wire.to)) && !wire.note.is_empty());
    let act = |verb: &str, word, label: String, means, command| FaultAct {
        hook: format!("{verb}-{key}"),
        word,
        label,
        means,
        command,
    };
    let between = format!("between {} and {}", words(frame, from), words(frame, to));
    let mut acts = Vec::new();
    if wire.is_none_or(|wire| wire.state != WireState::Cut) {
        let cut = |way| Command::CutLink { a: a.clone(), b: b.clone(), way };
        let both = "Nothing passes, either way; what is under way waits.";
        acts.push(act("cut", "Cut", format!("Cut the link {between}"), both, cut(Way::Both)));
        acts.push(act(
            "cut-to",
            "Cut →",
            format!("Cut the link from {} to {}", words(frame, from), words(frame, to)),
            "Nothing passes from the first to the second.",
            cut(Way::AToB),
        ));
        acts.push(act(
            "cut-from",
            "Cut ←",
            format!("Cut the link from {} to {}", words(frame, to), words(frame, from)),
            "Nothing passes from the second to the first.",
            cut(Way::BToA),
        ));
    }
    let delay = Command::DelayLink { a: a.clone(), b: b.clone(), delay_us: DELAY_US };
    acts.push(act(
        "delay",
        "Slow",
        format!("Slow the link {between} down"),
        "Each message takes 200 ms longer.",
        delay,
    ));
    let drop = Command::DropMessages { from: a.clone(), to: b.clone(), next: 1, per_mille: 0 };
    let breaks = "The next message from the first is lost with its connection; both ends notice.";
    acts.push(act("drop", "Break", format!("Break the connection {between} under the next message"), breaks, drop));
    if let (Node::Producer(_), Node::Broker(broker)) = (from, to) {
        let command = Command::LoseResponse { producer: a.clone(), broker: BrokerId(broker) };
        let label = format!("Lose the next produce response of {} to {}", words(frame, to), words(frame, from));
        let means = "The broker appends, and its answer is lost with its connection.";
        acts.push(act("lose-response", "Lose response", label, means, command));
    }
    if wire.is_some() {
        let heal = Command::HealLink { a: a.clone(), b: b.clone() };
        acts.push(act("heal", "Heal", format!("Heal the link {between}"), "As it was before.", heal));
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
        Node::Controller(_) | Node::Administrator => node.key(),
    }
}

fn words(frame: &Frame, node: Node) -> String {
    let named = match node {
        Node::Producer(index) => frame.producers.iter().find(|it| it.index == index).map(|it| it.name.clone()),
        Node::Consumer(index) => frame.consumers.iter().find(|it| it.index == index).map(|it| it.name.clone()),
        Node::Broker(_) | Node::Controller(_) | Node::Administrator => None,
    };
    named.unwrap_or_else(|| node.words())
}
