//! The producer's bounded memory (`BufferPool`, KAFKA 3.3): every batch holds its buffer from its creation to its completion.
//!
//! The rule it keeps: `buffer.memory` is never exceeded, and who waits is served first come, first served: the head of the line takes
//! whatever comes free until it has enough. Waiting costs virtual time, so a request that cannot be met yields a [`WaiterTicket`]; the
//! application comes back with it when memory came free or its time is over. The pool counts bytes; the bytes themselves are the batches'.

use std::collections::VecDeque;

/// A place in the line for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiterTicket(pub u64);

/// What became of a request for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// The bytes are the caller's, to be given back with [`BufferPool::deallocate`].
    Granted,
    /// Not enough is free: the caller waits in line.
    Waiting(WaiterTicket),
    /// More than the pool has in all (`IllegalArgumentException`).
    TooLarge,
}

/// Somebody who waits for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Its place.
    pub ticket: WaiterTicket,
    /// Bytes it needs.
    pub size: usize,
    /// Bytes it has been given so far.
    pub accumulated: usize,
}

/// The memory of one producer.
#[derive(Clone, Debug, PartialEq)]
pub struct BufferPool {
    total_memory: usize,
    poolable_size: usize,
    /// How many buffers of exactly `poolable_size` bytes lie ready.
    free_buffers: usize,
    non_pooled_available: usize,
    waiters: VecDeque<Waiter>,
    /// Waiters that have all they need and did not come for it yet.
    granted: Vec<Waiter>,
    next_ticket: u64,
}

impl BufferPool {
    /// A pool of `total_memory` bytes (`buffer.memory`) that keeps buffers of `poolable_size` bytes (`batch.size`) for the next batch.
    #[must_use]
    pub fn new(total_memory: usize, poolable_size: usize) -> Self {
        Self {
            total_memory,
            poolable_size,
            free_buffers: 0,
            non_pooled_available: total_memory,
            waiters: VecDeque::new(),
            granted: Vec::new(),
            next_ticket: 0,
        }
    }

    /// Bytes in all: `buffer.memory`.
    #[must_use]
    pub fn total_memory(&self) -> usize {
        self.total_memory
    }

    /// Bytes that no batch and no waiter holds. The buffers that lie ready count.
    #[must_use]
    pub fn available_memory(&self) -> usize {
        self.non_pooled_available + self.free_buffers * self.poolable_size
    }

