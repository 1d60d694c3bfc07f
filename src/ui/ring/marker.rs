//! The marker of head or tail: a pointer on the ring's edge and its label, which turns with it and stays upright.
//!
//! Angles are attributes that a style transition moves, so the marker glides on, or steps where motion is not wanted.

use crate::ui::Class;
use crate::view::ring::picture::{LABEL_HEIGHT, LABEL_WIDTH};
use crate::view::ring::{Marker, geometry};
use yew::prelude::*;

/// Which end of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The slot of Front.
    Head,
    /// The slot that the next enQueue writes.
    Tail,
}

/// Properties of [`RingMarker`].
#[derive(Properties, PartialEq)]
pub struct RingMarkerProps {
    /// Which end.
    pub end: End,
    /// Where it is.
    pub marker: Marker,
}

/// The marker.
#[component]
pub fn RingMarker(props: &RingMarkerProps) -> Html {
    let Marker { pointer_angle, label_angle, label_radius, .. } = props.marker;
    let (word, tone) = match props.end {
        End::Head => ("head", Class::RingMarkerHead),
        End::Tail => ("tail", Class::RingMarkerTail),
    };
    let turned = |angle: f64| format!("rotate({})", geometry::number(angle));
    html! {
        <g class={classes!(Class::RingMarker, tone)} aria-hidden="true">
            <path class={Class::RingMarkerTurns} transform={turned(pointer_angle)} d="M0 -151 l-7 -13 h14 z" />
            <g class={Class::RingMarkerTurns} transform={turned(label_angle)}>
                <g class={Class::RingMarkerTurns} transform={format!("translate(0 {})", geometry::number(-label_radius))}>
                    <g class={Class::RingMarkerTurns} transform={turned(-label_angle)}>
                        <rect
                            x={geometry::number(-LABEL_WIDTH / 2.0)}
                            y={geometry::number(-LABEL_HEIGHT / 2.0)}
                            width={geometry::number(LABEL_WIDTH)}
                            height={geometry::number(LABEL_HEIGHT)}
                            rx="9"
                        />
                        <text y="4.5">{word}</text>
                    </g>
                </g>
            </g>
        </g>
    }
}
