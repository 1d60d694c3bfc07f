//! A fetch that found too little and waits for more (`DelayedFetch`): a follower for appends, a consumer for the high watermark.
//!
//! When it ends, the broker reads again and answers with what there is then. It ends when `min_bytes` can be read, when a
//! partition can no longer be read here, or when its time is over.

use super::protocol::{FetchPartition, FetchRequest};
use crate::engine::common::TopicPartition;

/// A fetch in the purgatory.
#[derive(Clone, Debug)]
pub(super) struct DelayedFetch {
    pub(super) request: FetchRequest,
}

/// What a partition has for a waiting fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    /// This many bytes.
    Bytes(usize),
    /// It cannot be read here any more, or there is something other than bytes to tell.
    AnswerNow,
}

impl DelayedFetch {
    pub(super) fn watches(&self, partition: TopicPartition) -> bool {
        self.request.partitions.iter().any(|fetch| fetch.partition == partition)
    }

    /// Whether it is to be answered now.
    pub(super) fn is_complete(&self, mut readable: impl FnMut(&FetchPartition) -> Readable) -> bool {
        let mut bytes = 0;
        for fetch in &self.request.partitions {
            match readable(fetch) {
                Readable::AnswerNow => return true,
                Readable::Bytes(more) => bytes += more,
            }
            if bytes >= self.request.min_bytes {
                return true;
            }
        }
        false
    }
}
