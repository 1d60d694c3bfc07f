//! Set-up and every repeated job of Highwater: `cargo xtask serve`, `test`, `bench`, `dist`.
//!
//! The rule it keeps: on a machine with only Rust and git, each command installs what it needs and nothing else, and
//! prints what it installs and how long that takes. It uses the standard library only, so that it is built in seconds.

mod bench;
mod bundle;
mod csp;
mod dist;
mod halves;
mod http;
mod paths;
mod serve;
mod shell;
mod sizes;
mod suites;
mod system;
mod tools;
mod webdriver;

use std::process::ExitCode;

/// What went wrong, as a sentence for the person at the terminal.
type Result<T> = std::result::Result<T, String>;

const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--base /path/] [--no-build]
        build the page for release, serve it on this machine and print its address
  test [--yes] [lint|native|wasm|browser]…
        every check of the project, or the named ones; --yes lets it install system packages with sudo
  bench [--yes]
        the engine's speed beside a bare loop, native and in Chromium, and what the first load weighs
  dist  build the page for release into dist/ and print what the first load weighs
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", args),
    };
    match command {
        "serve" => serve::run(rest),
        "test" => suites::run(rest),
        "bench" => bench::run(rest),
        "dist" => dist::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => Err(format!("there is no command \"{other}\"\n\n{USAGE}")),
    }
}
