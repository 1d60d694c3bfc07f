//! When the high watermark moves (`Partition.maybeIncrementLeaderHW`): to the smallest log end among those who must have a
//! record before it is safe, and not at all while too few are in sync.
//!
//! The gate is the strict min ISR of Kafka 3.7 (KAFKA-15583): below it, what acks 0 and 1 have written is stored but stays
//! invisible. The log itself refuses to move its high watermark down or past its end.

use crate::engine::common::Offset;

/// What the rule needs to know of one follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerView {
    /// Where its log ends; none: not fetched yet.
    pub log_end_offset: Option<Offset>,
    /// It may be in the ISR by now.
    pub in_maximal_isr: bool,
    /// It had everything at most `replica.lag.time.max.ms` ago.
    pub is_caught_up: bool,
    /// It is alive, unfenced, and known by its present broker epoch.
    pub is_isr_eligible: bool,
}

/// Whether a follower's log end bounds the high watermark.
///
/// | in maximal ISR | caught up | eligible | bounds it |
/// |----------------|-----------|----------|-----------|
/// | yes            | any       | any      | yes       |
/// | no             | yes       | yes      | yes: it is about to join |
/// | no             | yes       | no       | no        |
/// | no             | no        | any      | no        |
#[must_use]
pub fn bounds_high_watermark(in_maximal_isr: bool, is_caught_up: bool, is_isr_eligible: bool) -> bool {
    match (in_maximal_isr, is_caught_up, is_isr_eligible) {
        (true, _, _) => true,
        (false, true, true) => true,
        (false, true, false) | (false, false, _) => false,
    }
}

/// How few in-sync replicas are enough: `min.insync.replicas`, but never more than there are replicas.
#[must_use]
pub fn effective_min_isr(min_insync_replicas: i64, replication_factor: usize) -> usize {
    usize::try_from(min_insync_replicas).unwrap_or(usize::MAX).min(replication_factor)
}

/// The high watermark that the log ends allow; none while fewer than `min_isr` replicas are in the committed ISR, or while
/// a follower that bounds it has not been heard of.
#[must_use]
pub fn next_high_watermark(
    committed_isr: usize,
    min_isr: usize,
    leader_end_offset: Offset,
    followers: impl Iterator<Item = FollowerView>,
) -> Option<Offset> {
    if committed_isr < min_isr {
        return None;
    }
    followers
        .filter(|follower| {
            bounds_high_watermark(follower.in_maximal_isr, follower.is_caught_up, follower.is_isr_eligible)
        })
        .try_fold(leader_end_offset, |lowest, follower| Some(lowest.min(follower.log_end_offset?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follower(log_end_offset: i64, in_maximal_isr: bool, is_caught_up: bool, is_isr_eligible: bool) -> FollowerView {
        FollowerView { log_end_offset: Some(Offset(log_end_offset)), in_maximal_isr, is_caught_up, is_isr_eligible }
    }

    #[track_caller]
    fn check(committed_isr: usize, min_isr: usize, leader: i64, followers: &[FollowerView], expected: Option<i64>) {
        let next = next_high_watermark(committed_isr, min_isr, Offset(leader), followers.iter().copied());
        assert_eq!(next, expected.map(Offset));
    }

    #[test]
    fn the_table_of_who_bounds_it() {
        for (in_isr, caught_up, eligible, bounds) in [
            (true, true, true, true),
            (true, true, false, true),
            (true, false, true, true),
            (true, false, false, true),
            (false, true, true, true),
            (false, true, false, false),
            (false, false, true, false),
            (false, false, false, false),
        ] {
            assert_eq!(bounds_high_watermark(in_isr, caught_up, eligible), bounds);
            let slow = follower(3, in_isr, caught_up, eligible);
            check(1, 1, 10, &[slow], Some(if bounds { 3 } else { 10 }));
        }
    }

    #[test]
    fn it_is_the_smallest_log_end_of_those() {
        let (fast, slow) = (follower(9, true, true, true), follower(7, true, false, true));
        check(3, 2, 10, &[fast, slow], Some(7));
        check(3, 2, 10, &[fast, follower(1, false, false, true)], Some(9));
        check(1, 1, 10, &[], Some(10));
    }

    #[test]
    fn under_min_isr_it_does_not_move() {
        check(1, 2, 10, &[follower(10, false, true, true)], None);
        check(2, 2, 10, &[follower(10, true, true, true)], Some(10));
        check(2, 3, 10, &[follower(10, true, true, true)], None);
    }

    #[test]
    fn a_member_that_has_not_fetched_holds_it() {
        let silent = FollowerView { log_end_offset: None, ..follower(0, true, true, true) };
        check(2, 1, 10, &[silent, follower(10, true, true, true)], None);
    }

    #[test]
    fn min_isr_is_never_more_than_the_replicas() {
        assert_eq!(effective_min_isr(2, 3), 2);
        assert_eq!(effective_min_isr(3, 2), 2);
        assert_eq!(effective_min_isr(1, 1), 1);
    }
}
