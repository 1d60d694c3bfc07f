//! A place with a run: lesson, stage, inspector, and the bars at the bottom.

use super::Class;
use super::batching_room::BatchingRoom;
use super::clients::Clients;
use super::failover_table::FailoverTable;
use super::inspector::Inspector;
use super::invariants::InvariantSection;
use super::landing::{Course, HowYouCanTell, LandingStage};
use super::ledger_bar::LedgerBar;
use super::lesson::LessonColumn;
use super::log_room::LogRoom;
use super::log_room::seek_form::SeekForms;
use super::partitions_room::PartitionsRoom;
use super::promises::Promises;
use super::run_control::RunControl;
use super::runner::use_slice;
use super::send_form::{SendForm, SendHandle};
use super::send_state::SendForms;
use super::settings_panel::{LessonSettings, OtherSettings};
use super::stage::Stage;
use super::stage::link_faults::LinkFaults;
use super::stage::partition_list::PartitionList;
use super::transport::Transport;
use crate::course::{self, Place, Room};
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`RoomPage`].
#[derive(Properties, PartialEq)]
pub struct RoomPageProps {
    /// Where the reader is.
    pub place: Place,
    /// What stands in the send forms.
    pub forms: SendForms,
}

/// The place.
#[component]
pub fn RoomPage(props: &RoomPageProps) -> Html {
    let place = props.place;
    let send = use_send_form(&props.forms, place);
    // The stage has the room while nothing is inspected.
    let inspector = use_slice(|published| published.subject.is_some());
    let layout = (!inspector).then_some(Class::ColumnsNoInspector);
    html! {
        <>
            <main class={classes!(Class::Columns, layout)} data-room={place.slug()}>
                <LessonColumn {place} controls={controls(place)} below={below(place)}>
                    <SendForm state={send.clone()} />
                </LessonColumn>
                <div id="stage" tabindex="-1" class={Class::StageColumn}>
                    { stage(place, &send) }
                </div>
                if inspector {
                    <Inspector />
                }
            </main>
            <footer class={Class::Foot}>
                <Transport />
                <LedgerBar />
            </footer>
        </>
    }
}

/// The place's own send form; what stands in it is kept for the next visit.
#[hook]
fn use_send_form(forms: &SendForms, place: Place) -> SendHandle {
    let state = {
        let forms = forms.clone();
        use_reducer(move || forms.of(place))
    };
    let forms = forms.clone();
    use_effect_with((state.clone(), place), move |(state, place)| forms.keep(*place, Rc::new((**state).clone())));
    state
}

/// What stands between the idea and what to look at.
fn controls(place: Place) -> Html {
    let lesson = course::lesson(place).settings;
    match place {
        Place::Landing => html! { <HowYouCanTell /> },
        Place::Room(Room::Log) => html! { <><LessonSettings {lesson} /><SeekForms /></> },
        Place::Room(_) => html! { <LessonSettings {lesson} /> },
    }
}

/// What stands below what to look at.
fn below(place: Place) -> Html {
    let lesson = course::lesson(place).settings;
    html! {
        <>
            if matches!(place, Place::Room(_)) {
                <Promises />
                <InvariantSection />
            }
            if place == Place::Room(Room::Cluster) {
                <FailoverTable />
            }
            <Clients />
            <RunControl />
            <OtherSettings {lesson} />
        </>
    }
}

fn stage(place: Place, send: &SendHandle) -> Html {
    match place {
        Place::Landing => html! { <><LandingStage /><Course /></> },
        Place::Room(Room::Log) => html! { <LogRoom /> },
        Place::Room(Room::Partitions) => html! { <PartitionsRoom send={send.clone()} /> },
        Place::Room(Room::Batching) => html! { <BatchingRoom /> },
        Place::Room(room) => html! { <><Stage /><PartitionList at_first={room == Room::Cluster} /><LinkFaults /></> },
    }
}
