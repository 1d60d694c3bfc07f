//! One partition's queue: the batch that leaves first, and the one behind it that takes the records.

use crate::engine::common::{SessionId, VirtualTime};
use crate::ui::Class;
use crate::ui::runner::use_runner;
use crate::ui::tone::hue_class;
use crate::ui::wish::Wish;
use crate::view::Subject;
use crate::view::batching_view::{BarKind, BarPart, Lane, bar_parts};
use crate::view::format;
use crate::view::frame::{BatchState, ProducerBatchFrame};
use yew::prelude::*;

/// Properties of [`LaneRow`].
#[derive(Properties, PartialEq)]
pub struct LaneRowProps {
    /// The queue.
    pub lane: Lane,
    /// The moment, in microseconds.
    pub now_us: u64,
    /// The session whose batches these are.
    pub session: u32,
}

/// One partition's queue.
#[component]
pub fn LaneRow(props: &LaneRowProps) -> Html {
    let lane = &props.lane;
    let bar = |batch: &Option<ProducerBatchFrame>| match batch {
        Some(batch) => html! { <Batch batch={batch.clone()} now_us={props.now_us} session={props.session} /> },
        None => html! { <span class={Class::NoBatch} /> },
    };
    html! {
        <div class={Class::QueueRow}>
            <strong class={Class::Mono}>{format!("P{}", lane.partition)}</strong>
            <div>
                { bar(&lane.second) }
                if lane.more > 0 {
                    <span class={Class::Note}>{format!("+{} between", lane.more)}</span>
                }
            </div>
            { bar(&lane.first) }
        </div>
    }
}

/// Properties of [`Batch`].
#[derive(Properties, PartialEq)]
struct BatchProps {
    batch: ProducerBatchFrame,
    now_us: u64,
    session: u32,
}

#[component]
fn Batch(props: &BatchProps) -> Html {
    let batch = &props.batch;
    let runner = use_runner();
    let subject = Subject::ProducerBatch { session: SessionId(props.session), number: batch.id };
    let waited = props.now_us.saturating_sub(batch.created_us);
    let whole = batch.sendable_us.saturating_sub(batch.created_us).max(1);
    let when = match batch.state {
        BatchState::Filling => format::short_time(VirtualTime(batch.sendable_us.saturating_sub(props.now_us))),
        BatchState::Backoff { until_us } => {
            format!("again in {}", format::short_time(VirtualTime(until_us.saturating_sub(props.now_us))))
        }
        state => state.word().to_string(),
    };
    let about = format!("Batch for P{}, {}: ", batch.partition, format::counted(batch.records_count as u64, "record"));
    html! {
        <button type="button" class={Class::BatchButton} data-batch={format!("{}/{}", props.session, batch.id)} data-inspect="producer-batch"
            onclick={runner.on_click(Wish::Inspect(Some(subject)))}>
            <span class={Class::SrOnly}>{about}</span>
            <span class={Class::BatchHead}><span>{format::bytes(batch.bytes.unsigned_abs())}</span><span>{when}</span></span>
            <svg class={Class::BatchBar} width="100%" height="22" aria-hidden="true">
                <rect class={Class::SegmentFrame} x="0.5" y="0.5" width="99.5%" height="21" rx="5" />
                { fill(batch) }
            </svg>
            <svg class={Class::LingerBar} width="100%" height="4" aria-hidden="true">
                <rect class={Class::ShareRail} width="100%" height="3" rx="1.5" />
                <rect class={Class::LingerFill} width={percent(waited.min(whole), whole)} height="3" rx="1.5" />
            </svg>
        </button>
    }
}

/// Its header and its records, side by side, each as wide as its bytes.
fn fill(batch: &ProducerBatchFrame) -> Html {
    let block = |(number, part): (usize, BarPart)| {
        let record = match part.what {
            BarKind::Record(place) => batch.records.get(place),
            BarKind::Header | BarKind::Older => None,
        };
        let (class, title) = match (part.what, record) {
            (BarKind::Header, _) => (classes!(Class::BatchHeaderBlock), "the batch's header".to_string()),
            (_, Some(record)) => (classes!(Class::RecordBlock, hue_class(record.hue)), record.key.clone()),
            (_, None) => (classes!(Class::BatchOlderBlock), "older records".to_string()),
        };
        html! {
            <rect key={number} {class} x={hundredths(part.x)} y="3" width={hundredths(part.width)} height="16" rx="2"
                data-record={record.and_then(|record| record.id).map(|id| id.to_string())}><title>{title}</title></rect>
        }
    };
    bar_parts(batch).into_iter().enumerate().map(block).collect()
}

fn percent(part: u64, whole: u64) -> String {
    hundredths(part * 10_000 / whole.max(1))
}

fn hundredths(value: u64) -> String {
    format!("{}.{:02}%", value / 100, value % 100)
}
