//! Random faults for the swarm and the adversary: each a short story of commands that begins and ends within a stretch of time.
//!
//! What is broken is mended again, so that a run can end whole. Chance comes from the caller's dice alone.

use super::command::{Command, TimedCommand};
use super::generate::Dice;
use super::scenario::Scenario;
use crate::engine::common::{BrokerId, VirtualTime};

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// One broker crashes and comes back.
    Crash,
    /// A second broker crashes while the first is down; they come back in any order.
    CrashTwo,
    /// Every broker crashes at nearly the same time.
    CrashAll,
    /// A broker crashes and is back before the controller notices.
    Bounce,
}

const FAULTS: [Fault; 4] = [Fault::Crash, Fault::CrashTwo, Fault::CrashAll, Fault::Bounce];

/// Adds `count` random faults between two times to a scenario's commands, in order of time.
pub(super) fn add(dice: &mut Dice, scenario: &mut Scenario, count: u64, (from, to): (u64, u64)) {
    let mut commands: Vec<(u64, Command)> = Vec::new();
    for _ in 0..count {
        let begin = dice.between(from, to);
        let fault = dice.pick(&FAULTS);
        add_one(dice, scenario, fault, (begin, to), &mut commands);
    }
    let timed = commands.into_iter().map(|(at, command)| TimedCommand { at: VirtualTime(at), command });
    scenario.commands.extend(timed);
    scenario.commands.sort_by_key(|timed| timed.at);
}

fn add_one(
    dice: &mut Dice,
    scenario: &Scenario,
    fault: Fault,
    (at, end): (u64, u64),
    commands: &mut Vec<(u64, Command)>,
) {
    let session = u64::try_from(scenario.brokers.config.broker_session_timeout_ms).unwrap_or(0) * 1_000;
    let mut crash = |dice: &mut Dice, broker, at: u64, back: u64| {
        let at = at.min(end);
        commands.push((at, Command::CrashBroker { broker }));
        let back = at + dice.between(back / 4 + 1, back * 2 + 2);
        commands.push((back.min(end), Command::RestartBroker { broker }));
    };
    match fault {
        Fault::Crash => {
            let broker = any_broker(dice, scenario);
            crash(dice, broker, at, session);
        }
        Fault::CrashTwo => {
            let (first, second) = (any_broker(dice, scenario), any_broker(dice, scenario));
            crash(dice, first, at, session * 2);
            let later = at + dice.between(0, session * 2);
            crash(dice, second, later, session);
        }
        Fault::CrashAll => {
            for broker in scenario.broker_ids() {
                let later = at + dice.between(0, session / 8);
                crash(dice, broker, later, session);
            }
        }
        Fault::Bounce => {
            let broker = any_broker(dice, scenario);
            crash(dice, broker, at, session / 8);
        }
    }
}

fn any_broker(dice: &mut Dice, scenario: &Scenario) -> BrokerId {
    BrokerId(i32::try_from(dice.between(1, u64::from(scenario.brokers.count))).expect("brokers are few"))
}

/// Commands that mend whatever is broken, at a time.
pub(super) fn heal(scenario: &mut Scenario, at: VirtualTime) {
    let restarts = scenario.broker_ids().map(|broker| TimedCommand { at, command: Command::RestartBroker { broker } });
    scenario.commands.extend(restarts);
}
