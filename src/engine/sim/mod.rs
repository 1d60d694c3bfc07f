//! The simulation: one deterministic run of scenario, seed and commands.
