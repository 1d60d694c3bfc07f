//! Colours with a meaning, as classes.

use super::Class;
use crate::view::frame::RecordState;
use crate::view::inspection::Tone;

/// The class of a tone; plain words have none.
#[must_use]
pub fn tone_class(tone: Tone) -> Option<Class> {
    match tone {
        Tone::Plain => None,
        Tone::Quiet => Some(Class::ToneQuiet),
        Tone::Committed => Some(Class::ToneCommitted),
        Tone::Pending => Some(Class::TonePending),
        Tone::Lost => Some(Class::ToneLost),
        Tone::Duplicate => Some(Class::ToneDuplicate),
    }
}

/// The class of a key's hue.
#[must_use]
pub fn hue_class(hue: Option<u8>) -> Class {
    const HUES: [Class; 8] =
        [Class::Hue0, Class::Hue1, Class::Hue2, Class::Hue3, Class::Hue4, Class::Hue5, Class::Hue6, Class::Hue7];
    hue.and_then(|hue| HUES.get(usize::from(hue)).copied()).unwrap_or(Class::HueNone)
}

/// The class of a record's state.
#[must_use]
pub fn state_class(state: RecordState) -> Class {
    match state {
        RecordState::Waiting => Class::StateWaiting,
        RecordState::Pending => Class::StatePending,
        RecordState::Committed => Class::StateCommitted,
        RecordState::Lost => Class::StateLost,
        RecordState::Duplicate => Class::StateDuplicate,
        RecordState::Removed => Class::StateRemoved,
    }
}
