//! Operation lists: LeetCode's two JSON lines (names, arguments) with an optional third of expected answers.
//!
//! A list that exists begins with the constructor, has no second one and at most 3000 further calls; the expected answers
//! are those of its first calls. As parsed they cover every call or none; calls added by hand have none. Line ends and
//! blanks between tokens mean nothing. A bad token is a sentence with its place, never a panic.

use super::json_tokens::{Token, Tokens, clipped};
use super::operation::{Answer, CALLS_MAX, Capacity, Operation, OperationName, OutOfRange, Value};
use super::operation_list_error::{ListKind, OperationListError, Place, Reason};
use std::fmt;

/// Longest text that is read; the longest sensible list is a tenth of it.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Calls in order, the constructor first, and what each is expected to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationList {
    operations: Vec<Operation>,
    expected: Vec<Answer>,
}

/// There is no room for another call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyCalls;

impl fmt::Display for TooManyCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The exercise makes at most {CALLS_MAX} calls after MyCircularQueue. Reset to begin again.")
    }
}

impl std::error::Error for TooManyCalls {}

impl OperationList {
    /// The constructor alone, nothing expected.
    #[must_use]
    pub fn new(capacity: Capacity) -> Self {
        Self { operations: vec![Operation::New { capacity }], expected: Vec::new() }
    }

    /// Reads a list.
    ///
    /// # Errors
    /// The first bad token: its place, the call it belongs to, and why it is wrong.
    pub fn parse(text: &str) -> Result<Self, OperationListError> {
        ensure_not_too_long(text)?;
        let mut parser = Parser { tokens: Tokens::of(text), names: Vec::new() };
        parser.names()?;
        let operations = parser.arguments()?;
        let expected = parser.answers()?;
        Ok(Self { operations, expected })
    }

    /// Adds a call of which nothing is expected.
    ///
    /// # Errors
    /// When there are 3000 calls after the constructor. A second constructor is our own mistake.
    pub fn push(&mut self, operation: Operation) -> Result<(), TooManyCalls> {
        assert!(operation.name() != OperationName::MyCircularQueue, "a list has one constructor, its first call");
        if self.operations.len() > CALLS_MAX {
            return Err(TooManyCalls);
        }
        self.operations.push(operation);
        Ok(())
    }

    /// Keeps the first `calls` calls and what is expected of them; always the constructor.
    pub fn truncate(&mut self, calls: usize) {
        let kept = calls.max(1);
        self.operations.truncate(kept);
        self.expected.truncate(kept);
    }

    /// The calls, the constructor first.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What the first calls are expected to answer; empty if the list does not say.
    #[must_use]
    pub fn expected(&self) -> &[Answer] {
        &self.expected
    }

    /// The constructor's argument.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        match self.operations[0] {
            Operation::New { capacity } => capacity,
            _ => unreachable!("a list begins with its constructor"),
        }
    }
}

impl fmt::Display for OperationList {
    /// The two lines as LeetCode writes them, and the third if every answer is expected; `parse` reads them back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, &self.operations, |f, operation| write!(f, "\"{}\"", operation.name().word()))?;
        f.write_str("\n")?;
        write_list(f, &self.operations, |f, operation| match operation.argument() {
            Some(argument) => write!(f, "[{argument}]"),
            None => f.write_str("[]"),
        })?;
        if self.expected.len() == self.operations.len() {
            f.write_str("\n")?;
            write_answers(f, &self.expected)?;
        }
        Ok(())
    }
}

/// Answers as LeetCode prints them: `[null,true,-1]`.
pub struct AnswersLine<'a>(pub &'a [Answer]);

impl fmt::Display for AnswersLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_answers(f, self.0)
    }
}

fn write_answers(f: &mut fmt::Formatter<'_>, answers: &[Answer]) -> fmt::Result {
    write_list(f, answers, |f, answer| write!(f, "{answer}"))
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    entries: &[T],
    write_entry: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        write_entry(f, entry)?;
    }
    f.write_str("]")
}

