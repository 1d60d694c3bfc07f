//! Who leads: one at a time, out of the ISR, in epochs that rise; and brokers believe what the controller wrote.

use super::{Invariant, Verdict};
use crate::engine::cluster::protocol::PartitionRegistration;
use crate::engine::common::{BrokerId, LeaderEpoch, TopicPartition};
use crate::engine::sim::state::State;
use std::collections::BTreeMap;

pub(super) const SINGLE_LEADER_PER_EPOCH: Invariant = Invariant {
    name: "SingleLeaderPerEpoch",
    holds: "In one leader epoch of a partition at most one broker ever leads it.",
};
pub(super) const EPOCHS_NEVER_FALL: Invariant = Invariant {
    name: "EpochsNeverFall",
    holds: "Leader epochs and partition epochs only rise, and the leader epoch rises whenever the leader changes.",
};
pub(super) const ISR_CONTAINS_LEADER: Invariant = Invariant {
    name: "IsrContainsLeader",
    holds: "The leader is in the ISR, and the ISR holds replicas of the partition, each once.",
};
pub(super) const LEADERS_COME_FROM_ISR: Invariant = Invariant {
    name: "LeadersComeFromIsr",
    holds: "A new leader was in the ISR or the ELR, unless unclean elections are allowed, or it led last and both were empty.",
};
pub(super) const METADATA_NEVER_DIVERGES: Invariant = Invariant {
    name: "MetadataNeverDiverges",
    holds: "What a broker believes of a partition is what the controller wrote at that point, and never more.",
};

/// A broker leads in an epoch.
pub(super) fn is_single(
    leaders: &mut BTreeMap<LeaderEpoch, BrokerId>,
    broker: BrokerId,
    epoch: LeaderEpoch,
) -> Verdict {
    match *leaders.entry(epoch).or_insert(broker) {
        known if known == broker => Ok(()),
        other => Err(format!("brokers {other} and {broker} both lead in epoch {epoch}")),
    }
}

pub(super) fn epochs_rise(before: &PartitionRegistration, after: &PartitionRegistration) -> Verdict {
    let leader_moved = before.leader != after.leader;
    let rises = after.partition_epoch > before.partition_epoch
        && after.leader_epoch >= before.leader_epoch
        && (!leader_moved || after.leader_epoch > before.leader_epoch);
    if rises {
        return Ok(());
    }
    Err(format!(
        "leader epoch {} and partition epoch {} became {} and {}",
        before.leader_epoch, before.partition_epoch, after.leader_epoch, after.partition_epoch
    ))
}

pub(super) fn isr_contains_leader(partition: &PartitionRegistration) -> Verdict {
    let PartitionRegistration { isr, replicas, leader, .. } = partition;
    let once = isr.iter().enumerate().all(|(at, member)| !isr[..at].contains(member));
    let holds = leader.is_none_or(|leader| isr.contains(&leader));
    if holds && once && isr.iter().all(|member| replicas.contains(member)) {
        return Ok(());
    }
    Err(format!("leader {leader:?}, ISR {isr:?}, replicas {replicas:?}"))
}

/// An election as the ISR before it shows it.
pub(super) struct Election {
    /// The new leader may lack committed records.
    pub(super) is_unclean: bool,
    pub(super) verdict: Verdict,
}

/// | the leader changed | the new one was in ISR or ELR | unclean allowed, or it is the last known leader | then |
/// |--------------------|-------------------------------|-------------------------------------------------|------|
/// | no, or to nobody   | any                           | any                                             | no matter |
/// | yes                | yes                           | any                                             | clean |
/// | yes                | no                            | yes                                             | unclean, and allowed |
/// | yes                | no                            | no                                              | unclean: the rule is broken |
///
/// The last known leader may lead if nobody is in ISR and ELR, but for a broker that came back from an unclean stop just now.
pub(super) fn judge(
    before: &PartitionRegistration,
    after: &PartitionRegistration,
    may_be_unclean: bool,
    came_back_unclean: Option<BrokerId>,
) -> Election {
    let leader = after.leader.filter(|leader| Some(*leader) != before.leader);
    let was_eligible = |leader: &BrokerId| before.isr.contains(leader) || before.elr.contains(leader);
    let Some(leader) = leader.filter(|leader| !was_eligible(leader)) else {
        return Election { is_unclean: false, verdict: Ok(()) };
    };
    let nobody = |members: &[BrokerId]| members.iter().all(|member| Some(*member) == came_back_unclean);
    let led_last = nobody(&before.isr) && nobody(&before.elr) && *before.last_known_elr == [leader];
    let what = || format!("broker {leader} leads, but the ISR was {:?} and the ELR {:?}", before.isr, before.elr);
    Election { is_unclean: true, verdict: if may_be_unclean || led_last { Ok(()) } else { Err(what()) } }
}

/// Whether the partition's settings let a replica lead that is not in sync: those that were asked for, or those that the controllers still go
/// by, because the change has not reached them.
pub(super) fn may_be_unclean(state: &State, partition: TopicPartition) -> bool {
    let wanted = state.topic_configs.get(usize::from(partition.topic.0));
    let written = state.metadata.topics.get(&partition.topic).map(|topic| &topic.config);
    wanted.into_iter().chain(written).any(|config| config.unclean_leader_election_enable)
}

