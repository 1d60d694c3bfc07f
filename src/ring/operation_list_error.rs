//! What is wrong with an operation list, and where: every error names line, column and token, and the call if it is in one.
//!
//! The sentences are for a learner who typed the list by hand. Text from outside is shown clipped.

use super::operation::{CALLS_MAX, OperationName, OutOfRange};
use std::fmt;
use std::ops::Range;

/// Where a token stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The token's bytes in the text; empty at the end of the text. Always on character boundaries.
    pub token: Range<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Which of the three lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// The first: names of calls.
    Names,
    /// The second: a list of arguments for each call.
    Arguments,
    /// The third, which may be missing: expected answers.
    Answers,
}

impl ListKind {
    /// "the list of names" and so on.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Names => "the list of names",
            Self::Arguments => "the list of arguments",
            Self::Answers => "the list of expected answers",
        }
    }
}

/// Why a token is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is longer than any list that the exercise allows.
    TextTooLong {
        /// Most bytes read.
        max: usize,
    },
    /// A string without its closing quote on the same line.
    UnterminatedString,
    /// A backslash that JSON does not know.
    BadEscape,
    /// A quote of another kind where JSON wants `"`.
    WrongQuote,
    /// A word that is not `true`, `false` or `null`.
    UnknownWord {
        /// The word.
        word: String,
    },
    /// A number with a fraction, an exponent, a leading zero or a lone minus.
    NotAWholeNumber {
        /// As written.
        text: String,
    },
    /// A number that 64 bits do not hold.
    NumberTooLarge {
        /// As written.
        text: String,
    },
    /// A character that begins no token.
    UnexpectedCharacter {
        /// The character.
        character: char,
    },
    /// A token of another kind was due here.
    Unexpected {
        /// What was due.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
    /// A list has not begun where the text ends.
    MissingList(ListKind),
    /// A list without entries: the constructor is missing.
    NoCalls,
    /// Not one of the seven names.
    UnknownName {
        /// As written.
        name: String,
        /// The name in other capitals, if that is all that is wrong.
        meant: Option<OperationName>,
    },
    /// The first call is not the constructor.
    ConstructorNotFirst {
        /// What is first instead.
        name: OperationName,
    },
    /// A second constructor.
    ConstructorAgain,
    /// More than 3000 calls after the constructor.
    TooManyCalls,
    /// The argument list of a call has the wrong length.
    ArgumentCount {
        /// How many the call takes: 0 or 1.
        wanted: usize,
    },
    /// An argument outside its range.
    Argument(OutOfRange),
    /// A list ends before there is an entry for each call.
    ListTooShort {
        /// Which list.
        list: ListKind,
        /// Entries found.
        found: usize,
        /// Calls named.
        calls: usize,
    },
    /// An entry for which there is no call.
    ListTooLong {
        /// Which list.
        list: ListKind,
        /// Calls named.
        calls: usize,
    },
    /// Something after the last list.
    TextAfterLists {
        /// What stands there.
        found: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TextTooLong { max } => {
                write!(f, "the text goes on after {max} bytes, longer than any list of {CALLS_MAX} calls")
            }
            Self::UnterminatedString => f.write_str("this name has no closing quote"),
            Self::BadEscape => f.write_str("this backslash is followed by nothing that JSON knows"),
            Self::WrongQuote => f.write_str("JSON puts names in straight double quotes: \"enQueue\""),
            Self::UnknownWord { word } => match word.to_ascii_lowercase().as_str() {
                "true" | "false" => write!(f, "JSON writes {}, not {word}", word.to_ascii_lowercase()),
                "none" | "undefined" | "null" | "nil" => write!(f, "JSON writes null, not {word}"),
                _ => write!(f, "{word} is no JSON word; names stand in double quotes"),
            },
            Self::NotAWholeNumber { text } => write!(f, "{text} is not a whole number as JSON writes it"),
            Self::NumberTooLarge { text } => write!(f, "{text} is larger than any number of the exercise"),
            Self::UnexpectedCharacter { character } => {
                write!(f, "the character {} has no place here", shown(*character))
            }
            Self::Unexpected { wanted, found } => write!(f, "expected {wanted}, found {found}"),
            Self::MissingList(list) => {
                write!(f, "the text ends before {}, which should be line {}", list.words(), list.number())
            }
            Self::NoCalls => f.write_str("the list of names is empty; it begins with \"MyCircularQueue\""),
            Self::UnknownName { name, meant: Some(meant) } => {
                write!(f, "the call is written {}, not {name}", meant.word())
            }
            Self::UnknownName { name, meant: None } => {
                write!(
                    f,
                    "{name} is no call of the exercise; there are enQueue, deQueue, Front, Rear, isEmpty and isFull"
                )
            }
            Self::ConstructorNotFirst { name } => {
                write!(f, "the first call is {}, but it must be MyCircularQueue", name.word())
            }
            Self::ConstructorAgain => f.write_str("MyCircularQueue may only be the first call"),
            Self::TooManyCalls => write!(f, "the exercise makes at most {CALLS_MAX} calls after MyCircularQueue"),
            Self::ArgumentCount { wanted: 0 } => f.write_str("this call takes no argument: []"),
            Self::ArgumentCount { wanted } => write!(f, "this call takes {wanted} argument, as in [3]"),
            Self::Argument(out_of_range) => out_of_range.fmt(f),
            Self::ListTooShort { list, found, calls } => {
                write!(f, "{} ends after {found} of {calls} calls", list.words())
            }
            Self::ListTooLong { list, calls } => write!(f, "{} has an entry more than the {calls} calls", list.words()),
            Self::TextAfterLists { found } => {
                write!(f, "nothing may follow the list of expected answers, found {found}")
            }
        }
    }
}

impl ListKind {
    fn number(self) -> usize {
        match self {
            Self::Names => 1,
            Self::Arguments => 2,
            Self::Answers => 3,
        }
    }
}

/// A character as it can be shown: control and other invisible ones by their number.
fn shown(character: char) -> String {
    if character.is_control() || character.is_whitespace() {
        format!("U+{:04X}", u32::from(character))
    } else {
        character.to_string()
    }
}

/// A bad token of an operation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationListError {
    /// Where the token stands.
    pub place: Place,
    /// Which call it belongs to, counted from 1 with the constructor, and its name if that is known.
    pub call: Option<(usize, Option<OperationName>)>,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for OperationListError {
    /// "Line 2, column 15 (call 3, enQueue): 1001 is not from 0 to 1000."
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line {}, column {}", self.place.line, self.place.column)?;
        match self.call {
            Some((number, Some(name))) => write!(f, " (call {number}, {})", name.word())?,
            Some((number, None)) => write!(f, " (call {number})")?,
            None => {}
        }
        write!(f, ": {}.", self.reason)
    }
}

impl std::error::Error for OperationListError {}
