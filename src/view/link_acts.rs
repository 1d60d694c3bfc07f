//! The links between the nodes of the stage: what is wrong with each, in words, and what can be done to it. The menu at a wire and the list
//! below the stage show the same.
//!
//! A list of every link is long, so a link is only its two ends until somebody looks at it.

use super::fault_acts::FaultAct;
use super::frame::{Frame, Node, Wire, WireState};
use crate::engine::common::BrokerId;
use crate::engine::sim::Command;
use crate::engine::sim::fault::Way;

/// How much longer a slow link of the menu takes.
const DELAY_US: u64 = 200_000;
/// How many of a thousand messages lose a packet on a lossy link of the menu.
const LOSS_PER_MILLE: u32 = 300;

/// The word on a button, and what its act means.
type Meaning = (&'static str, &'static str);

const HEAL: Meaning = ("Heal", "As it was before.");
const CUT: Meaning = ("Cut", "Nothing passes, either way; what is under way waits.");
const CUT_TO: Meaning = ("Cut →", "Nothing passes from the first end to the second end.");
const CUT_FROM: Meaning = ("Cut ←", "Nothing passes from the second end to the first end.");
const SLOW: Meaning = ("Slow", "Each message takes 200 ms longer.");
const LOSE_PACKETS: Meaning =
    ("Lose packets", "Three messages in ten lose a packet, which TCP sends again: they come 0.2 s late, or more.");
const BREAK: Meaning = ("Break", "The next message from the first end is lost with its connection; both ends notice.");
const BREAK_AFTER: Meaning =
    ("Break after", "The next request arrives, then its connection breaks: who sent it cannot know, and sends again.");
const LOSE_RESPONSE: Meaning = ("Lose response", "The broker appends, and its answer is lost with its connection.");

/// Each act that a link has a button for, once, with what it means for the two ends of any link.
pub const MEANINGS: [Meaning; 9] = [CUT, CUT_TO, CUT_FROM, SLOW, LOSE_PACKETS, BREAK, BREAK_AFTER, LOSE_RESPONSE, HEAL];

/// A link: its ends, a client first, then a controller, then the lower id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The first end.
    pub a: Node,
    /// The second one.
    pub b: Node,
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

impl Link {
    /// The link between two nodes, given in either order.
    #[must_use]
    pub fn between(x: Node, y: Node) -> Self {
        if rank(x) <= rank(y) { Self { a: x, b: y } } else { Self { a: y, b: x } }
    }

    /// Its ends' names: `p1-broker-1`.
    #[must_use]
    pub fn key(self, frame: &Frame) -> String {
        format!("{}-{}", name(frame, self.a), name(frame, self.b))
    }

    /// Its ends in words: `p1 – broker 1`.
    #[must_use]
    pub fn words(self, frame: &Frame) -> String {
        format!("{} – {}", words(frame, self.a), words(frame, self.b))
    }

    /// What is wrong with it, in a few words; empty if nothing is.
    #[must_use]
    pub fn note(self, frame: &Frame) -> &str {
        self.faulty_wire(frame).map_or("", |wire| &wire.note)
    }

    /// What can be done to it.
    #[must_use]
    pub fn row(self, frame: &Frame) -> LinkRow {
        let (key, words, note) = (self.key(frame), self.words(frame), self.note(frame).to_string());
        LinkRow { key, words, note, acts: self.acts(frame) }
    }

    fn faulty_wire(self, frame: &Frame) -> Option<&Wire> {
        frame.wires.iter().find(|wire| !wire.note.is_empty() && Self::between(wire.from, wire.to) == self)
    }

    /// The acts. Each keeps its place whatever the link is like, so that a second press does nothing unforeseen: on a link that is cut, the
    /// first one mends it, and what mends another fault comes last.
    fn acts(self, frame: &Frame) -> Vec<FaultAct> {
        let key = self.key(frame);
        let (a, b) = (name(frame, self.a), name(frame, self.b));
        let (first, second) = (words(frame, self.a), words(frame, self.b));
        let between = format!("between {first} and {second}");
        let act = |verb: &str, (word, means): Meaning, label: String, command| FaultAct {
            hook: format!("{verb}-{key}"),
            word,
            label,
            means: meant(means, &first, &second),
            command,
        };
        let cut = |way| Command::CutLink { a: a.clone(), b: b.clone(), way };
        let state = self.faulty_wire(frame).map(|wire| wire.state);
        let heal = Command::HealLink { a: a.clone(), b: b.clone() };
        let heal = act("heal", HEAL, format!("Heal the link {between}"), heal);
        let mut acts = vec![
            if state == Some(WireState::Cut) {
                heal.clone()
            } else {
                act("cut", CUT, format!("Cut the link {between}"), cut(Way::Both))
            },
            act("cut-to", CUT_TO, format!("Cut the link from {first} to {second}"), cut(Way::AToB)),
            act("cut-from", CUT_FROM, format!("Cut the link from {second} to {first}"), cut(Way::BToA)),
        ];
        let delay = Command::DelayLink { a: a.clone(), b: b.clone(), delay_us: DELAY_US };
        acts.push(act("delay", SLOW, format!("Slow the link {between} down"), delay));
        let lose = Command::LosePackets { a: a.clone(), b: b.clone(), per_mille: LOSS_PER_MILLE };
        acts.push(act("lose-packets", LOSE_PACKETS, format!("Lose packets of the link {between}"), lose));
        let drop = Command::DropMessages { from: a.clone(), to: b.clone(), next: 1, per_mille: 0 };
        acts.push(act("drop", BREAK, format!("Break the connection {between} under the next message"), drop));
        let (from, to) = if self.second_asks() { (&b, &a) } else { (&a, &b) };
        let twice = Command::DuplicateMessages { from: from.clone(), to: to.clone(), next: 1 };
        let label = format!("Break after the next request {between}");
        acts.push(act("break-after", BREAK_AFTER, label, twice));
        if let (Node::Producer(_), Node::Broker(broker)) = (self.a, self.b) {
            let command = Command::LoseResponse { producer: a.clone(), broker: BrokerId(broker) };
            let label = format!("Lose response of {second} to {first}: that to the next produce request");
            acts.push(act("lose-response", LOSE_RESPONSE, label, command));
        }
        acts.extend(state.is_some_and(|state| state != WireState::Cut).then_some(heal));
        acts
    }

