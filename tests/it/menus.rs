//! What a person can do to a run from the page: at the wires, with partitions, with brokers. And that every command has its place.

use highwater::course::{Place, Preset, Room};
use highwater::engine::common::{BrokerId, Offset, PartitionId, TopicId, TopicPartition, VirtualTime};
use highwater::engine::sim::{Command, Timeline};
use highwater::view::fault_acts::{self, FaultAct};
use highwater::view::frame::{BrokerState, Frame, Node, WireState};
use highwater::view::link_acts::{self, Link};
use highwater::view::{Subject, partition_acts};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A run of the room Cluster, whose topic has three partitions with three replicas, at this moment.
struct Run(Timeline);

impl Run {
    fn at(ms: i64) -> Self {
        let preset = Preset::of(Place::Room(Room::Cluster)).expect("the room has one");
        let mut run = Self(Timeline::new(preset.scenario()));
        run.until(ms);
        run
    }

    fn until(&mut self, ms: i64) -> &mut Self {
        self.0.advance_to(VirtualTime::from_ms(ms));
        self
    }

    fn frame(&self) -> Frame {
        Frame::of(self.0.state(), self.0.position())
    }

    /// Gives a command as the page does; answers with the sentence that it shows, if it shows one.
    fn give(&mut self, command: Command) -> Option<String> {
        match self.0.submit(command.clone()) {
            Err(error) => Some(error.to_string()),
            Ok(()) => partition_acts::refusal(self.0.state(), &command, self.0.news()),
        }
    }

    /// Gives a command of a menu, by its name there.
    fn press(&mut self, hook: &str) -> Option<String> {
        let acts = acts(&self.frame());
        let act = acts.iter().find(|act| act.hook == hook);
        let act = act.unwrap_or_else(|| panic!("{hook} is none of {:?}", hooks(&acts)));
        self.give(act.command.clone())
    }

    fn crash(&mut self, broker: i32) {
        assert_eq!(self.give(Command::CrashBroker { broker: BrokerId(broker) }), None);
    }

    fn leader(&self, partition: usize) -> Option<i32> {
        self.frame().registered[partition].leader
    }

    fn note(&self, link: Link) -> (WireState, String) {
        let frame = self.frame();
        let wire = frame.wires.iter().find(|wire| Link::between(wire.from, wire.to) == link).expect("it is drawn");
        let wired = link_acts::wired(&frame).into_iter().find(|wired| wired.link == link).expect("it can be reached");
        (wire.state, wired.label)
    }
}

fn hooks(acts: &[FaultAct]) -> Vec<&str> {
    acts.iter().map(|act| act.hook.as_str()).collect()
}

/// Every act that stands somewhere on the page.
fn acts(frame: &Frame) -> Vec<FaultAct> {
    let brokers = frame.brokers.iter().flat_map(|broker| fault_acts::of_broker(frame, broker));
    let controllers = frame.controllers.iter().flat_map(|controller| fault_acts::of_controller(frame, controller));
    let producers = frame.producers.iter().flat_map(fault_acts::of_producer);
    let links = link_acts::links(frame).into_iter().flat_map(|link| link.row(frame).acts);
    let partitions = partition_acts::rows(frame).into_iter().flat_map(|row| row.acts);
    brokers.chain(controllers).chain(producers).chain(links).chain(partitions).collect()
}

const P1_TO_1: Link = Link { a: Node::Producer(0), b: Node::Broker(1) };

#[test]
fn each_wire_on_the_stage_is_one_link_with_a_menu() {
    let run = Run::at(1_000);
    let frame = run.frame();
    let wired = link_acts::wired(&frame);
    let keys: BTreeSet<&str> = wired.iter().map(|wired| wired.key.as_str()).collect();
    assert_eq!(keys.len(), wired.len(), "brokers have a connection each way, and one link: {keys:?}");
    let drawn = frame.wires.iter().map(|wire| Link::between(wire.from, wire.to));
    assert!(drawn.clone().count() > wired.len(), "there are such brokers");
    for link in drawn {
        assert!(wired.iter().any(|wired| wired.link == link), "{link:?} can be reached");
    }
    let links = link_acts::links(&frame);
    for wired in &wired {
        assert!(links.contains(&wired.link), "{} stands in the list too", wired.key);
        let row = wired.link.row(&frame);
        assert!(row.acts.len() >= 7, "{:?}", hooks(&row.acts));
        assert!(row.acts.iter().all(|act| act.hook.ends_with(&row.key)), "{:?}", hooks(&row.acts));
        assert!(wired.label.ends_with(": no fault"), "{}", wired.label);
    }
    assert!(wired.iter().any(|wired| wired.label == "Link between p1 and broker 1: no fault"), "{wired:?}");
}

