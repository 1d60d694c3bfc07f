//! The transport: to start, step, play or pause, the moment, the timeline, quiet time, speed.

use super::Class;
use super::icon::{Icon, Sign};
use super::runner::{use_runner, use_slice};
use super::timeline::Timeline;
use super::wish::Wish;
use crate::engine::common::VirtualTime;
use crate::view::format;
use crate::view::playback::Speed;
use crate::view::transport::kinds_listed;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The transport bar.
#[component]
pub fn Transport() -> Html {
    let view = use_slice(|published| published.transport.clone());
    let runner = use_runner();
    let on_skip = runner.on_change(|input: HtmlInputElement| Some(Wish::SetSkipQuiet(input.checked())));
    html! {
        <section class={Class::Transport} aria-label="Transport"
            data-time-us={view.now_us.to_string()} data-trace-hash={view.trace_hash.clone()}>
            <TransportButtons playing={view.playing} />
            <output class={Class::TransportTime} aria-label="Moment shown">{format::time(VirtualTime(view.now_us))}</output>
            <Timeline />
            if let Some(tail) = view.cut_tail {
                <button type="button" class={classes!(Class::Button, Class::BringBack)} data-transport="bring-back"
                    title={format!("Acting at {} cut off what came after. Bring it back.", format::time(VirtualTime(tail.from_us)))}
                    onclick={runner.on_click(Wish::BringBack)}>
                    {"Bring back the tail"}
                </button>
            }
            <label class={Class::Check} title="Play jumps to just before the next event that can be seen">
                <input type="checkbox" data-transport="skip-quiet" checked={view.skip_quiet} onchange={on_skip} />
                {"skip quiet time"}
            </label>
            <SpeedControl step={view.speed} label={view.speed_label.clone()} />
        </section>
    }
}

/// Properties of [`TransportButtons`].
#[derive(Properties, PartialEq)]
struct TransportButtonsProps {
    playing: bool,
}

#[component]
fn TransportButtons(props: &TransportButtonsProps) -> Html {
    let runner = use_runner();
    let (hook, wish, sign, word, key) = if props.playing {
        ("pause", Wish::Pause, Sign::Pause, "pause", "Pause (space)")
    } else {
        ("play", Wish::Play, Sign::Play, "play", "Play (space)")
    };
    html! {
        <div class={Class::TransportButtons}>
            <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} data-transport="start"
                aria-label="To the start" title="To the start" onclick={runner.on_click(Wish::ToStart)}>
                <Icon sign={Sign::Start} />
            </button>
            <button type="button" class={Class::Button} data-transport="step-back"
                aria-label="Step back" title="To the event before (←)" onclick={runner.on_click(Wish::StepBack)}>
                <Icon sign={Sign::Back} /><span class={Class::TransportLabel}>{"step"}</span>
            </button>
            <button type="button" class={classes!(Class::Button, Class::ButtonMain, Class::PlayButton)} data-transport={hook}
                title={key} onclick={runner.on_click(wish)}>
                <Icon {sign} />{word}
            </button>
            <button type="button" class={Class::Button} data-transport="step-forward"
                aria-label="Step forward" title="To the next event (→)" onclick={runner.on_click(Wish::StepForward)}>
                <span class={Class::TransportLabel}>{"step"}</span><Icon sign={Sign::Forward} />
            </button>
            <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} data-transport="next-mark"
                aria-label="To the next mark" title={format!("To the next mark (shift + →): {}", kinds_listed())}
                onclick={runner.on_click(Wish::NextMark)}>
                <Icon sign={Sign::NextMark} />
            </button>
        </div>
    }
}

/// Properties of [`SpeedControl`].
#[derive(Properties, PartialEq)]
struct SpeedControlProps {
    step: usize,
    label: String,
}

#[component]
fn SpeedControl(props: &SpeedControlProps) -> Html {
    let runner = use_runner();
    let oninput = runner.on_input(|input: HtmlInputElement| Some(Wish::SetSpeed(input.value().parse().ok()?)));
    html! {
        <label class={Class::Speed}>
            <span>{"speed "}<output>{props.label.clone()}</output></span>
            <input type="range" min="0" max={(Speed::STEPS - 1).to_string()} step="1" value={props.step.to_string()}
                aria-label="Speed: virtual time per real time" aria-valuetext={props.label.clone()} data-transport="speed" {oninput} />
        </label>
    }
}
