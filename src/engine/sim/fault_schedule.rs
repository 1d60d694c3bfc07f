//! Random faults: each a short story of commands that breaks something and mends it again, or leaves it. For the swarm and the
//! adversary; single faults for the tests of determinism are drawn in `generate_faults`.
//!
//! What may be drawn is the caller's to say ([`Drawn`]); that a story keeps to it is read off the table of what each command may lead
//! to ([`Faults::of`]), not off the story. Chance comes from the caller's dice alone.

use super::command::{Command, SettingContent, TimedCommand};
use super::fault::Way;
use super::generate::Dice;
use super::guarantees::Faults;
use super::scenario::Scenario;
use crate::engine::common::{BrokerId, ControllerId, VirtualTime};
use crate::engine::config::Value;

/// What may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    /// What it may lead to.
    pub(super) faults: Faults,
    /// Also what people do: producers are killed, records sent again by hand, settings changed, replicas out of sync elected.
    pub(super) by_people: bool,
    /// Nothing but crashes, which are the plainest.
    pub(super) only_crashes: bool,
    /// How many of a thousand faults are not mended.
    pub(super) left_per_mille: u32,
}

/// The stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// One broker crashes and comes back.
    Crash,
    /// A second broker crashes while the first is down; they come back in any order.
    CrashTwo,
    /// Every broker crashes at nearly the same time.
    CrashAll,
    /// A broker crashes and is back before the controller notices.
    Bounce,
    /// A broker stops in order and is started again.
    ShutDown,
    /// A broker's process stands still.
    Freeze,
    /// A broker's fetchers stand still.
    Stall,
    /// A broker appends slowly.
    SlowDisk,
    /// A broker's machine loses its power.
    CutPower,
    /// Every broker's machine loses its power.
    CutPowerAll,
    /// A broker comes back with an empty disk.
    LoseDisk,
    /// Two nodes do not hear of each other, or one of them does not.
    CutLink,
    /// What is said on a link comes late.
    Delay,
    /// A link loses packets.
    LosePackets,
    /// Messages are lost with their connection.
    DropMessages,
    /// Requests come twice.
    DuplicateMessages,
    /// A producer's answer is lost after the append.
    LoseResponse,
    /// The cluster falls into two parts.
    Partition,
    /// An operator lets the first replicas lead.
    ElectPreferred,
    /// An operator lets any replica lead.
    ElectUnclean,
    /// A producer's process dies and another one starts.
    KillProducer,
    /// An application sends again what failed.
    Resend,
    /// A setting is changed.
    Set,
}

const STORIES: [Story; 23] = [
    Story::Crash,
    Story::CrashTwo,
    Story::CrashAll,
    Story::Bounce,
    Story::ShutDown,
    Story::Freeze,
    Story::Stall,
    Story::SlowDisk,
    Story::CutPower,
    Story::CutPowerAll,
    Story::LoseDisk,
    Story::CutLink,
    Story::Delay,
    Story::LosePackets,
    Story::DropMessages,
    Story::DuplicateMessages,
    Story::LoseResponse,
    Story::Partition,
    Story::ElectPreferred,
    Story::ElectUnclean,
    Story::KillProducer,
    Story::Resend,
    Story::Set,
];
const CRASHES: [Story; 4] = [Story::Crash, Story::CrashTwo, Story::CrashAll, Story::Bounce];
/// Those that people bring about.
const BY_PEOPLE: [Story; 4] = [Story::ElectUnclean, Story::KillProducer, Story::Resend, Story::Set];
/// How often a story that may not be told is drawn anew.
const DRAWS_MAX: u32 = 20;

/// Adds `count` random faults that begin and end between two times to a scenario's commands, in order of time.
pub(super) fn add(dice: &mut Dice, scenario: &mut Scenario, drawn: Drawn, count: u64, (from, to): (u64, u64)) {
    let mut commands = Vec::new();
    for _ in 0..count {
        let begin = dice.between(from, to);
        commands.extend(draw(dice, scenario, drawn, (begin, to)));
    }
    scenario.commands.extend(commands);
    scenario.commands.sort_by_key(|timed| timed.at);
}

