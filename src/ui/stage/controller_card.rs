//! A controller: its part in the quorum as a shape and a word, its epoch, and its copy of the metadata log. Here it is crashed, frozen, cut
//! off and started.

use super::crash_button::CrashButton;
use super::fault_menu::FaultMenu;
use crate::engine::cluster::quorum::QuorumStateName;
use crate::engine::common::ControllerId;
use crate::engine::sim::Command;
use crate::ui::Class;
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
    let id = ControllerId(controller.id);
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
                <CrashButton node={Node::Controller(controller.id)} {down}
                    crash={Command::CrashController { controller: id }} restart={Command::RestartController { controller: id }} />
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
