//! What a leader knows of one follower (`kafka.cluster.Replica`): how far it has fetched, and when it last had everything.
//!
//! A follower's fetch offset is its acknowledgement: it has what is before it. Nothing else tells the leader. The rules of
//! "caught up" are KAFKA 6.3's; who is in the ISR is in [`super::in_sync_replicas`].

use crate::engine::common::{BrokerId, Offset, VirtualTime};

/// One follower, seen from its leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    broker: BrokerId,
    /// The broker epoch on its fetches; none before the first.
    broker_epoch: Option<i64>,
    /// None until it has fetched in this leader's epoch.
    log_end_offset: Option<Offset>,
    log_start_offset: Option<Offset>,
    last_caught_up: Option<VirtualTime>,
    /// When it last fetched, and where the leader's log ended then.
    last_fetch: Option<(VirtualTime, Offset)>,
}

impl Replica {
    /// A follower as a new leader sees it: nothing is known, but one in the ISR is given the benefit of the doubt for
    /// `replica.lag.time.max.ms` from `now`.
    #[must_use]
    pub fn new(broker: BrokerId, is_in_sync: bool, now: VirtualTime) -> Self {
        Self {
            broker,
            broker_epoch: None,
            log_end_offset: None,
            log_start_offset: None,
            last_caught_up: is_in_sync.then_some(now),
            last_fetch: None,
        }
    }

    /// A fetch of this follower has arrived, which says that it has all before `fetch_offset`.
    /// Returns whether its log end moved.
    pub fn update_fetch_state(
        &mut self,
        fetch_offset: Offset,
        log_start_offset: Offset,
        broker_epoch: i64,
        now: VirtualTime,
        leader_end_offset: Offset,
    ) -> bool {
        let caught_up_at = if fetch_offset >= leader_end_offset {
            Some(now)
        } else {
            // It has all that the leader had when it last fetched, so it was caught up then.
            self.last_fetch.filter(|(_, leader_end_then)| fetch_offset >= *leader_end_then).map(|(at, _)| at)
        };
        self.last_caught_up = self.last_caught_up.max(caught_up_at);
        let moved = self.log_end_offset != Some(fetch_offset);
        self.log_end_offset = Some(fetch_offset);
        self.log_start_offset = Some(log_start_offset);
        self.broker_epoch = Some(broker_epoch);
        self.last_fetch = Some((now, leader_end_offset));
        moved
    }

    /// Its log ends where the leader's does, or did so at most `lag_max` ago.
    #[must_use]
    pub fn is_caught_up(&self, leader_end_offset: Offset, now: VirtualTime, lag_max: VirtualTime) -> bool {
        self.log_end_offset == Some(leader_end_offset) || self.last_caught_up.is_some_and(|at| now.since(at) <= lag_max)
    }

    /// Which broker.
    #[must_use]
    pub fn broker(&self) -> BrokerId {
        self.broker
    }

    /// The broker epoch on its last fetch.
    #[must_use]
    pub fn broker_epoch(&self) -> Option<i64> {
        self.broker_epoch
    }

    /// Where its log ends, as far as the leader knows.
    #[must_use]
    pub fn log_end_offset(&self) -> Option<Offset> {
        self.log_end_offset
    }

    /// Where its log starts, as far as the leader knows.
    #[must_use]
    pub fn log_start_offset(&self) -> Option<Offset> {
        self.log_start_offset
    }

    /// When it last had all that the leader had.
    #[must_use]
    pub fn last_caught_up(&self) -> Option<VirtualTime> {
        self.last_caught_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: VirtualTime = VirtualTime(30_000_000);

    fn ms(ms: i64) -> VirtualTime {
        VirtualTime::from_ms(ms)
    }

    #[test]
    fn a_fetch_at_the_leaders_end_is_caught_up_now() {
        let mut replica = Replica::new(BrokerId(2), false, ms(0));
        assert!(!replica.is_caught_up(Offset(5), ms(0), LAG), "outside the ISR nothing is assumed");
        assert!(replica.update_fetch_state(Offset(5), Offset(0), 1, ms(10), Offset(5)));
        assert_eq!(replica.last_caught_up(), Some(ms(10)));
        assert!(!replica.update_fetch_state(Offset(5), Offset(0), 1, ms(20), Offset(9)), "its log end stood still");
    }

    #[test]
    fn a_fetch_that_reaches_the_end_of_the_last_fetch_was_caught_up_then() {
        let mut replica = Replica::new(BrokerId(2), false, ms(0));
        replica.update_fetch_state(Offset(0), Offset(0), 1, ms(100), Offset(10));
        assert_eq!(replica.last_caught_up(), None);
        replica.update_fetch_state(Offset(9), Offset(0), 1, ms(200), Offset(20));
        assert_eq!(replica.last_caught_up(), None, "9 of 10");
        replica.update_fetch_state(Offset(20), Offset(0), 1, ms(300), Offset(30));
        assert_eq!(replica.last_caught_up(), Some(ms(200)), "at 200 the leader's log ended at 20");
    }

    #[test]
    fn an_in_sync_follower_of_a_new_leader_has_lag_max_to_show_up() {
        let replica = Replica::new(BrokerId(2), true, ms(1000));
        assert!(replica.is_caught_up(Offset(5), ms(31_000), LAG));
        assert!(!replica.is_caught_up(Offset(5), VirtualTime(31_000_001), LAG));
    }

    #[test]
    fn equal_log_ends_are_caught_up_however_long_ago() {
        let mut replica = Replica::new(BrokerId(2), true, ms(0));
        replica.update_fetch_state(Offset(5), Offset(0), 1, ms(10), Offset(5));
        assert!(replica.is_caught_up(Offset(5), ms(10_000_000), LAG));
        assert!(!replica.is_caught_up(Offset(6), ms(10_000_000), LAG));
    }
}
