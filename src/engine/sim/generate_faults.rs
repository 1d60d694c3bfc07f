//! Random schedules of every fault, for the scenarios of [`super::generate`].
//!
//! A schedule names faults at random moments, with their end after a while or not at all. About two of three are healed by a
//! [`Command::Heal`] and the restart of killed producers at four fifths of the run: what is left must come to rest then, which whoever
//! looks for convergence can count on.

use super::command::{Command, TimedCommand};
use super::fault::Way;
use super::generate::{Dice, scenario};
use super::scenario::Scenario;
use crate::engine::common::{BrokerId, ControllerId, Prng, VirtualTime};

/// Most faults of a schedule.
const FAULTS: u64 = 10;
/// How long a fault lasts, in microseconds.
const LASTS_US: (u64, u64) = (1_000, 900_000);

/// The random scenario of a seed, with faults of every kind. It is always valid.
#[must_use]
pub fn scenario_with_faults(seed: u64) -> Scenario {
    let mut scenario = scenario(seed);
    let mut dice = Dice(Prng::stream(seed, "generate/faults"));
    scenario.brokers.config.page_cache_flush_ms = dice.pick(&[50, 200, 1_000, 30_000]);
    scenario.brokers.config.replica_socket_timeout_ms = dice.pick(&[100, 400, 30_000]);
    scenario.brokers.config.socket_connection_setup_timeout_ms = dice.pick(&[50, 200, 10_000]);
    for producer in &mut scenario.producers {
        producer.config.socket_connection_setup_timeout_ms = dice.pick(&[50, 200, 10_000]);
    }
    for consumer in &mut scenario.consumers {
        consumer.config.request_timeout_ms = dice.pick(&[600, 1_000, 30_000]);
        consumer.config.socket_connection_setup_timeout_ms = dice.pick(&[50, 200, 10_000]);
    }
    if dice.chance(300) {
        scenario.topics[0].config.flush_messages = dice.pick(&[1, 5, 20]);
    }
    let mut faults: Vec<(u64, Command)> = Vec::new();
    for _ in 0..dice.between(1, FAULTS) {
        let at = dice.between(0, scenario.end.0);
        let (fault, end) = fault(&mut dice, &scenario);
        faults.push((at, fault));
        if let Some(end) = end.filter(|_| dice.chance(800)) {
            faults.push((at + dice.between(LASTS_US.0, LASTS_US.1), end));
        }
    }
    if dice.chance(660) {
        let at = scenario.end.0 / 5 * 4;
        faults.retain(|(when, _)| *when < at);
        scenario.commands.retain(|timed| timed.at.0 < at);
        faults.push((at, Command::Heal));
        let restart = |name: &String| (at, Command::RestartProducer { producer: name.clone() });
        faults.extend(scenario.producers.iter().map(|producer| restart(&producer.name)));
    }
    let timed = faults.into_iter().map(|(at, command)| TimedCommand { at: VirtualTime(at), command });
    scenario.commands.extend(timed);
    scenario.commands.sort_by_key(|timed| timed.at);
    scenario
}

/// When a scenario's faults are all ended, if they are.
#[must_use]
pub fn healed_at(scenario: &Scenario) -> Option<VirtualTime> {
    let heal = scenario.commands.iter().rev().find(|timed| timed.command == Command::Heal)?;
    Some(heal.at)
}

/// A fault, and what ends it.
fn fault(dice: &mut Dice, scenario: &Scenario) -> (Command, Option<Command>) {
    match dice.between(0, 10) {
        0..=3 => broker_fault(dice, scenario),
        4..=7 => link_fault(dice, scenario),
        8 => producer_fault(dice, scenario),
        9 => controller_fault(dice, scenario),
        _ => (partition(dice, scenario), Some(Command::HealNetwork)),
    }
}

fn any_broker(dice: &mut Dice, scenario: &Scenario) -> BrokerId {
    BrokerId(i32::try_from(dice.between(1, u64::from(scenario.brokers.count))).expect("small"))
}

fn any_controller(dice: &mut Dice, scenario: &Scenario) -> ControllerId {
    ControllerId(i32::try_from(dice.between(1, u64::from(scenario.controllers.count))).expect("small"))
}

fn any_producer(dice: &mut Dice, scenario: &Scenario) -> String {
    format!("p{}", dice.between(0, scenario.producers.len() as u64 - 1))
}

