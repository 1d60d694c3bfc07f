//! Tests of the quorum: what it does step by step, and what it never does, whatever happens to its messages and processes.

mod breakage;
mod driver;
mod elections;
mod invariants;
mod swarm;
