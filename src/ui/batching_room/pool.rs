//! `buffer.memory`: what is held, and who waits for it.

use crate::ui::Class;
use crate::view::batching_view::BatchingView;
use crate::view::format;
use yew::prelude::*;

/// Properties of [`Pool`].
#[derive(Properties, PartialEq)]
pub struct PoolProps {
    /// Inside the producer.
    pub view: BatchingView,
}

/// The memory.
#[component]
pub fn Pool(props: &PoolProps) -> Html {
    let view = &props.view;
    let (used, total) = view.buffer;
    let share = used.max(0) * 10_000 / total.max(1);
    html! {
        <section class={Class::PoolRow} aria-label="buffer.memory">
            <div class={Class::CardHead}>
                <code>{"buffer.memory"}</code>
                <span class={classes!(Class::Mono, Class::Note)}>{format::bytes(total.unsigned_abs())}</span>
                <span class={classes!(Class::Mono, Class::PushRight)}>{format!("{} held", format::bytes(used.unsigned_abs()))}</span>
            </div>
            <svg class={Class::ShareBar} width="100%" height="14" aria-hidden="true">
                <rect class={Class::ShareRail} width="100%" height="14" rx="4" />
                <rect class={Class::ShareFill} width={format!("{}.{:02}%", share / 100, share % 100)} height="14" rx="4" />
            </svg>
            <p class={classes!(Class::Mono, Class::Note)}>
                {format!("{} batches in flight · {} waiting", view.batches.0, view.batches.1)}
                if view.blocked_sends > 0 {
                    <strong class={Class::TonePending}>{format!(" · send() waits: {}", view.blocked_sends)}</strong>
                }
            </p>
            <p class={Class::Note}>{"In flight: sent, and no answer has come back, on the wire included. Open here: what has reached a broker, from any client, and waits there for its answer."}</p>
        </section>
    }
}
