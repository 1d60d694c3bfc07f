//! The lesson column: the idea of a place, its settings, what to look at, what is simplified.

use super::Class;
use super::rich_text::RichText;
use crate::course::{self, Place};
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

/// The lesson column.
#[component]
pub fn LessonColumn(props: &LessonProps) -> Html {
    let lesson = course::lesson(props.place);
    html! {
        <section class={Class::LessonColumn} aria-label="Lesson">
            <div class={Class::LessonText}>
                <h1 id="lesson-title" tabindex="-1">{lesson.title}</h1>
                { for lesson.idea.iter().map(|text| html! { <p><RichText text={*text} /></p> }) }
            </div>
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
