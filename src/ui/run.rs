//! The run of one place: its timeline, how it is played, and what the reader looks at in it.

use super::published::{Published, RunView, SeekSlice, refresh};
use super::wish::Wish;
use crate::course::{Cast, PRESETS, Place, Preset, Room};
use crate::engine::common::{Offset, RecordId, VirtualTime};
use crate::engine::sim::ledger::Figure;
use crate::engine::sim::{
    Command, EventKind, MarkKind, ProducerEvent, Scenario, State, TimedCommand, Timeline, TraceHash,
};
use crate::view::departures::Departures;
use crate::view::frame::Flight;
use crate::view::inspection::Inspection;
use crate::view::landing::to_next_leader;
use crate::view::ledger::LedgerView;
use crate::view::log_seek::SeekView;
use crate::view::playback::{Outlook, Playback, Speed};
use crate::view::seek_target::{SeekBy, SeekTarget};
use crate::view::transport::TransportView;
use crate::view::waiting_calls::WaitingCalls;
use crate::view::{Frame, Subject, log_room, news, partition_acts, promises, proof, settings};
use crate::web::media;
use std::cell::RefCell;
use std::rc::Rc;

/// How far ahead quiet time is looked through for the next visible event.
const LOOK_AHEAD: VirtualTime = VirtualTime(30_000_000);
/// The latest moment that a run on the page reaches.
const PAGE_END: VirtualTime = VirtualTime(3_600_000_000);

/// The origin of a run that was pasted.
const PASTED: &str = "pasted";

thread_local! {
    /// What was last attempted: if the engine panics, this is the run to report.
    static LAST_ATTEMPT: RefCell<Option<(Rc<Scenario>, VirtualTime)>> = const { RefCell::new(None) };
}

/// The scenario of what was last attempted, as text.
#[must_use]
pub fn last_attempt() -> String {
    LAST_ATTEMPT.with(|last| {
        let last = last.borrow();
        last.as_ref()
            .map(|(script, end)| Scenario { end: *end, ..Scenario::clone(script) }.to_json())
            .unwrap_or_default()
    })
}

/// A run on the page.
pub struct Run {
    place: Place,
    timeline: Timeline,
    /// The whole run, its commands to come included: what is reported if the engine panics.
    script: Rc<Scenario>,
    playback: Playback,
    preset: Option<usize>,
    /// Where a run that is no preset comes from, in a word.
    origin: &'static str,
    /// What stood here before a run was found: the run, and which preset it was.
    before: Option<Box<(Scenario, Option<usize>)>>,
    subject: Option<Subject>,
    seek: SeekSlice,
    last_sent: Option<(Rc<Command>, VirtualTime)>,
    /// What was cut off last was brought back: there is no other tail to ask for.
    is_tail_back: bool,
    refusal: Option<Rc<str>>,
    /// The record whose send was refused last, and why.
    refused: Option<(Subject, Rc<str>)>,
    notice: Option<Rc<str>>,
    problem: Option<String>,
    news: Option<String>,
    /// Calls of `send()` by hand that waited when the run was last looked at: if one fails, the send form says so.
    waiting_calls: WaitingCalls,
    /// What was inspected last, and when.
    inspected: Option<(Subject, VirtualTime, TraceHash)>,
    /// The next visible event, as far as it was looked for, and from where it was looked.
    outlook: Option<(VirtualTime, Option<VirtualTime>)>,
}

impl Run {
    /// The first run of a place.
    #[must_use]
    pub fn start(place: Place) -> Self {
        let preset = Preset::of(place).unwrap_or(PRESETS[0]);
        let index = PRESETS.iter().position(|known| *known == preset);
        let mut run = Self::of_scenario(place, preset.scenario(), preset, index);
        run.playback.playing = place == Place::Landing && !media::prefers_reduced_motion();
        run
    }

    fn of_scenario(place: Place, scenario: Scenario, preset: Preset, index: Option<usize>) -> Self {
        let script = Rc::new(scenario.clone());
        attempt(&script, preset.opens_at);
        let mut timeline = Timeline::new(scenario);
        timeline.advance_to(preset.opens_at);
        let mut playback = Playback::new(Speed::one_in(preset.one_in));
        playback.stepwise = media::prefers_reduced_motion();
        Self {
            place,
            timeline,
            script,
            playback,
            preset: index,
            origin: PASTED,
            before: None,
            subject: None,
            seek: SeekSlice { target: first_seek(place, preset), problem: None },
            last_sent: None,
            is_tail_back: false,
            refusal: None,
            refused: None,
            notice: None,
            problem: None,
            news: None,
            waiting_calls: WaitingCalls::default(),
            inspected: None,
            outlook: None,
        }
    }

