//! What is sought in the Log room, as it is typed: an offset or a timestamp, or a sentence on what is wrong.

use super::format;
use crate::engine::common::{Offset, Timestamp};

/// What is sought by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekBy {
    /// A record's offset.
    Offset,
    /// A record's timestamp.
    Timestamp,
}

impl SeekBy {
    /// Its word in the form and in `data-seek`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SeekBy::Offset => "offset",
            SeekBy::Timestamp => "timestamp",
        }
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// A sentence: nothing was typed, or no whole number from 0.
    pub fn target(self, typed: &str) -> Result<SeekTarget, String> {
        let text = typed.trim();
        let (example, zero) = match self {
            SeekBy::Offset => ("such as 438", "Offsets begin at 0"),
            SeekBy::Timestamp => ("milliseconds since 1970", "A timestamp counts milliseconds since 1970"),
        };
        if text.is_empty() {
            return Err(format!("Type a whole number, {example}."));
        }
        let number: i64 = text.parse().map_err(|_| format!("`{text}` is not a whole number, {example}."))?;
        if number < 0 {
            return Err(format!("{zero}; {} is not one.", format::signed(number)));
        }
        Ok(match self {
            SeekBy::Offset => SeekTarget::Offset(Offset(number)),
            SeekBy::Timestamp => SeekTarget::Timestamp(number),
        })
    }
}

/// What is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekTarget {
    /// The batch that holds this offset.
    Offset(Offset),
    /// The first record with this timestamp, in milliseconds since 1970, or a later one.
    Timestamp(Timestamp),
}

impl SeekTarget {
    /// By what.
    #[must_use]
    pub fn by(self) -> SeekBy {
        match self {
            SeekTarget::Offset(_) => SeekBy::Offset,
            SeekTarget::Timestamp(_) => SeekBy::Timestamp,
        }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            SeekTarget::Offset(offset) => offset.0,
            SeekTarget::Timestamp(timestamp) => timestamp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_typed(by: SeekBy, typed: &str, answer: &str) {
        let told = by.target(typed).map_or_else(|why| why, |target| format!("{} {}", by.word(), target.number()));
        assert_eq!(told, answer);
    }

    #[test]
    fn what_is_typed_is_a_target_or_gets_a_sentence() {
        check_typed(SeekBy::Offset, " 438 ", "offset 438");
        check_typed(SeekBy::Offset, "", "Type a whole number, such as 438.");
        check_typed(SeekBy::Offset, "-1", "Offsets begin at 0; −1 is not one.");
        check_typed(SeekBy::Offset, "4x", "`4x` is not a whole number, such as 438.");
        check_typed(SeekBy::Timestamp, "1700000000000", "timestamp 1700000000000");
        check_typed(
            SeekBy::Timestamp,
            "99999999999999999999",
            "`99999999999999999999` is not a whole number, milliseconds since 1970.",
        );
        check_typed(SeekBy::Timestamp, "-2", "A timestamp counts milliseconds since 1970; −2 is not one.");
    }
}
