//! The ledger: every figure leads to the records behind it; each producer session on expansion.

use super::Class;
use super::runner::{use_runner, use_slice};
use super::truth::{Truth, TruthLabel};
use super::wish::Wish;
use crate::engine::common::{SessionId, VirtualTime};
use crate::engine::sim::ledger::Figure;
use crate::view::format;
use crate::view::ledger::{LedgerView, SessionRow};
use crate::view::subject::Subject;
use yew::prelude::*;

/// The ledger bar.
#[component]
pub fn LedgerBar() -> Html {
    let view = use_slice(|published| published.ledger.clone());
    let open = use_state(|| false);
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    html! {
        <section class={Class::Ledger} aria-label="Ledger" data-open={(*open).to_string()}>
            <button type="button" class={Class::LedgerTitle} aria-expanded={(*open).to_string()} aria-controls="ledger-sessions" onclick={toggle}>
                <span class={Class::LedgerWord}>{"Ledger"}</span><span aria-hidden="true">{ if *open { " ▾" } else { " ▸" } }</span>
            </button>
            <div class={Class::LedgerFigures}>
                { for Figure::ALL.into_iter().zip(&view.totals).filter(|(figure, (_, number))| is_shown(*figure, *number)).map(|(figure, (_, number))| html! {
                    <LedgerFigure key={figure.word()} {figure} number={*number} />
                }) }
            </div>
            <span class={Class::LedgerMinor}><TruthLabel truth={Truth::Exact} /></span>
            <Metrics view={view.clone()} />
            <div id="ledger-sessions" hidden={!*open}>
                if *open {
                    <Sessions {view} />
                }
            </div>
        </section>
    }
}

/// Properties of [`LedgerFigure`].
#[derive(Properties, PartialEq)]
struct LedgerFigureProps {
    figure: Figure,
    number: u64,
}

#[component]
fn LedgerFigure(props: &LedgerFigureProps) -> Html {
    let runner = use_runner();
    let subject = Subject::Figure { figure: props.figure, session: None };
    let gap = matches!(props.figure, Figure::Stored | Figure::Lost).then_some(Class::LedgerGap);
    // On a narrow screen the others stand behind the expansion.
    let main = matches!(props.figure, Figure::Sent | Figure::Delivered | Figure::Pending | Figure::Lost);
    let minor = (!main).then_some(Class::LedgerMinor);
    html! {
        <button type="button" class={classes!(Class::LedgerFigure, tone(props.figure, props.number), gap, minor)} title={meaning(props.figure)}
            onclick={runner.on_click(Wish::Inspect(Some(subject)))}>
            <span>{part_of_the_one_before(props.figure)}{props.figure.word()}{" "}</span><span class={Class::LedgerNumber} data-ledger={props.figure.word()}>{props.number}</span>
        </button>
    }
}

/// What only a compacted topic has is shown once there is some.
fn is_shown(figure: Figure, number: u64) -> bool {
    figure != Figure::Compacted || number > 0
}

/// Two figures that would not be added up say so.
fn part_of_the_one_before(figure: Figure) -> &'static str {
    if figure == Figure::Compacted { "of these " } else { "" }
}

/// A figure that should be 0 and is not has a colour.
fn tone(figure: Figure, number: u64) -> Option<Class> {
    match figure {
        _ if number == 0 => None,
        Figure::Lost | Figure::Failed => Some(Class::ToneLost),
        Figure::Duplicates => Some(Class::ToneDuplicate),
        Figure::Reordered | Figure::Unknown => Some(Class::TonePending),
        _ => None,
    }
}

fn meaning(figure: Figure) -> &'static str {
    match figure {
        Figure::Sent => "send() was called. sent = delivered + failed + pending",
        Figure::Delivered => "Success was reported to the application, acks=0 included",
        Figure::Failed => "An error was reported to the application",
        Figure::Pending => "Neither success nor an error was reported yet",
        Figure::Unknown => "Failed, but it was on the wire and no answer ruled out an append",
        Figure::Stored => "Records with a copy, now, in the leader's log",
        Figure::Committed => "Of these, with a copy below the high watermark",
        Figure::Expired => {
            "Were in the leader's log and removed by retention, compaction or DeleteRecords: neither stored nor lost. Compacted is a part of it"
        }
        Figure::Compacted => {
            "A part of expired, not beside it: those that compaction removed, as superseded or as tombstones whose time was over"
        }
        Figure::Lost => {
            "Delivered, not expired, and not in the leader's log. While nobody leads it stays as it was, and the next election settles it: a log that has the record may lead again"
        }
        Figure::Duplicates => {
            "Copies of one send() beyond the first, in leaders' logs. Another send() of the same content is another record"
        }
        Figure::Reordered => "First copy stands before that of a record which the same session sent earlier",
    }
}

/// Properties of [`Metrics`] and [`Sessions`].
#[derive(Properties, PartialEq)]
struct LedgerProps {
    view: std::rc::Rc<LedgerView>,
}

#[component]
fn Metrics(props: &LedgerProps) -> Html {
    let view = &props.view;
    let time = |us: u64| format::short_time(VirtualTime(us));
    html! {
        <div class={Class::LedgerMetrics}>
            if let Some((p50, p99)) = view.latency_us {
                <span title="From send() to success. What a wire, a request and a disk take is a model">{format!("p50 {} · p99 {} ", time(p50), time(p99))}<TruthLabel truth={Truth::Model} /></span>
            }
            if let Some(records) = view.records_per_batch {
                <span>{format!("{} rec/batch", format::tenths(records))}</span>
            }
            if let Some(ratio) = view.compression_ratio.filter(|ratio| *ratio != 1000) {
                <span title="Bytes of the records over bytes of the batches">{format!("ratio {}", format::ratio(ratio))}</span>
            }
        </div>
    }
}

/// The figures of each producer session.
#[component]
fn Sessions(props: &LedgerProps) -> Html {
    let runner = use_runner();
    let cell = |row: &SessionRow, figure: Figure, number: u64| {
        let subject = Subject::Figure { figure, session: Some(SessionId(row.session)) };
        let label = format!("{} {}: {number}", row.producer, figure.word());
        html! {
            <td key={figure.word()}>
                <button type="button" class={classes!(Class::LinkButton, tone(figure, number))} aria-label={label}
                    onclick={runner.on_click(Wish::Inspect(Some(subject)))}>{format::grouped(number)}</button>
            </td>
        }
    };
    html! {
        <div class={Class::LedgerTable} tabindex="0" role="region" aria-label="Producer sessions">
            <table>
                <thead><tr><th scope="col">{"session"}</th>{ for Figure::ALL.iter().map(|figure| html! { <th scope="col">{figure.word()}</th> }) }</tr></thead>
                <tbody>
                    { for props.view.sessions.iter().map(|row| html! {
                        <tr key={row.session}>
                            <th scope="row">{format!("{} #{}", row.producer, row.session)}<span class={Class::Note}>{format!(" {}", row.note)}</span></th>
                            { for Figure::ALL.into_iter().zip(&row.totals).map(|(figure, (_, number))| cell(row, figure, *number)) }
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}
