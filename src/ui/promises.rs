//! What the settings promise, each with its reason, and beside what they do not promise a button that breaks it.

use super::Class;
use super::break_it::{Search, SearchHandle, use_break_it};
use super::rich_text::RichText;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::engine::sim::Anomaly;
use crate::engine::sim::adversary::{Counterexample, Line, Progress};
use crate::view::format;
use crate::view::promises::{self, PromiseRow};
use yew::prelude::*;

/// The promises.
#[component]
pub fn Promises() -> Html {
    let rows = use_slice(|published| published.promises.clone());
    let search = use_break_it();
    html! {
        <section class={Class::LessonSection} aria-labelledby="promises-title">
            <h2 id="promises-title">{"What these settings promise"}</h2>
            if rows.iter().any(|row| !row.is_impossible) {
                <p class={Class::Note}>{"“Break it” looks for a run with faults that shows what is possible. That can take some seconds, or several minutes; the run pauses meanwhile, and the search can be stopped."}</p>
            }
            <dl class={Class::PromiseList}>{ for rows.iter().map(|row| promise(row, &search)) }</dl>
        </section>
    }
}

fn promise(row: &PromiseRow, search: &SearchHandle) -> Html {
    let (verdict, tone) =
        if row.is_impossible { ("impossible", Class::ToneCommitted) } else { ("possible", Class::TonePending) };
    let is_running = matches!(search.search, Search::Running { .. });
    let onclick = {
        let (search, anomaly) = (search.clone(), row.anomaly);
        Callback::from(move |_: MouseEvent| search.begin(anomaly))
    };
    html! {
        <div key={row.name} data-promise={row.name} data-verdict={verdict}>
            <dt>{row.name}{" "}<strong class={tone}>{ if row.is_impossible { "✓ " } else { "△ " } }{verdict}</strong></dt>
            <dd>
                {row.reason}
                if !row.is_impossible {
                    <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-break={row.name} disabled={is_running} {onclick}
                        aria-label={format!("Break it: {}", row.name)}
                        title="Looks for faults that show it, keeps the fewest, and plays them">{"Break it"}</button>
                }
                if search.search.anomaly() == Some(row.anomaly) {
                    { progress(row.anomaly, search) }
                }
            </dd>
        </div>
    }
}

/// How far the search is, beside the promise that it is about.
fn progress(anomaly: Anomaly, search: &SearchHandle) -> Html {
    let stop = {
        let search = search.clone();
        Callback::from(move |_: MouseEvent| search.stop(anomaly))
    };
    html! {
        <>
            if let Search::Running { .. } = search.search {
                <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-break="stop" onclick={stop}
                    aria-label={format!("Stop looking for {}", promises::name(anomaly))}>{"Stop"}</button>
            }
            <p class={Class::Note} role="status" data-search={word(&search.search)}><RichText text={sentence(&search.search)} /></p>
            if let Search::Found(found) = &search.search {
                <Story found={found.as_ref().clone()} />
            }
        </>
    }
}

fn word(search: &Search) -> &'static str {
    match search {
        Search::Idle => "idle",
        Search::Running { .. } => "running",
        Search::Found(_) => "found",
        Search::NothingFound { .. } => "nothing",
        Search::Stopped { .. } => "stopped",
    }
}

fn sentence(search: &Search) -> String {
    let schedules = |tried: u32| format::counted(u64::from(tried), "schedule");
    match search {
        Search::Idle => String::new(),
        Search::Running { progress: Progress::Shrinking { commands }, .. } => {
            format!(
                "One was found. Leaving out what it does not need: {} left.",
                format::counted(u64::from(*commands), "command")
            )
        }
        Search::Running { progress: Progress::Searching { tried, of }, for_ms, .. } => {
            let left = promises::time_left(*for_ms, *tried, *of);
            format!(
                "The run pauses meanwhile. {} of {} tried{left}.",
                schedules(*tried),
                format::grouped(u64::from(*of))
            )
        }
        Search::Running { .. } => "Looking.".to_string(),
        Search::Found(found) => {
            format!(
                "{} {} enough. The run that was found stands on the stage, with no more around it than it needs; its story is below. \
                 Your own run comes back with “Back to my run”, under Run.",
                format::counted(found.scenario.commands.len() as u64, "command"),
                if found.scenario.commands.len() == 1 { "is" } else { "are" }
            )
        }
        Search::NothingFound { anomaly, tried } => {
            format!(
                "{} tried, no {}. That is no proof that there is none.",
                schedules(*tried),
                promises::name(*anomaly)
            )
        }
        Search::Stopped { tried, .. } => format!("Stopped after {}.", schedules(*tried)),
    }
}

/// Properties of [`Story`].
#[derive(Properties, PartialEq)]
struct StoryProps {
    found: Counterexample,
}

/// What happens in the run that was found; each sentence leads to its moment.
#[component]
fn Story(props: &StoryProps) -> Html {
    let runner = use_runner();
    let line = |line: &Line| {
        html! {
            <li>
                <button type="button" class={Class::StoryLine} title="Go to this moment" data-moment-us={line.at.0.to_string()} onclick={runner.on_click(Wish::Seek(line.at))}>
                    <span class={Class::Note}>{format::time(line.at)}</span>{" "}{line.text.clone()}
                </button>
            </li>
        }
    };
    html! { <ol class={Class::Story} data-break-story="">{ for props.found.story.iter().map(line) }</ol> }
}
