//! The lesson column: the idea of a place, its settings, what to look at, what is simplified.

use super::Class;
use super::rich_text::RichText;
use super::runner::use_slice;
use crate::course::preset::REAL_CLUSTER;
use crate::course::{self, PRESETS, Place};
use yew::prelude::*;

/// Properties of [`LessonColumn`].
#[derive(Properties, PartialEq)]
pub struct LessonProps {
    /// Where the reader is.
    pub place: Place,
    /// Controls of the place, between the idea and what to look at.
    #[prop_or_default]
    pub controls: Html,
    /// What stands after what to look at, first the form that sends.
    #[prop_or_default]
    pub children: Html,
    /// What stands below everything.
    #[prop_or_default]
    pub below: Html,
}

/// What the demonstration on the stage proves, if one stands there.
#[component]
fn Demonstration() -> Html {
    let preset = use_slice(|published| published.run.source.preset()).map(|index| PRESETS[index]);
    let Some((preset, proves)) = preset.and_then(|preset| Some((preset, preset.proves()?))) else { return html! {} };
    html! {
        <div class={classes!(Class::LessonText, Class::Demonstration)}>
            <h2>{preset.heading()}</h2>
            <p data-run="proves">{proves}</p>
            if preset.real_run().is_some() {
                <p class={Class::Note} data-run="real-cluster">{format!("A real cluster did the same: {REAL_CLUSTER}, with the same settings and faults.")}</p>
            }
            <p class={Class::Note}>{"Play, or go from mark to mark (shift + →). What the room itself is about follows below."}</p>
        </div>
    }
}

/// The lesson column.
#[component]
pub fn LessonColumn(props: &LessonProps) -> Html {
    let lesson = course::lesson(props.place);
    // On a phone the first paragraph stands above the stage and the others below it.
    let (first, more) = lesson.idea.split_at(lesson.idea.len().min(1));
    html! {
        <section class={Class::LessonColumn} aria-label="Lesson">
            <Demonstration />
            <div class={Class::LessonText}>
                <h1 id="lesson-title" tabindex="-1">{lesson.title}</h1>
                { for first.iter().map(|text| html! { <p><RichText text={*text} /></p> }) }
            </div>
            if !more.is_empty() {
                <div class={classes!(Class::LessonText, Class::LessonMore)}>
                    { for more.iter().map(|text| html! { <p><RichText text={*text} /></p> }) }
                </div>
            }
            { props.controls.clone() }
            if !lesson.look.is_empty() {
                <div class={Class::LessonSection}>
                    <h2>{"Then look"}</h2>
                    { for lesson.look.iter().map(|text| html! { <p><RichText text={*text} /></p> }) }
                </div>
            }
            { props.children.clone() }
            { props.below.clone() }
            <details class={Class::Fold} open={props.place == Place::Landing}>
                <summary>{"What is simplified here"}</summary>
                <ul class={Class::SimplifiedList}>
                    { for lesson.simplified.iter().map(|text| html! { <li><RichText text={*text} /></li> }) }
                </ul>
            </details>
        </section>
    }
}
