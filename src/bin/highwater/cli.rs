//! Which command, its help, its exit code (DESIGN 9).
//!
//! The rule it keeps: results go to standard output, sentences about what went wrong to standard error. Exit 0: done. 1: what was looked
//! at is bad. 2: bad usage. A reader that closes the pipe early ends a command quietly.

mod break_it;
mod dump;
mod failover;
mod partition;
mod recover;
mod run;
mod seek;
mod swarm;

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

/// A command: its name, one line about it, its help, and what runs it.
struct Command {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&mut lexopt::Parser, &mut Streams<'_>) -> Result<ExitCode, Failure>,
}

/// Every command. A new one is a row here and a file beside this one.
const COMMANDS: &[Command] = &[
    Command { name: "dump", summary: "decode files of a partition", help: dump::HELP, run: dump::run },
    Command { name: "recover", summary: "cut a torn tail, rebuild indexes", help: recover::HELP, run: recover::run },
    Command { name: "seek", summary: "find a record by offset or timestamp", help: seek::HELP, run: seek::run },
    Command { name: "run", summary: "run a scenario of the simulated cluster", help: run::HELP, run: run::run },
    Command { name: "swarm", summary: "random runs against every promise", help: swarm::HELP, run: swarm::run },
    Command {
        name: "break",
        summary: "find faults that show what is possible",
        help: break_it::HELP,
        run: break_it::run,
    },
    Command { name: "failover", summary: "time without a controller", help: failover::HELP, run: failover::run },
    Command { name: "partition", summary: "where keys land", help: partition::HELP, run: partition::run },
];

/// The whole number that an option is given, from 0 to `most`.
fn whole_number<T: FromStr + PartialOrd + fmt::Display>(option: &str, text: &OsStr, most: T) -> Result<T, Failure> {
    let number = text.to_str().and_then(|text| text.parse().ok()).filter(|number| *number <= most);
    number.ok_or_else(|| Failure::Usage(format!("{option}: `{}` is not a whole number of 0 to {most}", text.display())))
}

/// Where a command writes.
pub(crate) struct Streams<'a> {
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Sentences about what went wrong.
    pub(crate) err: &'a mut dyn Write,
}

/// Why a command ends early.
pub(crate) enum Failure {
    /// Bad usage, in a sentence: exit 2.
    Usage(String),
    /// `--help` was asked for.
    Help,
    /// The output can not be written.
    Output(io::Error),
}

impl Failure {
    /// A file that can not be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::Usage(format!("{}: {error}", path.display()))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// An option that a command does not have, or its `--help`.
pub(crate) fn unexpected(argument: lexopt::Arg<'_>) -> Failure {
    match argument {
        lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => Failure::Help,
        other => other.unexpected().into(),
    }
}

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let (stdout, stderr) = (io::stdout().lock(), io::stderr().lock());
    let (mut out, mut err) = (BufWriter::new(stdout), stderr);
    let result = start(&mut Streams { out: &mut out, err: &mut err })
        .and_then(|code| out.flush().map(|()| code).map_err(Failure::Output));
    match result {
        Ok(code) => code,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // There is nobody left to tell if standard error is gone too.
            let _ = out.flush();
            let _ = writeln!(err, "highwater: {failure}");
            ExitCode::from(2)
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) => f.write_str(sentence),
            Self::Help => f.write_str("help"),
            Self::Output(error) => write!(f, "the output can not be written: {error}"),
        }
    }
}

fn start(streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    use lexopt::Arg;
    let mut parser = lexopt::Parser::from_env();
    let name = match parser.next()? {
        None => return Err(Failure::Usage("a command is needed; `highwater --help` lists them".to_string())),
        Some(Arg::Long("help") | Arg::Short('h')) => return help(streams),
        Some(Arg::Long("version") | Arg::Short('V')) => return version(streams),
        Some(Arg::Value(name)) => name,
        Some(other) => return Err(other.unexpected().into()),
    };
    let known = COMMANDS.iter().find(|command| name == command.name);
    let Some(command) = known else {
        let sentence = format!("`{}` is no command; `highwater --help` lists them", name.display());
        return Err(Failure::Usage(sentence));
    };
    // `--version` everywhere: it answers whatever else is asked.
    let mut ahead = parser.clone();
    while let Ok(Some(argument)) = ahead.next() {
        if matches!(argument, Arg::Long("version") | Arg::Short('V')) {
            return version(streams);
        }
    }
    match (command.run)(&mut parser, streams) {
        Err(Failure::Help) => {
            streams.out.write_all(command.help.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(Failure::Usage(sentence)) => Err(Failure::Usage(format!("{}: {sentence}", command.name))),
        other => other,
    }
}

fn help(streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    writeln!(streams.out, "highwater: Kafka's log, partitioners and cluster, from the command line\n\nCommands:")?;
    for command in COMMANDS {
        writeln!(streams.out, "  {:<11}{}", command.name, command.summary)?;
    }
    writeln!(streams.out, "\n`highwater COMMAND --help` says more about one; `--version` prints the version.")?;
    Ok(ExitCode::SUCCESS)
}

fn version(streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    writeln!(streams.out, "highwater {}", env!("CARGO_PKG_VERSION"))?;
    Ok(ExitCode::SUCCESS)
}
