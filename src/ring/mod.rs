//! The circular queue of the exercise (LeetCode 622): the reference, operation lists, the judge and step-by-step replay.
//!
//! Words, exactly: `head` is the slot of Front, `tail` the slot that the next enQueue writes, as a log end offset is the
//! offset that the next record gets. The learner's own code and the generator of cases are not here yet.

pub mod circular_queue;
mod json_tokens;
pub mod judge;
pub mod operation;
pub mod operation_list;
pub mod operation_list_error;
pub mod replay;
pub mod retained_log;

pub use circular_queue::CircularQueue;
pub use judge::{CallVerdict, Verdict, WrongCall, judge};
pub use operation::{Answer, CALLS_MAX, Capacity, Operation, OperationName, OutOfRange, Value};
pub use operation_list::OperationList;
pub use operation_list_error::{OperationListError, Place, Reason};
pub use replay::{Replay, ReplayedCall, Window};
pub use retained_log::{Feed, LogChange, RetainedLog};