    /// From now on, this is the run to report.
    pub fn note_attempt(&self) {
        attempt(&self.script, self.now());
    }

    /// The reader goes elsewhere.
    pub fn leave(&mut self) {
        self.playback.pause();
        self.inspected = None;
    }

    /// The state at the moment shown.
    #[must_use]
    pub fn state(&self) -> &State {
        self.timeline.state()
    }

    /// The moment shown.
    #[must_use]
    pub fn now(&self) -> VirtualTime {
        self.timeline.position()
    }

    /// The run up to the moment shown, as text.
    #[must_use]
    pub fn scenario_text(&self) -> String {
        self.timeline.to_scenario().to_json()
    }

    /// Real time has passed. Answers whether the moment shown is another.
    pub fn tick(&mut self, real_us: u64) -> bool {
        if !self.playback.playing {
            return false;
        }
        let outlook = self.outlook();
        let Some(target) = self.playback.tick(real_us, outlook) else { return !self.playback.playing };
        attempt_until(target);
        self.timeline.advance_to(target);
        if self.state().is_halted() {
            self.playback.pause();
        }
        self.hear();
        true
    }

    fn outlook(&mut self) -> Outlook {
        let now = self.now();
        let known = self.outlook.filter(|(from, next)| *from <= now && next.is_none_or(|next| next > now));
        let next_visible = match known {
            Some((from, None)) if from + VirtualTime(LOOK_AHEAD.0 / 2) < now => self.look_ahead(),
            Some((_, next)) => next,
            None => self.look_ahead(),
        };
        let moving = Frame::flights_of(self.state()).iter().any(Flight::carries_records);
        Outlook { now, next_visible, moving, end: PAGE_END }
    }

    fn look_ahead(&mut self) -> Option<VirtualTime> {
        if !self.playback.skip_quiet && !self.playback.stepwise {
            return None;
        }
        let now = self.now();
        let next = self.timeline.next_visible(now + LOOK_AHEAD);
        self.outlook = Some((now, next));
        next
    }

    /// Does what the reader asks for. Answers whether it was possible.
    pub fn grant(&mut self, wish: Wish) -> bool {
        // Why a send failed stays to be read while the run is paused, played and looked at.
        if !wish.only_looks() {
            self.refusal = None;
        }
        let refused_before = self.refusal.clone();
        self.notice = None;
        self.problem = None;
        self.seek.problem = None;
        match wish {
            Wish::Play => self.playback.playing = true,
            Wish::Pause => self.playback.pause(),
            Wish::TogglePlay if self.playback.playing => self.playback.pause(),
            Wish::TogglePlay => self.playback.playing = true,
            Wish::ToStart => self.go(|timeline| timeline.seek(VirtualTime::ZERO)),
            Wish::StepForward => self.go(Timeline::step_forward),
            Wish::StepBack => self.go(Timeline::step_back),
            Wish::NextMark => self.next_mark(),
            Wish::NextLeader => self.go(|timeline| to_next_leader(timeline, LOOK_AHEAD)),
            Wish::PreviousMark => self.go(Timeline::previous_mark),
            Wish::Seek(at) => self.go(|timeline| timeline.seek(at.min(PAGE_END))),
            Wish::SetSpeed(step) => self.playback.speed = Speed::at_step(step),
            Wish::SetSkipQuiet(skip) => self.playback.skip_quiet = skip,
            Wish::Submit(command) => self.submit(command),
            Wish::BringBack => self.bring_back(),
            Wish::Reset => *self = Self::start(self.place),
            Wish::Recast(cast) => self.recast(cast),
            Wish::SetSeed(seed) => self.set_seed(seed),
            Wish::LoadPreset(index) => self.load_preset(index),
            Wish::Paste(text) => self.paste(&text),
            Wish::PlayFound(text, at) => self.play_found(&text, at),
            Wish::BackToMyRun => self.back_to_my_run(),
            Wish::Inspect(subject) => self.subject = subject,
            Wish::BreakEngine => panic!("the engine was broken on purpose"),
            Wish::SeekLog(by, typed) => self.seek_log(by, &typed),
        }
        refused_before == self.refusal && self.notice.is_none() && self.problem.is_none() && self.seek.problem.is_none()
    }