#[test]
fn the_menu_of_a_link_says_what_an_act_means_by_the_names_of_its_ends() {
    let acts = P1_TO_1.row(&Run::at(1_000).frame()).acts;
    let means = |verb: &str| {
        let act = acts.iter().find(|act| act.hook == format!("{verb}-p1-broker-1"));
        act.map(|act| act.means.as_str())
    };
    assert_eq!(means("cut-to"), Some("Nothing passes from p1 to broker 1."));
    assert_eq!(means("cut-from"), Some("Nothing passes from broker 1 to p1."));
    assert_eq!(means("drop"), Some("The next message from p1 is lost with its connection; both ends notice."));
    assert!(acts.iter().all(|act| !act.means.contains("first end") && !act.means.contains("second end")), "{acts:?}");
}

#[test]
fn a_wire_is_drawn_and_told_as_its_link_is() {
    let mut run = Run::at(1_000);
    let mut check = |hook: &str, state: WireState, label: &str| {
        assert_eq!(run.press(hook), None, "{hook}");
        assert_eq!(run.note(P1_TO_1), (state, format!("Link between p1 and broker 1: {label}")), "{hook}");
    };
    check("delay-p1-broker-1", WireState::Slow, "+200 ms");
    check("lose-packets-p1-broker-1", WireState::Lossy, "+200 ms, loses packets");
    check("cut-to-p1-broker-1", WireState::HalfCut, "cut to broker 1, +200 ms, loses packets");
    check("heal-p1-broker-1", WireState::Up, "no fault");
    check("break-after-p1-broker-1", WireState::Lossy, "breaks after the next request");
    check("cut-p1-broker-1", WireState::Cut, "cut, breaks after the next request");
}

#[test]
fn every_act_of_a_link_keeps_its_place() {
    let mut run = Run::at(1_000);
    let words = |run: &Run| P1_TO_1.row(&run.frame()).acts.iter().map(|act| act.word).collect::<Vec<_>>();
    let sound = words(&run);
    assert_eq!(sound[..4], ["Cut", "Cut →", "Cut ←", "Slow"]);
    assert_eq!(run.press("cut-p1-broker-1"), None);
    assert_eq!((words(&run)[0], &words(&run)[1..]), ("Heal", &sound[1..]), "the first one mends what it did");
    assert_eq!(run.press("cut-to-p1-broker-1"), Some("the link between p1 and broker-1 is cut already".to_string()));
    assert_eq!(run.press("heal-p1-broker-1"), None);
    assert_eq!(words(&run), sound);
    for hook in ["cut-from-p1-broker-1", "delay-p1-broker-1"] {
        assert_eq!(run.press(hook), None, "{hook}");
        let words = words(&run);
        assert_eq!((words.last(), &words[..sound.len()]), (Some(&"Heal"), &sound[..]), "what mends others comes last");
    }
    let known: Vec<&str> = link_acts::MEANINGS.iter().map(|(word, _)| *word).collect();
    let used = link_acts::links(&run.frame()).into_iter().flat_map(|link| link.row(&run.frame()).acts);
    assert!(used.map(|act| act.word).all(|word| known.contains(&word)), "{known:?}");
}

#[test]
fn the_list_of_links_counts_what_is_wrong_without_being_made() {
    let mut run = Run::at(1_000);
    assert_eq!(link_acts::faulty(&run.frame()), 0);
    for hook in ["cut-p1-broker-1", "delay-broker-1-broker-2", "cut-controller-1-controller-2"] {
        assert_eq!(run.press(hook), None, "{hook}");
    }
    let frame = run.frame();
    let groups = link_acts::groups(&frame);
    assert_eq!(link_acts::faulty(&frame), 3);
    assert_eq!(groups.iter().map(|group| group.faulty).sum::<usize>(), 3);
    let names: BTreeSet<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names.len(), groups.len(), "one group a client: {names:?}");
    assert_eq!(groups.iter().map(|group| group.links.len()).sum::<usize>(), 3 + 3 + 9 + 3 + 3);
}

#[test]
fn a_broker_that_is_shut_down_in_order_hands_over_without_a_session_running_out() {
    let mut run = Run::at(1_000);
    let led = run.leader(0).expect("somebody leads");
    assert_eq!(run.press(&format!("shut-down-broker-{led}")), None);
    // Its next heartbeats ask for it. A session would run out at 4 s.
    run.until(3_500);
    let frame = run.frame();
    let broker = frame.brokers.iter().find(|broker| broker.id == led).expect("it is on the stage");
    assert!(matches!(broker.state, BrokerState::Stopped { .. }), "{:?}", broker.state);
    assert!(frame.registered.iter().all(|partition| partition.leader.is_some_and(|leader| leader != led)));
    assert_eq!(run.give(Command::ShutDownBroker { broker: BrokerId(led) }), Some(format!("broker {led} is down")));
}

