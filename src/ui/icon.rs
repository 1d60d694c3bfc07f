//! The page's few signs, drawn as shapes so that no font has to have them.

use super::Class;
use yew::prelude::*;

/// Which sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say what they show
pub enum Sign {
    Start,
    Back,
    Forward,
    NextMark,
    Play,
    Pause,
    Theme,
    Help,
    Close,
    Crash,
}

impl Sign {
    fn path(self) -> &'static str {
        match self {
            Sign::Start => "M2 2h2v10H2zM12 2v10L5 7z",
            Sign::Back => "M10 2v10L3 7z",
            Sign::Forward => "M4 2v10l7-5z",
            Sign::NextMark => "M1 2l5 5-5 5zM6 2l5 5-5 5zM11 2h2v10h-2z",
            Sign::Play => "M3 1.5v11l9-5.5z",
            Sign::Pause => "M3 2h3v10H3zM8 2h3v10H8z",
            Sign::Theme => "M7 0a7 7 0 1 0 0 14A7 7 0 0 0 7 0zm0 1.6v10.8A5.4 5.4 0 0 1 7 1.6z",
            Sign::Help => {
                "M7 0a7 7 0 1 0 0 14A7 7 0 0 0 7 0zm.9 11H6.2V9.4h1.7zm0-2.8H6.3c0-2 1.9-2 1.9-3.2 0-.6-.5-1-1.2-1s-1.2.4-1.3 1.2L4.2 5C4.4 3.5 5.500 2.600 7 2.600c1.600 0 2.800.9 2.800 2.300 0 1.900-1.900 2-1.900 3.300z"
            }
            Sign::Close => {
                "M3.200 2 7 5.800 10.800 2 12 3.200 8.200 7 12 10.800 10.800 12 7 8.200 3.200 12 2 10.800 5.800 7 2 3.200z"
            }
            Sign::Crash => "M8.500 0 2 8h4l-1.500 6L12 5.500H7.500z",
        }
    }
}

/// Properties of [`Icon`].
#[derive(Properties, PartialEq)]
pub struct IconProps {
    /// Which sign.
    pub sign: Sign,
}

/// A sign beside or in place of a word. It is hidden from screen readers; the control has a label.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! {
        <svg class={Class::Icon} viewBox="0 0 14 14" aria-hidden="true" focusable="false">
            <path fill-rule="evenodd" d={props.sign.path()} />
        </svg>
    }
}
