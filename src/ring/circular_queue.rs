//! The reference `MyCircularQueue`: a fixed array that is reused round and round.
//!
//! The rule it keeps: `count` alone tells empty from full, since `head == tail` in both. Nothing moves but `head` and
//! `count`; `tail` follows from them. A slot that was left keeps its old value, which no call can read.

use super::operation::{Answer, Capacity, Operation, Value};

/// A queue of at most `k` values in `k` slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircularQueue {
    slots: Vec<Value>,
    head: usize,
    count: usize,
}

impl CircularQueue {
    /// An empty queue; `head` and `tail` are slot 0.
    #[must_use]
    pub fn new(capacity: Capacity) -> Self {
        Self { slots: vec![Value::ZERO; usize::from(capacity.get())], head: 0, count: 0 }
    }

    /// Writes the value at `tail`. Answers false, and changes nothing, when the queue is full.
    pub fn en_queue(&mut self, value: Value) -> bool {
        if self.is_full() {
            return false;
        }
        let tail = self.tail();
        self.slots[tail] = value;
        self.count += 1;
        true
    }

    /// Leaves the value at `head` behind. Answers false, and changes nothing, when the queue is empty.
    pub fn de_queue(&mut self) -> bool {
        if self.is_empty() {
            return false;
        }
        self.head = self.wrapped(self.head + 1);
        self.count -= 1;
        true
    }

    /// The oldest value, at `head`; none when empty (the exercise answers −1).
    #[must_use]
    pub fn front(&self) -> Option<Value> {
        self.front_slot().map(|slot| self.slots[slot])
    }

    /// The newest value, one slot before `tail`; none when empty (the exercise answers −1).
    #[must_use]
    pub fn rear(&self) -> Option<Value> {
        self.rear_slot().map(|slot| self.slots[slot])
    }

    /// Holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Has no free slot.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.count == self.capacity()
    }

    /// `k`: the number of slots.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The number of values held.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The slot that Front reads; where the next value will be, when the queue is empty.
    #[must_use]
    pub fn head(&self) -> usize {
        self.head
    }

    /// The slot that the next enQueue writes; the same as `head` when the queue is empty and when it is full.
    #[must_use]
    pub fn tail(&self) -> usize {
        self.wrapped(self.head + self.count)
    }

    /// The slot that Front reads, if there is a value.
    #[must_use]
    pub fn front_slot(&self) -> Option<usize> {
        (!self.is_empty()).then_some(self.head)
    }

    /// The slot that Rear reads, if there is a value.
    #[must_use]
    pub fn rear_slot(&self) -> Option<usize> {
        (!self.is_empty()).then(|| self.wrapped(self.head + self.count - 1))
    }

    /// The value held in a slot; none if the slot is free or does not exist.
    #[must_use]
    pub fn held_in(&self, slot: usize) -> Option<Value> {
        let behind_head = (slot + self.capacity()).checked_sub(self.head)? % self.capacity();
        (slot < self.capacity() && behind_head < self.count).then(|| self.slots[slot])
    }

    /// Makes one call and gives its answer as LeetCode prints it. The constructor makes the queue anew.
    pub fn call(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::New { capacity } => {
                *self = Self::new(capacity);
                Answer::Null
            }
            Operation::EnQueue { value } => Answer::Bool(self.en_queue(value)),
            Operation::DeQueue => Answer::Bool(self.de_queue()),
            Operation::Front => Answer::value_or_minus_one(self.front()),
            Operation::Rear => Answer::value_or_minus_one(self.rear()),
            Operation::IsEmpty => Answer::Bool(self.is_empty()),
            Operation::IsFull => Answer::Bool(self.is_full()),
        }
    }

    /// The slot that a call would write, leave or read; none if it touches none (refused, empty, or a question).
    #[must_use]
    pub fn slot_touched_by(&self, operation: Operation) -> Option<usize> {
        match operation {
            Operation::EnQueue { .. } => (!self.is_full()).then(|| self.tail()),
            Operation::DeQueue | Operation::Front => self.front_slot(),
            Operation::Rear => self.rear_slot(),
            Operation::New { .. } | Operation::IsEmpty | Operation::IsFull => None,
        }
    }

    fn wrapped(&self, slot: usize) -> usize {
        slot % self.capacity()
    }
}