/// A broker was told of a partition: it must be what the controller wrote, or something older.
pub(super) fn believes_what_was_written(state: &State, partition: TopicPartition, broker: BrokerId) -> Verdict {
    let believed = state.broker(broker).and_then(|broker| broker.metadata().partition(partition));
    let written = state.metadata.partition(partition);
    match (believed, written) {
        (Some(believed), Some(written)) => is_written(believed, written),
        _ => Ok(()),
    }
}

fn is_written(believed: &PartitionRegistration, written: &PartitionRegistration) -> Verdict {
    let is_older = believed.partition_epoch < written.partition_epoch && believed.leader_epoch <= written.leader_epoch;
    if is_older || believed == written {
        return Ok(());
    }
    Err(format!("a broker believes {believed:?}, the controller wrote {written:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(leader: Option<i32>, isr: &[i32], epochs: (i32, i32)) -> PartitionRegistration {
        let brokers = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
        PartitionRegistration {
            leader: leader.map(BrokerId),
            leader_epoch: LeaderEpoch(epochs.0),
            partition_epoch: epochs.1,
            ..PartitionRegistration::new(&brokers(&[1, 2, 3]), &brokers(isr))
        }
    }

    #[test]
    fn two_leaders_of_an_epoch_are_seen() {
        let mut leaders = BTreeMap::new();
        assert!(is_single(&mut leaders, BrokerId(1), LeaderEpoch(0)).is_ok());
        assert!(is_single(&mut leaders, BrokerId(1), LeaderEpoch(0)).is_ok());
        assert!(is_single(&mut leaders, BrokerId(2), LeaderEpoch(1)).is_ok());
        assert!(is_single(&mut leaders, BrokerId(2), LeaderEpoch(0)).is_err());
    }

    #[test]
    fn epochs_that_fall_or_stand_still_are_seen() {
        let before = partition(Some(1), &[1, 2], (4, 7));
        for (after, holds) in [
            (partition(Some(1), &[1], (4, 8)), true),
            (partition(Some(2), &[2], (5, 8)), true),
            (partition(Some(2), &[2], (4, 8)), false),
            (partition(Some(1), &[1], (3, 8)), false),
            (partition(Some(1), &[1], (4, 7)), false),
        ] {
            assert_eq!(epochs_rise(&before, &after).is_ok(), holds, "{after:?}");
        }
    }

    #[test]
    fn an_isr_without_its_leader_or_with_strangers_is_seen() {
        for (leader, isr, holds) in [
            (Some(1), &[1, 2][..], true),
            (None, &[1], true),
            (Some(3), &[1, 2], false),
            (Some(1), &[1, 4], false),
            (Some(1), &[1, 2, 2], false),
        ] {
            assert_eq!(isr_contains_leader(&partition(leader, isr, (0, 0))).is_ok(), holds);
        }
    }

    #[test]
    fn the_table_of_elections() {
        let before = partition(Some(1), &[1, 2], (0, 0));
        for (leader, allowed, is_unclean, holds) in [
            (None, false, false, true),
            (Some(1), false, false, true),
            (Some(2), false, false, true),
            (Some(3), true, true, true),
            (Some(3), false, true, false),
        ] {
            let election = judge(&before, &partition(leader, &[3], (1, 1)), allowed, None);
            assert_eq!((election.is_unclean, election.verdict.is_ok()), (is_unclean, holds), "{leader:?}");
        }
        let three = || [BrokerId(3)].into();
        let one = || [BrokerId(1)].into();
        for (isr, elr, last_known_elr, came_back_unclean, is_unclean, holds) in [
            ([].into(), three(), [].into(), None, false, true),
            ([].into(), [].into(), three(), None, true, true),
            (one(), [].into(), three(), None, true, false),
            ([].into(), one(), three(), None, true, false),
            ([].into(), one(), three(), Some(BrokerId(1)), true, true),
            ([].into(), one(), three(), Some(BrokerId(2)), true, false),
            ([].into(), one(), [].into(), Some(BrokerId(1)), true, false),
        ] {
            let before = PartitionRegistration { isr, elr, last_known_elr, leader: None, ..before.clone() };
            let election = judge(&before, &partition(Some(3), &[3], (1, 1)), false, came_back_unclean);
            assert_eq!((election.is_unclean, election.verdict.is_ok()), (is_unclean, holds), "{before:?}");
        }
    }

    #[test]
    fn a_broker_that_believes_something_else_is_seen() {
        let written = partition(Some(1), &[1, 2], (4, 7));
        assert!(is_written(&written.clone(), &written).is_ok());
        assert!(is_written(&partition(Some(2), &[2], (3, 6)), &written).is_ok(), "it has not heard yet");
        assert!(is_written(&partition(Some(1), &[1], (4, 7)), &written).is_err(), "the same epoch, another ISR");
        assert!(is_written(&partition(Some(1), &[1], (4, 8)), &written).is_err(), "nobody wrote that yet");
    }
}