    /// Seeks what was typed. What is not found gets a sentence, and the last seek stays in the picture.
    fn seek_log(&mut self, by: SeekBy, typed: &str) {
        let found = by.target(typed).and_then(|target| {
            let (_, log) = log_room::shown(self.state()).ok_or("There is no log here.")?;
            SeekView::of(log, target).map(|_| target)
        });
        match found {
            Ok(target) => self.seek.target = Some(target),
            Err(why) => self.seek.problem = Some((by, Rc::from(why))),
        }
    }

    /// Goes to another moment; playing stops there.
    fn go(&mut self, way: impl FnOnce(&mut Timeline)) {
        self.playback.pause();
        way(&mut self.timeline);
        self.hear();
    }

    fn next_mark(&mut self) {
        let before = self.now();
        self.go(to_next_mark);
        if self.now() == before {
            let seconds = LOOK_AHEAD.as_ms() / 1_000;
            self.notice = Some(Rc::from(format!(
                "No mark in the {seconds} s to come: no crash, election, roll, loss or command."
            )));
        }
    }

    fn bring_back(&mut self) {
        self.playback.pause();
        self.is_tail_back = true;
        if self.timeline.restore_branch() {
            let (at, end) = (self.now(), self.timeline.end());
            self.timeline.seek(end);
            self.script = Rc::new(self.timeline.to_scenario());
            self.timeline.seek(at);
        }
        self.outlook = None;
        self.hear();
    }

    /// Takes note of what is worth telling. While the run plays, only what leaves a mark is: a reader of the screen could not
    /// follow the rest.
    fn hear(&mut self) {
        let marks_only = self.playback.playing;
        if let Some(headline) = news::headline(self.timeline.state(), self.timeline.news(), marks_only) {
            self.news = Some(headline);
        }
        if let Some(sentence) = self.waiting_calls.refusal(&self.timeline) {
            self.refusal = Some(Rc::from(sentence));
        }
        self.waiting_calls = WaitingCalls::of(self.state());
    }

    /// If the engine panics over a command, the command is part of the run to report.
    fn attempt_command(&self, command: &Command) {
        let mut script = self.timeline.to_scenario();
        script.commands.push(TimedCommand { at: self.now(), command: command.clone() });
        attempt(&Rc::new(script), self.now());
    }

    fn submit(&mut self, command: Command) {
        let first_new = RecordId(self.state().ledger.records_count() as u64);
        self.attempt_command(&command);
        if let Err(error) = self.timeline.submit(command.clone()) {
            let sentence = Some(Rc::from(error.to_string()));
            match command {
                Command::Send { .. } | Command::Burst { .. } => self.refusal = sentence,
                _ => self.notice = sentence,
            }
            return;
        }
        self.script = Rc::new(self.timeline.to_scenario());
        self.is_tail_back = false;
        self.outlook = None;
        self.hear();
        self.notice = partition_acts::refusal(self.state(), &command, self.timeline.news()).map(Rc::from);
        if let Command::Send { .. } | Command::Burst { .. } = command {
            self.refusal = self.refused_send(&command).map(Rc::from);
            if self.state().ledger.record(first_new).is_some() {
                self.subject = Some(Subject::Record(first_new));
                self.refused = self.refusal.clone().map(|why| (Subject::Record(first_new), why));
            }
            self.last_sent = Some((Rc::new(command), self.now()));
        }
    }

    /// Why the call of `send()` that was just made failed, as Kafka words it.
    fn refused_send(&self, command: &Command) -> Option<String> {
        let (Command::Send { record, .. } | Command::Burst { record, .. }) = command else { return None };
        let failed = |event: &EventKind| match event {
            EventKind::Producer { session, event: ProducerEvent::SendFailed { why, .. } } => Some((*session, *why)),
            _ => None,
        };
        let (session, why) = self.timeline.news().iter().find_map(|event| failed(&event.kind))?;
        Some(news::refusal(self.state(), session, why, record))
    }

