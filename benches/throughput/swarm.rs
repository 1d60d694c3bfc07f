//! The swarm: how many watched random runs a minute one core makes (DESIGN 10 asks for 20,000).

use std::sync::Arc;

use highwater::engine::sim::swarm::{Tally, run, scenario};

/// Runs of a round.
pub(crate) const RUNS: u64 = 2_000;

/// Runs them one after the other, and checks that none failed.
pub(crate) fn run_some() -> Tally {
    let mut tally = Tally::default();
    for seed in 0..RUNS {
        tally.add(seed, run(&Arc::new(scenario(seed)), None));
    }
    assert_eq!(tally.failure, None);
    tally
}
