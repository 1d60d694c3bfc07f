//! A broker: what it does, what it leads and follows, and what it has in hand.

use super::super::inspection::{FieldView, Inspection, Tone};
use super::place;
use crate::engine::cluster::{Partition, Role};
use crate::engine::common::{BrokerId, TopicPartition};
use crate::engine::sim::State;
use crate::view::format;

/// Replicas that are listed.
const REPLICAS_SHOWN: usize = 24;

pub(super) fn inspect(state: &State, id: BrokerId) -> Option<Inspection> {
    let broker = state.broker(id)?;
    let alive = state.controller.image().is_alive(id);
    let crashed = state.crashed_at.get(&id).filter(|_| !broker.is_up());
    let standing = match (crashed, alive) {
        (Some(at), true) => (format!("crashed {}, its session still runs", format::time(*at)), Tone::Lost),
        (Some(at), false) => (format!("crashed {}, fenced", format::time(*at)), Tone::Lost),
        (None, true) => ("up".to_string(), Tone::Committed),
        (None, false) => ("up, not unfenced yet".to_string(), Tone::Pending),
    };
    let mut fields = vec![
        FieldView::plain("node.id", id.to_string()),
        FieldView::plain("requests not answered", broker.open_requests().to_string()),
        FieldView::plain("waiting in purgatory", broker.delayed_requests().to_string()),
    ];
    fields.extend(
        broker
            .partitions()
            .take(REPLICAS_SHOWN)
            .map(|(partition, replica)| replica_field(state, id, partition, replica)),
    );
    let why = match (crashed, alive) {
        (Some(_), true) => {
            "The process is dead. Until `broker.session.timeout.ms` has run out, the controller takes it for alive and elects nobody."
        }
        (Some(_), false) => {
            "The controller has fenced it: it is in no ISR and leads nothing. Its logs are on its disk and come back with it."
        }
        (None, true) => "It answers producers, consumers and followers. The controller hears its heartbeats.",
        (None, false) => "It runs, and catches up with the metadata before it may lead or be in sync.",
    };
    Some(Inspection {
        kind: "broker",
        title: format!("Broker {id}"),
        standing: Some(standing),
        fields,
        why: vec![why.to_string()],
        ..Inspection::default()
    })
}

fn replica_field(state: &State, id: BrokerId, partition: TopicPartition, replica: &Partition) -> FieldView {
    let role = match replica.role() {
        Role::Leader(_) => "leads",
        Role::Follower(_) => "follows",
        Role::Offline => "offline",
    };
    let in_isr = state.controller.image().partition(partition).is_some_and(|partition| partition.isr.contains(&id));
    let log = replica.log();
    let isr = if in_isr { "" } else { ", not in ISR" };
    FieldView {
        name: role,
        value: format!("{} · LEO {} · HW {}{isr}", place(state, partition), log.log_end_offset(), log.high_watermark()),
        tone: if in_isr { Tone::Plain } else { Tone::Pending },
        run: None,
    }
}
