//! What can be done to break a run, and to mend it, as it stands: the acts of the menus on brokers, controllers and producers. Those of links
//! are in [`super::link_acts`], those of partitions in [`super::partition_acts`].

use super::frame::{BrokerFrame, BrokerState, ControllerFrame, Frame, Node, ProducerFrame};
use super::link_acts::name;
use crate::engine::common::{BrokerId, ControllerId};
use crate::engine::sim::Command;

/// How many times longer a slow disk of the menu takes: 0.1 s for an append of no size.
const SLOW_DISK_FACTOR: u32 = 100_000;

/// One act of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultAct {
    /// Its name in `data-fault`: `freeze-broker-1`, `cut-p1-broker-1`.
    pub hook: String,
    /// The word on its button.
    pub word: &'static str,
    /// What it does to whom, in full. It holds the button's word: who speaks to the page says what is written there.
    pub label: String,
    /// What that means, in a short sentence that stands beside the button.
    pub means: String,
    /// The command.
    pub command: Command,
}

/// Makes the acts on one node, of which it is given the name in hooks and the name in words; the latter stands for `{}` in what an act does.
fn act_on(key: String, name: String) -> impl Fn(&str, &'static str, &str, &'static str, Command) -> FaultAct {
    move |verb, word, what, means, command| FaultAct {
        hook: format!("{verb}-{key}"),
        word,
        label: what.replace("{}", &name),
        means: means.to_string(),
        command,
    }
}

/// What can be done to a broker beside crashing it, or, once it is down, starting it on its disk.
#[must_use]
pub fn of_broker(frame: &Frame, shown: &BrokerFrame) -> Vec<FaultAct> {
    let broker = BrokerId(shown.id);
    let act = act_on(format!("broker-{broker}"), format!("broker {broker}"));
    if !shown.state.is_up() {
        let (command, what) =
            (Command::RestartBrokerWithoutDisk { broker }, "Start, disk empty: {} begins without its logs");
        let means = "Its logs are gone; it copies them from the leaders.";
        return vec![act("restart-without-disk", "Start, disk empty", what, means, command)];
    }
    vec![
        {
            let means = "A controlled shutdown: it hands over what it leads, then its process ends.";
            act("shut-down", "Shut down", "Shut down {} in order", means, Command::ShutDownBroker { broker })
        },
        {
            let (what, means) = ("Cut power of {}", "It is gone, with what was not flushed to its disk.");
            act("cut-power", "Cut power", what, means, Command::CutPower { broker })
        },
        if let BrokerState::Frozen { .. } = shown.state {
            act("thaw", "Thaw", "Thaw {}", "It goes on where it stood.", Command::ThawBroker { broker })
        } else {
            let means = "Its process stands still, as in a long garbage collection; its connections stay open.";
            act("freeze", "Freeze", "Freeze {}", means, Command::FreezeBroker { broker })
        },
        if shown.disk_factor > 1 {
            let (what, means) = ("Disk normal: appends of {} as fast as before", "Appends take as long as before.");
            act("restore-disk", "Disk normal", what, means, Command::RestoreDisk { broker })
        } else {
            let command = Command::SlowDisk { broker, factor: SLOW_DISK_FACTOR };
            let means = "Each append takes 0.1 s and more.";
            act("slow-disk", "Slow disk", "Slow disk of {}", means, command)
        },
        if shown.stalled {
            let means = "It copies from the leaders again.";
            act("resume", "Resume fetching", "Resume fetching on {}", means, Command::ResumeFollower { broker })
        } else {
            let means = "It copies no more from the leaders; where it leads, it goes on.";
            let command = Command::StallFollower { broker };
            act("stall", "Stall fetching", "Stall fetching on {}", means, command)
        },
        cut_off(frame, Node::Broker(shown.id), "It runs, and nobody hears it: its session runs out.", &act),
    ]
}

/// Cuts every link of a node, or, once one is cut, heals them all.
fn cut_off(
    frame: &Frame,
    node: Node,
    means: &'static str,
    act: &impl Fn(&str, &'static str, &str, &'static str, Command) -> FaultAct,
) -> FaultAct {
    let is_cut_off = frame.wires.iter().any(|wire| wire.state.is_cut() && [wire.from, wire.to].contains(&node));
    if is_cut_off {
        let what = "Heal links, those of {} and all others";
        return act("heal", "Heal links", what, "What waits on the links arrives.", Command::HealNetwork);
    }
    let others = everyone(frame).filter(|other| *other != node && speaks_with(node, *other));
    let groups = vec![vec![name(frame, node)], others.map(|other| name(frame, other)).collect()];
    act("cut", "Cut off", "Cut off {} from everyone", means, Command::PartitionNetwork { groups })
}

/// Every node of the stage, once.
fn everyone(frame: &Frame) -> impl Iterator<Item = Node> {
    let mut producers: Vec<Node> = frame.producers.iter().map(|producer| Node::Producer(producer.index)).collect();
    producers.dedup();
    let consumers = frame.consumers.iter().map(|consumer| Node::Consumer(consumer.index));
    let brokers = frame.brokers.iter().map(|broker| Node::Broker(broker.id));
    let controllers = frame.controllers.iter().map(|controller| Node::Controller(controller.id));
    producers.into_iter().chain(consumers).chain(controllers).chain(brokers)
}

/// Whether there is a link between two nodes: one is a broker, or both are controllers.
fn speaks_with(a: Node, b: Node) -> bool {
    let is_broker = |node| matches!(node, Node::Broker(_));
    let is_controller = |node| matches!(node, Node::Controller(_));
    is_broker(a) || is_broker(b) || (is_controller(a) && is_controller(b))
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
        act("thaw", "Thaw", "Thaw {}", "It goes on where it stood, with all that it believed.", command)
    } else {
        let command = Command::FreezeController { controller: id };
        act("freeze", "Freeze", "Freeze {}", "Its process stands still; if it led, the others elect another.", command)
    };
    let means = "It runs, and nobody hears it; if it led, it resigns when it notices.";
    vec![pause, cut_off(frame, Node::Controller(controller.id), means, &act)]
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
        act("resend", "Send failed again", "Send failed again, from {}", again, resend),
    ]
}
