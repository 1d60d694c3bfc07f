//! The button that crashes a node with a process of its own, a broker or a controller, and starts it again.

use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::icon::{Icon, Sign};
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::frame::Node;
use yew::prelude::*;

/// Properties of [`CrashButton`].
#[derive(Properties, PartialEq)]
pub struct CrashButtonProps {
    /// The node.
    pub node: Node,
    /// Its process is dead.
    pub down: bool,
    /// What kills it.
    pub crash: Command,
    /// What starts it again.
    pub restart: Command,
}

/// The button.
#[component]
pub fn CrashButton(props: &CrashButtonProps) -> Html {
    let runner = use_runner();
    let (verb, word, command) =
        if props.down { ("restart", "Start", &props.restart) } else { ("crash", "Crash", &props.crash) };
    html! {
        <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-keep-clear="" data-fault={format!("{verb}-{}", props.node.key())}
            aria-label={format!("{word} {}", props.node.words())} onclick={runner.on_click(Wish::Submit(command.clone()))}>
            if !props.down { <Icon sign={Sign::Crash} /> }
            {word}
        </button>
    }
}
