//! How another run takes the place of the one on the stage: with another cast or seed, from the list, from a text, from a search, and back.

use super::{PAGE_END, Run};
use crate::course::{Cast, PRESETS, Preset};
use crate::engine::common::VirtualTime;
use crate::engine::sim::Scenario;
use crate::view::provenance::{Provenance, Source};

impl Run {
    /// The same seed and commands with another cast, from zero.
    pub(super) fn recast(&mut self, cast: Cast) {
        match cast.applied_to(self.timeline.to_whole_scenario()) {
            Ok(scenario) => {
                let provenance = self.provenance.clone().replaced_by(Source::Recast);
                self.replace(scenario, Some(VirtualTime::ZERO), provenance);
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    /// The same run with another seed, at the moment shown; what was to come is to come.
    pub(super) fn set_seed(&mut self, seed: u64) {
        let scenario = Scenario { seed, ..self.timeline.to_whole_scenario() };
        self.replace(scenario, Some(self.now()), self.provenance.clone());
    }

    /// Starts another run in this place, at this moment or where its text ends.
    fn replace(&mut self, scenario: Scenario, opens_at: Option<VirtualTime>, provenance: Provenance) {
        let preset = Preset {
            opens_at: opens_at.unwrap_or(scenario.end).min(PAGE_END),
            ..Preset::of(self.place).unwrap_or(PRESETS[0])
        };
        let speed = self.playback.speed;
        *self = Self::of_scenario(self.place, scenario, preset, provenance);
        self.playback.speed = speed;
    }

    pub(super) fn load_preset(&mut self, index: usize) {
        if let Some(preset) = PRESETS.get(index) {
            let scenario = preset.scenario();
            let opened = Preset { opens_at: preset.opening(&scenario), ..*preset };
            *self = Self::of_scenario(self.place, scenario, opened, Provenance::of(Source::Preset(index)));
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(scenario) = self.read(text) {
            let provenance = self.provenance.clone().replaced_by(Source::Pasted);
            self.replace(scenario, None, provenance);
        }
    }

    /// Puts a run that was found in place of the reader's own, which is kept.
    pub(super) fn play_found(&mut self, text: &str, at: VirtualTime) {
        if let Some(scenario) = self.read(text) {
            let provenance = self.provenance.clone().found_instead_of(self.timeline.to_whole_scenario());
            self.replace(scenario, None, provenance);
            self.go(|timeline| timeline.seek(at));
        }
    }

    /// A scenario's text; what is wrong with it is said.
    fn read(&mut self, text: &str) -> Option<Scenario> {
        let read = Scenario::from_json(text);
        self.problem = read.as_ref().err().map(|error| format!("This is not a run: {error}"));
        read.ok()
    }

    pub(super) fn back_to_my_run(&mut self) {
        if let Some((own, provenance)) = self.provenance.back() {
            self.replace(own, None, provenance);
        }
    }
}
