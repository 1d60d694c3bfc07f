//! `highwater partition`: where keys land, with the hash that says so.

use super::{Failure, Streams, unexpected};
use highwater::engine::common::PartitionId;
use highwater::engine::producer::partitioner::{crc32, fnv1a, murmur2};
use lexopt::Arg;
use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater partition --partitioner murmur2|crc32|fnv1a --partitions N [--hex] KEY…

Prints a line a key: key, hash (8 hex digits, before masking) and partition, separated by tabs.

  murmur2  Java's default for keys
  crc32    librdkafka's consistent
  fnv1a    librdkafka's fnv1a
  --hex    keys are given and printed in hex; an empty argument is the empty key
";

/// A hash and what it makes of a key.
struct Partitioner {
    hash: fn(&[u8]) -> u32,
    partition: fn(&[u8], usize) -> PartitionId,
}

struct Arguments {
    partitioner: Partitioner,
    partitions: usize,
    hex: bool,
    keys: Vec<OsString>,
}

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let arguments = parse(parser)?;
    let keys: Vec<(String, Vec<u8>)> =
        arguments.keys.iter().map(|key| shown_and_bytes(key, arguments.hex)).collect::<Result<_, _>>()?;
    for (shown, key) in keys {
        let hash = (arguments.partitioner.hash)(&key);
        let partition = (arguments.partitioner.partition)(&key, arguments.partitions);
        writeln!(streams.out, "{shown}\t{hash:08x}\t{partition}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(parser: &mut lexopt::Parser) -> Result<Arguments, Failure> {
    let (mut partitioner, mut partitions, mut hex, mut keys) = (None, None, false, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("partitioner") => partitioner = Some(partitioner_called(&parser.value()?)?),
            Arg::Long("partitions") => partitions = Some(partitions_of(&parser.value()?)?),
            Arg::Long("hex") => hex = true,
            Arg::Value(key) => keys.push(key),
            other => return Err(unexpected(other)),
        }
    }
    let needed = |option: &str| Failure::Usage(format!("{option} is needed"));
    let partitioner = partitioner.ok_or_else(|| needed("--partitioner murmur2|crc32|fnv1a"))?;
    let partitions = partitions.ok_or_else(|| needed("--partitions N"))?;
    if keys.is_empty() {
        return Err(needed("a key"));
    }
    Ok(Arguments { partitioner, partitions, hex, keys })
}

fn partitioner_called(name: &OsStr) -> Result<Partitioner, Failure> {
    match name.to_str() {
        Some("murmur2") => Ok(Partitioner { hash: murmur2::murmur2, partition: murmur2::partition_for_key }),
        Some("crc32") => Ok(Partitioner { hash: crc32::crc32, partition: crc32::partition_for_key }),
        Some("fnv1a") => Ok(Partitioner { hash: fnv1a::fnv1a, partition: fnv1a::partition_for_key }),
        _ => Err(Failure::Usage(format!("--partitioner: `{}` is not one of murmur2, crc32, fnv1a", name.display()))),
    }
}

fn partitions_of(value: &OsStr) -> Result<usize, Failure> {
    let number = value.to_str().and_then(|text| text.parse::<i32>().ok()).filter(|number| *number > 0);
    number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| {
        Failure::Usage(format!("--partitions: `{}` is not a number from 1 to {}", value.display(), i32::MAX))
    })
}

/// The key as it is printed, and its bytes.
fn shown_and_bytes(key: &OsStr, hex: bool) -> Result<(String, Vec<u8>), Failure> {
    let Some(text) = key.to_str() else {
        return Err(Failure::Usage("a key that is not UTF-8 must be given with --hex".to_string()));
    };
    if !hex {
        return Ok((text.to_string(), text.as_bytes().to_vec()));
    }
    let bytes = bytes_of_hex(text).ok_or_else(|| Failure::Usage(format!("`{text}` is not hex")))?;
    Ok((text.to_ascii_lowercase(), bytes))
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<_>>()?;
    let pairs = digits.len().is_multiple_of(2).then(|| digits.chunks(2))?;
    Some(pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}
