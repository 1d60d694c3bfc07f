//! A controller: its part in the quorum as a shape and a word, its epoch, and its copy of the metadata log. Here it is crashed, frozen, cut
//! off and started.

use super::fault_menu::FaultMenu;
use crate::engine::cluster::quorum::QuorumStateName;
use crate::engine::common::ControllerId;
use crate::engine::sim::Command;
use crate::ui::Class;
use crate::ui::icon::{Icon, Sign};
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::fault_acts::FaultAct;
use crate::view::frame::{ControllerFrame, Node};
use yew::prelude::*;

/// Properties of [`ControllerCard`].
#[derive(Properties, PartialEq)]
pub struct ControllerCardProps {
    /// The controller.
    pub controller: ControllerFrame,
    /// What can be done to it beside crashing and starting it.
    pub acts: Vec<FaultAct>,
}

/// The card.
#[component]
pub fn ControllerCard(props: &ControllerCardProps) -> Html {
    let controller = &props.controller;
    let down = controller.state.is_none();
    let frozen = controller.frozen_since_us.is_some();
    let standing = match controller.active {
        true => format!("{}, active controller, epoch {}", controller.word(), controller.epoch),
        false => format!("{}, epoch {}", controller.word(), controller.epoch),
    };
    let committed = controller.high_watermark.map_or("unknown".to_string(), |offset| offset.to_string());
    html! {
        <section class={classes!(Class::NodeCard, down.then_some(Class::NodeCardDown), frozen.then_some(Class::NodeCardFrozen))} data-node={Node::Controller(controller.id).key()}
            data-controller={controller.id.to_string()} data-state={controller.word()} aria-label={format!("Controller {}", controller.id)}>
            <div class={Class::NodeHead}>
                <h3 class={Class::NodeName}>
                    <span aria-hidden="true">{ format!("{} ", shape(controller.state)) }</span>{ format!("Controller {}", controller.id) }
                </h3>
                if !down { <FaultMenu of={format!("controller {}", controller.id)} acts={props.acts.clone()} /> }
                <Fault controller={controller.id} {down} />
            </div>
            if let Some(words) = controller.ailments() {
                <p class={Class::NodeNote} data-ailments={Node::Controller(controller.id).key()}>{words}</p>
            }
            <p class={Class::NodeNote}>{ standing }</p>
            <p class={Class::NodeNote} title="Its copy of the metadata log: where it ends, and what it knows to be committed">
                { format!("metadata log: end {}, committed {committed}", controller.log_end) }
            </p>
        </section>
    }
}

/// A shape for each part, so that the leader is told from the others without its colour.
fn shape(state: Option<QuorumStateName>) -> &'static str {
    match state {
        Some(QuorumStateName::Leader) => "⬢",
        Some(QuorumStateName::Follower) => "⬡",
        Some(QuorumStateName::Candidate) => "◈",
        Some(QuorumStateName::Prospective) => "◇",
        Some(QuorumStateName::Unattached) => "○",
        Some(QuorumStateName::Resigned) => "◌",
        None => "×",
    }
}

/// Properties of [`Fault`].
#[derive(Properties, PartialEq)]
struct FaultProps {
    controller: i32,
    down: bool,
}

/// What can be done to the controller.
#[component]
fn Fault(props: &FaultProps) -> Html {
    let runner = use_runner();
    let controller = ControllerId(props.controller);
    let (verb, word, command) = if props.down {
        ("restart", "Start", Command::RestartController { controller })
    } else {
        ("crash", "Crash", Command::CrashController { controller })
    };
    html! {
        <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-keep-clear="" data-fault={format!("{verb}-controller-{controller}")}
            aria-label={format!("{word} controller {controller}")} onclick={runner.on_click(Wish::Submit(command))}>
            if !props.down { <Icon sign={Sign::Crash} /> }
            {word}
        </button>
    }
}