    /// Whether the requests come from its second end: controllers ask brokers for nothing.
    fn second_asks(self) -> bool {
        matches!((self.a, self.b), (Node::Controller(_), Node::Broker(_)))
    }
}

/// What an act means for a link with these ends.
fn meant(means: &str, first: &str, second: &str) -> String {
    means.replace("the first end", first).replace("the second end", second)
}

/// Who stands first in a link's name.
fn rank(node: Node) -> (u8, i64) {
    match node {
        Node::Producer(index) => (0, i64::from(index)),
        Node::Consumer(index) => (1, i64::from(index)),
        Node::Controller(id) => (2, i64::from(id)),
        Node::Administrator => (4, 0),
        Node::Broker(id) => (3, i64::from(id)),
    }
}

/// A link that a wire on the stage stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WiredLink {
    /// The link.
    pub link: Link,
    /// Its ends' names: `p1-broker-1`.
    pub key: String,
    /// Its ends and how it is, in words.
    pub label: String,
}

/// The links that have a wire, each once, though two brokers may have a connection each way.
#[must_use]
pub fn wired(frame: &Frame) -> Vec<WiredLink> {
    let mut links: Vec<(Link, &Wire)> = Vec::new();
    for wire in &frame.wires {
        let link = Link::between(wire.from, wire.to);
        match links.iter_mut().find(|(known, _)| *known == link) {
            Some((_, shown)) if wire.note.is_empty() && wire.state == WireState::Broken => *shown = wire,
            Some(_) => {}
            None => links.push((link, wire)),
        }
    }
    let wired = |(link, wire): (Link, &Wire)| {
        let ends = format!("Link between {} and {}", words(frame, link.a), words(frame, link.b));
        let label = match (wire.note.as_str(), wire.state) {
            ("", WireState::Broken) => format!("{ends}: a connection is broken, as one end is gone"),
            ("", _) => format!("{ends}: no fault"),
            (note, _) => format!("{ends}: {note}"),
        };
        WiredLink { link, key: link.key(frame), label }
    };
    links.into_iter().map(wired).collect()
}

/// Links that have one end in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkGroup {
    /// Whose links: `p1`, `controller 1`, `between brokers`.
    pub name: String,
    /// The links.
    pub links: Vec<Link>,
    /// With how many of them something is wrong.
    pub faulty: usize,
}

/// Every link of the stage, by the client at its end; those between brokers stand after the clients'.
#[must_use]
pub fn groups(frame: &Frame) -> Vec<LinkGroup> {
    let mut groups: Vec<LinkGroup> = Vec::new();
    for link in links(frame) {
        let name = match link.a {
            Node::Broker(_) => "between brokers".to_string(),
            client => words(frame, client),
        };
        let faulty = usize::from(link.faulty_wire(frame).is_some());
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => {
                group.links.push(link);
                group.faulty += faulty;
            }
            None => groups.push(LinkGroup { name, links: vec![link], faulty }),
        }
    }
    groups
}

/// With how many links something is wrong.
#[must_use]
pub fn faulty(frame: &Frame) -> usize {
    let mut links: Vec<Link> = Vec::new();
    for wire in frame.wires.iter().filter(|wire| !wire.note.is_empty()) {
        let link = Link::between(wire.from, wire.to);
        if !links.contains(&link) {
            links.push(link);
        }
    }
    links.len()
}

/// Every link of the stage, clients' first.
#[must_use]
pub fn links(frame: &Frame) -> Vec<Link> {
    let mut producers: Vec<Node> = frame.producers.iter().map(|producer| Node::Producer(producer.index)).collect();
    producers.dedup();
    let consumers = frame.consumers.iter().map(|consumer| Node::Consumer(consumer.index));
    let controllers: Vec<Node> = frame.controllers.iter().map(|controller| Node::Controller(controller.id)).collect();
    let clients: Vec<Node> = producers.into_iter().chain(consumers).chain(controllers.iter().copied()).collect();
    let brokers: Vec<Node> = frame.brokers.iter().map(|broker| Node::Broker(broker.id)).collect();
    let to_brokers = clients.iter().flat_map(|client| brokers.iter().map(move |broker| (*client, *broker)));
    to_brokers.chain(pairs(&brokers)).chain(pairs(&controllers)).map(|(a, b)| Link::between(a, b)).collect()
}

fn pairs(nodes: &[Node]) -> impl Iterator<Item = (Node, Node)> + '_ {
    nodes.iter().enumerate().flat_map(|(at, a)| nodes[at + 1..].iter().map(move |b| (*a, *b)))
}

/// The name by which a command means a node.
pub(super) fn name(frame: &Frame, node: Node) -> String {
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