/// Adds `count` random faults of controllers, each for about as long as an election takes.
pub(super) fn add_for_controllers(dice: &mut Dice, scenario: &mut Scenario, count: u64, (from, to): (u64, u64)) {
    let patience = u64::try_from(scenario.controllers.config.fetch_timeout_ms).unwrap_or(0) * 1_000;
    for _ in 0..count {
        let begin = dice.between(from, to);
        let end = (begin + dice.between(patience / 4 + 1, patience * 3 + 2)).min(to);
        let id = i32::try_from(dice.between(1, u64::from(scenario.controllers.count))).expect("controllers are few");
        let controller = ControllerId(id);
        let (fault, mending) = match dice.between(0, 3) {
            0 | 1 => (Command::CrashController { controller }, Command::RestartController { controller }),
            2 => (Command::FreezeController { controller }, Command::ThawController { controller }),
            _ => (cut_off(scenario, controller), Command::HealNetwork),
        };
        let timed = [(begin, fault), (end, mending)];
        scenario.commands.extend(timed.map(|(at, command)| TimedCommand { at: VirtualTime(at), command }));
    }
    scenario.commands.sort_by_key(|timed| timed.at);
}

/// One controller, and all others with all brokers.
fn cut_off(scenario: &Scenario, controller: ControllerId) -> Command {
    let others = scenario.controller_ids().filter(|other| *other != controller);
    let others = others.map(|other| format!("{CONTROLLER}-{other}")).chain(scenario.broker_ids().map(name));
    Command::PartitionNetwork { groups: vec![vec![format!("{CONTROLLER}-{controller}")], others.collect()] }
}

/// Commands that mend whatever is broken, at a time.
pub(super) fn heal(scenario: &mut Scenario, at: VirtualTime) {
    scenario.commands.push(TimedCommand { at, command: Command::Heal });
    let names = scenario.producers.iter().map(|producer| producer.name.clone()).collect::<Vec<_>>();
    let restart = |producer| TimedCommand { at, command: Command::RestartProducer { producer } };
    scenario.commands.extend(names.into_iter().map(restart));
    let stops = scenario.commands.iter().filter_map(|timed| match timed.command {
        Command::ShutDownBroker { broker } => Some(broker),
        _ => None,
    });
    // One that is about to stop is healed by starting it once it has stopped.
    let later = at + VirtualTime::from_ms(scenario.brokers.config.broker_session_timeout_ms);
    let starts = stops.map(|broker| TimedCommand { at: later, command: Command::RestartBroker { broker } });
    let starts = starts.collect::<Vec<_>>();
    scenario.commands.extend(starts);
}

/// One story that may be told.
fn draw(dice: &mut Dice, scenario: &Scenario, drawn: Drawn, (begin, end): (u64, u64)) -> Vec<TimedCommand> {
    for _ in 0..DRAWS_MAX {
        let story = if drawn.only_crashes { dice.pick(&CRASHES) } else { dice.pick(&STORIES) };
        if BY_PEOPLE.contains(&story) && !drawn.by_people {
            continue;
        }
        let is_left = dice.chance(drawn.left_per_mille);
        let mut teller = Teller { scenario, end, is_left, commands: Vec::new() };
        teller.tell(dice, story, begin);
        let may_be = |timed: &TimedCommand| drawn.faults.include(Faults::of(&timed.command));
        if !teller.commands.is_empty() && teller.commands.iter().all(may_be) {
            return teller.commands;
        }
    }
    Vec::new()
}

/// Writes a story down.
struct Teller<'a> {
    scenario: &'a Scenario,
    /// No command is later.
    end: u64,
    /// What is broken is left so.
    is_left: bool,
    commands: Vec<TimedCommand>,
}

