//! Who stands on the stage: brokers, partitions, replicas, producers, consumers. A change starts the run anew, from zero.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::wish::Wish;
use crate::course::{Cast, CastPart};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// The control, folded away until it is asked for.
#[component]
pub fn CastControl() -> Html {
    let cast = use_slice(|published| published.run.cast);
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    html! {
        <>
            <button type="button" class={Class::FoldButton} aria-expanded={(*open).to_string()} data-run="cast" onclick={toggle}>
                { if *open { "▾ Who stands on the stage" } else { "▸ Who stands on the stage" } }
            </button>
            if *open {
                <p class={Class::Note}>{"A change starts the run from zero, with the same seed and commands; what names somebody who is gone is left out."}</p>
                <div class={Class::FormGrid}>
                    { for CastPart::ALL.into_iter().map(|part| html! { <Number key={part.word()} {cast} {part} /> }) }
                </div>
            }
        </>
    }
}

/// Properties of [`Number`].
#[derive(Properties, PartialEq)]
struct NumberProps {
    cast: Cast,
    part: CastPart,
}

/// One of the numbers.
#[component]
fn Number(props: &NumberProps) -> Html {
    let runner = use_runner();
    let (cast, part) = (props.cast, props.part);
    let (least, most) = cast.range(part);
    let onchange = Callback::from(move |event: Event| {
        let chosen = event.target_dyn_into::<HtmlSelectElement>().and_then(|list| list.value().parse().ok());
        if let Some(number) = chosen {
            runner.wish(Wish::Recast(cast.with(part, number)));
        }
    });
    let id = format!("cast-{}", part.word().replace(' ', "-"));
    html! {
        <>
            <label for={id.clone()}>{part.word()}</label>
            <select {id} class={Class::Field} data-cast={part.word()} {onchange}>
                { for (least..=most.max(cast.get(part))).map(|number| html! {
                    <option value={number.to_string()} selected={number == cast.get(part)}>{number}</option>
                }) }
            </select>
        </>
    }
}