    /// Whether somebody waits for memory: then every batch may leave at once.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        !self.waiters.is_empty()
    }

    /// Those who wait, in the order in which they are served.
    pub fn waiters(&self) -> impl ExactSizeIterator<Item = &Waiter> {
        self.waiters.iter()
    }

    /// Asks for `size` bytes.
    pub fn allocate(&mut self, size: usize) -> Allocation {
        if size > self.total_memory {
            return Allocation::TooLarge;
        }
        if size == self.poolable_size && self.free_buffers > 0 {
            self.free_buffers -= 1;
            return Allocation::Granted;
        }
        if self.available_memory() >= size {
            self.free_up(size);
            self.non_pooled_available -= size;
            // What is left goes to who waits for more than there was.
            self.serve_waiters();
            return Allocation::Granted;
        }
        let ticket = WaiterTicket(self.next_ticket);
        self.next_ticket += 1;
        self.waiters.push_back(Waiter { ticket, size, accumulated: 0 });
        Allocation::Waiting(ticket)
    }

    /// Whether the waiter has all its bytes. If so, they are the caller's from now on and the ticket is used up.
    pub fn take_granted(&mut self, ticket: WaiterTicket) -> bool {
        let place = self.granted.iter().position(|waiter| waiter.ticket == ticket);
        place.is_some_and(|place| {
            self.granted.remove(place);
            true
        })
    }

    /// Whether the waiter has all its bytes, without taking them.
    #[must_use]
    pub fn is_granted(&self, ticket: WaiterTicket) -> bool {
        self.granted.iter().any(|waiter| waiter.ticket == ticket)
    }

    /// The waiter leaves the line; what it had been given goes to the next.
    pub fn give_up(&mut self, ticket: WaiterTicket) {
        if let Some(place) = self.waiters.iter().position(|waiter| waiter.ticket == ticket) {
            let waiter = self.waiters.remove(place).expect("the place was just found");
            self.non_pooled_available += waiter.accumulated;
        } else if let Some(place) = self.granted.iter().position(|waiter| waiter.ticket == ticket) {
            let waiter = self.granted.remove(place);
            self.put_back(waiter.size);
        }
        self.serve_waiters();
        self.assert_within_total();
    }

    /// Gives `size` bytes back, which serves those who wait.
    pub fn deallocate(&mut self, size: usize) {
        self.put_back(size);
        self.serve_waiters();
        self.assert_within_total();
    }

    fn put_back(&mut self, size: usize) {
        if size == self.poolable_size {
            self.free_buffers += 1;
        } else {
            self.non_pooled_available += size;
        }
    }

    fn serve_waiters(&mut self) {
        while let Some(mut head) = self.waiters.pop_front() {
            if head.accumulated == 0 && head.size == self.poolable_size && self.free_buffers > 0 {
                self.free_buffers -= 1;
                head.accumulated = head.size;
            } else {
                self.free_up(head.size - head.accumulated);
                let got = (head.size - head.accumulated).min(self.non_pooled_available);
                self.non_pooled_available -= got;
                head.accumulated += got;
            }
            if head.accumulated < head.size {
                self.waiters.push_front(head);
                return;
            }
            self.granted.push(head);
        }
    }

    /// Turns ready buffers into plain memory until `size` bytes are at hand or none is left.
    fn free_up(&mut self, size: usize) {
        while self.free_buffers > 0 && self.non_pooled_available < size {
            self.free_buffers -= 1;
            self.non_pooled_available += self.poolable_size;
        }
    }

    fn assert_within_total(&self) {
        let waiting: usize = self.waiters.iter().chain(&self.granted).map(|waiter| waiter.accumulated).sum();
        assert!(self.available_memory() + waiting <= self.total_memory, "memory was given back that nobody held");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn waits(pool: &mut BufferPool, size: usize) -> WaiterTicket {
        match pool.allocate(size) {
            Allocation::Waiting(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_buffers_of_batch_size_are_kept_and_they_do_not_fragment_memory() {
        let mut pool = BufferPool::new(100, 10);
        for _ in 0..10 {
            assert_eq!(pool.allocate(10), Allocation::Granted);
        }
        (0..10).for_each(|_| pool.deallocate(10));
        assert_eq!((pool.free_buffers, pool.available_memory()), (10, 100));
        assert_eq!(pool.allocate(95), Allocation::Granted);
        assert_eq!(pool.available_memory(), 5);
        assert_eq!(pool.allocate(101), Allocation::TooLarge);
    }

    #[test]
    fn the_head_of_the_line_is_served_until_it_has_enough() {
        let mut pool = BufferPool::new(30, 10);
        (0..3).for_each(|_| assert_eq!(pool.allocate(10), Allocation::Granted));
        let large = waits(&mut pool, 15);
        let small = waits(&mut pool, 10);
        pool.deallocate(10);
        assert!(pool.is_exhausted() && !pool.is_granted(large) && !pool.is_granted(small));
        pool.deallocate(10);
        assert!(pool.is_granted(large) && !pool.is_granted(small));
        pool.deallocate(10);
        assert!(pool.take_granted(small) && pool.take_granted(large) && !pool.is_exhausted());
        assert!(!pool.take_granted(small), "a ticket is good once");
        assert_eq!(pool.available_memory(), 5);
    }

    #[test]
    fn who_gives_up_leaves_its_share_to_the_next() {
        let mut pool = BufferPool::new(30, 10);
        assert_eq!(pool.allocate(25), Allocation::Granted);
        assert_eq!(pool.allocate(5), Allocation::Granted);
        let first = waits(&mut pool, 20);
        let second = waits(&mut pool, 5);
        pool.deallocate(5);
        assert!(!pool.is_granted(second), "the head holds the five bytes");
        pool.give_up(first);
        assert!(pool.take_granted(second));
        let third = waits(&mut pool, 30);
        [20, 5, 5].into_iter().for_each(|size| pool.deallocate(size));
        assert!(pool.is_granted(third));
        pool.give_up(third);
        assert_eq!(pool.available_memory(), 30, "what was granted and never taken goes back");
    }
}
