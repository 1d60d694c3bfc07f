//! The net holds: each way to break the quorum on purpose is caught by an invariant within ten thousand runs.

use super::super::{BROKEN, Broken};
use super::swarm;

/// How many runs it takes to catch it.
#[track_caller]
fn check(broken: Broken) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    BROKEN.set(Some(broken));
    let caught = (0..10_000).find(|seed| std::panic::catch_unwind(|| swarm::run(*seed)).is_err());
    BROKEN.set(None);
    std::panic::set_hook(hook);
    assert!(caught.is_some(), "{broken:?} is not caught");
}

#[test]
fn every_breakage_is_caught() {
    for broken in [
        Broken::VoteTwiceAnEpoch,
        Broken::ForgetVoteInCrash,
        Broken::VoteForAnyLog,
        Broken::CommitOnTheLeaderAlone,
        Broken::CommitEarlierEpochsAlone,
        Broken::NeverDiverge,
    ] {
        check(broken);
    }
}
