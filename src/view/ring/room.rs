//! The room's state as a pure machine: what is typed, what was run, what is wrong with it.
//!
//! The text of the list is the learner's; it is read when they run or step it, and buttons never change it.

use crate::ring::{
    Capacity, Feed, Operation, OperationList, OperationListError, OperationName, OutOfRange, Replay, Value, Verdict,
};
use std::fmt;

/// The list that the room opens with: the example of the exercise.
pub const EXAMPLE: &str = r#"["MyCircularQueue", "enQueue", "enQueue", "enQueue", "enQueue", "Rear", "isFull", "deQueue", "enQueue", "Rear"]
[[3], [1], [2], [3], [4], [], [], [], [4], []]
[null, true, true, true, false, 3, true, true, true, 4]"#;

/// Slots of the queue that the room opens with.
const CAPACITY_AT_FIRST: i64 = 5;

/// What the learner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingAction {
    /// Types in the value field.
    TypeValue(String),
    /// Adds to the number in the value field, within its range; a text that is no number becomes 0.
    AddToValue(i64),
    /// Types in the capacity field; a good number makes a new queue.
    TypeCapacity(String),
    /// Types in the list.
    TypeList(String),
    /// Presses a call's button; enQueue takes the value field.
    Call(OperationName),
    /// Runs the typed list to its end.
    Run,
    /// Makes the next call: one taken back, or the typed list's; a list that was changed is read first.
    Step,
    /// Makes the next call of those taken back or still to come, whatever is typed.
    StepForward,
    /// Takes the last call back.
    StepBack,
    /// Goes back to the constructor; calls made by hand are forgotten, those of a list are to come again.
    Reset,
    /// Says which enQueues reach the log beside the ring.
    SetFeed(Feed),
    /// Puts the example back into the list.
    Example,
}

/// Why the room could not do it; each is a sentence beside the control that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingTrouble {
    /// The value field.
    Value(FieldError),
    /// The capacity field.
    Capacity(FieldError),
    /// The list.
    List(OperationListError),
    /// No room for another call.
    Full(String),
}

/// Why a field's text is no number for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Nothing typed.
    Empty,
    /// Not digits.
    NotAWholeNumber,
    /// A number outside the range.
    OutOfRange(OutOfRange),
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("A number is missing."),
            Self::NotAWholeNumber => f.write_str("That is not a whole number."),
            Self::OutOfRange(out_of_range) => write!(f, "{out_of_range}."),
        }
    }
}

/// Everything that the room shows follows from this.
#[derive(Clone, Debug, PartialEq)]
pub struct RingRoom {
    /// The value field's text.
    pub value: String,
    /// The capacity field's text.
    pub capacity: String,
    /// The list's text.
    pub list: String,
    /// The calls made and to come.
    pub replay: Replay,
    /// Which enQueues reach the log beside the ring.
    pub feed: Feed,
    /// What is wrong, if anything.
    pub trouble: Option<RingTrouble>,
    /// The judge's word on the list as far as it has run; none for calls by hand.
    pub verdict: Option<Verdict>,
    /// Which queue this is, counted: a new one is not drawn as the old one moving.
    pub generation: u32,
    /// The text that the replay was made from; none if it was made by hand.
    loaded: Option<String>,
}

impl Default for RingRoom {
    fn default() -> Self {
        let capacity = Capacity::try_new(CAPACITY_AT_FIRST).expect("5 slots are in range");
        Self {
            value: "7".to_owned(),
            capacity: capacity.to_string(),
            list: EXAMPLE.to_owned(),
            replay: Replay::new(capacity),
            feed: Feed::Accepted,
            trouble: None,
            verdict: None,
            generation: 0,
            loaded: None,
        }
    }
}

fn number(text: &str) -> Result<i64, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::Empty);
    }
    text.parse().map_err(|_| FieldError::NotAWholeNumber)
}

impl RingRoom {
    /// The judge's word as a sentence; what there is to do where it has none.
    #[must_use]
    pub fn verdict_words(&self) -> String {
        let to_come = self.replay.to_come().len();
        match self.verdict {
            None => {
                "Calls by hand are answered, not judged. Run a list to have its expected answers compared.".to_owned()
            }
            Some(Verdict::Right { answers }) if to_come > 0 => {
                format!("Right so far. {answers} of {} answers as expected.", self.replay.list().expected().len())
            }
            Some(Verdict::NotJudged { calls }) if to_come > 0 => {
                format!("{calls} of {} calls made, no answers expected.", calls + to_come)
            }
            Some(verdict) => verdict.to_string(),
        }
    }

