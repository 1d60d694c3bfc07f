//! What a dead controller cost with ZooKeeper, and costs with KRaft: a table of the model, behind one word.

use super::Class;
use super::runner::use_slice;
use super::truth::{Truth, TruthLabel};
use crate::view::failover::{self, FailoverLine};
use yew::prelude::*;

/// The table.
#[component]
pub fn FailoverTable() -> Html {
    let brokers = use_slice(|published| published.frame.brokers.len());
    let lines = failover::lines(brokers);
    html! {
        <section class={Class::LessonSection} aria-labelledby="failover-title" data-failover="">
            <h2 id="failover-title">{"How long nobody decides "}<TruthLabel truth={Truth::Model} /></h2>
            <table class={Class::DataTable}>
                <thead><tr><th scope="col">{"partitions"}</th><th scope="col">{"ZooKeeper"}</th><th scope="col">{"KRaft"}</th></tr></thead>
                <tbody>{ for lines.iter().map(line) }</tbody>
            </table>
            <p class={Class::Note}>{failover::assumptions()}</p>
        </section>
    }
}

fn line(line: &FailoverLine) -> Html {
    html! {
        <tr key={line.partitions.clone()}><th scope="row">{&line.partitions}</th><td>{&line.zookeeper}</td><td>{&line.kraft}</td></tr>
    }
}