#[test]
fn a_broker_that_is_cut_off_loses_its_session_and_is_healed_from_the_same_button() {
    let mut run = Run::at(1_000);
    assert_eq!(run.press("cut-broker-1"), None);
    run.until(6_000);
    assert!(run.frame().registered.iter().all(|partition| !partition.isr.contains(&1)), "its session ran out");
    assert_eq!(run.press("heal-broker-1"), None);
    run.until(12_000);
    assert!(run.frame().registered.iter().all(|partition| partition.isr.contains(&1)), "it is back");
}

#[test]
fn an_election_that_is_not_held_says_why() {
    let mut run = Run::at(1_000);
    let first = run.frame().registered[0].replicas[0];
    let place = "orders.placed-0";
    assert_eq!(run.leader(0), Some(first));
    let elect = |kind: &str| format!("elect-{kind}-{place}");
    assert_eq!(
        run.press(&elect("preferred")),
        Some(format!("ELECTION_NOT_NEEDED: broker {first}, the first replica of {place}, leads it already."))
    );
    assert_eq!(
        run.press(&elect("unclean")),
        Some(format!(
            "ELECTION_NOT_NEEDED: broker {first} leads {place}, and an unclean election is for what nobody leads."
        ))
    );
    run.crash(first);
    run.until(6_000);
    assert!(run.leader(0).is_some_and(|leader| leader != first));
    assert_eq!(
        run.press(&elect("preferred")),
        Some(format!(
            "PREFERRED_LEADER_NOT_AVAILABLE: broker {first}, the first replica of {place}, is not alive and in sync."
        ))
    );
    for other in (1..=3).filter(|broker| *broker != first) {
        run.crash(other);
    }
    run.until(12_000);
    assert_eq!(partition_acts::leaderless(&run.frame()), 3);
    assert_eq!(partition_acts::summary(&run.frame()), "3 partitions of orders.placed: nobody leads 3");
    assert_eq!(
        run.press(&elect("unclean")),
        Some(format!("ELIGIBLE_LEADERS_NOT_AVAILABLE: no replica of {place} is alive."))
    );
    let refused = run.press(&format!("delete-records-{place}")).expect("nobody can");
    assert!(refused.starts_with("LEADER_NOT_AVAILABLE: no broker that runs leads orders.placed-0"), "{refused}");
    for controller in 1..=3 {
        let command = format!(r#"{{"do": "crashController", "controller": {controller}}}"#);
        assert_eq!(run.give(serde_json::from_str(&command).expect("it is a command")), None);
    }
    assert_eq!(
        run.press(&elect("unclean")),
        Some("No controller is active. The election is held once one is.".to_string())
    );
}

#[test]
fn the_first_replica_leads_again_when_it_is_told_to() {
    let mut run = Run::at(1_000);
    let first = run.frame().registered[0].replicas[0];
    run.crash(first);
    run.until(6_000);
    assert_eq!(run.give(Command::RestartBroker { broker: BrokerId(first) }), None);
    run.until(12_000);
    assert!(run.leader(0).is_some_and(|leader| leader != first), "it is back, and follows");
    assert_eq!(run.press("elect-preferred-orders.placed-0"), None);
    run.until(12_200);
    assert_eq!(run.leader(0), Some(first));
}

/// As the lesson of the room says it.
#[test]
fn where_nobody_leads_an_unclean_election_lets_the_first_one_back_lead() {
    let mut run = Run::at(1_000);
    for (broker, until) in [(1, 6_000), (2, 11_000), (3, 16_000)] {
        run.crash(broker);
        run.until(until);
    }
    assert_eq!(run.give(Command::RestartBroker { broker: BrokerId(1) }), None);
    run.until(20_000);
    assert_eq!(run.leader(0), None, "the last one in sync is waited for");
    assert_eq!(run.press("elect-unclean-orders.placed-0"), None);
    run.until(20_500);
    assert_eq!(run.leader(0), Some(1));
    let words = partition_acts::rows(&run.frame())[0].words.clone();
    assert!(words.starts_with("broker 1 leads · ISR 1"), "{words}");
}

#[test]
fn what_stands_before_a_batch_that_one_looks_at_can_be_deleted() {
    let mut run = Run::at(2_000);
    let frame = run.frame();
    let leader = run.leader(0).expect("somebody leads");
    let partition = TopicPartition { topic: TopicId(0), partition: PartitionId(0) };
    let log = run.0.state().broker(BrokerId(leader)).and_then(|it| it.partition(partition)).expect("it has it").log();
    let second =
        log.segments().flat_map(|segment| segment.batches()).nth(1).expect("much was sent").batch.base_offset();
    let acts_at = |base_offset| {
        let subject = Subject::Batch { partition, broker: BrokerId(leader), base_offset };
        partition_acts::of_subject(&frame, subject).expect("it is a piece of a partition").acts
    };
    let at_start = acts_at(Offset(0));
    assert_eq!(at_start.iter().map(|act| act.word).collect::<Vec<_>>(), partition_acts::MEANINGS.map(|(word, _)| word));
    let before = acts_at(second).pop().expect("one more");
    assert_eq!(before.hook, "delete-before-orders.placed-0");
    assert_eq!(run.give(before.command), None);
    run.until(2_500);
    let frame = run.frame();
    let tape = frame.brokers.iter().flat_map(|broker| &broker.tapes).find(|tape| tape.broker == leader);
    assert_eq!(tape.expect("it leads").log_start, second.0);
    assert_eq!(partition_acts::of_subject(&frame, Subject::Broker(BrokerId(1))), None);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the variants of `Command`, read from its source.
fn commands() -> Vec<String> {
    let source = std::fs::read_to_string(root().join("src/engine/sim/command.rs")).expect("it is there");
    let from = source.find("pub enum Command {").expect("it is declared there");
    let body = &source[from..from + source[from..].find("\n}").expect("it ends")];
    let name = |line: &str| {
        let word = line.strip_prefix("    ")?.trim_end_matches([' ', '{', ',']);
        let is_name = word.starts_with(char::is_uppercase) && word.chars().all(char::is_alphanumeric);
        is_name.then(|| word.to_string())
    };
    body.lines().filter_map(name).collect()
}

/// The sources of the page's controls, which make commands of their own.
fn controls(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            controls(&path, into);
        } else if !path.ends_with("ui/run.rs") {
            into.push_str(&std::fs::read_to_string(&path).expect("sources are UTF-8"));
        }
    }
}

