//! Faults in words: what a command of one does.

use super::format;
use crate::engine::common::VirtualTime;
use crate::engine::sim::Command;
use crate::engine::sim::fault::Way;

/// A fault's command in words; empty for what is no fault.
pub(super) fn command_words(command: &Command) -> String {
    match command {
        Command::CrashBroker { broker } => format!("crash of broker {broker}"),
        Command::CutPower { broker } => format!("power of broker {broker} cut"),
        Command::RestartBroker { broker } => format!("restart of broker {broker}"),
        Command::RestartBrokerWithoutDisk { broker } => format!("restart of broker {broker} with an empty disk"),
        Command::FreezeBroker { broker } => format!("broker {broker} frozen"),
        Command::ThawBroker { broker } => format!("broker {broker} goes on"),
        Command::CrashController { controller } => format!("crash of controller {controller}"),
        Command::RestartController { controller } => format!("restart of controller {controller}"),
        Command::FreezeController { controller } => format!("controller {controller} frozen"),
        Command::ThawController { controller } => format!("controller {controller} goes on"),
        Command::SlowDisk { broker, factor } => format!("disk of broker {broker} {factor} times slower"),
        Command::RestoreDisk { broker } => format!("disk of broker {broker} as fast as before"),
        Command::StallFollower { broker } => format!("broker {broker} fetches no more"),
        Command::ResumeFollower { broker } => format!("broker {broker} fetches again"),
        Command::CutLink { a, b, way } => match way {
            Way::Both => format!("link between {} and {} cut", node(a), node(b)),
            Way::AToB => format!("link from {} to {} cut", node(a), node(b)),
            Way::BToA => format!("link from {} to {} cut", node(b), node(a)),
        },
        Command::HealLink { a, b } => format!("link between {} and {} healed", node(a), node(b)),
        Command::DelayLink { a, b, delay_us } => {
            format!(
                "link between {} and {} slower by {}",
                node(a),
                node(b),
                format::chosen_time(VirtualTime(*delay_us))
            )
        }
        Command::LosePackets { a, b, per_mille } => {
            format!("link between {} and {} loses {}", node(a), node(b), format::share(*per_mille, "packet"))
        }
        Command::DropMessages { from, to, next, per_mille } => drop_words(from, to, *next, *per_mille),
        Command::DuplicateMessages { from, to, next } => {
            format!("connection to break after the next {next} from {} to {}", node(from), node(to))
        }
        Command::LoseResponse { producer, broker } => {
            format!("next response of broker {broker} to {producer} to be lost")
        }
        Command::PartitionNetwork { groups } => {
            let groups: Vec<String> =
                groups.iter().map(|group| group.iter().map(|name| node(name)).collect::<Vec<_>>().join(", ")).collect();
            format!("network partitioned: {}", groups.join(" | "))
        }
        Command::KillProducer { producer } => format!("{producer} killed"),
        Command::RestartProducer { producer } => format!("{producer} started again"),
        Command::Resend { producer, record: None } => format!("{producer} sends again what failed"),
        Command::Resend { producer, record: Some(record) } => format!("{producer} sends record {record} again"),
        Command::HealNetwork => "every link healed".to_string(),
        Command::Heal => "everything healed".to_string(),
        _ => String::new(),
    }
}

fn drop_words(from: &str, to: &str, next: u32, per_mille: u32) -> String {
    let what = match (next, per_mille) {
        (0, 0) => "no message".to_string(),
        (next, 0) => format!("the next {next}"),
        (0, per_mille) => format::share(per_mille, "message"),
        (next, per_mille) => format!("the next {next} and of the others {}", format::share(per_mille, "message")),
    };
    format!("connection to break under {what} from {} to {}", node(from), node(to))
}

/// `broker 1` for `broker-1`, `controller 1` for `controller-1`.
fn node(name: &str) -> String {
    match name.strip_prefix("broker-") {
        Some(id) => format!("broker {id}"),
        None if name == "controller" => "every controller".to_string(),
        None => name.strip_prefix("controller-").map_or_else(|| name.to_string(), |id| format!("controller {id}")),
    }
}
