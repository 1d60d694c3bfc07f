//! Step-by-step replay of an operation list: the queue after each call, forward and back.
//!
//! The constructor has always been called, so there is always a queue to draw. A call made by hand follows the calls run
//! so far and takes the place of those that were not run yet.

use super::circular_queue::CircularQueue;
use super::judge::CallVerdict;
use super::operation::{Answer, Capacity, Operation, Value};
use super::operation_list::{OperationList, TooManyCalls};

/// The queue's window, counted since the constructor and never wrapped, as a log counts offsets.
///
/// `head` is `removed` modulo k and `tail` is `added` modulo k: what wraps in the ring only grows here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Values that deQueue has left behind: what a consumer's position would be.
    pub removed: usize,
    /// Values that enQueue has written: what a log end offset would be.
    pub added: usize,
}

impl Window {
    /// Values held.
    #[must_use]
    pub fn count(self) -> usize {
        self.added - self.removed
    }
}

/// A call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayedCall {
    /// The call.
    pub operation: Operation,
    /// What the reference answered.
    pub answer: Answer,
    /// The slot that was written, left or read, and the value in it; none if the call touched none.
    pub touched: Option<(usize, Value)>,
    /// The window after the call.
    pub window: Window,
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
        let left_or_read = slot.and_then(|slot| self.queue.held_in(slot));
        let answer = self.queue.call(operation);
        let touched = slot.map(|slot| {
            let value = left_or_read.or_else(|| self.queue.held_in(slot));
            (slot, value.expect("a touched slot holds a value before the call or after it"))
        });
        let window = self.window_after(operation, slot.is_some());
        let verdict = CallVerdict::of(answer, self.list.expected().get(index).copied());
        self.made.push(ReplayedCall { operation, answer, touched, window, verdict });
        true
    }

    fn window_after(&self, operation: Operation, touched: bool) -> Window {
        let mut window = self.window();
        match operation {
            Operation::EnQueue { .. } if touched => window.added += 1,
            Operation::DeQueue if touched => window.removed += 1,
            _ => {}
        }
        assert_eq!(window.count(), self.queue.count(), "the window is what the queue holds");
        assert_eq!(window.removed % self.queue.capacity(), self.queue.head(), "the window wraps to head");
        window
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

    /// The window now.
    #[must_use]
    pub fn window(&self) -> Window {
        self.made.last().map_or(Window::default(), |call| call.window)
    }

    /// The last call made; the constructor at least.
    #[must_use]
    pub fn last(&self) -> &ReplayedCall {
        self.made.last().expect("the constructor has been called")
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
