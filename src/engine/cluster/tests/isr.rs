//! Who is in sync: shrinking after a lag, growing after catching up, and the high watermark in between (KAFKA 6.2, 6.3).

use crate::engine::cluster::event::{BrokerEvent, IsrChange};
use crate::engine::cluster::test_driver::{Cluster, broker, free_of_cost, ms};
use crate::engine::config::{Acks, BrokerConfig, TopicConfig};

/// A cluster in which a frozen broker keeps its session, so that only the leader can take it out of the ISR.
fn with_long_sessions() -> Cluster {
    let config = BrokerConfig { broker_session_timeout_ms: 3_600_000, ..free_of_cost() };
    Cluster::with_config(3, 1, 3, TopicConfig::default(), config)
}

#[test]
fn a_silent_follower_leaves_at_the_first_check_after_its_lag_is_too_long() {
    let mut cluster = with_long_sessions();
    cluster.run_until(ms(4_000));
    cluster.freeze(3);
    cluster.produce(1, 1, 1, Acks::All, 1);
    // It last fetched at some time up to 4 s; checks are at 15, 30 and 45 s; at 30 s its lag is less than 30 s.
    cluster.run_until(ms(44_990));
    assert_eq!(cluster.isr(), [1, 2, 3]);
    assert_eq!(cluster.high_watermark(1), 0);
    cluster.run_until(ms(45_010));
    assert_eq!(cluster.isr(), [1, 2]);
    assert_eq!(cluster.high_watermark(1), 1);
    let proposals: Vec<_> = cluster
        .events_of(1)
        .filter_map(|(at, event)| match event {
            BrokerEvent::IsrProposed { change, isr, .. } => Some((at, *change, isr.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(proposals, [(ms(45_000), IsrChange::Shrink, vec![broker(1), broker(2)])]);
}

#[test]
fn a_follower_that_lacks_nothing_stays_however_long_it_is_silent() {
    let mut cluster = with_long_sessions();
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_until(ms(4_000));
    cluster.freeze(3);
    cluster.run_until(ms(200_000));
    assert_eq!(cluster.isr(), [1, 2, 3]);
}

#[test]
fn a_follower_joins_again_when_it_has_reached_the_high_watermark() {
    let mut cluster = with_long_sessions();
    cluster.run_until(ms(4_000));
    cluster.freeze(3);
    cluster.produce(1, 1, 1, Acks::All, 5);
    cluster.run_until(ms(46_000));
    assert_eq!(cluster.isr(), [1, 2]);
    cluster.thaw(3);
    cluster.run_for(ms(1_000));
    assert_eq!(cluster.isr(), [1, 2, 3]);
    assert_eq!(cluster.log_end(3), 5);
    assert!(
        cluster
            .events_of(1)
            .any(|(_, event)| { matches!(event, BrokerEvent::IsrProposed { change: IsrChange::Expand, .. }) })
    );
}

#[test]
fn between_proposal_and_answer_a_joining_follower_already_counts() {
    let mut cluster = with_long_sessions();
    cluster.run_until(ms(4_000));
    cluster.freeze(3);
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_until(ms(46_000));
    cluster.cut_from_controller(1);
    cluster.thaw(3);
    cluster.run_for(ms(1_000));
    let isr = cluster.replica(1).leader().expect("1 leads").isr().clone();
    assert!(isr.is_in_flight() && isr.maximal_contains(broker(3)) && isr.committed().len() == 2);
    cluster.freeze(3);
    cluster.produce(1, 2, 1, Acks::All, 1);
    cluster.run_for(ms(5_000));
    assert_eq!(cluster.high_watermark(1), 1, "3 may be in the ISR by now, so its lack holds the high watermark");
}

#[test]
fn a_dead_follower_leaves_when_its_session_has_run_out() {
    let mut cluster = Cluster::new(3, 1, 3, TopicConfig::default());
    cluster.run_until(ms(5_000));
    cluster.crash(3);
    cluster.run_until(ms(12_900));
    assert_eq!(cluster.isr(), [1, 2, 3]);
    // Its last heartbeat arrived at about 4 s.
    cluster.run_until(ms(13_100));
    assert_eq!(cluster.isr(), [1, 2]);
    assert_eq!(cluster.replica(1).isr(), [broker(1), broker(2)]);
}

#[test]
fn a_followers_high_watermark_is_one_round_trip_behind() {
    let mut cluster = Cluster::new(2, 1, 2, TopicConfig::default());
    cluster.run_until(ms(100));
    cluster.produce(1, 1, 1, Acks::All, 1);
    cluster.run_for(ms(2));
    assert_eq!((cluster.log_end(2), cluster.high_watermark(1)), (1, 1), "its next fetch has arrived");
    assert_eq!(cluster.high_watermark(2), 0, "it has not been told");
    cluster.produce(1, 1, 2, Acks::All, 1);
    cluster.run_for(ms(1));
    assert_eq!((cluster.high_watermark(1), cluster.high_watermark(2)), (1, 1), "told with the next records");
    cluster.run_for(ms(600));
    assert_eq!(cluster.high_watermark(2), 2, "or when its fetch has waited 500 ms");
}
