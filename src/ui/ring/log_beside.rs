//! A partition with retention beside the ring: segments, records, the consumer's position, and what differs.

use super::log_segment::LogSegment;
use crate::ring::Feed;
use crate::ui::Class;
use crate::ui::truth::{Truth, TruthLabel};
use crate::view::format;
use crate::view::ring::{LogPicture, RingAction};
use crate::web::scroll;
use yew::prelude::*;

/// Properties of [`LogBeside`].
#[derive(Properties, PartialEq)]
pub struct LogBesideProps {
    /// What is drawn.
    pub picture: LogPicture,
    /// `k`.
    pub capacity: usize,
    /// Which enQueues reach the log.
    pub feed: Feed,
    /// Does what the learner does.
    pub act: Callback<RingAction>,
}

/// The log.
#[component]
pub fn LogBeside(props: &LogBesideProps) -> Html {
    let LogBesideProps { picture, feed, act, .. } = props;
    let tape = use_node_ref();
    {
        let tape = tape.clone();
        use_effect_with((picture.log_end_offset, picture.position), move |_| {
            scroll::show_marked_sideways(&tape, ".ring-cell-touched")
        });
    }
    let next = match feed {
        Feed::Accepted => Feed::Everything,
        Feed::Everything => Feed::Accepted,
    };
    html! {
        <section class={Class::RingLog} aria-labelledby="ring-log-title">
            <div class={Class::RingLogHead}>
                <h2 id="ring-log-title">{"The same window on a log"}</h2>
                <TruthLabel truth={Truth::Exact} />
                <label class={Class::Check}>
                    <input type="checkbox" data-ring="feed" checked={*feed == Feed::Everything} onchange={act.reform(move |_| RingAction::SetFeed(next))} />
                    {"Append what the ring refuses, too"}
                </label>
            </div>
            <ol
                class={Class::RingLogTape}
                ref={tape}
                tabindex="0"
                aria-label={picture.description()}
                data-scrolls-sideways="true"
                data-ring-log-start={picture.log_start_offset.to_string()}
                data-ring-log-end={picture.log_end_offset.to_string()}
                data-ring-position={picture.position.to_string()}
            >
                { for picture.segments.iter().map(|segment| html! {
                    <LogSegment key={segment.base_offset} segment={segment.clone()} log_start_offset={picture.log_start_offset} position={picture.position} />
                }) }
            </ol>
            { figures(props) }
            <p class={Class::Note} role="status">{picture.sentence.clone()}</p>
        </section>
    }
}

fn figures(props: &LogBesideProps) -> Html {
    let LogPicture { log_start_offset, log_end_offset, position, bytes, segment_bytes, retention_bytes, .. } =
        &props.picture;
    // Only while ring and log are given the same is the one the other modulo k.
    let slot = |offset: i64| match props.feed {
        Feed::Accepted => format!(" mod {} = slot {}", props.capacity, offset.unsigned_abs() as usize % props.capacity),
        Feed::Everything => String::new(),
    };
    html! {
        <dl class={Class::RingLogFigures}>
            <div><dt class={Class::RingSignStart}>{"logStartOffset"}</dt><dd>{log_start_offset}</dd></div>
            <div><dt class={Class::RingSignHead}>{"consumer's position"}</dt><dd>{format!("{position}{}", slot(*position))}</dd></div>
            <div><dt class={Class::RingSignTail}>{"log end offset"}</dt><dd>{format!("{log_end_offset}{}", slot(*log_end_offset))}</dd></div>
            <div><dt>{"size"}</dt><dd>{format::bytes(*bytes)}</dd></div>
            <div><dt><code>{"retention.bytes"}</code></dt><dd>{retention_bytes}</dd></div>
            <div><dt><code>{"segment.bytes"}</code></dt><dd>{segment_bytes}</dd></div>
        </dl>
    }
}
