//! `highwater recover`: what a broker does with segments after an unclean stop, into another folder.

use super::{Failure, Streams, unexpected};
use bytes::Bytes;
use highwater::engine::common::Offset;
use highwater::engine::config::TopicConfig;
use highwater::engine::storage::files::{file_name, offset_of_file_name};
use highwater::engine::storage::segment::Moment;
use highwater::engine::storage::{RecoveredSegment, TimeIndex};
use lexopt::Arg;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater recover FILE.log… --out DIR [--index-interval-bytes N]

Checks every batch, cuts a torn or corrupt tail, and writes .log, .index and .timeindex into DIR, never over
the input. The indexes are those of a broker with index.interval.bytes N (4096 by default).
Prints one object a file: file, validBytes, cutBytes, error and position (null if nothing was cut).
";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecoveredLine<'a> {
    file: &'a str,
    valid_bytes: usize,
    cut_bytes: usize,
    error: Option<&'a str>,
    position: Option<usize>,
}

struct Arguments {
    files: Vec<PathBuf>,
    out: PathBuf,
    index_interval_bytes: i64,
}

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let arguments = parse(parser)?;
    std::fs::create_dir_all(&arguments.out).map_err(|error| Failure::file(&arguments.out, &error))?;
    let inputs = ensure_nothing_is_overwritten(&arguments)?;
    for (path, base_offset) in inputs {
        recover(path, base_offset, &arguments, streams)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(parser: &mut lexopt::Parser) -> Result<Arguments, Failure> {
    let (mut files, mut out) = (Vec::new(), None);
    let mut index_interval_bytes = TopicConfig::default().index_interval_bytes;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("out") => out = Some(PathBuf::from(parser.value()?)),
            Arg::Long("index-interval-bytes") => index_interval_bytes = interval(&parser.value()?)?,
            Arg::Value(file) => files.push(PathBuf::from(file)),
            other => return Err(unexpected(other)),
        }
    }
    let out = out.ok_or_else(|| Failure::Usage("--out DIR is needed".to_string()))?;
    if files.is_empty() {
        return Err(Failure::Usage("a .log file is needed".to_string()));
    }
    Ok(Arguments { files, out, index_interval_bytes })
}

fn interval(value: &std::ffi::OsStr) -> Result<i64, Failure> {
    let number = value.to_str().and_then(|text| text.parse().ok()).filter(|number| (0..=i32::MAX).contains(number));
    number.map(i64::from).ok_or_else(|| {
        Failure::Usage(format!("--index-interval-bytes: `{}` is not a number of bytes", value.display()))
    })
}

/// The inputs with their base offsets, if no output has the place of an input or of another output.
fn ensure_nothing_is_overwritten(arguments: &Arguments) -> Result<Vec<(&Path, Offset)>, Failure> {
    let out = canonical(&arguments.out)?;
    let mut inputs: Vec<(&Path, Offset)> = Vec::new();
    for path in &arguments.files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let base_offset = offset_of_file_name(&name).filter(|_| name.ends_with(".log")).ok_or_else(|| {
            Failure::Usage(format!("{}: a segment is called by its base offset, 20 digits and .log", path.display()))
        })?;
        if inputs.iter().any(|(_, other)| *other == base_offset) {
            return Err(Failure::Usage(format!("{}: another file has the same name", path.display())));
        }
        let outputs = ["log", "index", "timeindex"].map(|suffix| out.join(file_name(base_offset, suffix)));
        let input = canonical(path)?;
        if outputs.contains(&input) || outputs.iter().any(|output| same_file(output, &input)) {
            return Err(Failure::Usage(format!("{}: --out would overwrite the input", path.display())));
        }
        inputs.push((path, base_offset));
    }
    Ok(inputs)
}

fn canonical(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize().map_err(|error| Failure::file(path, &error))
}

/// Whether `output` exists and is, behind links, the input.
fn same_file(output: &Path, input: &Path) -> bool {
    output.canonicalize().is_ok_and(|output| output == input)
}

fn recover(path: &Path, base_offset: Offset, arguments: &Arguments, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let bytes = Bytes::from(std::fs::read(path).map_err(|error| Failure::file(path, &error))?);
    let recovered = RecoveredSegment::read(
        base_offset,
        &bytes,
        arguments.index_interval_bytes,
        index_bytes_max(bytes.len()),
        Moment { now: 0, file_time: 0 },
    );
    for file in recovered.segment.files() {
        let target = arguments.out.join(&file.name);
        std::fs::write(&target, &file.bytes).map_err(|error| Failure::file(&target, &error))?;
    }
    let line = RecoveredLine {
        file: &path.to_string_lossy(),
        valid_bytes: recovered.valid_bytes,
        cut_bytes: recovered.cut_bytes,
        error: recovered.error.as_ref().map(|error| error.class().name()),
        position: recovered.error.as_ref().map(|_| recovered.valid_bytes),
    };
    let line = serde_json::to_string(&line).expect("plain fields serialise");
    writeln!(streams.out, "{line}")?;
    if let Some(error) = &recovered.error {
        streams.out.flush()?;
        writeln!(streams.err, "{}: cut at {}: {error}", path.display(), recovered.valid_bytes)?;
    }
    Ok(())
}

/// Kafka's default, or as much as an entry for every batch takes if that is more: the input was written with settings that are not known.
fn index_bytes_max(log_bytes: usize) -> i64 {
    let entries = log_bytes / highwater::engine::record::record_batch::RECORD_BATCH_OVERHEAD + 2;
    let bytes = i64::try_from(entries * TimeIndex::ENTRY_BYTES).unwrap_or(i64::MAX);
    bytes.max(TopicConfig::default().segment_index_bytes)
}