fn broker_fault(dice: &mut Dice, scenario: &Scenario) -> (Command, Option<Command>) {
    let broker = any_broker(dice, scenario);
    match dice.between(0, 6) {
        0 => (Command::CrashBroker { broker }, Some(Command::RestartBroker { broker })),
        1 => (Command::CrashBroker { broker }, Some(Command::RestartBrokerWithoutDisk { broker })),
        2 => (Command::CutPower { broker }, Some(Command::RestartBroker { broker })),
        3 | 4 => (Command::FreezeBroker { broker }, Some(Command::ThawBroker { broker })),
        5 => {
            let factor = dice.pick(&[10, 10_000, 100_000]);
            (Command::SlowDisk { broker, factor }, Some(Command::RestoreDisk { broker }))
        }
        _ => (Command::StallFollower { broker }, Some(Command::ResumeFollower { broker })),
    }
}

fn controller_fault(dice: &mut Dice, scenario: &Scenario) -> (Command, Option<Command>) {
    let controller = any_controller(dice, scenario);
    if dice.chance(600) {
        (Command::CrashController { controller }, Some(Command::RestartController { controller }))
    } else {
        (Command::FreezeController { controller }, Some(Command::ThawController { controller }))
    }
}

/// Two nodes that speak with each other: mostly one of them is a broker.
fn any_link(dice: &mut Dice, scenario: &Scenario) -> (String, String) {
    let broker = any_broker(dice, scenario);
    if scenario.controllers.count > 1 && dice.chance(100) {
        let controller = format!("controller-{}", any_controller(dice, scenario));
        return (controller, "controller".to_string());
    }
    let other = match dice.between(0, 5) {
        0 | 1 => any_producer(dice, scenario),
        2 | 3 if scenario.brokers.count > 1 => {
            let at = i32::try_from(dice.between(1, u64::from(scenario.brokers.count) - 1)).expect("small");
            format!("broker-{}", (broker.0 - 1 + at) % i32::try_from(scenario.brokers.count).expect("small") + 1)
        }
        4 if !scenario.consumers.is_empty() => scenario.consumers[0].name.clone(),
        5 => format!("controller-{}", any_controller(dice, scenario)),
        _ => "controller".to_string(),
    };
    (other, format!("broker-{broker}"))
}

fn link_fault(dice: &mut Dice, scenario: &Scenario) -> (Command, Option<Command>) {
    let (a, b) = any_link(dice, scenario);
    let heal = Command::HealLink { a: a.clone(), b: b.clone() };
    let fault = match dice.between(0, 7) {
        0..=2 => Command::CutLink { a, b, way: dice.pick(&[Way::Both, Way::AToB, Way::BToA]) },
        3 => Command::DelayLink { a, b, delay_us: dice.between(1_000, 400_000) },
        4 => Command::LosePackets { a, b, per_mille: dice.pick(&[10, 100, 500]) },
        5 => {
            let (from, to) = if dice.chance(500) { (a, b) } else { (b, a) };
            Command::DropMessages { from, to, next: dice.pick(&[0, 1, 3]), per_mille: dice.pick(&[0, 20, 200]) }
        }
        6 if a.starts_with("controller") => Command::DuplicateMessages { from: b, to: a, next: dice.pick(&[1, 2]) },
        6 => Command::DuplicateMessages { from: a, to: b, next: dice.pick(&[1, 2]) },
        _ => {
            let (producer, broker) = (any_producer(dice, scenario), any_broker(dice, scenario));
            return (Command::LoseResponse { producer, broker }, None);
        }
    };
    (fault, Some(heal))
}

fn producer_fault(dice: &mut Dice, scenario: &Scenario) -> (Command, Option<Command>) {
    let producer = any_producer(dice, scenario);
    if dice.chance(300) {
        return (Command::Resend { producer, record: None }, None);
    }
    (Command::KillProducer { producer: producer.clone() }, Some(Command::RestartProducer { producer }))
}

/// Brokers and controllers in two groups.
fn partition(dice: &mut Dice, scenario: &Scenario) -> Command {
    let mut groups = vec![vec!["controller-1".to_string()], Vec::new()];
    let others = scenario.controller_ids().skip(1).map(|controller| format!("controller-{controller}"));
    for node in others.chain(scenario.broker_ids().map(|broker| format!("broker-{broker}"))) {
        groups[usize::from(dice.chance(500))].push(node);
    }
    if groups[1].is_empty() {
        let last = groups[0].pop();
        groups[1].extend(last);
    }
    Command::PartitionNetwork { groups }
}
