//! What waits for one partition in a producer: the batch that leaves next, how full it is, and when it may go.

use super::meter::Meter;
use super::record_cell::RecordCell;
use crate::engine::common::SessionId;
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::format;
use crate::view::frame::{BatchState, ProducerBatchFrame};
use yew::prelude::*;

/// Records that are drawn in the box.
const CELLS_MAX: usize = 12;

/// Properties of [`BatchRow`].
#[derive(Properties, PartialEq)]
pub struct BatchRowProps {
    /// The producer's session.
    pub session: u32,
    /// The partition.
    pub partition: i32,
    /// The batches that wait, the one that leaves next first.
    pub batches: Vec<ProducerBatchFrame>,
    /// The moment, in microseconds.
    pub now_us: u64,
}

/// The row.
#[component]
pub fn BatchRow(props: &BatchRowProps) -> Html {
    let runner = use_runner();
    let Some(first) = props.batches.first() else {
        return html! {
            <div class={Class::BatchRow}>
                <div class={Class::BatchLabel} data-keep-clear=""><span>{format!("P{}", props.partition)}</span><span>{"nothing waits"}</span></div>
                <div class={Class::BatchBox} />
                <Meter per_mille={0} />
            </div>
        };
    };
    let subject = Subject::ProducerBatch { session: SessionId(props.session), number: first.id };
    let hidden = first.records_count.saturating_sub(CELLS_MAX);
    let behind = props.batches.len() - 1;
    html! {
        <div class={Class::BatchRow}>
            <button type="button" class={Class::BatchLabel} data-keep-clear="" data-batch={format!("{}/{}", props.session, first.id)} data-inspect="batch"
                onclick={runner.on_click(Wish::Inspect(Some(subject)))}>
                <span>{format!("P{} · {} B", props.partition, format::grouped(u64::try_from(first.bytes).unwrap_or(0)))}</span>
                <span>{ when_it_goes(first, props.now_us) }</span>
            </button>
            <div class={Class::BatchBox}>
                <div class={Class::BatchCells}>
                    { for first.records.iter().take(CELLS_MAX).map(|record| html! { <RecordCell key={record.id.unwrap_or(0)} record={record.clone()} small=true /> }) }
                </div>
                if hidden > 0 || behind > 0 {
                    <span class={Class::BatchMore}>{ more(hidden, behind) }</span>
                }
            </div>
            <Meter per_mille={filled(first)} />
        </div>
    }
}

/// `full`, `linger 3.1 ms`, `retry in 80 ms`.
fn when_it_goes(batch: &ProducerBatchFrame, now_us: u64) -> String {
    // A tenth of a millisecond is as fine as an eye follows.
    let left = |until_us: u64| {
        let tenths = until_us.saturating_sub(now_us).div_ceil(100);
        format!("{}.{} ms", format::grouped(tenths / 10), tenths % 10)
    };
    if let Some(hindrance) = batch.waits_for {
        return hindrance.short();
    }
    match batch.state {
        BatchState::Filling => format!("linger {}", left(batch.sendable_us)),
        BatchState::Full => "full".to_string(),
        BatchState::Again => "again".to_string(),
        BatchState::LingerOver => "linger over".to_string(),
        BatchState::MemoryExhausted => "memory exhausted".to_string(),
        BatchState::Flushing => "flush".to_string(),
        BatchState::Backoff { until_us } => format!("retry in {}", left(until_us)),
    }
}

fn more(hidden: usize, behind: usize) -> String {
    match (hidden, behind) {
        (0, 1) => "+1 batch".to_string(),
        (0, _) => format!("+{behind} batches"),
        (_, 0) => format!("+{hidden}"),
        (_, _) => format!("+{hidden}, +{behind} batches"),
    }
}

/// How full, in thousandths of `batch.size`.
fn filled(batch: &ProducerBatchFrame) -> u32 {
    let share = batch.bytes.saturating_mul(1000).checked_div(batch.bytes_max).unwrap_or(0);
    u32::try_from(share.clamp(0, 1000)).unwrap_or(0)
}
