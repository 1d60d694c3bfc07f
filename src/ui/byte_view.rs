//! Fields and bytes, linked both ways: pointing at one, or reaching it with the keyboard, lights the other.

use super::Class;
use super::tone::tone_class;
use crate::view::format;
use crate::view::inspection::{ByteRun, FieldView, Inspection};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`FieldList`] and [`ByteView`].
#[derive(Properties, PartialEq)]
pub struct LinkedProps {
    /// What is shown.
    pub inspection: Rc<Inspection>,
    /// Which run of bytes is lit.
    pub lit: UseStateHandle<Option<usize>>,
}

/// The fields in Kafka's words.
#[component]
pub fn FieldList(props: &LinkedProps) -> Html {
    let field = |(index, field): (usize, &FieldView)| {
        let lit = (field.run.is_some() && field.run == *props.lit).then_some(Class::ByteLit);
        let linked = field.run.is_some().then_some(Class::Linked);
        let (on, off) = lighting(&props.lit, field.run);
        html! {
            <div key={index} class={classes!(Class::Fact, lit, linked)} onmouseenter={on} onmouseleave={off}>
                <dt>{field.name}</dt>
                <dd class={tone_class(field.tone)}>{field.value.clone()}</dd>
            </div>
        }
    };
    html! { <dl class={Class::Facts}>{ for props.inspection.fields.iter().enumerate().map(field) }</dl> }
}

/// The bytes, a row for what belongs together.
#[component]
pub fn ByteView(props: &LinkedProps) -> Html {
    let inspection = &props.inspection;
    let shown: usize = inspection.bytes.iter().map(|run| run.hex.split(' ').count()).sum();
    let row = |(index, run): (usize, &ByteRun)| {
        let lit = (*props.lit == Some(index)).then_some(Class::ByteLit);
        let (on, off) = lighting(&props.lit, Some(index));
        let toggle = {
            let handle = props.lit.clone();
            Callback::from(move |_: MouseEvent| handle.set(if *handle == Some(index) { None } else { Some(index) }))
        };
        let file = inspection.files.iter().find(|(first, _)| *first == index);
        html! {
            <>
                if let Some((_, name)) = file {
                    <p class={Class::ByteFile}>{name.clone()}</p>
                }
                <button key={index} type="button" class={classes!(Class::ByteRow, lit)} title={format!("at position {}", run.position)}
                    onmouseenter={on} onmouseleave={off} onclick={toggle} aria-pressed={lit.is_some().to_string()}>
                    <span class={Class::ByteField}>{run.hex.clone()}</span><span>{run.label.clone()}</span>
                </button>
            </>
        }
    };
    html! {
        <section aria-label="Bytes">
            <h2>{ if inspection.files.is_empty() { "Bytes" } else { "Bytes of the indexes" } }</h2>
            <div class={classes!(Class::Bytes, (!inspection.files.is_empty()).then_some(Class::BytesStacked))}>
                { for inspection.bytes.iter().enumerate().map(row) }
                if inspection.bytes_total > shown {
                    <p class={Class::Note}>{format!("… {} more", format::grouped((inspection.bytes_total - shown) as u64))}</p>
                }
            </div>
        </section>
    }
}

/// Callbacks that light a run and put it out.
fn lighting(lit: &UseStateHandle<Option<usize>>, run: Option<usize>) -> (Callback<MouseEvent>, Callback<MouseEvent>) {
    if run.is_none() {
        return (Callback::noop(), Callback::noop());
    }
    let (on, off) = (lit.clone(), lit.clone());
    (Callback::from(move |_| on.set(run)), Callback::from(move |_| off.set(None)))
}
