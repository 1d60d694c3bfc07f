//! What the panels get to see of the run.

use super::Run;
use crate::course::{Cast, Place, Room};
use crate::engine::sim::MarkKind;
use crate::engine::sim::ledger::Figure;
use crate::ui::published::{Published, RunView, refresh};
use crate::view::departures::Departures;
use crate::view::inspection::Inspection;
use crate::view::ledger::LedgerView;
use crate::view::transport::TransportView;
use crate::view::{Frame, Subject, log_room, promises, proof, settings};
use std::rc::Rc;

impl Run {
    /// Looks at the subject again, unless nothing has happened since: a long list is not made anew for nothing.
    fn inspect(&mut self, published: &mut Published) {
        let state = self.timeline.state();
        let seen = self.subject.map(|subject| (subject, state.now, state.trace_hash));
        if seen != self.inspected || published.inspection.is_some() != seen.is_some() {
            self.inspected = seen;
            published.inspection = self.subject.map(|subject| Rc::new(self.inspection_of(&subject)));
        }
    }

    /// What the state tells of the subject, and what only the run knows: when records were lost, and why a send was refused.
    fn inspection_of(&self, subject: &Subject) -> Inspection {
        let mut inspection = Inspection::of(self.timeline.state(), subject);
        if let Subject::Figure { figure: Figure::Lost, .. } = subject {
            let losses = self.timeline.marks().iter().filter(|mark| mark.kind == MarkKind::Loss);
            inspection.lead_to(&losses.map(|mark| mark.at.0).collect::<Vec<_>>());
        }
        if let Some((_, why)) = self.refused.as_ref().filter(|(refused, _)| refused == subject) {
            inspection.why.push(why.to_string());
        }
        inspection
    }

    /// Brings the slices up to date.
    pub fn publish(&mut self, published: &mut Published) {
        self.inspect(published);
        let state = self.state();
        refresh(&mut published.frame, Frame::of(state, self.now()));
        let mut transport = TransportView::of(&self.timeline, &self.playback);
        transport.cut_tail = transport.cut_tail.filter(|_| !self.is_tail_back);
        refresh(&mut published.transport, transport);
        refresh(&mut published.ledger, LedgerView::of(state));
        if self.place != Place::Landing {
            refresh(&mut published.settings, settings::rows_of(state));
            refresh(&mut published.promises, promises::rows(state));
        }
        let producers = state.scenario.producers.iter().map(|producer| producer.name.clone()).collect();
        refresh(&mut published.producers, producers);
        refresh(&mut published.run, self.run_view());
        published.subject = self.subject;
        published.last_sent = self.last_sent.as_ref().map(|(command, _)| Rc::clone(command));
        published.sent_just_now = self.last_sent.as_ref().is_some_and(|(_, at)| *at == self.now());
        published.refusal = self.refusal.clone();
        let limit = state.limit.map(|limit| Rc::from(limit.to_string()));
        published.notice = self.notice.clone().or(limit);
        refresh(&mut published.setting_refusals, self.setting_refusals.clone());
        published.news = Rc::from(self.news.as_deref().unwrap_or_default());
        self.publish_log(published);
        let batching = self.place == Place::Room(Room::Batching);
        published.departures = batching.then(|| Rc::new(Departures::of(state)));
        if self.place == Place::Landing {
            refresh(&mut published.proof, proof::rows(state));
        }
    }

    fn run_view(&self) -> RunView {
        let scenario = &self.state().scenario;
        RunView {
            seed: scenario.seed,
            cast: Cast::of(scenario),
            source: self.provenance.source(),
            has_before: self.provenance.has_before(),
            problem: self.problem.clone(),
        }
    }

    /// The Log room's picture and seek. What was found before may not be there any more.
    fn publish_log(&self, published: &mut Published) {
        let is_shown = self.place == Place::Room(Room::Log);
        let log = is_shown.then(|| log_room::view(self.state(), self.seek.target)).flatten();
        published.seek = self.seek.clone();
        if let (None, Some(target), Some(why)) =
            (&self.seek.problem, self.seek.target, log.as_ref().and_then(|log| log.not_found.as_deref()))
        {
            published.seek.problem = Some((target.by(), Rc::from(why)));
        }
        published.log = log.map(Rc::new);
    }
}
