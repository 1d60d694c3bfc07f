//! Running other programs: each is printed before it runs, and one that fails ends the job with a sentence.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, paths};

/// A program to be run in the repository's root, with the given arguments and no standard input.
pub fn program<I, S>(name: impl AsRef<OsStr>, args: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(name);
    command.args(args).current_dir(paths::root()).stdin(Stdio::null());
    command
}

/// This toolchain's cargo.
pub fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// Prints the command, runs it to its end with its output shown, and refuses any exit status but success.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", line(command));
    let status = command.status().map_err(|error| format!("could not start `{}`: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", line(command))) }
}

/// Prints the command, runs it to its end and gives what it wrote to its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    println!("$ {}", line(command));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("could not start `{}`: {error}", line(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` ended with {}", line(command), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs the command unseen and gives its output; used for questions such as `--version`.
pub fn ask(command: &mut Command) -> Option<Output> {
    command.output().ok().filter(|output| output.status.success())
}

/// What a question printed, without the surrounding white space.
pub fn answer(command: &mut Command) -> Option<String> {
    ask(command).map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Runs a named part of a job and prints how long it took.
pub fn timed<T>(name: &str, part: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {name}");
    let begin = Instant::now();
    let outcome = part()?;
    println!("== {name}: {}", duration(begin.elapsed()));
    Ok(outcome)
}

fn duration(took: Duration) -> String {
    format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60)
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_string();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}
