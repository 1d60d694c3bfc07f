//! What is checked of a fault's command before it is looked at whether it is possible now: names and ranges.

use crate::engine::common::limits;
use crate::engine::sim::command::{
    Command, CommandError, known, known_broker, known_controller, known_producer, within,
};
use crate::engine::sim::scenario::Scenario;

/// Checks a fault's names and ranges.
///
/// # Errors
/// What is unknown, or out of range.
pub(in crate::engine::sim) fn validate(command: &Command, scenario: &Scenario) -> Result<(), CommandError> {
    match command {
        Command::CrashBroker { broker }
        | Command::CutPower { broker }
        | Command::RestartBroker { broker }
        | Command::RestartBrokerWithoutDisk { broker }
        | Command::FreezeBroker { broker }
        | Command::ThawBroker { broker }
        | Command::RestoreDisk { broker }
        | Command::StallFollower { broker }
        | Command::ResumeFollower { broker } => known_broker(scenario, *broker),
        Command::CrashController { controller }
        | Command::RestartController { controller }
        | Command::FreezeController { controller }
        | Command::ThawController { controller } => known_controller(scenario, *controller),
        Command::SlowDisk { broker, factor } => {
            known_broker(scenario, *broker)?;
            within("factor", i64::from(*factor), 2, i64::from(limits::DISK_FACTOR_MAX))
        }
        Command::CutLink { a, b, .. } | Command::HealLink { a, b } => known_link(scenario, a, b),
        Command::DelayLink { a, b, delay_us } => {
            known_link(scenario, a, b)?;
            within("delayUs", i64::try_from(*delay_us).unwrap_or(i64::MAX), 0, limits::LATENCY_US_MAX as i64)
        }
        Command::LosePackets { a, b, per_mille } => {
            known_link(scenario, a, b)?;
            within("perMille", i64::from(*per_mille), 0, 1_000)
        }
        Command::DropMessages { from, to, next, per_mille } => {
            known_link(scenario, from, to)?;
            within("perMille", i64::from(*per_mille), 0, 1_000)?;
            within("next", i64::from(*next), 0, i64::from(limits::FAULT_MESSAGES_MAX))
        }
        Command::DuplicateMessages { from, to, next } => {
            known_link(scenario, from, to)?;
            ensure_asks(scenario, from, to)?;
            within("next", i64::from(*next), 1, i64::from(limits::FAULT_MESSAGES_MAX))
        }
        Command::LoseResponse { producer, broker } => {
            known_producer(scenario, producer)?;
            known_broker(scenario, *broker)
        }
        Command::KillProducer { producer }
        | Command::RestartProducer { producer }
        | Command::Resend { producer, .. } => known_producer(scenario, producer),
        Command::PartitionNetwork { groups } => validate_groups(scenario, groups),
        _ => Ok(()),
    }
}

/// The name that means every controller.
const ALL_CONTROLLERS: &str = "controller";

/// What a node is to others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Broker,
    Controller,
}

/// What goes by a name; nothing does by another spelling of a number.
fn kind_of(scenario: &Scenario, name: &str) -> Option<Kind> {
    if name == ALL_CONTROLLERS {
        return Some(Kind::Controller);
    }
    let mut clients =
        scenario.producers.iter().map(|it| &it.name).chain(scenario.consumers.iter().map(|consumer| &consumer.name));
    if clients.any(|client| client == name) {
        return Some(Kind::Client);
    }
    if scenario.controller_ids().any(|id| name == format!("controller-{id}")) {
        return Some(Kind::Controller);
    }
    scenario.broker_ids().any(|id| name == format!("broker-{id}")).then_some(Kind::Broker)
}

/// The nodes that go by a name.
fn nodes(scenario: &Scenario, name: &str) -> Vec<String> {
    if name == ALL_CONTROLLERS {
        scenario.controller_ids().map(|id| format!("controller-{id}")).collect()
    } else {
        vec![name.to_string()]
    }
}

/// The links between what goes by two names, in that direction.
pub(super) fn links_between(scenario: &Scenario, a: &str, b: &str) -> Vec<(String, String)> {
    let (from, to) = (nodes(scenario, a), nodes(scenario, b));
    let pairs = from.iter().flat_map(|a| to.iter().map(move |b| (a.clone(), b.clone())));
    pairs.filter(|(a, b)| is_link(scenario, a, b)).collect()
}

/// Whether a node, or the controllers together, go by a name.
pub(in crate::engine::sim) fn is_node(scenario: &Scenario, name: &str) -> bool {
    kind_of(scenario, name).is_some()
}

fn known_node(scenario: &Scenario, name: &str) -> Result<Kind, CommandError> {
    let kind = kind_of(scenario, name);
    known("node", name, kind.is_some()).map(|()| kind.expect("it is known"))
}

/// Two nodes that speak with each other.
fn known_link(scenario: &Scenario, a: &str, b: &str) -> Result<(), CommandError> {
    known_node(scenario, a)?;
    known_node(scenario, b)?;
    let text = || {
        format!("there is no link between `{a}` and `{b}`: every link has a broker at one end, or a controller at both")
    };
    if links_between(scenario, a, b).is_empty() { Err(CommandError::OutOfRange(text())) } else { Ok(()) }
}

/// Whether two nodes speak with each other: one is a broker, or both are controllers.
fn is_link(scenario: &Scenario, a: &str, b: &str) -> bool {
    let kinds = [a, b].map(|name| kind_of(scenario, name));
    a != b && (kinds.contains(&Some(Kind::Broker)) || kinds == [Some(Kind::Controller); 2])
}

/// A sender of requests, and one who answers them.
fn ensure_asks(scenario: &Scenario, from: &str, to: &str) -> Result<(), CommandError> {
    let asks = match (known_node(scenario, from)?, known_node(scenario, to)?) {
        (Kind::Controller, Kind::Broker) | (_, Kind::Client) => false,
        (Kind::Client | Kind::Broker, Kind::Broker | Kind::Controller) | (Kind::Controller, Kind::Controller) => true,
    };
    let text = || format!("`{from}` sends no requests to `{to}`, and only a request can come twice");
    if asks { Ok(()) } else { Err(CommandError::OutOfRange(text())) }
}

fn validate_groups(scenario: &Scenario, groups: &[Vec<String>]) -> Result<(), CommandError> {
    let refuse = |text: String| Err(CommandError::OutOfRange(text));
    if groups.len() < 2 || groups.iter().any(Vec::is_empty) {
        return refuse("groups: two or more are needed, none of them empty".to_string());
    }
    let mut names: Vec<String> = Vec::new();
    for name in groups.iter().flatten() {
        known_node(scenario, name)?;
        for node in nodes(scenario, name) {
            if names.contains(&node) {
                return refuse(format!("groups: `{node}` is named twice"));
            }
            names.push(node);
        }
    }
    Ok(())
}
