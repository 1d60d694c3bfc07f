//! The settings: a lesson's few in the lesson, all the others folded away below.

use super::Class;
use super::runner::use_slice;
use super::setting_control::SettingControl;
use crate::view::settings::{Scope, SettingRow};
use std::rc::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Properties of [`LessonSettings`] and [`OtherSettings`].
#[derive(Properties, PartialEq)]
pub struct SettingsProps {
    /// Kafka's names of the settings that stand in the lesson.
    pub lesson: &'static [&'static str],
}

/// The settings of the lesson, of the first producer and the first topic.
#[component]
pub fn LessonSettings(props: &SettingsProps) -> Html {
    let rows = use_slice(|published| published.settings.clone());
    let chosen = props.lesson.iter().filter_map(|name| rows.iter().find(|row| row.name == *name));
    html! {
        <div class={Class::SettingList}>
            { for chosen.map(|row| html! { <SettingControl key={row.name} row={row.clone()} /> }) }
        </div>
    }
}

/// All the others, by whose they are. They are made only once they are asked for.
#[component]
pub fn OtherSettings(props: &SettingsProps) -> Html {
    let rows = use_slice(|published| published.settings.clone());
    let open = use_state(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let wanted = use_state(String::new);
    let oninput = {
        let wanted = wanted.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                wanted.set(input.value());
            }
        })
    };
    let groups = if *open { groups(&rows, props.lesson, &wanted) } else { Vec::new() };
    html! {
        <div class={Class::Fold}>
            <button type="button" class={Class::FoldButton} aria-expanded={(*open).to_string()} onclick={ontoggle}>
                { if *open { "▾ All settings" } else { "▸ All settings" } }
            </button>
            if *open {
                <label class={Class::SettingSearch}>
                    {"Find a setting"}
                    <input class={Class::Field} type="search" value={(*wanted).clone()} data-setting-search="" {oninput} />
                </label>
                if groups.is_empty() {
                    <p class={Class::Note} role="status">{"No setting has this in its name or its sentence."}</p>
                }
                { for groups.into_iter().map(|(scope, rows)| group(&scope, &rows)) }
            }
        </div>
    }
}

/// Those with `wanted` in their name or sentence that stand in no lesson.
fn groups(rows: &Rc<Vec<SettingRow>>, lesson: &[&str], wanted: &str) -> Vec<(Scope, Vec<SettingRow>)> {
    let mut groups: Vec<(Scope, Vec<SettingRow>)> = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    for row in rows.iter() {
        // The first row of a lesson's setting stands in the lesson.
        if lesson.contains(&row.name) && !shown.contains(&row.name) {
            shown.push(row.name);
            continue;
        }
        if !row.has(wanted) {
            continue;
        }
        match groups.last_mut() {
            Some((scope, group)) if *scope == row.scope => group.push(row.clone()),
            _ => groups.push((row.scope.clone(), vec![row.clone()])),
        }
    }
    groups
}

fn group(scope: &Scope, rows: &[SettingRow]) -> Html {
    let (title, effect) = match scope {
        Scope::Producer(name) => (format!("Producer {name}"), "A change closes this producer and starts a new one."),
        Scope::Consumer(name) => (
            format!("Consumer {name}"),
            "A change closes this consumer and starts a new one, at the positions that it had.",
        ),
        Scope::Topic(name) => (format!("Topic {name}"), "A change applies in place."),
        Scope::Brokers => ("Brokers".to_string(), "A change applies in place, on every broker."),
    };
    html! {
        <fieldset key={title.clone()} class={Class::SettingList}>
            <legend>{title}</legend>
            <p class={Class::Note}>{effect}</p>
            { for rows.iter().map(|row| html! { <SettingControl key={row.name} row={row.clone()} /> }) }
        </fieldset>
    }
}
