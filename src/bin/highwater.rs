//! The command line: dump, recover, seek, partition and run over the same engine as the page.
//!
//! This file only starts it; the commands are in `highwater/`, one a file, in the table of `highwater/cli.rs`.

#[cfg(not(target_arch = "wasm32"))]
#[path = "highwater/cli.rs"]
mod cli;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
