//! What the last call did, in a sentence: in the ring, and what a log does in its place.

use crate::ring::{Operation, Replay, ReplayedCall};

/// What happened in the ring.
#[must_use]
pub fn in_the_ring(replay: &Replay) -> String {
    let queue = replay.queue();
    let ReplayedCall { operation, answer, touched, .. } = replay.last();
    match (operation, touched) {
        (Operation::New { capacity }, _) if capacity.get() == 1 => {
            "A queue of 1 slot, free. head and tail are slot 0.".to_owned()
        }
        (Operation::New { capacity }, _) => format!("A queue of {capacity} slots, all free. head and tail are slot 0."),
        (Operation::EnQueue { .. }, Some((slot, value))) => {
            format!("{operation} writes {value} into slot {slot}. tail is now slot {}.", queue.tail())
        }
        (Operation::EnQueue { .. }, None) if queue.capacity() == 1 => {
            format!("{operation} answers false: the only slot is taken. Nothing changes.")
        }
        (Operation::EnQueue { .. }, None) => {
            format!("{operation} answers false: all {} slots are taken. Nothing changes.", queue.capacity())
        }
        (Operation::DeQueue, Some((slot, value))) => {
            format!("{operation} takes {value} from slot {slot}, which is free now. head is now slot {}.", queue.head())
        }
        (Operation::DeQueue, None) => format!("{operation} answers false: the queue is empty. Nothing changes."),
        (Operation::Front, Some((slot, value))) => format!("{operation} reads slot {slot}, which is head: {value}."),
        (Operation::Rear, Some((slot, value))) => format!("{operation} reads slot {slot}, one before tail: {value}."),
        (Operation::Front | Operation::Rear, None) => format!("{operation} answers −1: the queue is empty."),
        (Operation::IsEmpty | Operation::IsFull, _) => {
            format!("{operation} answers {answer}: count is {} of {}.", queue.count(), queue.capacity())
        }
    }
}
