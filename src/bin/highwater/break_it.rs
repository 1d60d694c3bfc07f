//! `highwater break`: a schedule of faults that shows what a scenario's settings do not rule out.

use super::run::{parse_figure, read};
use super::{Failure, Streams, unexpected, whole_number};
use highwater::engine::sim::Anomaly;
use highwater::engine::sim::adversary::{Adversary, Counterexample, Progress, TRIES, promises};
use lexopt::Arg;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater break SCENARIO [--tries N] [--anomaly lost|duplicates|reordered] [--out FILE]

Says what the scenario's settings promise, and looks for a schedule of faults that shows what they do not rule out: N schedules at
most (10000 unless given). What is found is cut down to the fewest faults and told sentence by sentence; then comes the
scenario, or --out FILE writes it. Exit 0 if something was found, 1 if not.
";

/// Every how many schedules a line says how far the search is.
const REPORT_EVERY: u32 = 1_000;

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (mut paths, mut tries, mut wanted, mut out) = (Vec::new(), TRIES, Vec::new(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("tries") => tries = whole_number("--tries", &parser.value()?, u32::MAX)?,
            Arg::Long("anomaly") => wanted.push(parse_anomaly(&parser.value()?.to_string_lossy())?),
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Arg::Value(path) => paths.push(PathBuf::from(path)),
            other => return Err(unexpected(other)),
        }
    }
    let [path] = paths.as_slice() else {
        return Err(Failure::Usage("one scenario is needed".to_string()));
    };
    let scenario = read(path)?;
    let wanted = if wanted.is_empty() { Anomaly::ALL.to_vec() } else { wanted };
    let Some(promised) = promises(&scenario) else {
        return Err(Failure::Usage("the scenario has no producer".to_string()));
    };
    for anomaly in &wanted {
        let promise = promised.of(*anomaly);
        let word = if promise.is_impossible() { "impossible" } else { "possible" };
        writeln!(streams.out, "{}: {word}. {}", anomaly.figure().word(), promise.reason().sentence())?;
    }
    let mut adversary = Adversary::new(&scenario, &wanted, tries);
    loop {
        match adversary.step() {
            Progress::Searching { tried, of } if tried % REPORT_EVERY == 0 => {
                writeln!(streams.err, "{tried} of {of} schedules tried")?;
            }
            Progress::Searching { .. } | Progress::Shrinking { .. } => {}
            Progress::Found | Progress::NothingFound => break,
        }
    }
    match adversary.counterexample() {
        Some(found) => tell(found, adversary.tried(), out, streams),
        None => {
            writeln!(streams.out, "{} schedules tried, nothing found", adversary.tried())?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn tell(
    found: &Counterexample,
    tried: u32,
    out: Option<PathBuf>,
    streams: &mut Streams<'_>,
) -> Result<ExitCode, Failure> {
    writeln!(streams.out, "{} after {tried} schedules:", found.anomaly.figure().word())?;
    for line in &found.story {
        writeln!(streams.out, "{:>12} us  {}", line.at.0, line.text)?;
    }
    match out {
        Some(path) => {
            std::fs::write(&path, found.scenario.to_json() + "\n").map_err(|error| Failure::file(&path, &error))?;
            writeln!(streams.out, "scenario {}", path.display())?;
        }
        None => writeln!(streams.out, "{}", found.scenario.to_json())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_anomaly(text: &str) -> Result<Anomaly, Failure> {
    let figure = parse_figure(text)?;
    let anomaly = Anomaly::ALL.into_iter().find(|anomaly| anomaly.figure() == figure);
    anomaly.ok_or_else(|| Failure::Usage(format!("--anomaly: `{text}` is not one of lost, duplicates, reordered")))
}
