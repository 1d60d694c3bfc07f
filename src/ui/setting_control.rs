//! One setting's control, made from its row: name, value, unit, and what is not the default.

use super::Class;
use super::runner::{RunnerHandle, use_runner, use_slice};
use super::wish::Wish;
use crate::view::format;
use crate::view::setting_refusals::SettingRefusal;
use crate::view::settings::{Control, Scope, SettingRow};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`SettingControl`].
#[derive(Properties, PartialEq)]
pub struct SettingControlProps {
    /// The row.
    pub row: SettingRow,
}

/// A setting's control.
#[component]
pub fn SettingControl(props: &SettingControlProps) -> Html {
    let row = &props.row;
    let runner = use_runner();
    let ids = Ids::of(row);
    let changed = (!row.is_default).then_some(Class::SettingChanged);
    // What does not fit stays in the field, with the reason below it, until something else is asked for.
    let refusals = use_slice(|published| published.setting_refusals.clone());
    let refusal = refusals.of(row);
    html! {
        <div class={classes!(Class::Setting, changed)} title={row.help} data-setting-row={row.name}>
            <label class={Class::SettingName} for={ids.field.clone()}>{ breakable(row.name) }</label>
            <span id={ids.remark.clone()} class={Class::SettingDefault}>{remark(row)}</span>
            { control(row, &ids, runner, refusal) }
            <p id={ids.help.clone()} class={classes!(Class::Note, Class::SettingHelp)}>{row.help}</p>
            if let Some(refusal) = refusal {
                <p id={ids.problem} class={classes!(Class::Warning, Class::SettingProblem)} data-setting-problem={row.name}>{refusal.why.to_string()}</p>
            }
        </div>
    }
}

/// The names by which a control's parts know each other.
struct Ids {
    field: String,
    remark: String,
    help: String,
    problem: String,
}

impl Ids {
    fn of(row: &SettingRow) -> Self {
        let field = format!("setting-{}-{}", scope_word(&row.scope), row.name);
        Self {
            remark: format!("{field}-remark"),
            help: format!("{field}-help"),
            problem: format!("{field}-problem"),
            field,
        }
    }
}

/// A name that may break after its points.
fn breakable(name: &str) -> Html {
    name.split_inclusive('.').map(|part| html! { <>{part}<wbr /></> }).collect()
}

/// What stands under the name: the unit, the lock or what made the value so, what is not Kafka's default.
fn remark(row: &SettingRow) -> String {
    let unit = if row.unit.is_empty() { String::new() } else { format!("{} · ", row.unit) };
    let default = row.default.parse().map_or_else(|_| row.default.clone(), format::grouped_signed);
    match (row.locked.or(row.implied), row.is_model, row.is_default) {
        (Some(reason), _, _) => format!("{reason} · default {default}"),
        (None, true, true) => format!("{unit}model, default {default}"),
        (None, true, false) => format!("{unit}model, not its default, {default}"),
        (None, false, true) => format!("{unit}default {default}"),
        (None, false, false) => format!("{unit}not Kafka's default, {default}"),
    }
}

fn control(row: &SettingRow, ids: &Ids, runner: RunnerHandle, refusal: Option<&SettingRefusal>) -> Html {
    let onchange = {
        let row = row.clone();
        Callback::from(move |event: Event| {
            let Some(text) = value_of(&event) else { return };
            if !runner.wish(Wish::Submit(row.command(&text))) {
                set_list_back(&event, &row.value);
            }
        })
    };
    let id = ids.field.clone();
    let problem = refusal.map(|_| format!(" {}", ids.problem)).unwrap_or_default();
    let described = format!("{} {}{problem}", ids.remark, ids.help);
    let invalid = refusal.map(|_| "true");
    let value = refusal.map_or_else(|| row.value.clone(), |refusal| refusal.typed.clone());
    let disabled = row.locked.is_some();
    match &row.control {
        Control::Words(words) => html! {
            <select {id} class={Class::Field} data-setting={row.name} aria-describedby={described} {disabled} {onchange}>
                { for words.iter().map(|word| html! { <option value={*word} selected={*word == row.value}>{*word}</option> }) }
            </select>
        },
        Control::Number { min, max } => html! {
            <input {id} class={Class::Field} type="number" inputmode="numeric" step="1" min={min.to_string()} max={max.to_string()}
                {value} aria-invalid={invalid} data-setting={row.name} aria-describedby={described} {disabled} {onchange} />
        },
        Control::Text => html! {
            <input {id} class={Class::Field} type="text" {value} aria-invalid={invalid} data-setting={row.name}
                aria-describedby={described} {disabled} {onchange} />
        },
    }
}

fn value_of(event: &Event) -> Option<String> {
    let target = event.target()?;
    let input = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
    input.or_else(|| target.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value))
}

/// A list shows what stands, not what was refused; a field keeps what was typed.
fn set_list_back(event: &Event, value: &str) {
    let target = event.target();
    if let Some(list) = target.as_ref().and_then(|target| target.dyn_ref::<HtmlSelectElement>()) {
        list.set_value(value);
    }
}

fn scope_word(scope: &Scope) -> String {
    match scope {
        Scope::Producer(name) => format!("producer-{name}"),
        Scope::Consumer(name) => format!("consumer-{name}"),
        Scope::Topic(name) => format!("topic-{name}"),
        Scope::Brokers => "brokers".to_string(),
    }
}
