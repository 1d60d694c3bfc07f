//! Calls of the exercise and their answers: closed enums, and the ranges that LeetCode states.
//!
//! A `Capacity` or `Value` that exists is in range; whatever comes from outside goes through their `try_new`.

use std::fmt;

/// Most calls after the constructor, as LeetCode states it.
pub const CALLS_MAX: usize = 3_000;

/// A number outside the range that the exercise allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// What was given.
    pub given: i64,
    /// Smallest allowed.
    pub min: i64,
    /// Largest allowed.
    pub max: i64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not from {} to {}", self.given, self.min, self.max)
    }
}

impl std::error::Error for OutOfRange {}

/// `k`, the number of slots: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capacity(u16);

/// A value in the queue: 0 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(u16);

fn ensure_in_range(given: i64, min: u16, max: u16) -> Result<u16, OutOfRange> {
    let out_of_range = OutOfRange { given, min: i64::from(min), max: i64::from(max) };
    let number = u16::try_from(given).map_err(|_| out_of_range)?;
    if (min..=max).contains(&number) { Ok(number) } else { Err(out_of_range) }
}

impl Capacity {
    /// Smallest queue.
    pub const MIN: Capacity = Capacity(1);
    /// Largest queue.
    pub const MAX: Capacity = Capacity(1000);

    /// A capacity, if it is in range.
    ///
    /// # Errors
    /// Outside 1 to 1000.
    pub fn try_new(given: i64) -> Result<Self, OutOfRange> {
        ensure_in_range(given, Self::MIN.0, Self::MAX.0).map(Self)
    }

    /// The number of slots.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Value {
    /// Smallest value.
    pub const ZERO: Value = Value(0);
    /// Largest value.
    pub const MAX: Value = Value(1000);

    /// A value, if it is in range.
    ///
    /// # Errors
    /// Outside 0 to 1000.
    pub fn try_new(given: i64) -> Result<Self, OutOfRange> {
        ensure_in_range(given, Self::ZERO.0, Self::MAX.0).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a call, as LeetCode writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationName {
    /// `MyCircularQueue`, the constructor.
    MyCircularQueue,
    /// `enQueue`.
    EnQueue,
    /// `deQueue`.
    DeQueue,
    /// `Front`.
    Front,
    /// `Rear`.
    Rear,
    /// `isEmpty`.
    IsEmpty,
    /// `isFull`.
    IsFull,
}

impl OperationName {
    /// Every name, the constructor first.
    pub const ALL: [OperationName; 7] =
        [Self::MyCircularQueue, Self::EnQueue, Self::DeQueue, Self::Front, Self::Rear, Self::IsEmpty, Self::IsFull];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::MyCircularQueue => "MyCircularQueue",
            Self::EnQueue => "enQueue",
            Self::DeQueue => "deQueue",
            Self::Front => "Front",
            Self::Rear => "Rear",
            Self::IsEmpty => "isEmpty",
            Self::IsFull => "isFull",
        }
    }

    /// The name that is written so, capitals and all.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }

    /// The name that was probably meant: the same letters in other capitals.
    #[must_use]
    pub fn meant_by(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word().eq_ignore_ascii_case(word))
    }
}

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `MyCircularQueue(k)`.
    New {
        /// `k`.
        capacity: Capacity,
    },
    /// `enQueue(value)`.
    EnQueue {
        /// What to add at the rear.
        value: Value,
    },
    /// `deQueue()`.
    DeQueue,
    /// `Front()`.
    Front,
    /// `Rear()`.
    Rear,
    /// `isEmpty()`.
    IsEmpty,
    /// `isFull()`.
    IsFull,
}

impl Operation {
    /// The name of the call.
    #[must_use]
    pub fn name(self) -> OperationName {
        match self {
            Self::New { .. } => OperationName::MyCircularQueue,
            Self::EnQueue { .. } => OperationName::EnQueue,
            Self::DeQueue => OperationName::DeQueue,
            Self::Front => OperationName::Front,
            Self::Rear => OperationName::Rear,
            Self::IsEmpty => OperationName::IsEmpty,
            Self::IsFull => OperationName::IsFull,
        }
    }

    /// The one argument of the constructor and of enQueue.
    #[must_use]
    pub fn argument(self) -> Option<u16> {
        match self {
            Self::New { capacity } => Some(capacity.get()),
            Self::EnQueue { value } => Some(value.get()),
            Self::DeQueue | Self::Front | Self::Rear | Self::IsEmpty | Self::IsFull => None,
        }
    }
}

impl fmt::Display for Operation {
    /// As a call: `enQueue(3)`, `Front()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.argument() {
            Some(argument) => write!(f, "{}({argument})", self.name().word()),
            None => write!(f, "{}()", self.name().word()),
        }
    }
}

/// What a call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The constructor's.
    Null,
    /// Of enQueue, deQueue, isEmpty and isFull.
    Bool(bool),
    /// Of Front and Rear; −1 when the queue is empty. An expected answer may be any number, and then be wrong.
    Int(i64),
}

impl Answer {
    /// The answer of Front and Rear.
    #[must_use]
    pub fn value_or_minus_one(value: Option<Value>) -> Self {
        Self::Int(value.map_or(-1, |value| i64::from(value.get())))
    }
}

impl fmt::Display for Answer {
    /// As LeetCode prints it: `null`, `true`, `-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(answer) => answer.fmt(f),
            Self::Int(answer) => answer.fmt(f),
        }
    }
}
