//! The run of one place: its timeline, how it is played, and what the reader looks at in it.
//!
//! Here a wish is granted, one call an arm. How the moment shown moves is in `travel`, what the reader does to the run in `submission`, how
//! another run takes its place in `replacement`, and what the panels get to see in `publication`.

mod attempt;
mod publication;
mod replacement;
mod submission;
mod travel;

pub use attempt::last_attempt;

use super::published::SeekSlice;
use super::wish::Wish;
use crate::course::{PRESETS, Place, Preset, Room};
use crate::engine::common::{Offset, VirtualTime};
use crate::engine::sim::{Command, Scenario, State, Timeline, TraceHash};
use crate::view::landing::to_next_leader;
use crate::view::log_seek::SeekView;
use crate::view::playback::{Playback, Speed};
use crate::view::provenance::{Provenance, Source};
use crate::view::seek_target::{SeekBy, SeekTarget};
use crate::view::setting_refusals::SettingRefusals;
use crate::view::waiting_calls::WaitingCalls;
use crate::view::{Subject, log_room, news};
use crate::web::media;
use std::rc::Rc;

/// How far ahead quiet time is looked through for the next visible event.
const LOOK_AHEAD: VirtualTime = VirtualTime(30_000_000);
/// The latest moment that a run on the page reaches.
const PAGE_END: VirtualTime = VirtualTime(3_600_000_000);

/// A run on the page.
pub struct Run {
    place: Place,
    timeline: Timeline,
    /// The whole run, its commands to come included: what is reported if the engine panics.
    script: Rc<Scenario>,
    playback: Playback,
    provenance: Provenance,
    subject: Option<Subject>,
    seek: SeekSlice,
    last_sent: Option<(Rc<Command>, VirtualTime)>,
    /// What was cut off last was brought back: there is no other tail to ask for.
    is_tail_back: bool,
    refusal: Option<Rc<str>>,
    /// The record whose send was refused last, and why.
    refused: Option<(Subject, Rc<str>)>,
    notice: Option<Rc<str>>,
    setting_refusals: SettingRefusals,
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
        let index = PRESETS.iter().position(|known| *known == preset).expect("a place's preset stands in the list");
        let mut run = Self::of_scenario(place, preset.scenario(), preset, Provenance::of(Source::Preset(index)));
        run.playback.playing = place == Place::Landing && !media::prefers_reduced_motion();
        run
    }

    fn of_scenario(place: Place, scenario: Scenario, preset: Preset, provenance: Provenance) -> Self {
        let script = Rc::new(scenario.clone());
        attempt::note(&script, preset.opens_at);
        let mut timeline = Timeline::new(scenario);
        timeline.advance_to(preset.opens_at);
        let mut playback = Playback::new(Speed::one_in(preset.one_in));
        playback.stepwise = media::prefers_reduced_motion();
        Self {
            place,
            timeline,
            script,
            playback,
            provenance,
            subject: None,
            seek: SeekSlice { target: first_seek(place, preset), problem: None },
            last_sent: None,
            is_tail_back: false,
            refusal: None,
            refused: None,
            notice: None,
            setting_refusals: SettingRefusals::default(),
            problem: None,
            news: None,
            waiting_calls: WaitingCalls::default(),
            inspected: None,
            outlook: None,
        }
    }

    /// From now on, this is the run to report.
    pub fn note_attempt(&self) {
        attempt::note(&self.script, self.now());
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

    /// The run at the moment shown, as text, with the commands that are still to come.
    #[must_use]
    pub fn scenario_text(&self) -> String {
        self.timeline.to_whole_scenario().to_json()
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
        self.setting_refusals.forget(wish.command());
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
}

/// What the Log room seeks before the reader has asked for anything.
fn first_seek(place: Place, preset: Preset) -> Option<SeekTarget> {
    preset.seek.filter(|_| place == Place::Room(Room::Log)).map(Offset).map(SeekTarget::Offset)
}