    /// Does what the learner did.
    pub fn apply(&mut self, action: RingAction) {
        match action {
            RingAction::TypeValue(text) => self.type_value(text),
            RingAction::TypeCapacity(text) => self.type_capacity(text),
            RingAction::TypeList(text) => self.type_list(text),
            RingAction::Call(name) => self.call(name),
            RingAction::Run => self.run(),
            RingAction::AddToValue(change) => self.add_to_value(change),
            RingAction::Step => self.step(),
            RingAction::StepForward => self.step_forward(),
            RingAction::StepBack => self.step_back(),
            RingAction::Reset => self.reset(),
            RingAction::SetFeed(feed) => self.feed = feed,
            RingAction::Example => self.type_list(EXAMPLE.to_owned()),
        }
    }

    /// Whether Step has a call to make: the list was changed, or is not at its end.
    #[must_use]
    pub fn can_step(&self) -> bool {
        self.is_list_new() || !self.replay.to_come().is_empty()
    }

    fn is_list_new(&self) -> bool {
        self.loaded.as_deref() != Some(self.list.as_str())
    }

    fn type_value(&mut self, text: String) {
        self.value = text;
        self.trouble = self.typed_value().err().map(RingTrouble::Value);
    }

    fn add_to_value(&mut self, change: i64) {
        let value = number(&self.value).map_or(0, |number| number.saturating_add(change));
        self.type_value(value.clamp(i64::from(Value::ZERO.get()), i64::from(Value::MAX.get())).to_string());
    }

    fn typed_value(&self) -> Result<Value, FieldError> {
        Value::try_new(number(&self.value)?).map_err(FieldError::OutOfRange)
    }

    fn type_capacity(&mut self, text: String) {
        self.capacity = text;
        match number(&self.capacity).and_then(|given| Capacity::try_new(given).map_err(FieldError::OutOfRange)) {
            Ok(capacity) => self.begin(Replay::new(capacity), None),
            Err(error) => self.trouble = Some(RingTrouble::Capacity(error)),
        }
    }

    fn type_list(&mut self, text: String) {
        self.list = text;
        self.trouble = None;
        self.verdict = None;
    }

    fn call(&mut self, name: OperationName) {
        let operation = match name {
            OperationName::MyCircularQueue => return self.reset(),
            OperationName::EnQueue => match self.typed_value() {
                Ok(value) => Operation::EnQueue { value },
                Err(error) => return self.trouble = Some(RingTrouble::Value(error)),
            },
            OperationName::DeQueue => Operation::DeQueue,
            OperationName::Front => Operation::Front,
            OperationName::Rear => Operation::Rear,
            OperationName::IsEmpty => Operation::IsEmpty,
            OperationName::IsFull => Operation::IsFull,
        };
        self.loaded = None;
        self.verdict = None;
        self.trouble = self.replay.call(operation).err().map(|error| RingTrouble::Full(error.to_string()));
        // The next value is another one, so that slots can be told apart.
        if let (Operation::EnQueue { value }, None) = (operation, &self.trouble) {
            let next = if value == Value::MAX { i64::from(Value::ZERO.get()) } else { i64::from(value.get()) + 1 };
            self.value = next.to_string();
        }
    }

    /// Reads the typed list; false, with the trouble noted, if it is no list.
    fn load(&mut self) -> bool {
        match OperationList::parse(&self.list) {
            Ok(list) => {
                self.capacity = list.capacity().to_string();
                self.begin(Replay::of(list), Some(self.list.clone()));
                true
            }
            Err(error) => {
                self.trouble = Some(RingTrouble::List(error));
                self.verdict = None;
                false
            }
        }
    }

    fn begin(&mut self, replay: Replay, loaded: Option<String>) {
        self.replay = replay;
        self.loaded = loaded;
        self.trouble = None;
        self.verdict = None;
        self.generation += 1;
    }

    fn run(&mut self) {
        if self.load() {
            self.replay.run();
            self.note_verdict();
        }
    }

    fn step(&mut self) {
        // Calls by hand that were taken back come first: a step makes them again.
        let by_hand_to_come = self.loaded.is_none() && !self.replay.to_come().is_empty();
        if self.is_list_new() && !by_hand_to_come {
            if self.load() {
                self.note_verdict();
            }
            return;
        }
        self.step_forward();
    }

    fn step_forward(&mut self) {
        self.trouble = None;
        self.replay.step();
        self.note_verdict();
    }

    fn note_verdict(&mut self) {
        self.verdict = self.loaded.is_some().then(|| Verdict::of(self.replay.made()));
    }

    fn step_back(&mut self) {
        self.trouble = None;
        self.replay.step_back();
        self.note_verdict();
    }

    fn reset(&mut self) {
        let mut replay = self.replay.clone();
        if self.loaded.is_some() {
            replay.seek(1)
        } else {
            replay = Replay::new(replay.list().capacity())
        }
        self.capacity = replay.list().capacity().to_string();
        self.begin(replay, self.loaded.clone());
    }
}
