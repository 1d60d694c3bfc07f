//! `highwater run`: a scenario from its start to its end, and how it ended.

use super::{Failure, Streams, unexpected, whole_number};
use highwater::engine::common::RecordId;
use highwater::engine::sim::{Figure, RunReport, Scenario, Simulation};
use lexopt::Arg;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) const HELP: &str = "\
highwater run SCENARIO [--seed S] [--json] [--list FIGURE]

Runs a scenario (a JSON file, or a folder with a scenario.json) to its endUs and prints one object: scenario, seed, endUs,
traceHash, events, ledger, metrics and partitions. The same scenario and seed give the same traceHash on every machine.
--seed S takes another seed than the scenario's; --list adds the numbers of the records behind a figure of the ledger as `list`. Without --json the same comes as lines `name value`.
docs/scenarios.md says what a scenario holds. Exit 0 whatever was lost; 2 if the scenario cannot be read.
";

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (mut paths, mut seed, mut json, mut list) = (Vec::new(), None, false, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seed") => seed = Some(whole_number("--seed", &parser.value()?, u64::MAX)?),
            Arg::Long("json") => json = true,
            Arg::Long("list") => list = Some(parse_figure(&parser.value()?.to_string_lossy())?),
            Arg::Value(path) => paths.push(PathBuf::from(path)),
            other => return Err(unexpected(other)),
        }
    }
    let [path] = paths.as_slice() else {
        return Err(Failure::Usage("one scenario is needed".to_string()));
    };
    let mut scenario = read(path)?;
    scenario.seed = seed.unwrap_or(scenario.seed);
    let end = scenario.end;
    let mut simulation = Simulation::new(Arc::new(scenario));
    simulation.advance_to(end);
    if let Some(limit) = simulation.state().limit {
        writeln!(streams.err, "highwater: run: {limit}")?;
    }
    let report = RunReport::of(simulation.state(), &name_of(path));
    let report = Report { report, list: list.map(|figure| simulation.state().ledger.list(figure, None)) };
    let object = serde_json::to_value(&report).expect("a report is plain data");
    if json {
        writeln!(streams.out, "{}", serde_json::to_string(&report).expect("a report is plain data"))?;
    } else {
        print_lines("", &object, streams)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is printed: the run's report, and the records behind a figure if they were asked for.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    report: RunReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<RecordId>>,
}

pub(super) fn parse_figure(text: &str) -> Result<Figure, Failure> {
    let figure = Figure::ALL.into_iter().find(|figure| figure.word() == text);
    figure.ok_or_else(|| {
        let known: Vec<&str> = Figure::ALL.into_iter().map(Figure::word).collect();
        Failure::Usage(format!("--list: `{text}` is not one of {}", known.join(", ")))
    })
}

pub(super) fn read(path: &Path) -> Result<Scenario, Failure> {
    let file = if path.is_dir() { path.join("scenario.json") } else { path.to_path_buf() };
    let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
    Scenario::from_json(&text).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

/// The folder's name for a `scenario.json`, else the file's without its extension.
fn name_of(path: &Path) -> String {
    let is_inside = path.file_name().is_some_and(|name| name == "scenario.json");
    let named = if is_inside { path.parent().unwrap_or(path) } else { path };
    named.file_stem().unwrap_or(named.as_os_str()).to_string_lossy().into_owned()
}

/// Prints nested objects and lists with their path: `ledger.sent 12`, `partitions.0.leader 1`.
fn print_lines(prefix: &str, value: &serde_json::Value, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let nested: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        serde_json::Value::String(text) => {
            writeln!(streams.out, "{prefix} {text}")?;
            return Ok(());
        }
        plain => {
            writeln!(streams.out, "{prefix} {plain}")?;
            return Ok(());
        }
    };
    for (name, value) in nested {
        let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        print_lines(&path, value, streams)?;
    }
    Ok(())
}
