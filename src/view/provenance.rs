//! Where the run on the stage comes from, and the reader's own run while one that was found stands in its place.

use crate::engine::sim::Scenario;

/// Where a run comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// A preset, by its place in the list.
    Preset(usize),
    /// A text that the reader pasted.
    #[default]
    Pasted,
    /// The run that stood there before, with another cast.
    Recast,
    /// A search of "Break it".
    Found,
}

impl Source {
    /// The preset, by its place in the list; none for another run.
    #[must_use]
    pub fn preset(self) -> Option<usize> {
        match self {
            Source::Preset(index) => Some(index),
            Source::Pasted | Source::Recast | Source::Found => None,
        }
    }

    /// What stands in the list of presets for a run that is none of them.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Source::Preset(_) => "",
            Source::Pasted => "pasted",
            Source::Recast => "another cast",
            Source::Found => "found by Break it",
        }
    }
}

/// The source of the run on the stage, and what the reader can go back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    source: Source,
    /// The reader's own run, since a found one was put in its place.
    before: Option<Box<(Scenario, Source)>>,
}

impl Provenance {
    /// Of a run that stands for itself: there is nothing to go back to.
    #[must_use]
    pub fn of(source: Source) -> Self {
        Self { source, before: None }
    }

    /// Where the run comes from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The reader's own run can be brought back.
    #[must_use]
    pub fn has_before(&self) -> bool {
        self.before.is_some()
    }

    /// Another run stands there now; the way back stays.
    #[must_use]
    pub fn replaced_by(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// A found run stands there now, in place of `own`. If the reader's own run was put aside before, it is that one that is kept.
    #[must_use]
    pub fn found_instead_of(self, own: Scenario) -> Self {
        let before = self.before.unwrap_or_else(|| Box::new((own, self.source)));
        Self { source: Source::Found, before: Some(before) }
    }

    /// The reader's own run with its source, if it was put aside.
    #[must_use]
    pub fn back(&self) -> Option<(Scenario, Self)> {
        let (own, source) = self.before.as_deref()?;
        Some((own.clone(), Self::of(*source)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::PRESETS;

    #[test]
    fn the_way_back_outlives_every_replacement() {
        let own = PRESETS[0].scenario();
        let seeded = |seed| Scenario { seed, ..own.clone() };
        let found = Provenance::of(Source::Pasted).found_instead_of(seeded(1));
        for now in [found.clone(), found.clone().replaced_by(Source::Recast), found.found_instead_of(seeded(2))] {
            assert!(now.has_before());
            let (run, provenance) = now.back().expect("a run was put aside");
            assert_eq!((run.seed, provenance), (1, Provenance::of(Source::Pasted)));
        }
    }

    #[test]
    fn a_run_that_stands_for_itself_has_no_way_back() {
        let own = Provenance::of(Source::Preset(3));
        assert_eq!((own.source().preset(), own.has_before(), own.back()), (Some(3), false, None));
        assert!(!own.replaced_by(Source::Recast).has_before());
    }
}
