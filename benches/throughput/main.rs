//! How fast the engine is, beside a bare loop that does the same work without it; native, and in a browser's WebAssembly.
//!
//! `cargo xtask bench` builds and runs both and prints the ratios. The output is one figure a line, `name value`. Rounds of the two sides
//! alternate, so that both meet the same machine; what they wrote is decoded and compared with what was sent.

mod bare;
mod clock;
mod engine;
mod measure;
mod memory;
mod records;
mod simulation;
mod swarm;

/// In a browser the page that loads this calls [`clock::browser::report`]; here it is called at once.
fn main() {
    #[cfg(not(target_arch = "wasm32"))]
    #[allow(clippy::print_stdout, reason = "a report is what this program is for")]
    {
        print!("{}", measure::report());
    }
}
