//! A broker's disk: when it is written, what a power loss or a lost disk takes, and how slow it is.
//!
//! The rule it keeps: a crash of the process takes nothing that was appended, for the page cache is the operating system's. What
//! is lost is lost when the process starts again and opens its logs; until then nobody can tell. That the page cache is
//! written whole every `model.page.cache.flush.ms` is a model: Linux writes what is older than 30 s, page by page.

use super::Broker;
use crate::engine::cluster::output::{BrokerOutput, TimerKind};
use crate::engine::common::VirtualTime;

/// The state of a disk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Disk {
    /// What the next start will find missing.
    missing: Missing,
    /// How many times longer than usual an append takes; 0 as 1.
    factor: u32,
}

/// What a start will find missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Missing {
    /// Nothing.
    #[default]
    Nothing,
    /// What was in the page cache only.
    Unflushed,
    /// Everything.
    Everything,
}

impl Broker {
    /// The machine of a broker that is down lost its power with it: what was not flushed will be missing at its start.
    pub fn lose_page_cache(&mut self) {
        self.disk.missing = Missing::Unflushed;
    }

    /// A broker that is down gets an empty disk.
    pub fn replace_disk(&mut self) {
        self.disk.missing = Missing::Everything;
    }

    /// Whether the next start will find less in the logs than was appended.
    #[must_use]
    pub fn will_miss_something(&self) -> bool {
        self.disk.missing != Missing::Nothing
    }

    /// How many times longer than usual an append takes; 1 is usual.
    #[must_use]
    pub fn disk_factor(&self) -> u32 {
        self.disk.factor.max(1)
    }

    /// Makes appends take so many times longer.
    pub fn set_disk_factor(&mut self, factor: u32) {
        self.disk.factor = factor;
    }

    /// A start opens the disk as it is.
    pub(super) fn lose_what_the_disk_lost(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        let missing = std::mem::take(&mut self.disk.missing);
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            let replica = self.partition_mut(id).expect("its key was just listed");
            match missing {
                Missing::Nothing => return,
                Missing::Unflushed => replica.lose_unflushed(wall_clock, &mut out.events),
                Missing::Everything => replica.lose_disk(wall_clock, &mut out.events),
            }
        }
        if missing == Missing::Everything {
            self.partitions.clear();
            self.checkpointed.clear();
            self.clean_shutdown_file = None;
        }
    }

    pub(super) fn schedule_flushes(&self, now: VirtualTime, out: &mut BrokerOutput) {
        self.schedule(now + VirtualTime::from_ms(self.config.page_cache_flush_ms), TimerKind::PageCache, out);
        let interval = VirtualTime::from_ms(self.config.log_flush_scheduler_interval_ms);
        self.schedule(now + interval, TimerKind::Flush, out);
    }

    /// The operating system writes its page cache.
    pub(super) fn write_page_cache(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            let is_dirty = self.partition(id).is_some_and(|it| it.log().flushed_offset() < it.log().log_end_offset());
            if is_dirty {
                self.partition_mut(id).expect("its key was just listed").flush(wall_clock);
            }
        }
        self.schedule(now + VirtualTime::from_ms(self.config.page_cache_flush_ms), TimerKind::PageCache, out);
    }

    /// Writes the logs that `flush.ms` wants on the disk.
    pub(super) fn flush_by_time(&mut self, now: VirtualTime, out: &mut BrokerOutput) {
        let wall_clock = self.wall_clock(now);
        for id in self.partitions.keys().copied().collect::<Vec<_>>() {
            self.partition_mut(id).expect("its key was just listed").maybe_flush_by_time(wall_clock);
        }
        let interval = VirtualTime::from_ms(self.config.log_flush_scheduler_interval_ms);
        self.schedule(now + interval, TimerKind::Flush, out);
    }
}
