//! Step-by-step replay of an operation list: the queue after each call, forward and back.
//!
//! The constructor has always been called, so there is always a queue to draw. A call made by hand follows the calls run
//! so far and takes the place of those that were not run yet.

use super::circular_queue::CircularQueue;
use super::judge::CallVerdict;
use super::operation::{Answer, Capacity, Operation};
use super::operation_list::{OperationList, TooManyCalls};

/// A call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedCall {
    /// The call.
    pub operation: Operation,
    /// What the reference answered.
    pub answer: Answer,
    /// The slot that was written, left or read; none if the call touched none.
    pub slot: Option<usize>,
    /// Whether that is what the list expects.
    pub verdict: CallVerdict,
}

/// An operation list, how far it has run, and the queue at that point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    list: OperationList,
    queue: CircularQueue,
    made: Vec<ReplayedCall>,
}

impl Replay {
    /// A list, run as far as its constructor.
    #[must_use]
    pub fn of(list: OperationList) -> Self {
        let queue = CircularQueue::new(list.capacity());
        let mut replay = Self { list, queue, made: Vec::new() };
        replay.step();
        replay
    }

    /// An empty queue with no calls to come.
    #[must_use]
    pub fn new(capacity: Capacity) -> Self {
        Self::of(OperationList::new(capacity))
    }

    /// Makes the next call of the list; false at its end.
    pub fn step(&mut self) -> bool {
        let index = self.made.len();
        let Some(&operation) = self.list.operations().get(index) else { return false };
        let slot = self.queue.slot_touched_by(operation);
        let answer = self.queue.call(operation);
        let verdict = CallVerdict::of(answer, self.list.expected().get(index).copied());
        self.made.push(ReplayedCall { operation, answer, slot, verdict });
        true
    }

    /// Takes the last call back; false if only the constructor is left.
    pub fn step_back(&mut self) -> bool {
        let calls = self.made.len() - 1;
        if calls == 0 {
            return false;
        }
        self.seek(calls);
        true
    }

    /// Makes every call that is left.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Goes to the point after `calls` calls, the constructor included; at most to the list's end.
    pub fn seek(&mut self, calls: usize) {
        if calls < self.made.len() {
            *self = Self::of(self.list.clone());
        }
        while self.made.len() < calls && self.step() {}
    }

    /// Makes a call by hand, in place of those not run yet.
    ///
    /// # Errors
    /// After 3000 calls.
    pub fn call(&mut self, operation: Operation) -> Result<(), TooManyCalls> {
        let mut list = self.list.clone();
        list.truncate(self.made.len());
        list.push(operation)?;
        self.list = list;
        self.step();
        Ok(())
    }

    /// The queue now.
    #[must_use]
    pub fn queue(&self) -> &CircularQueue {
        &self.queue
    }

    /// The calls made, the constructor first.
    #[must_use]
    pub fn made(&self) -> &[ReplayedCall] {
        &self.made
    }

    /// The calls still to make.
    #[must_use]
    pub fn to_come(&self) -> &[Operation] {
        &self.list.operations()[self.made.len()..]
    }

    /// The whole list.
    #[must_use]
    pub fn list(&self) -> &OperationList {
        &self.list
    }
}