impl Teller<'_> {
    fn tell(&mut self, dice: &mut Dice, story: Story, at: u64) {
        let (session, broker) = (self.session_us(), self.broker(dice));
        match story {
            Story::Crash => self.crash(dice, broker, at, session),
            Story::CrashTwo => {
                self.crash(dice, broker, at, session * 2);
                let (second, later) = (self.broker(dice), at + dice.between(0, session * 2));
                self.crash(dice, second, later, session);
            }
            Story::CrashAll => self.for_all(dice, at, |it, dice, broker, at| it.crash(dice, broker, at, session)),
            Story::Bounce => self.crash(dice, broker, at, session / 8),
            Story::ShutDown => {
                self.push(at, Command::ShutDownBroker { broker });
                self.mend(dice, at, session, Command::RestartBroker { broker });
            }
            Story::CutPower => self.cut_power(dice, broker, at),
            Story::CutPowerAll => self.for_all(dice, at, Self::cut_power),
            Story::LoseDisk => {
                self.push(at, Command::CrashBroker { broker });
                self.mend(dice, at, session, Command::RestartBrokerWithoutDisk { broker });
            }
            Story::Freeze => {
                self.push(at, Command::FreezeBroker { broker });
                self.mend(dice, at, session, Command::ThawBroker { broker });
            }
            Story::Stall => {
                self.push(at, Command::StallFollower { broker });
                self.mend(dice, at, session, Command::ResumeFollower { broker });
            }
            Story::SlowDisk => {
                let factor = dice.pick(&[10, 1_000, 10_000, 100_000]);
                self.push(at, Command::SlowDisk { broker, factor });
                self.mend(dice, at, session, Command::RestoreDisk { broker });
            }
            Story::Partition => {
                let command = self.partition(dice);
                self.push(at, command);
                self.mend(dice, at, session, Command::HealNetwork);
            }
            Story::ElectPreferred | Story::ElectUnclean | Story::Set => self.tell_of_operator(dice, story, at),
            Story::KillProducer | Story::Resend | Story::LoseResponse => {
                self.tell_of_producer(dice, story, broker, at);
            }
            Story::CutLink | Story::Delay | Story::LosePackets | Story::DropMessages | Story::DuplicateMessages => {
                self.tell_of_link(dice, story, broker, at)
            }
        }
    }

    fn tell_of_link(&mut self, dice: &mut Dice, story: Story, broker: BrokerId, at: u64) {
        let (a, b) = (self.peer(dice, broker), name(broker));
        if a == b || (story == Story::DuplicateMessages && a == CONTROLLER) {
            return;
        }
        let mended = Command::HealLink { a: a.clone(), b: b.clone() };
        let command = match story {
            Story::Delay => Command::DelayLink { a, b, delay_us: dice.between(1_000, 400_000) },
            Story::LosePackets => Command::LosePackets { a, b, per_mille: dice.pick(&[10, 100, 500]) },
            Story::DropMessages => {
                let (from, to) = if dice.chance(500) { (a, b) } else { (b, a) };
                Command::DropMessages { from, to, next: dice.pick(&[1, 1, 3]), per_mille: dice.pick(&[0, 20, 200]) }
            }
            Story::DuplicateMessages => Command::DuplicateMessages { from: a, to: b, next: dice.pick(&[1, 2]) },
            _ => Command::CutLink { a, b, way: dice.pick(&[Way::Both, Way::Both, Way::AToB, Way::BToA]) },
        };
        self.push(at, command);
        let session = self.session_us();
        self.mend(dice, at, session, mended);
    }

    fn tell_of_producer(&mut self, dice: &mut Dice, story: Story, broker: BrokerId, at: u64) {
        let Some(producer) = self.producer(dice) else { return };
        match story {
            Story::LoseResponse => self.push(at, Command::LoseResponse { producer, broker }),
            Story::Resend => self.push(at, Command::Resend { producer, record: None }),
            _ => {
                let session = self.session_us();
                self.push(at, Command::KillProducer { producer: producer.clone() });
                self.mend(dice, at, session, Command::RestartProducer { producer });
            }
        }
    }

    fn tell_of_operator(&mut self, dice: &mut Dice, story: Story, at: u64) {
        let Some(topic) = self.scenario.topics.first().map(|topic| topic.name.clone()) else { return };
        let command = match story {
            Story::ElectPreferred => Command::ElectPreferred { topic, partition: None },
            Story::ElectUnclean => Command::ElectUnclean { topic, partition: None },
            _ => self.setting(dice, topic),
        };
        self.push(at, command);
    }

    fn setting(&self, dice: &mut Dice, topic: String) -> Command {
        let int = |value: i64| SettingContent(Value::Int(value));
        let topic = |setting: &str, value| Command::SetTopic { topic, setting: setting.into(), value };
        let broker = |setting: &str, value| Command::SetBroker { setting: setting.into(), value };
        match (dice.between(0, 6), self.producer(dice)) {
            (0, _) => topic("min.insync.replicas", int(dice.signed(1, 3))),
            (1, _) => topic("unclean.leader.election.enable", SettingContent(Value::Bool(dice.chance(500)))),
            (2, _) => broker("replica.lag.time.max.ms", int(dice.signed(50, 500))),
            (3, _) => broker("broker.session.timeout.ms", int(dice.signed(150, 400))),
            (4, Some(producer)) => {
                Command::SetProducer { producer, setting: "acks".into(), value: int(dice.signed(0, 2) - 1) }
            }
            (5, Some(producer)) => {
                let setting = "max.in.flight.requests.per.connection".into();
                Command::SetProducer { producer, setting, value: int(dice.pick(&[1, 5])) }
            }
            _ => topic("segment.bytes", int(dice.signed(400, 3_000))),
        }
    }

    /// Brokers, clients and the controller in two groups.
    fn partition(&self, dice: &mut Dice) -> Command {
        let mut groups = vec![vec![CONTROLLER.to_string()], Vec::new()];
        for broker in self.scenario.broker_ids() {
            groups[usize::from(dice.chance(500))].push(name(broker));
        }
        for producer in &self.scenario.producers {
            groups[usize::from(dice.chance(500))].push(producer.name.clone());
        }
        if groups[1].is_empty() {
            let last = groups[0].pop();
            groups[1].extend(last);
        }
        Command::PartitionNetwork { groups }
    }

    fn session_us(&self) -> u64 {
        u64::try_from(self.scenario.brokers.config.broker_session_timeout_ms).unwrap_or(0) * 1_000
    }

    fn broker(&self, dice: &mut Dice) -> BrokerId {
        BrokerId(i32::try_from(dice.between(1, u64::from(self.scenario.brokers.count))).expect("brokers are few"))
    }

    fn producer(&self, dice: &mut Dice) -> Option<String> {
        let last = (self.scenario.producers.len() as u64).checked_sub(1)?;
        let at = usize::try_from(dice.between(0, last)).expect("producers are few");
        Some(self.scenario.producers[at].name.clone())
    }

    /// Somebody who speaks with a broker; itself if there is nobody of that kind.
    fn peer(&self, dice: &mut Dice, broker: BrokerId) -> String {
        let other = match dice.between(0, 5) {
            0..=2 => self.producer(dice),
            3 => Some(name(self.broker(dice))),
            4 => Some(CONTROLLER.to_string()),
            _ => self.scenario.consumers.first().map(|consumer| consumer.name.clone()),
        };
        other.unwrap_or_else(|| name(broker))
    }

    fn push(&mut self, at: u64, command: Command) {
        self.commands.push(TimedCommand { at: VirtualTime(at.min(self.end)), command });
    }

    /// What ends a fault, after about so long.
    fn mend(&mut self, dice: &mut Dice, at: u64, about: u64, command: Command) {
        let later = at + dice.between(about / 4 + 1, about * 2 + 2);
        if !self.is_left {
            self.push(later, command);
        }
    }

    fn crash(&mut self, dice: &mut Dice, broker: BrokerId, at: u64, back: u64) {
        let at = at.min(self.end);
        self.push(at, Command::CrashBroker { broker });
        self.mend(dice, at, back, Command::RestartBroker { broker });
    }

    fn cut_power(&mut self, dice: &mut Dice, broker: BrokerId, at: u64) {
        self.push(at, Command::CutPower { broker });
        let session = self.session_us();
        self.mend(dice, at, session, Command::RestartBroker { broker });
    }

    fn for_all(&mut self, dice: &mut Dice, at: u64, mut each: impl FnMut(&mut Self, &mut Dice, BrokerId, u64)) {
        let apart = self.session_us() / 8;
        for broker in self.scenario.broker_ids() {
            let later = at + dice.between(0, apart);
            each(self, dice, broker, later);
        }
    }
}

const CONTROLLER: &str = "controller";

fn name(broker: BrokerId) -> String {
    format!("broker-{broker}")
}
