//! What a wire is like, the worst of it: how it is drawn follows.

use serde::Serialize;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WireState {
    /// It carries.
    Up,
    /// It carries, and everything takes longer.
    Slow,
    /// It carries, and loses packets, or will break a connection.
    Lossy,
    /// The other end does not answer.
    Broken,
    /// The link is cut one way.
    HalfCut,
    /// The link is cut both ways.
    Cut,
}

impl WireState {
    /// Whether nothing passes, one way at least.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(self, WireState::HalfCut | WireState::Cut)
    }

    /// A word for a link with a fault, short enough for the gap between two cards.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            WireState::Up => "up",
            WireState::Slow => "slow",
            WireState::Lossy => "lossy",
            WireState::Broken => "broken",
            WireState::HalfCut => "half cut",
            WireState::Cut => "cut",
        }
    }
}
