//! The judge: compares given answers with the reference's, call by call.
//!
//! The reference is always right. Call numbers count from 1 with the constructor, as in the list that a learner sees.

use super::operation::{Answer, Operation};
use super::operation_list::OperationList;
use super::replay::{Replay, ReplayedCall};
use std::fmt;

/// What the judge says of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallVerdict {
    /// Nothing was expected.
    NotJudged,
    /// The expected answer is the reference's.
    Right,
    /// The expected answer is another.
    Wrong {
        /// What the list expects.
        given: Answer,
    },
}

impl CallVerdict {
    /// Compares the reference's answer with the list's.
    #[must_use]
    pub fn of(reference: Answer, given: Option<Answer>) -> Self {
        match given {
            None => Self::NotJudged,
            Some(given) if given == reference => Self::Right,
            Some(given) => Self::Wrong { given },
        }
    }
}

/// A call whose expected answer is not the reference's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongCall {
    /// From 1, the constructor being call 1.
    pub number: usize,
    /// The call.
    pub operation: Operation,
    /// What the reference answers.
    pub reference: Answer,
    /// What the list expects.
    pub given: Answer,
}

/// What the judge says of a whole list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The list expects nothing.
    NotJudged {
        /// All calls, with the constructor.
        calls: usize,
    },
    /// Every answer is as expected.
    Right {
        /// Calls of which an answer was expected, the constructor's included.
        answers: usize,
    },
    /// At least one is not.
    Wrong {
        /// The first of them.
        first: WrongCall,
        /// How many there are.
        wrong: usize,
        /// Calls of which an answer was expected, the constructor's included.
        answers: usize,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJudged { calls: 1 } => f.write_str("1 call, no answers expected."),
            Self::NotJudged { calls } => write!(f, "{calls} calls, no answers expected."),
            Self::Right { answers } => write!(f, "Right. {answers} of {answers} answers as expected."),
            Self::Wrong { first, wrong, answers } => {
                let WrongCall { number, operation, reference, given } = first;
                write!(
                    f,
                    "Wrong at call {number} of {answers}: {operation} answers {reference}, the list expects {given}."
                )?;
                if *wrong > 1 { write!(f, " {wrong} answers are wrong.") } else { Ok(()) }
            }
        }
    }
}

impl Verdict {
    /// The word on calls that were made on the reference.
    #[must_use]
    pub fn of(made: &[ReplayedCall]) -> Self {
        let mut answers = 0;
        let mut wrong = 0;
        let mut first = None;
        for (index, call) in made.iter().enumerate() {
            answers += usize::from(call.verdict != CallVerdict::NotJudged);
            if let CallVerdict::Wrong { given } = call.verdict {
                wrong += 1;
                let (operation, reference) = (call.operation, call.answer);
                first.get_or_insert(WrongCall { number: index + 1, operation, reference, given });
            }
        }
        match first {
            Some(first) => Self::Wrong { first, wrong, answers },
            None if answers == 0 => Self::NotJudged { calls: made.len() },
            None => Self::Right { answers },
        }
    }
}

/// Runs the list on the reference and compares every answer.
#[must_use]
pub fn judge(list: &OperationList) -> Verdict {
    let mut replay = Replay::of(list.clone());
    replay.run();
    Verdict::of(replay.made())
}