#[test]
fn an_acts_full_name_holds_the_word_on_its_button() {
    let mut run = Run::at(1_000);
    let plain = |text: &str| text.to_lowercase().replace([',', '→', '←', ' '], "");
    let mut check = |hooks: &[&str]| {
        hooks.iter().for_each(|hook| assert_eq!(run.press(hook), None, "{hook}"));
        for act in acts(&run.frame()) {
            assert!(plain(&act.label).contains(&plain(act.word)), "{:?} of {:?}", act.word, act.label);
        }
    };
    check(&[]);
    check(&[
        "freeze-broker-1",
        "slow-disk-broker-2",
        "stall-broker-2",
        "cut-p1-broker-3",
        "freeze-controller-2",
        "kill-p1",
    ]);
}

#[test]
fn every_command_of_the_engine_can_be_given_from_the_page() {
    let made_in_the_view = ["src/view/replay.rs", "src/view/settings.rs"];
    let mut sources: String =
        made_in_the_view.iter().map(|path| std::fs::read_to_string(root().join(path)).expect("it is there")).collect();
    controls(&root().join("src/ui"), &mut sources);
    let mut run = Run::at(1_000);
    let mut offered = acts(&run.frame());
    for hook in ["freeze-broker-1", "slow-disk-broker-2", "stall-broker-2", "cut-controller-1", "freeze-controller-2"] {
        assert_eq!(run.press(hook), None, "{hook}");
    }
    run.crash(3);
    assert_eq!(run.press("kill-p1"), None);
    offered.extend(acts(&run.frame()));
    let words: BTreeSet<String> = offered
        .iter()
        .map(|act| serde_json::to_value(&act.command).expect("plain data")["do"].as_str().expect("a word").to_string())
        .collect();
    let commands = commands();
    assert!(commands.len() > 40, "{commands:?}");
    let has_no_place = |name: &&String| {
        let word = name[..1].to_lowercase() + &name[1..];
        let by_itself = [" ", ";", ")", ","].iter().any(|end| sources.contains(&format!("Command::{name}{end}")));
        !words.contains(&word) && !by_itself
    };
    let missing: Vec<&String> = commands.iter().filter(has_no_place).collect();
    assert!(missing.is_empty(), "nobody can give {missing:?}");
}