    /// The same seed and commands with another cast, from zero.
    fn recast(&mut self, cast: Cast) {
        match cast.applied_to(self.timeline.to_scenario()) {
            Ok(scenario) => {
                self.replace(scenario, Some(VirtualTime::ZERO));
                (self.preset, self.origin) = (None, "another cast");
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    fn set_seed(&mut self, seed: u64) {
        let scenario = Scenario { seed, ..self.timeline.to_scenario() };
        let end = self.now();
        self.replace(scenario, Some(end));
    }

    /// Starts another run in this place, at the moment where its text ends.
    fn replace(&mut self, scenario: Scenario, opens_at: Option<VirtualTime>) {
        let preset = Preset {
            opens_at: opens_at.unwrap_or(scenario.end).min(PAGE_END),
            ..Preset::of(self.place).unwrap_or(PRESETS[0])
        };
        let (speed, kept) = (self.playback.speed, self.preset);
        *self = Self::of_scenario(self.place, scenario, preset, kept);
        self.playback.speed = speed;
    }

    fn load_preset(&mut self, index: usize) {
        if let Some(preset) = PRESETS.get(index) {
            let scenario = preset.scenario();
            let opened = Preset { opens_at: preset.opening(&scenario), ..*preset };
            *self = Self::of_scenario(self.place, scenario, opened, Some(index));
        }
    }

    fn paste(&mut self, text: &str) {
        match Scenario::from_json(text) {
            Ok(scenario) => {
                self.replace(scenario, None);
                self.preset = None;
            }
            Err(error) => self.problem = Some(format!("This is not a run: {error}")),
        }
    }

    /// Puts a run that was found in place of the reader's own, which is kept.
    fn play_found(&mut self, text: &str, at: VirtualTime) {
        let own = self.before.take().unwrap_or_else(|| Box::new((self.timeline.to_scenario(), self.preset)));
        self.paste(text);
        if self.problem.is_none() {
            self.go(|timeline| timeline.seek(at));
            self.origin = "found by Break it";
        }
        self.before = Some(own);
    }

    fn back_to_my_run(&mut self) {
        if let Some(own) = self.before.take() {
            self.replace(own.0, None);
            self.preset = own.1;
        }
    }

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
        refresh(&mut published.settings, settings::rows_of(state));
        refresh(&mut published.promises, promises::rows(state));
        let producers = state.scenario.producers.iter().map(|producer| producer.name.clone()).collect();
        refresh(&mut published.producers, producers);
        let cast = Cast::of(&state.scenario);
        let run = RunView {
            seed: state.scenario.seed,
            cast,
            preset: self.preset,
            origin: self.origin,
            has_before: self.before.is_some(),
            problem: self.problem.clone(),
        };
        refresh(&mut published.run, run);
        published.subject = self.subject;
        published.last_sent = self.last_sent.as_ref().map(|(command, _)| Rc::clone(command));
        published.sent_just_now = self.last_sent.as_ref().is_some_and(|(_, at)| *at == self.now());
        published.refusal = self.refusal.clone();
        let limit = state.limit.map(|limit| Rc::from(limit.to_string()));
        published.notice = self.notice.clone().or(limit);
        published.news = Rc::from(self.news.as_deref().unwrap_or_default());
        let log = (self.place == Place::Room(Room::Log)).then(|| log_room::view(state, self.seek.target)).flatten();
        published.seek = self.seek.clone();
        if let (None, Some(target), Some(why)) =
            (&self.seek.problem, self.seek.target, log.as_ref().and_then(|log| log.not_found.as_deref()))
        {
            published.seek.problem = Some((target.by(), Rc::from(why)));
        }
        published.log = log.map(Rc::new);
        let batching = self.place == Place::Room(Room::Batching);
        published.departures = batching.then(|| Rc::new(Departures::of(state)));
        if self.place == Place::Landing {
            refresh(&mut published.proof, proof::rows(state));
        }
    }
}

/// Goes to the next mark. Where none is known, a copy of the run looks ahead, for as long as quiet time is looked through;
/// if it finds none, nothing changes.
fn to_next_mark(timeline: &mut Timeline) {
    const PIECE: VirtualTime = VirtualTime(50_000);
    let from = timeline.position();
    if timeline.marks().last().is_none_or(|mark| mark.at <= from) {
        let mut ahead = timeline.clone();
        let horizon = ahead.end() + LOOK_AHEAD;
        while ahead.end() < horizon && !ahead.state().is_halted() {
            ahead.advance_to(ahead.end() + PIECE);
            if let Some(mark) = ahead.marks().iter().find(|mark| mark.at > from) {
                timeline.seek(mark.at);
                return;
            }
        }
    }
    timeline.next_mark();
}

/// What the Log room seeks before the reader has asked for anything.
fn first_seek(place: Place, preset: Preset) -> Option<SeekTarget> {
    preset.seek.filter(|_| place == Place::Room(Room::Log)).map(Offset).map(SeekTarget::Offset)
}

fn attempt(script: &Rc<Scenario>, end: VirtualTime) {
    LAST_ATTEMPT.with(|last| *last.borrow_mut() = Some((Rc::clone(script), end)));
}

fn attempt_until(end: VirtualTime) {
    LAST_ATTEMPT.with(|last| {
        if let Some((_, until)) = last.borrow_mut().as_mut() {
            *until = end;
        }
    });
}
