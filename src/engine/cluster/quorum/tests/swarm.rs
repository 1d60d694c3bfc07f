//! Runs by chance: what must never happen does not, and when the weather clears the quorum goes on by itself.

use super::super::Replica;
use super::driver::{Driver, Weather};
use crate::engine::common::{ControllerId, Prng, VirtualTime};

/// One run of 20 s with faults, then a clear sky. Returns how many elections were won and how many records committed.
pub(super) fn run(seed: u64) -> (usize, i64) {
    let mut dice = Prng::stream(seed, "swarm");
    let voters = [1, 3, 3, 5][dice.below(4) as usize];
    let observers = dice.below(3) as i32;
    let mut driver = Driver::new(seed, voters, observers);
    driver.weather = Weather {
        delay_max_ms: [3, 20, 200, 1_500][dice.below(4) as usize],
        lost_per_mille: [0, 0, 20, 200][dice.below(4) as usize],
    };
    if dice.chance(500) {
        // A batch at a time, so that logs end between what one leader wrote and what the next one did.
        driver.nodes.values_mut().for_each(|node| node.fetch_bytes_max = 1);
    }
    let leaders_fall = dice.chance(300);
    let end = VirtualTime::from_ms(20_000);
    while driver.now < end {
        driver.run_for_ms(1 + dice.below(400) as i64);
        if leaders_fall { let_leaders_fall(&mut driver, &mut dice) } else { disturb(&mut driver, &mut dice) }
    }
    clear_up(&mut driver);
    driver.run_until_that(60_000, Driver::has_converged);
    let before = driver.invariants.committed_end();
    let leader = driver.leader().expect("it has converged");
    assert!(driver.append(leader, 3));
    driver.run_until_that(60_000, |driver| driver.has_converged() && driver.invariants.committed_end() > before);
    (driver.invariants.elections(), driver.invariants.committed_end().0)
}

fn disturb(driver: &mut Driver, dice: &mut Prng) {
    let replicas = driver.replicas();
    let one = replicas[dice.below(replicas.len() as u64) as usize];
    let other = replicas[dice.below(replicas.len() as u64) as usize];
    match dice.below(20) {
        0..=9 => {
            // Whoever believes to lead takes what it is given.
            for voter in driver.voters.clone().iter() {
                driver.append(voter.0, 1 + dice.below(3) as u32);
            }
        }
        10 | 11 => driver.crash(one),
        12..=14 => driver.start(one),
        15 => driver.cut_both_ways(one, other),
        16 => {
            driver.cut.insert((one, other));
        }
        17 => driver.isolate(one),
        18 => driver.cut.clear(),
        _ => crash_the_leader(driver),
    }
}

/// A leader writes and falls, again and again, while the others come back: what each of them wrote is in few logs.
fn let_leaders_fall(driver: &mut Driver, dice: &mut Prng) {
    match dice.below(6) {
        0 | 1 => crash_the_leader(driver),
        2 | 3 => {
            let down: Vec<Replica> = driver.replicas().into_iter().filter(|one| !driver.nodes[one].is_up()).collect();
            if !down.is_empty() {
                driver.start(down[dice.below(down.len() as u64) as usize]);
            }
        }
        _ => {
            if let Some(leader) = driver.leader() {
                driver.append(leader, 1);
            }
        }
    }
}

fn crash_the_leader(driver: &mut Driver) {
    if let Some(leader) = driver.leader() {
        driver.crash(Replica::Controller(ControllerId(leader)));
    }
}

fn clear_up(driver: &mut Driver) {
    driver.cut.clear();
    driver.weather = Weather::FAIR;
    driver.start_all();
}

#[test]
fn whatever_happens_the_invariants_hold_and_the_quorum_recovers() {
    let seeds = std::env::var("QUORUM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_500);
    let (mut elections, mut records) = (0, 0);
    for seed in 0..seeds {
        let (won, committed) = std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed} failed"));
        elections += won;
        records += committed;
    }
    // What the runs were about: leaders that fell, and records that had to survive it.
    assert!(elections as u64 > seeds * 3, "{elections} elections in {seeds} runs");
    assert!(records as u64 > seeds * 10, "{records} records in {seeds} runs");
}

#[test]
fn a_seed_is_a_run() {
    assert_eq!(run(7), run(7));
}
