//! Truncation between two replicas whose logs are made by hand (KAFKA 6.5).

use super::*;
use crate::engine::cluster::event::TruncationReason;
use crate::engine::cluster::protocol::{DivergingEpoch, FetchPartition, FetchedPartition};
use crate::engine::cluster::test_driver::{P0, batch};
use crate::engine::common::KafkaError;
use crate::engine::record::RecordBatch;

const ME: BrokerId = BrokerId(1);
const OTHER: BrokerId = BrokerId(2);

/// A replica whose log has one record an offset, with these epochs from these offsets on.
fn replica(leads: bool, epochs: &[(i32, i64)], end: i64) -> Partition {
    let mut partition = Partition::new(P0, Arc::default(), 0);
    let next_starts = epochs.iter().skip(1).map(|(_, start)| *start).chain([end]);
    let mut batches: Vec<RecordBatch> = Vec::new();
    for ((epoch, start), next) in epochs.iter().zip(next_starts) {
        let one = |offset| batch(1).batch().with_offset_and_epoch(Offset(offset), LeaderEpoch(*epoch));
        batches.extend((*start..next).map(one));
    }
    partition.log.append_as_follower(&batches, 0).expect("offsets ascend");
    let state = PartitionRegistration {
        leader: Some(if leads { ME } else { OTHER }),
        leader_epoch: LeaderEpoch(9),
        partition_epoch: 9,
        ..PartitionRegistration::new(&[ME, OTHER], &[ME, OTHER])
    };
    partition.apply(ME, &state, VirtualTime::ZERO, &mut Vec::new());
    partition
}

fn fetch_of(follower: &Partition) -> FetchPartition {
    FetchPartition {
        partition: P0,
        fetch_offset: follower.log.log_end_offset(),
        last_fetched_epoch: follower.last_fetched_epoch(),
        current_leader_epoch: Some(LeaderEpoch(9)),
        log_start_offset: follower.log.log_start_offset(),
        max_bytes: 1_000_000,
    }
}

fn answer(diverging_epoch: Option<DivergingEpoch>) -> FetchedPartition {
    FetchedPartition {
        partition: P0,
        error: None,
        high_watermark: Offset(0),
        log_start_offset: Offset(0),
        diverging_epoch,
        batches: Vec::new(),
        current_leader: None,
    }
}

/// Lets the follower fetch until nothing diverges; gives each answer (epoch, end) and the log end after it.
fn cuts(leader: &Partition, follower: &mut Partition) -> Vec<(i32, i64, i64)> {
    let mut cuts = Vec::new();
    while let Some(diverging) = leader.diverging_epoch(&fetch_of(follower)).expect("an epoch that both can place") {
        follower.fetched(OTHER, &answer(Some(diverging)), 0, &mut Vec::new());
        cuts.push((diverging.epoch.0, diverging.end_offset.0, follower.log.log_end_offset().0));
        assert!(cuts.len() < 10, "truncation ends: {cuts:?}");
    }
    cuts
}

#[test]
fn a_follower_that_shares_the_epoch_is_cut_once() {
    let leader = replica(true, &[(0, 0), (1, 3)], 6);
    assert_eq!(cuts(&leader, &mut replica(false, &[(0, 0)], 5)), [(0, 3, 3)]);
    assert_eq!(cuts(&leader, &mut replica(false, &[(0, 0)], 3)), [], "a prefix is not cut");
    assert_eq!(cuts(&leader, &mut replica(false, &[(0, 0), (1, 3)], 5)), []);
}

#[test]
fn a_follower_that_does_not_know_the_leaders_epoch_asks_again() {
    let leader = replica(true, &[(0, 0), (1, 3), (3, 7)], 8);
    let mut follower = replica(false, &[(0, 0), (2, 5)], 9);
    // The leader's largest epoch that is not above 2 is 1, which the follower never had: it goes back to its epoch 0 first.
    assert_eq!(cuts(&leader, &mut follower), [(1, 7, 5), (0, 3, 3)]);
}

#[test]
fn a_follower_of_later_epochs_than_the_leaders_is_out_of_range() {
    let leader = replica(true, &[(0, 0)], 4);
    let mut fetch = fetch_of(&replica(false, &[(0, 0)], 3));
    fetch.last_fetched_epoch = Some(LeaderEpoch(12));
    assert_eq!(leader.diverging_epoch(&fetch), Err(KafkaError::OffsetOutOfRange));
}

#[test]
fn an_older_update_changes_nothing() {
    let mut partition = replica(true, &[(0, 0)], 4);
    let older = PartitionRegistration {
        leader_epoch: LeaderEpoch(8),
        partition_epoch: 8,
        ..PartitionRegistration::new(&[ME, OTHER], &[OTHER])
    };
    let mut events = Vec::new();
    assert!(!partition.apply(ME, &older, VirtualTime::ZERO, &mut events));
    assert!(partition.is_leader() && events.is_empty());
}

#[test]
fn a_cut_takes_the_high_watermark_along_and_says_why() {
    let mut follower = replica(false, &[(0, 0)], 5);
    let mut events = Vec::new();
    let told = FetchedPartition { high_watermark: Offset(4), ..answer(None) };
    follower.fetched(OTHER, &told, 0, &mut events);
    let diverging = DivergingEpoch { epoch: LeaderEpoch(0), end_offset: Offset(2) };
    follower.fetched(OTHER, &answer(Some(diverging)), 0, &mut events);
    let reason = TruncationReason::DivergingEpoch { epoch: LeaderEpoch(0), leader_end_offset: Offset(2) };
    assert_eq!(
        events,
        [
            BrokerEvent::HighWatermarkAdvanced { partition: P0, from: Offset(0), to: Offset(4) },
            BrokerEvent::Truncated { partition: P0, from: Offset(5), to: Offset(2), reason },
            BrokerEvent::HighWatermarkLowered { partition: P0, from: Offset(4), to: Offset(2) },
        ]
    );
}
