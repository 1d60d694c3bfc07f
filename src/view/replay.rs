//! Where a consumer is to read again from, as it is chosen and typed: a command, or a sentence on what is wrong.

use super::format;
use crate::engine::common::Offset;
use crate::engine::sim::Command;

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayFrom {
    /// The first offset of the log.
    Beginning,
    /// The high watermark.
    End,
    /// An offset.
    Offset,
    /// The first record at or after a moment of the run.
    Time,
}

impl ReplayFrom {
    /// All, in the order of the list.
    pub const ALL: [ReplayFrom; 4] = [ReplayFrom::Beginning, ReplayFrom::Time, ReplayFrom::Offset, ReplayFrom::End];

    /// Its word in the list and in `data-replay`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ReplayFrom::Beginning => "beginning",
            ReplayFrom::End => "end",
            ReplayFrom::Offset => "offset",
            ReplayFrom::Time => "time",
        }
    }

    /// What the list shows.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            ReplayFrom::Beginning => "the beginning",
            ReplayFrom::End => "the end",
            ReplayFrom::Offset => "offset",
            ReplayFrom::Time => "time, ms of the run",
        }
    }

    /// The place with this word.
    #[must_use]
    pub fn by_word(word: &str) -> Option<ReplayFrom> {
        ReplayFrom::ALL.into_iter().find(|from| from.word() == word)
    }

    /// Whether a number is to be typed.
    #[must_use]
    pub fn wants_number(self) -> bool {
        matches!(self, ReplayFrom::Offset | ReplayFrom::Time)
    }

    /// The command. A time counts milliseconds from the run's start, which is `epoch_ms` since 1970.
    ///
    /// # Errors
    /// A sentence: no whole number from 0 was typed, or one that no clock has.
    pub fn command(self, consumer: String, typed: &str, epoch_ms: i64) -> Result<Command, String> {
        let partition = None;
        Ok(match self {
            ReplayFrom::Beginning => Command::SeekConsumerToBeginning { consumer, partition },
            ReplayFrom::End => Command::SeekConsumerToEnd { consumer, partition },
            ReplayFrom::Offset => {
                Command::SeekConsumer { consumer, partition, offset: Offset(number(typed, "such as 12")?) }
            }
            ReplayFrom::Time => {
                let ms = number(typed, "the milliseconds since the run began")?;
                let timestamp_ms = epoch_ms.checked_add(ms).ok_or_else(|| format!("{ms} is later than any clock."))?;
                Command::SeekConsumerToTimestamp { consumer, partition, timestamp_ms }
            }
        })
    }
}

fn number(typed: &str, example: &str) -> Result<i64, String> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(format!("Type a whole number, {example}."));
    }
    let number: i64 = text.parse().map_err(|_| format!("`{text}` is not a whole number, {example}."))?;
    if number < 0 { Err(format!("It begins at 0; {} is before that.", format::signed(number))) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: ReplayFrom, typed: &str, expected: Result<Command, &str>) {
        assert_eq!(from.command("billing".into(), typed, 1_000), expected.map_err(str::to_string));
        assert_eq!(ReplayFrom::by_word(from.word()), Some(from));
    }

    #[test]
    fn what_is_chosen_becomes_a_command_or_a_sentence() {
        let (consumer, partition) = ("billing".to_string(), None);
        check(
            ReplayFrom::Beginning,
            "",
            Ok(Command::SeekConsumerToBeginning { consumer: consumer.clone(), partition }),
        );
        check(ReplayFrom::End, "7", Ok(Command::SeekConsumerToEnd { consumer: consumer.clone(), partition }));
        let offset = Offset(7);
        check(ReplayFrom::Offset, " 7 ", Ok(Command::SeekConsumer { consumer: consumer.clone(), partition, offset }));
        let timestamp_ms = 1_250;
        check(ReplayFrom::Time, "250", Ok(Command::SeekConsumerToTimestamp { consumer, partition, timestamp_ms }));
        check(ReplayFrom::Offset, "", Err("Type a whole number, such as 12."));
        check(ReplayFrom::Offset, "x", Err("`x` is not a whole number, such as 12."));
        check(ReplayFrom::Time, "-1", Err("It begins at 0; −1 is before that."));
        check(ReplayFrom::Time, &i64::MAX.to_string(), Err("9223372036854775807 is later than any clock."));
    }
}
