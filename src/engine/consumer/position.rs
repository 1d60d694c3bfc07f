//! Where a consumer is in a partition, and what it does when it is nowhere (`SubscriptionState`).
//!
//! `auto.offset.reset` decides, as this table says (KAFKA 8, 12 D13; `FetchCollector.handleInitializeErrors`,
//! `SubscriptionState.maybeCompleteValidation`):
//!
//! | what the consumer finds | earliest, latest | none |
//! |---|---|---|
//! | it has no position | asks for that end of the log | `NoOffsetForPartitionException` |
//! | OFFSET_OUT_OF_RANGE: retention, DeleteRecords or a truncation took its offset | asks for that end of the log | `OffsetOutOfRangeException` |
//! | a new leader's log ends the epoch that it read last before its position | goes on where the logs part | `LogTruncationException` |
//! | a new leader does not know that epoch | asks for that end of the log | `LogTruncationException` |

use crate::engine::cluster::protocol::{LeaderAndEpoch, OffsetQuery};
use crate::engine::common::{BrokerId, LeaderEpoch, Offset, VirtualTime};
use crate::engine::config::AutoOffsetReset;

/// What a consumer knows of one partition (`SubscriptionState.TopicPartitionState`).
#[derive(Clone, Copy, Debug)]
pub(super) struct PartitionState {
    pub(super) position: Position,
    pub(super) leader: Option<LeaderAndEpoch>,
    /// The epoch of the leader under which the position was taken or found to be sound.
    pub(super) trusted: Option<LeaderEpoch>,
    /// Not to be asked for before this time; after an error.
    pub(super) not_before: VirtualTime,
}

/// Where it is (`SubscriptionState.FetchStates`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// It reads from there on.
    At(FetchPosition),
    /// Another leader: whether its log has what was read is to be asked (KIP-320).
    ToValidate { position: FetchPosition, against: LeaderEpoch },
    /// An offset is to be asked for.
    ToAsk(OffsetQuery),
    /// Nowhere, and no rule says where to go.
    Nowhere,
}

/// An offset, and what was read before it (`SubscriptionState.FetchPosition`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FetchPosition {
    /// The next offset to read.
    pub(super) offset: Offset,
    /// The leader epoch of the batch that was read last; none: nothing was read before.
    pub(super) epoch: Option<LeaderEpoch>,
}

impl PartitionState {
    /// A partition that the consumer has just heard of.
    pub(super) fn new(reset: AutoOffsetReset) -> Self {
        let position = after(Trouble::NoPosition, reset).unwrap_or(Position::Nowhere);
        Self { position, leader: None, trusted: None, not_before: VirtualTime::ZERO }
    }

    /// Whether it reads from that offset on.
    pub(super) fn is_at(&self, offset: Offset) -> bool {
        matches!(self.position, Position::At(position) if position.offset == offset)
    }

    pub(super) fn is_led_by(&self, broker: BrokerId) -> bool {
        self.leader.is_some_and(|known| known.leader == broker)
    }

    /// Takes what was said of a leader, unless it is older than what is known. A position that something was read before is to be
    /// validated against a new leader's log.
    pub(super) fn learn_leader(&mut self, told: Option<LeaderAndEpoch>, epoch: LeaderEpoch) {
        if self.leader.is_some_and(|known| epoch < known.epoch) {
            return;
        }
        self.leader = told;
        let Some(against) = told.map(|leader| leader.epoch) else { return };
        match self.position {
            Position::At(position) | Position::ToValidate { position, .. }
                if position.epoch.is_some() && self.trusted.is_some_and(|trusted| trusted < against) =>
            {
                self.position = Position::ToValidate { position, against };
            }
            _ => self.trusted = Some(against),
        }
    }
}

impl Position {
    /// The next offset to read.
    pub(super) fn offset(self) -> Option<Offset> {
        match self {
            Position::At(position) | Position::ToValidate { position, .. } => Some(position.offset),
            Position::ToAsk(_) | Position::Nowhere => None,
        }
    }
}

/// The exceptions with which `poll()` tells an application that it has to choose a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PollException {
    /// `NoOffsetForPartitionException`: no position, and `auto.offset.reset=none`.
    NoOffsetForPartition,
    /// `OffsetOutOfRangeException`: its position is no offset of the log.
    OffsetOutOfRange,
    /// `LogTruncationException`: what it read is not in the new leader's log.
    LogTruncation,
}

impl PollException {
    /// The exception's class name, without its package.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            PollException::NoOffsetForPartition => "NoOffsetForPartitionException",
            PollException::OffsetOutOfRange => "OffsetOutOfRangeException",
            PollException::LogTruncation => "LogTruncationException",
        }
    }
}

/// Why a position does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    NoPosition,
    OutOfRange,
    /// The leader's log ends the position's epoch before it, there.
    Truncated(FetchPosition),
    /// The leader does not know the position's epoch.
    EpochUnknown,
}

/// The table.
pub(super) fn after(trouble: Trouble, reset: AutoOffsetReset) -> Result<Position, PollException> {
    let end = match reset {
        AutoOffsetReset::Earliest => Some(OffsetQuery::Earliest),
        AutoOffsetReset::Latest => Some(OffsetQuery::Latest),
        AutoOffsetReset::None => None,
    };
    match (trouble, end) {
        (Trouble::NoPosition | Trouble::OutOfRange | Trouble::EpochUnknown, Some(end)) => Ok(Position::ToAsk(end)),
        (Trouble::Truncated(fork), Some(_)) => Ok(Position::At(fork)),
        (Trouble::NoPosition, None) => Err(PollException::NoOffsetForPartition),
        (Trouble::OutOfRange, None) => Err(PollException::OffsetOutOfRange),
        (Trouble::Truncated(_) | Trouble::EpochUnknown, None) => Err(PollException::LogTruncation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORK: FetchPosition = FetchPosition { offset: Offset(2), epoch: Some(LeaderEpoch(1)) };

    #[track_caller]
    fn check(trouble: Trouble, earliest: Position, latest: Position, none: PollException) {
        assert_eq!(after(trouble, AutoOffsetReset::Earliest), Ok(earliest));
        assert_eq!(after(trouble, AutoOffsetReset::Latest), Ok(latest));
        assert_eq!(after(trouble, AutoOffsetReset::None), Err(none));
    }

    #[test]
    fn auto_offset_reset_decides_as_the_table_says() {
        let (first, last) = (Position::ToAsk(OffsetQuery::Earliest), Position::ToAsk(OffsetQuery::Latest));
        check(Trouble::NoPosition, first, last, PollException::NoOffsetForPartition);
        check(Trouble::OutOfRange, first, last, PollException::OffsetOutOfRange);
        check(Trouble::Truncated(FORK), Position::At(FORK), Position::At(FORK), PollException::LogTruncation);
        check(Trouble::EpochUnknown, first, last, PollException::LogTruncation);
    }
}
