//! The inspector: fields, bytes, journey and reasons of what was clicked.

use super::Class;
use super::byte_view::{ByteView, FieldList};
use super::icon::{Icon, Sign};
use super::record_list::RecordList;
use super::rich_text::RichText;
use super::runner::{use_runner, use_slice};
use super::stage::fault_menu::FaultButtons;
use super::tone::tone_class;
use super::wish::Wish;
use crate::engine::common::VirtualTime;
use crate::view::format;
use crate::view::inspection::{Inspection, MomentView};
use crate::view::partition_acts;
use std::rc::Rc;
use yew::prelude::*;

/// The inspector column.
#[component]
pub fn Inspector() -> Html {
    let inspection = use_slice(|published| published.inspection.clone());
    let lit = use_state(|| None::<usize>);
    html! {
        <aside class={Class::InspectorColumn} aria-label="Inspector" id="inspector">
            if let Some(inspection) = inspection {
                <InspectionHead inspection={inspection.clone()} />
                <FieldList inspection={inspection.clone()} lit={lit.clone()} />
                if !inspection.bytes.is_empty() {
                    <ByteView inspection={inspection.clone()} {lit} />
                }
                <Journey inspection={inspection.clone()} />
                <Why inspection={inspection.clone()} />
                <PartitionPart />
                if inspection.records_total > 0 {
                    <RecordList {inspection} />
                }
            }
        </aside>
    }
}

/// Properties of the inspector's parts.
#[derive(Properties, PartialEq)]
struct PartProps {
    inspection: Rc<Inspection>,
}

#[component]
fn InspectionHead(props: &PartProps) -> Html {
    let inspection = &props.inspection;
    let runner = use_runner();
    html! {
        <div class={Class::InspectionHead} data-record={inspection.record.map(|id| id.to_string())}>
            <div class={Class::InspectionBar}>
                <h2>{format!("Selected · {}", inspection.kind)}</h2>
                <button type="button" class={classes!(Class::Button, Class::ButtonIcon, Class::ButtonQuiet)} data-inspect="close"
                    aria-label="Close the inspector" title="Close the inspector" onclick={runner.on_click(Wish::Inspect(None))}>
                    <Icon sign={Sign::Close} />
                </button>
            </div>
            <p class={Class::InspectionTitle} data-inspected={inspection.kind}>{inspection.title.clone()}</p>
            if let Some((word, tone)) = &inspection.standing {
                <p class={classes!(Class::Standing, tone_class(*tone))}>{word.clone()}</p>
            }
            { for inspection.links.iter().map(|(label, subject)| html! {
                <button key={label.clone()} type="button" class={Class::LinkButton} onclick={runner.on_click(Wish::Inspect(Some(*subject)))}>{label.clone()}</button>
            }) }
        </div>
    }
}

/// What happened to it; a click on a moment leads there.
#[component]
fn Journey(props: &PartProps) -> Html {
    let runner = use_runner();
    let journey = &props.inspection.journey;
    if journey.is_empty() {
        return Html::default();
    }
    let start = journey[0].at_us;
    let row = |(index, moment): (usize, &MomentView)| {
        let at = VirtualTime(moment.at_us);
        let when = if index == 0 { format::time(at) } else { format::span(at.since(VirtualTime(start))) };
        html! {
            <li key={index}>
                <button type="button" class={classes!(Class::Moment, tone_class(moment.tone))} title={format!("Go to {}", format::time(at))}
                    data-moment-us={moment.at_us.to_string()} onclick={runner.on_click(Wish::Seek(at))}>
                    <span>{moment.label.clone()}</span><span class={Class::Mono}>{when}</span>
                </button>
            </li>
        }
    };
    html! {
        <section aria-label="Journey">
            <h2>{"Journey"}</h2>
            <ol class={Class::Journey}>{ for journey.iter().enumerate().map(row) }</ol>
        </section>
    }
}

/// What can be asked for the partition that a segment or a batch belongs to.
#[component]
fn PartitionPart() -> Html {
    let row = use_slice(|published| partition_acts::of_subject(&published.frame, published.subject?));
    let Some(row) = row else { return Html::default() };
    html! {
        <section aria-label="Partition" data-partition-acts={row.name.clone()}>
            <h2>{format!("The partition {}", row.name)}</h2>
            <p class={Class::Note}>{format!("As the controllers have it: {}.", row.words)}</p>
            <FaultButtons acts={row.acts} />
        </section>
    }
}

/// Why it stands as it does.
#[component]
fn Why(props: &PartProps) -> Html {
    let why = &props.inspection.why;
    html! {
        if !why.is_empty() {
            <section aria-label="Explanation">
                <h2>{"Explain"}</h2>
                { for why.iter().map(|sentence| html! { <p><RichText text={sentence.clone()} /></p> }) }
            </section>
        }
    }
}
