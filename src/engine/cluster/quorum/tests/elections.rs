//! Elections step by step: who leads, after how long, and what the others were asked.

use super::super::{QuorumStateName, RaftRequest};
use super::driver::{Driver, Weather, controller};
use crate::engine::common::{ControllerId, LeaderEpoch, VirtualTime};

fn elected(voters: i32) -> (Driver, i32) {
    let mut driver = Driver::new(11, voters, 2);
    driver.run_until_that(10_000, Driver::has_converged);
    let leader = driver.leader().expect("it has converged");
    (driver, leader)
}

fn state(driver: &Driver, id: i32) -> QuorumStateName {
    driver.node(id).quorum().expect("it runs").state().name()
}

#[test]
fn one_alone_leads_after_its_election_timeout() {
    let mut driver = Driver::new(3, 1, 0);
    let taken = driver.run_until_that(2_000, |driver| driver.leader() == Some(1));
    assert!((1_000..2_000).contains(&taken), "{taken} ms");
    assert!(driver.node(1).is_active(), "its LeaderChange record is committed with it alone");
}

#[test]
fn a_dead_leader_is_succeeded_in_a_new_epoch_after_the_fetch_timeout() {
    let (mut driver, old) = elected(3);
    let epoch = driver.node(old).epoch();
    driver.crash(controller(old));
    let taken = driver.run_until_that(10_000, |driver| driver.leader().is_some_and(|leader| leader != old));
    assert!((1_500..4_000).contains(&taken), "{taken} ms: the fetch timeout, and an election or two");
    let new = driver.leader().expect("just seen");
    assert!(driver.node(new).epoch() > epoch);
    // The old one comes back, knows that it led, and follows.
    driver.start(controller(old));
    assert_eq!(state(&driver, old), QuorumStateName::Resigned);
    driver.run_until_that(5_000, Driver::has_converged);
    assert_eq!(state(&driver, old), QuorumStateName::Follower);
}

#[test]
fn a_leader_that_is_cut_off_resigns_after_one_and_a_half_fetch_timeouts() {
    let (mut driver, old) = elected(5);
    driver.isolate(controller(old));
    let taken = driver.run_until_that(10_000, |driver| !driver.node(old).is_leader());
    assert!((2_400..=3_010).contains(&taken), "{taken} ms");
    assert_eq!(state(&driver, old), QuorumStateName::Resigned);
}

#[test]
fn a_graceful_shutdown_hands_over_at_once_to_the_voter_that_has_fetched_furthest() {
    for voters in [3, 5] {
        let (mut driver, old) = elected(voters);
        driver.call(controller(old), |node, now, out| node.shut_down(now, out));
        let taken = driver.run_until_that(3_000, |driver| driver.leader().is_some_and(|leader| leader != old));
        assert!(taken < 700, "{taken} ms with {voters} voters: no timeout has to run out");
        driver.run_until_that(3_000, |driver| driver.node(old).may_stop());
        let named = driver.requests_sent.iter().find_map(|(_, _, _, request)| match request {
            RaftRequest::EndQuorumEpoch { preferred_successors, .. } => Some(preferred_successors.len()),
            _ => None,
        });
        assert_eq!(named, Some(voters as usize - 1));
    }
}

#[test]
fn a_voter_that_was_cut_off_does_not_disturb_the_quorum_when_it_returns() {
    let (mut driver, leader) = elected(3);
    let epoch = driver.node(leader).epoch();
    let cut = (1..=3).find(|id| *id != leader).expect("three voters");
    driver.isolate(controller(cut));
    driver.run_for_ms(20_000);
    assert_eq!(driver.node(cut).epoch(), epoch, "it asked for pre-votes only, so its epoch did not rise");
    driver.cut.clear();
    driver.run_until_that(5_000, Driver::has_converged);
    assert_eq!((driver.leader(), driver.node(leader).epoch()), (Some(leader), epoch));
}

#[test]
fn a_minority_commits_nothing_and_loses_what_it_wrote() {
    let (mut driver, old) = elected(3);
    driver.isolate(controller(old));
    assert!(driver.append(old, 4), "it does not know yet");
    let committed = driver.node(old).high_watermark();
    driver.run_until_that(10_000, |driver| driver.leader().is_some_and(|leader| leader != old));
    assert_eq!(driver.node(old).high_watermark(), committed);
    assert!(driver.node(old).log().log_end_offset() > committed);
    driver.cut.clear();
    driver.run_until_that(10_000, Driver::has_converged);
}

#[test]
fn what_is_appended_waits_for_the_linger_and_is_then_everywhere() {
    let (mut driver, leader) = elected(3);
    let end = driver.node(leader).log().log_end_offset();
    assert!(driver.append(leader, 2) && driver.append(leader, 1));
    driver.run_for_ms(24);
    assert_eq!(driver.node(leader).log().log_end_offset(), end, "it gathers for 25 ms");
    let taken =
        driver.run_until_that(1_000, |driver| driver.has_converged() && driver.node(leader).high_watermark() > end);
    assert!(taken < 40, "{taken} ms: waiting fetches are answered at once, with records and with the high watermark");
    assert_eq!(driver.node(leader).log().log_end_offset(), end.plus(3));
}

#[test]
fn a_leader_makes_itself_known_every_half_of_a_fetch_timeout() {
    let (mut driver, leader) = elected(3);
    let begin = driver.now;
    driver.run_for_ms(5_000);
    let told = driver.requests_sent.iter().filter(|(at, from, to, request)| {
        *at > begin
            && *from == controller(leader)
            && *to == ControllerId(if leader == 1 { 2 } else { 1 })
            && matches!(request, RaftRequest::BeginQuorumEpoch { .. })
    });
    assert_eq!(told.count(), 5);
}

#[test]
fn an_observer_never_stands_for_election() {
    let mut driver = Driver::new(5, 3, 1);
    driver.run_until_that(10_000, Driver::has_converged);
    (1..=3).for_each(|id| driver.crash(controller(id)));
    driver.run_for_ms(60_000);
    driver.start_all();
    driver.weather = Weather { delay_max_ms: 20, lost_per_mille: 50 };
    driver.run_until_that(20_000, Driver::has_converged);
}

#[test]
fn elections_go_on_until_one_is_won_when_messages_are_slow() {
    let mut driver = Driver::new(2, 5, 0);
    driver.weather = Weather { delay_max_ms: 700, lost_per_mille: 0 };
    driver.run_until_that(120_000, |driver| driver.leader().is_some());
    assert!(driver.node(1).epoch() >= LeaderEpoch(1) && driver.now > VirtualTime::ZERO);
}