fn ensure_not_too_long(text: &str) -> Result<(), OperationListError> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let at = (0..=TEXT_BYTES_MAX).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let (line, column) = line_and_column(&text[..at]);
    Err(OperationListError {
        place: Place { line, column, token: at..text.len() },
        call: None,
        reason: Reason::TextTooLong { max: TEXT_BYTES_MAX },
    })
}

fn line_and_column(before: &str) -> (usize, usize) {
    let last_line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, last_line.chars().count() + 1)
}

/// Reads the three lists in turn; the names that were read tell what the other two must hold.
struct Parser<'a> {
    tokens: Tokens<'a>,
    names: Vec<OperationName>,
}

type Parsed<T> = Result<T, OperationListError>;

impl Parser<'_> {
    fn names(&mut self) -> Parsed<()> {
        self.open(ListKind::Names)?;
        while let Some((token, place)) = self.entry(self.names.len(), "a name in double quotes")? {
            let name = self.name(token, place)?;
            self.names.push(name);
        }
        Ok(())
    }

    fn name(&self, token: Token, place: Place) -> Parsed<OperationName> {
        let index = self.names.len();
        let reason = match token {
            Token::Text(word) => match OperationName::from_word(&word) {
                Some(OperationName::MyCircularQueue) if index > 0 => Reason::ConstructorAgain,
                Some(name) if index == 0 && name != OperationName::MyCircularQueue => {
                    Reason::ConstructorNotFirst { name }
                }
                Some(_) if index > CALLS_MAX => Reason::TooManyCalls,
                Some(name) => return Ok(name),
                None => Reason::UnknownName { name: clipped(&word), meant: OperationName::meant_by(&word) },
            },
            other => Reason::Unexpected { wanted: "a name in double quotes", found: other.shown() },
        };
        Err(OperationListError { place, call: Some((index + 1, None)), reason })
    }

    fn arguments(&mut self) -> Parsed<Vec<Operation>> {
        self.open(ListKind::Arguments)?;
        let mut operations = Vec::with_capacity(self.names.len());
        while let Some((token, place)) = self.entry_for_call(ListKind::Arguments, operations.len())? {
            operations.push(self.operation(operations.len(), token, place)?);
        }
        Ok(operations)
    }

    /// One call: its name is known, its argument list begins with this token.
    fn operation(&mut self, index: usize, token: Token, place: Place) -> Parsed<Operation> {
        if token != Token::Open {
            let reason =
                Reason::Unexpected { wanted: "the argument list of this call, as [] or [3]", found: token.shown() };
            return Err(self.in_call(index, place, reason));
        }
        let operation = match self.names[index] {
            OperationName::MyCircularQueue => Operation::New { capacity: self.argument(index, Capacity::try_new)? },
            OperationName::EnQueue => Operation::EnQueue { value: self.argument(index, Value::try_new)? },
            OperationName::DeQueue => Operation::DeQueue,
            OperationName::Front => Operation::Front,
            OperationName::Rear => Operation::Rear,
            OperationName::IsEmpty => Operation::IsEmpty,
            OperationName::IsFull => Operation::IsFull,
        };
        let (token, place) = self.next_in(Some(index))?;
        let wanted = usize::from(operation.argument().is_some());
        match token {
            Token::Close => Ok(operation),
            // `[3 4]`: the comma is missing; `[3, 4]`, or anything in `[]`: an argument too many.
            Token::Integer(_) if wanted == 1 => {
                Err(self.in_call(index, place, Reason::Unexpected { wanted: "]", found: token.shown() }))
            }
            Token::End => Err(self.in_call(index, place, Reason::Unexpected { wanted: "]", found: token.shown() })),
            _ => Err(self.in_call(index, place, Reason::ArgumentCount { wanted })),
        }
    }

    fn argument<T>(&mut self, index: usize, in_range: impl Fn(i64) -> Result<T, OutOfRange>) -> Parsed<T> {
        let (token, place) = self.next_in(Some(index))?;
        let reason = match token {
            Token::Integer(given) => match in_range(given) {
                Ok(argument) => return Ok(argument),
                Err(out_of_range) => Reason::Argument(out_of_range),
            },
            Token::Close => Reason::ArgumentCount { wanted: 1 },
            other => Reason::Unexpected { wanted: "a whole number", found: other.shown() },
        };
        Err(self.in_call(index, place, reason))
    }

    fn answers(&mut self) -> Parsed<Vec<Answer>> {
        match self.next_in(None)? {
            (Token::End, _) => return Ok(Vec::new()),
            (Token::Open, _) => {}
            (other, place) => return Err(unopened(ListKind::Answers, &other, place)),
        }
        let mut answers = Vec::with_capacity(self.names.len());
        while let Some((token, place)) = self.entry_for_call(ListKind::Answers, answers.len())? {
            answers.push(match token {
                Token::Null => Answer::Null,
                Token::True => Answer::Bool(true),
                Token::False => Answer::Bool(false),
                Token::Integer(answer) => Answer::Int(answer),
                other => {
                    let reason =
                        Reason::Unexpected { wanted: "null, true, false or a whole number", found: other.shown() };
                    return Err(self.in_call(answers.len(), place, reason));
                }
            });
        }
        match self.next_in(None)? {
            (Token::End, _) => Ok(answers),
            (other, place) => {
                Err(OperationListError { place, call: None, reason: Reason::TextAfterLists { found: other.shown() } })
            }
        }
    }

    fn open(&mut self, list: ListKind) -> Parsed<()> {
        match self.next_in(None)? {
            (Token::Open, _) => Ok(()),
            (other, place) => Err(unopened(list, &other, place)),
        }
    }

    /// The first token of entry `index` of a list, past the comma before it; none at the list's end.
    fn entry(&mut self, index: usize, wanted: &'static str) -> Parsed<Option<(Token, Place)>> {
        let (token, place) = self.next_in(Some(index))?;
        match (index, token) {
            (0, Token::Close) if self.names.is_empty() => {
                Err(OperationListError { place, call: None, reason: Reason::NoCalls })
            }
            (_, Token::Close) => Ok(None),
            (0, token) => Ok(Some((token, place))),
            (_, Token::Comma) => match self.next_in(Some(index))? {
                (token @ (Token::Close | Token::Comma | Token::End), place) => {
                    Err(self.in_call(index, place, Reason::Unexpected { wanted, found: token.shown() }))
                }
                found => Ok(Some(found)),
            },
            (_, other) => {
                Err(self.in_call(index, place, Reason::Unexpected { wanted: "a comma or ]", found: other.shown() }))
            }
        }
    }

    /// As `entry`, for a list that must have as many entries as there are calls.
    fn entry_for_call(&mut self, list: ListKind, index: usize) -> Parsed<Option<(Token, Place)>> {
        let calls = self.names.len();
        let wanted = if list == ListKind::Arguments { "an argument list" } else { "an expected answer" };
        let mut closing = self.tokens.place_of_next();
        match self.entry(index, wanted)? {
            None if index < calls => {
                closing.token.end += "]".len();
                Err(self.in_call(index, closing, Reason::ListTooShort { list, found: index, calls }))
            }
            Some((_, place)) if index >= calls => {
                Err(OperationListError { place, call: None, reason: Reason::ListTooLong { list, calls } })
            }
            entry => Ok(entry),
        }
    }

    fn next_in(&mut self, index: Option<usize>) -> Parsed<(Token, Place)> {
        self.tokens.next().map_err(|(reason, place)| match index {
            Some(index) => self.in_call(index, place, reason),
            None => OperationListError { place, call: None, reason },
        })
    }

    fn in_call(&self, index: usize, place: Place, reason: Reason) -> OperationListError {
        OperationListError { place, call: Some((index + 1, self.names.get(index).copied())), reason }
    }
}

fn unopened(list: ListKind, found: &Token, place: Place) -> OperationListError {
    let reason = match (list, found) {
        (ListKind::Names | ListKind::Arguments, Token::End) => Reason::MissingList(list),
        (ListKind::Names, _) => Reason::Unexpected { wanted: "[, which opens the list of names", found: found.shown() },
        (ListKind::Arguments, _) => {
            Reason::Unexpected { wanted: "[, which opens the list of arguments", found: found.shown() }
        }
        (ListKind::Answers, _) => {
            Reason::Unexpected { wanted: "[, which opens the list of expected answers", found: found.shown() }
        }
    };
    OperationListError { place, call: None, reason }
}
