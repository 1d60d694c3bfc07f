//! What the panels show, published at most twenty times a second. A slice that did not change keeps its pointer.

use crate::course::{Cast, Place};
use crate::engine::sim::Command;
use crate::view::departures::Departures;
use crate::view::inspection::Inspection;
use crate::view::ledger::LedgerView;
use crate::view::log_view::LogView;
use crate::view::promises::PromiseRow;
use crate::view::proof::ProofRow;
use crate::view::provenance::Source;
use crate::view::seek_target::{SeekBy, SeekTarget};
use crate::view::setting_refusals::SettingRefusals;
use crate::view::settings::SettingRow;
use crate::view::transport::TransportView;
use crate::view::{Frame, Subject};
use std::rc::Rc;

/// The slices.
#[derive(Clone, Debug)]
pub struct Published {
    /// Where the reader is.
    pub place: Place,
    /// The picture.
    pub frame: Rc<Frame>,
    /// Transport and timeline.
    pub transport: Rc<TransportView>,
    /// The ledger bar.
    pub ledger: Rc<LedgerView>,
    /// Every setting's row.
    pub settings: Rc<Vec<SettingRow>>,
    /// What the settings promise.
    pub promises: Rc<Vec<PromiseRow>>,
    /// Names of the producers.
    pub producers: Rc<Vec<String>>,
    /// The run control.
    pub run: Rc<RunView>,
    /// What the inspector looks at.
    pub subject: Option<Subject>,
    /// What it shows.
    pub inspection: Option<Rc<Inspection>>,
    /// What was sent last by hand.
    pub last_sent: Option<Rc<Command>>,
    /// It was sent at the very moment that is shown, so nothing has come of it yet.
    pub sent_just_now: bool,
    /// Why the last call of `send()` was refused.
    pub refusal: Option<Rc<str>>,
    /// Why another act was not possible, or which limit the run has come to.
    pub notice: Option<Rc<str>>,
    /// The values that settings did not take.
    pub setting_refusals: Rc<SettingRefusals>,
    /// What happened last, for the live region.
    pub news: Rc<str>,
    /// The Log room's picture; none elsewhere.
    pub log: Option<Rc<LogView>>,
    /// Why batches left lately; only in the Batching room.
    pub departures: Option<Rc<Departures>>,
    /// What the Log room seeks.
    pub seek: SeekSlice,
    /// What the first page shows to tell what is real.
    pub proof: Rc<Vec<ProofRow>>,
    /// The run that broke the engine, if one did.
    pub broken: Option<Rc<BrokenRun>>,
}

/// The run control's slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunView {
    /// The seed.
    pub seed: u64,
    /// Who stands on the stage.
    pub cast: Cast,
    /// Where it comes from.
    pub source: Source,
    /// A run stood here before one was found, and can be brought back.
    pub has_before: bool,
    /// Why a pasted run was not loaded.
    pub problem: Option<String>,
}

/// What the Log room seeks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeekSlice {
    /// The last target that was found, which stays in the picture.
    pub target: Option<SeekTarget>,
    /// Why what was typed in a field is not found, or why the target is not any more.
    pub problem: Option<(SeekBy, Rc<str>)>,
}

/// A run that ended in a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRun {
    /// What the panic said.
    pub message: String,
    /// The scenario that leads to it.
    pub scenario: String,
}

impl Published {
    /// Before anything was published.
    #[must_use]
    pub fn empty(place: Place) -> Self {
        Self {
            place,
            frame: Rc::default(),
            transport: Rc::default(),
            ledger: Rc::default(),
            settings: Rc::default(),
            promises: Rc::default(),
            producers: Rc::default(),
            run: Rc::default(),
            subject: None,
            inspection: None,
            last_sent: None,
            sent_just_now: false,
            refusal: None,
            notice: None,
            setting_refusals: Rc::default(),
            news: Rc::from(""),
            log: None,
            departures: None,
            seek: SeekSlice::default(),
            proof: Rc::default(),
            broken: None,
        }
    }
}

/// Puts a new value into a slice; keeps the old pointer if nothing changed.
pub fn refresh<T: PartialEq>(slice: &mut Rc<T>, value: T) {
    if **slice != value {
        *slice = Rc::new(value);
    }
}
