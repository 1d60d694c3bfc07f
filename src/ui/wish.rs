//! What the reader may ask of the run on the stage: a closed list, and the only way from a control to the engine.

use crate::course::Cast;
use crate::engine::common::VirtualTime;
use crate::engine::sim::Command;
use crate::view::Subject;
use crate::view::seek_target::SeekBy;

/// Something that the reader asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Play.
    Play,
    /// Stand still.
    Pause,
    /// Play or stand still.
    TogglePlay,
    /// To the start of the run.
    ToStart,
    /// To the next visible event.
    StepForward,
    /// To the visible event before.
    StepBack,
    /// To the next mark.
    NextMark,
    /// To the moment at which somebody leads the first partition again.
    NextLeader,
    /// To the mark before.
    PreviousMark,
    /// To a moment.
    Seek(VirtualTime),
    /// A speed, by its step on the scale.
    SetSpeed(usize),
    /// Skip quiet time or do not.
    SetSkipQuiet(bool),
    /// Act upon the run at the moment that is shown.
    Submit(Command),
    /// Bring back what acting in the past has cut off.
    BringBack,
    /// Start the place's preset anew.
    Reset,
    /// Start the same run, from zero, with another cast.
    Recast(Cast),
    /// Start the same run with another seed.
    SetSeed(u64),
    /// Start a preset, by its place in the list.
    LoadPreset(usize),
    /// Start a run from a scenario's text.
    Paste(String),
    /// Put a run that was found on the stage, at a moment; the one that stands there can be brought back.
    PlayFound(String, VirtualTime),
    /// Bring back the run that stood there before one was found.
    BackToMyRun,
    /// Seek in the Log room what was typed.
    SeekLog(SeekBy, String),
    /// Break the engine on purpose, so that a test sees the page go on.
    BreakEngine,
    /// Look at something, or at nothing.
    Inspect(Option<Subject>),
}

impl Wish {
    /// The command, if it is an act upon the run.
    #[must_use]
    pub fn command(&self) -> Option<&Command> {
        match self {
            Wish::Submit(command) => Some(command),
            _ => None,
        }
    }

    /// It changes which moment is shown, how it is played or what is looked at, but asks nothing of the run.
    #[must_use]
    pub fn only_looks(&self) -> bool {
        matches!(
            self,
            Wish::Play
                | Wish::Pause
                | Wish::TogglePlay
                | Wish::StepForward
                | Wish::NextMark
                | Wish::NextLeader
                | Wish::SetSpeed(_)
                | Wish::SetSkipQuiet(_)
                | Wish::SeekLog(..)
                | Wish::Inspect(_)
        )
    }
}
