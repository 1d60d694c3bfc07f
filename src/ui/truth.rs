//! The label of a figure: Kafka's own, or a model's.

use super::Class;
use yew::prelude::*;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Kafka's own algorithm or bytes.
    Exact,
    /// A simulation with stated assumptions that can be changed.
    Model,
}

/// Properties of [`TruthLabel`].
#[derive(Properties, PartialEq)]
pub struct TruthProps {
    /// Which.
    pub truth: Truth,
}

/// `exact` or `model`, with what that means on hovering.
#[component]
pub fn TruthLabel(props: &TruthProps) -> Html {
    let (word, tone, meaning) = match props.truth {
        Truth::Exact => ("exact", Class::TruthExact, "Kafka's own algorithm or bytes"),
        Truth::Model => ("model", Class::TruthModel, "A simulation whose assumptions are stated and can be changed"),
    };
    html! { <span class={classes!(Class::Truth, tone)} title={meaning}>{word}</span> }
}
