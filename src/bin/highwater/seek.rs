//! `highwater seek`: the two steps of a read, over the files of a partition.

use super::{Failure, Streams, unexpected};
use bytes::Bytes;
use highwater::engine::common::{Offset, Timestamp};
use highwater::engine::record::BatchError;
use highwater::engine::storage::Log;
use highwater::engine::storage::files::{file_name, offset_of_file_name};
use highwater::engine::storage::recovery::{LogFiles, SegmentFiles};
use lexopt::Arg;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater seek DIR (--offset O | --timestamp T) [--json]

Finds a record in a partition's folder as a broker does: the floor entry of an index, then a scan of the log.
Prints segment (base offset), indexOffset and indexPosition (the floor entry, or base offset and 0), batchPosition,
scannedBytes (from the floor to the end of the batch found), and offset and timestamp of the first record that fits:
the first at or after offset O, or with timestamp T or later. If nothing fits, all are null.
The log starts at the base offset of the first file.
";

/// What to look for.
enum Target {
    Offset(Offset),
    Timestamp(Timestamp),
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SeekLine {
    segment: Option<i64>,
    index_offset: Option<i64>,
    index_position: Option<u32>,
    batch_position: Option<u32>,
    scanned_bytes: Option<u32>,
    offset: Option<i64>,
    timestamp: Option<i64>,
}

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (folder, target, json) = parse(parser)?;
    let log = open(&folder, streams)?;
    let line = match target {
        Target::Offset(offset) => seek_offset(&log, offset),
        Target::Timestamp(timestamp) => seek_timestamp(&log, timestamp),
    };
    let line = match line {
        Ok(line) => line,
        Err(error) => {
            writeln!(streams.err, "{}: {}: {error}", folder.display(), error.class().name())?;
            return Ok(ExitCode::from(1));
        }
    };
    if json {
        writeln!(streams.out, "{}", serde_json::to_string(&line).expect("plain fields serialise"))?;
    } else {
        print_lines(&line, streams)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(parser: &mut lexopt::Parser) -> Result<(PathBuf, Target, bool), Failure> {
    let (mut folders, mut targets, mut json) = (Vec::new(), Vec::new(), false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("offset") => targets.push(Target::Offset(Offset(number("--offset", &parser.value()?)?))),
            Arg::Long("timestamp") => targets.push(Target::Timestamp(number("--timestamp", &parser.value()?)?)),
            Arg::Long("json") => json = true,
            Arg::Value(folder) => folders.push(PathBuf::from(folder)),
            other => return Err(unexpected(other)),
        }
    }
    match (folders.pop(), targets.pop()) {
        (Some(folder), Some(target)) if folders.is_empty() && targets.is_empty() => Ok((folder, target, json)),
        (Some(_), _) if folders.is_empty() => {
            Err(Failure::Usage("one of --offset O and --timestamp T is needed".to_string()))
        }
        _ => Err(Failure::Usage("one folder is needed".to_string())),
    }
}

fn number(option: &str, value: &OsStr) -> Result<i64, Failure> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| Failure::Usage(format!("{option}: `{}` is not a whole number", value.display())))
}

/// The log of a folder's segments; what is wrong with its files is said and left out.
fn open(folder: &Path, streams: &mut Streams<'_>) -> Result<Log, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut bases = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| Failure::file(folder, &error))?.file_name();
        let name = name.to_string_lossy();
        bases.extend(offset_of_file_name(&name).filter(|base| *name == file_name(*base, "log")));
    }
    bases.sort_unstable();
    let mut files = LogFiles::default();
    for base_offset in bases {
        let path = folder.join(file_name(base_offset, "log"));
        let log = Bytes::from(std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?);
        let index = std::fs::read(folder.join(file_name(base_offset, "index"))).ok();
        let time_index = std::fs::read(folder.join(file_name(base_offset, "timeindex"))).ok();
        files.segments.push(SegmentFiles { base_offset, log, indexes: index.zip(time_index) });
    }
    let no_segment = || Failure::Usage(format!("{}: no file is called like a segment's .log", folder.display()));
    let (log, faults) = files.open().ok_or_else(no_segment)?;
    for fault in faults {
        writeln!(streams.err, "{}: {fault}", folder.display())?;
    }
    Ok(log)
}

fn seek_offset(log: &Log, target: Offset) -> Result<SeekLine, BatchError> {
    let found = log.seek(target).and_then(|seek| Some((seek.found.clone()?, seek)));
    let Some((batch, seek)) = found else { return Ok(SeekLine::default()) };
    let Some(record) = log.first_record_at_or_after(target)? else { return Ok(SeekLine::default()) };
    Ok(SeekLine {
        segment: Some(seek.segment.0),
        index_offset: Some(seek.floor.offset.0),
        index_position: Some(seek.floor.position),
        batch_position: Some(batch.position),
        scanned_bytes: Some(seek.scanned_bytes()),
        offset: Some(record.offset.0),
        timestamp: Some(record.timestamp),
    })
}

fn seek_timestamp(log: &Log, target: Timestamp) -> Result<SeekLine, BatchError> {
    let found = log.seek_timestamp(target)?.and_then(|seek| Some((seek.found.clone()?, seek)));
    let Some(((batch, record), seek)) = found else { return Ok(SeekLine::default()) };
    Ok(SeekLine {
        segment: Some(seek.segment.0),
        index_offset: Some(seek.floor.offset.0),
        index_position: Some(seek.floor.position),
        batch_position: Some(batch.position),
        scanned_bytes: Some(seek.scanned_bytes()),
        offset: Some(record.offset.0),
        timestamp: Some(record.timestamp),
    })
}

fn print_lines(line: &SeekLine, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let values = [
        ("segment", line.segment),
        ("indexOffset", line.index_offset),
        ("indexPosition", line.index_position.map(i64::from)),
        ("batchPosition", line.batch_position.map(i64::from)),
        ("scannedBytes", line.scanned_bytes.map(i64::from)),
        ("offset", line.offset),
        ("timestamp", line.timestamp),
    ];
    for (name, value) in values {
        match value {
            Some(value) => writeln!(streams.out, "{name} {value}")?,
            None => writeln!(streams.out, "{name} null")?,
        }
    }
    Ok(())
}
