//! What was done to the cluster, a sentence a command.

use crate::engine::sim::command::Command;
use crate::engine::sim::fault::Way;

/// The sentence of a fault; none for what is no fault.
pub(super) fn fault_line(command: &Command) -> Option<String> {
    let text = match command {
        Command::CrashBroker { broker } => format!("Broker {broker} crashes."),
        Command::CutPower { broker } => {
            format!("The machine of broker {broker} loses its power, and with it what was not flushed.")
        }
        Command::ShutDownBroker { broker } => format!("Broker {broker} is asked to stop."),
        Command::RestartBroker { broker } => format!("Broker {broker} starts again, with its disk."),
        Command::RestartBrokerWithoutDisk { broker } => format!("Broker {broker} starts again, with an empty disk."),
        Command::FreezeBroker { broker } => format!("Broker {broker} stands still."),
        Command::ThawBroker { broker } => format!("Broker {broker} goes on, with all that it believed."),
        Command::SlowDisk { broker, factor } => {
            format!("The disk of broker {broker} becomes {factor} times slower.")
        }
        Command::RestoreDisk { broker } => format!("The disk of broker {broker} is as fast as it was."),
        Command::StallFollower { broker } => format!("Broker {broker} fetches nothing more."),
        Command::ResumeFollower { broker } => format!("Broker {broker} fetches again."),
        Command::CrashController { controller } => format!("Controller {controller} crashes."),
        Command::RestartController { controller } => {
            format!("Controller {controller} starts again, with its log and its vote.")
        }
        Command::FreezeController { controller } => format!("Controller {controller} stands still."),
        Command::ThawController { controller } => {
            format!("Controller {controller} goes on, with all that it believed.")
        }
        Command::ElectPreferred { .. } => "An operator lets the first replica lead.".to_string(),
        Command::ElectUnclean { .. } => "An operator lets any live replica lead.".to_string(),
        other => return link_line(other),
    };
    Some(text)
}

fn link_line(command: &Command) -> Option<String> {
    let text = match command {
        Command::CutLink { a, b, way: Way::Both } => format!("The link between {a} and {b} is cut."),
        Command::CutLink { a, b, way: Way::AToB } => format!("Nothing of {a} reaches {b} any more."),
        Command::CutLink { a, b, way: Way::BToA } => format!("Nothing of {b} reaches {a} any more."),
        Command::HealLink { a, b } => format!("The link between {a} and {b} is whole again."),
        Command::DelayLink { a, b, delay_us } => {
            format!("What {a} and {b} send each other takes {} ms longer.", delay_us / 1_000)
        }
        Command::LosePackets { a, b, .. } => format!("The link between {a} and {b} loses packets."),
        Command::DropMessages { from, to, .. } => {
            format!("The connection breaks under messages from {from} to {to}: they do not arrive.")
        }
        Command::DuplicateMessages { from, to, .. } => {
            format!("The connection breaks when requests from {from} have reached {to}.")
        }
        Command::LoseResponse { producer, broker } => {
            format!("The connection breaks under the next answer of broker {broker} to {producer}.")
        }
        Command::PartitionNetwork { groups } => {
            let groups: Vec<String> = groups.iter().map(|group| group.join(", ")).collect();
            format!("The network falls apart: {} no longer hear each other.", groups.join(" | "))
        }
        Command::HealNetwork => "Every link is whole again.".to_string(),
        Command::Heal => "Every fault ends.".to_string(),
        _ => return None,
    };
    Some(text)
}
