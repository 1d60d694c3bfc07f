//! The calls, one a row, with answers and the judge's marks. The last call made is kept in sight.

use crate::ui::Class;
use crate::view::format;
use crate::view::ring::{CallList, CallRow, Mark};
use crate::web::scroll;
use yew::prelude::*;

/// Properties of [`CallTable`].
#[derive(Properties, PartialEq)]
pub struct CallTableProps {
    /// The rows.
    pub list: CallList,
}

/// The table.
#[component]
pub fn CallTable(props: &CallTableProps) -> Html {
    let list = &props.list;
    let around = use_node_ref();
    let last = list.rows.iter().find(|row| row.is_last).map(|row| row.number);
    {
        let around = around.clone();
        use_effect_with((last, list.rows.len()), move |_| scroll::show_marked_within(&around, "[aria-current]"));
    }
    html! {
        <>
            <h2>{"Calls"}</h2>
            <div class={Class::CallScroll} ref={around} tabindex="0" role="region" aria-label="Calls and answers">
                <table class={Class::CallTable}>
                    <colgroup>
                        <col class={Class::CallNumber} />
                        <col />
                        <col class={Class::CallSlot} />
                        <col class={Class::CallAnswer} />
                        <col class={Class::CallMark} />
                    </colgroup>
                    <thead class={Class::SrOnly}>
                        <tr><th>{"Number"}</th><th>{"Call"}</th><th>{"Slot"}</th><th>{"Answer"}</th><th>{"Judge"}</th></tr>
                    </thead>
                    <tbody>
                        { more(list.earlier, "earlier calls") }
                        { for list.rows.iter().map(row) }
                        { more(list.later, "later calls") }
                    </tbody>
                </table>
            </div>
        </>
    }
}

fn more(count: usize, words: &str) -> Html {
    html! {
        if count > 0 {
            <tr key={words.to_owned()} class={Class::CallMore}>
                <td colspan="5">{format!("{} {words}", format::grouped(count as u64))}</td>
            </tr>
        }
    }
}

fn row(row: &CallRow) -> Html {
    let state = match row.mark {
        Mark::ToCome => Some(Class::CallToCome),
        Mark::Wrong { .. } => Some(Class::CallWrong),
        Mark::None | Mark::Right => None,
    };
    let slot = row.slot.map(|slot| format!("slot {slot}"));
    html! {
        <tr key={row.number} class={classes!(state)} aria-current={row.is_last.then_some("step")} data-ring-call={row.number.to_string()}>
            <td class={Class::CallNumber}>{row.number}</td>
            <th scope="row">{&row.call}</th>
            <td class={Class::CallSlot}>{slot}</td>
            <td class={Class::CallAnswer}>{&row.answer}</td>
            <td class={Class::CallMark}>{mark(&row.mark)}</td>
        </tr>
    }
}

fn mark(mark: &Mark) -> Html {
    match mark {
        Mark::ToCome | Mark::None => Html::default(),
        Mark::Right => html! { <span role="img" aria-label="as expected" title="as expected">{"✓"}</span> },
        Mark::Wrong { given } => {
            let words = format!("the list expects {given}");
            html! { <span role="img" aria-label={words.clone()} title={words}>{format!("≠ {given}")}</span> }
        }
    }
}
