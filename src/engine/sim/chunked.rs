//! A long list that is cheap to copy: chunks shared between copies until one of them writes.
//!
//! A checkpoint of the state copies a pointer a chunk; a write after it copies one chunk. Items go in at the back and may
//! leave at both ends. Positions are absolute: leaving at the front does not move the others.

use std::collections::VecDeque;
use std::sync::Arc;

/// Items a chunk: small enough to copy at a checkpoint's first write, large enough that a million items are few chunks.
const CHUNK: usize = 256;

/// The list. `get(position)` counts from the first item that was ever pushed.
#[derive(Clone, Debug)]
pub struct Chunked<T> {
    /// Number of chunks that left at the front for good.
    chunks_gone: usize,
    chunks: VecDeque<Arc<Vec<T>>>,
    front: usize,
    back: usize,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { chunks_gone: 0, chunks: VecDeque::new(), front: 0, back: 0 }
    }
}

impl<T: Clone> Chunked<T> {
    /// Position of the first item that is still there.
    #[must_use]
    pub fn front(&self) -> usize {
        self.front
    }

    /// One past the position of the last item.
    #[must_use]
    pub fn back(&self) -> usize {
        self.back
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.back - self.front
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.front == self.back
    }

    /// The item at a position, if it is there.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&T> {
        let there = (self.front..self.back).contains(&position);
        there.then(|| &self.chunks[position / CHUNK - self.chunks_gone][position % CHUNK])
    }

    /// The item at a position, to be changed.
    pub fn get_mut(&mut self, position: usize) -> Option<&mut T> {
        let there = (self.front..self.back).contains(&position);
        there.then(|| &mut Arc::make_mut(&mut self.chunks[position / CHUNK - self.chunks_gone])[position % CHUNK])
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.back.checked_sub(1).and_then(|position| self.get(position))
    }

    /// The first item.
    #[must_use]
    pub fn first(&self) -> Option<&T> {
        self.get(self.front)
    }

    /// Adds an item and tells its position.
    pub fn push(&mut self, item: T) -> usize {
        let position = self.back;
        if position / CHUNK - self.chunks_gone == self.chunks.len() {
            self.chunks.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let chunk = Arc::make_mut(self.chunks.back_mut().expect("a chunk was just made if there was none"));
        chunk.push(item);
        self.back += 1;
        position
    }

    /// Drops the items at `position` and after it.
    pub fn truncate(&mut self, position: usize) {
        let position = position.max(self.front);
        while self.back > position {
            let start = (self.back - 1) / CHUNK * CHUNK;
            let keep = position.saturating_sub(start);
            if keep == 0 {
                self.chunks.pop_back();
                self.back = start.max(position);
            } else {
                let last = self.chunks.back_mut().expect("items remain, so a chunk does");
                Arc::make_mut(last).truncate(keep);
                self.back = position;
            }
        }
        if self.front == self.back {
            // What is left of the chunk is before the front; the next push must find its place in it.
            let filled = self.back % CHUNK;
            let wanted = usize::from(filled > 0);
            while self.chunks.len() > wanted {
                self.chunks.pop_back();
            }
        }
    }

    /// Drops the items before `position`.
    pub fn drop_before(&mut self, position: usize) {
        self.front = position.clamp(self.front, self.back);
        while self.front / CHUNK > self.chunks_gone && !self.chunks.is_empty() {
            self.chunks.pop_front();
            self.chunks_gone += 1;
        }
    }

    /// The items with their positions, first to last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        (self.front..self.back).map(|position| (position, self.get(position).expect("within front and back")))
    }

    /// First position whose item does not satisfy `before`, for a list that is ordered by it.
    pub fn partition_point(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let (mut low, mut high) = (self.front, self.back);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.get(middle).expect("within front and back")) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::common::Prng;

    #[test]
    fn it_behaves_like_a_deque_with_absolute_positions() {
        for seed in 0..50 {
            let mut prng = Prng::stream(seed, "chunked");
            let mut list = Chunked::default();
            let mut model: VecDeque<(usize, u64)> = VecDeque::new();
            let mut back = 0;
            for step in 0..200 {
                match prng.below(4) {
                    0 | 1 => {
                        for _ in 0..prng.below(400) {
                            let value = prng.next_u64();
                            assert_eq!(list.push(value), back);
                            model.push_back((back, value));
                            back += 1;
                        }
                    }
                    2 => {
                        let to = list.front() + usize::try_from(prng.below(1 + list.len() as u64)).unwrap();
                        list.truncate(to);
                        model.retain(|(position, _)| *position < to);
                        back = to;
                    }
                    _ => {
                        let to = list.front() + usize::try_from(prng.below(1 + list.len() as u64)).unwrap();
                        list.drop_before(to);
                        model.retain(|(position, _)| *position >= to);
                    }
                }
                let copied = list.clone();
                assert!(
                    copied.iter().map(|(at, value)| (at, *value)).eq(model.iter().copied()),
                    "seed {seed} step {step}"
                );
                assert_eq!(copied.back(), back);
                if let Some((at, value)) = model.back() {
                    *list.get_mut(*at).unwrap() = *value;
                }
            }
        }
    }
}
