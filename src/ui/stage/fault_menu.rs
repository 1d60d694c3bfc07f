//! A menu of faults on a card: closed, it is one word; open, it lies over what stands below, a line for each act with what it does. A click
//! elsewhere or Escape closes it: see `src/web/menus.rs`. On a phone it is a sheet at the bottom, which has a sign of its own to close it.

use crate::ui::Class;
use crate::ui::icon::{Icon, Sign};
use crate::ui::runner::use_runner;
use crate::ui::wish::Wish;
use crate::view::fault_acts::FaultAct;
use crate::web::menus;
use web_sys::Element;
use yew::prelude::*;

/// Properties of [`FaultMenu`].
#[derive(Properties, PartialEq)]
pub struct FaultMenuProps {
    /// Whose: `broker 1`.
    pub of: AttrValue,
    /// What can be done.
    pub acts: Vec<FaultAct>,
}

/// The menu.
#[component]
pub fn FaultMenu(props: &FaultMenuProps) -> Html {
    let close = Callback::from(|event: MouseEvent| menus::close_around(&event.target_unchecked_into::<Element>()));
    html! {
        <details class={Class::FaultMenu} data-fault-menu={props.of.clone()}>
            <summary data-keep-clear="" aria-label={format!("Faults of {}", props.of)}>{"Faults"}</summary>
            <div class={Class::FaultSheet}>
                <p class={Class::LinkEnds}>{format!("Faults of {}", props.of)}</p>
                <FaultButtons acts={props.acts.clone()} />
                <button type="button" class={classes!(Class::Button, Class::ButtonIcon, Class::ButtonQuiet)} data-fault-menu-close=""
                    aria-label={format!("Close the faults of {}", props.of)} onclick={close}><Icon sign={Sign::Close} /></button>
            </div>
        </details>
    }
}

/// Properties of [`FaultButtons`].
#[derive(Properties, PartialEq)]
pub struct FaultButtonsProps {
    /// What can be done.
    pub acts: Vec<FaultAct>,
    /// The buttons alone: what each means is said elsewhere.
    #[prop_or_default]
    pub short: bool,
}

/// A button for each act, and what it does.
#[component]
pub fn FaultButtons(props: &FaultButtonsProps) -> Html {
    let runner = use_runner();
    html! {
        <div class={if props.short { Class::FaultButtons } else { Class::FaultActs }}>
            // An act and its reverse share a button, which keeps the focus.
            { for props.acts.iter().enumerate().map(|(place, act)| html! {
                <div key={place} class={Class::FaultAct}>
                    <button type="button" class={classes!(Class::Button, Class::NodeAct)} data-fault={act.hook.clone()}
                        title={act.label.clone()} aria-label={act.label.clone()} onclick={runner.on_click(Wish::Submit(act.command.clone()))}>{act.word}</button>
                    if !props.short { <span>{act.means.clone()}</span> }
                </div>
            }) }
        </div>
    }
}
