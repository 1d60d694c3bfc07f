//! `highwater dump`: the files of a partition, decoded.

use super::{Failure, Streams, unexpected};
use bytes::Bytes;
use highwater::engine::storage::dump::{self, DumpFormat};
use lexopt::Arg;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) const HELP: &str = "\
highwater dump FILE… [--json [--records] | --print-data-log]

Decodes .log, .index, .timeindex, .txnindex and .snapshot files; any other is read as a .log.

  --json            one object a line: a batch, or an entry
  --records         with --json: each batch with its records
  --print-data-log  text with keys and payloads

Without --json the text is that of kafka-dump-log.sh --deep-iteration of Apache Kafka 4.3.1.
A bad batch is named in its place (--json) or on standard error (text). Exit 1 if there was one.
";

pub(super) fn run(parser: &mut lexopt::Parser, streams: &mut Streams<'_>) -> Result<ExitCode, Failure> {
    let (mut files, mut json, mut records, mut data) = (Vec::new(), false, false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("json") => json = true,
            Arg::Long("records") => records = true,
            Arg::Long("print-data-log") => data = true,
            Arg::Value(file) => files.push(PathBuf::from(file)),
            other => return Err(unexpected(other)),
        }
    }
    let format = match (json, records, data) {
        (true, records, false) => DumpFormat::Json { records },
        (false, false, data) => DumpFormat::Text { data },
        (true, _, true) => return Err(Failure::Usage("--json and --print-data-log do not go together".to_string())),
        (false, true, _) => return Err(Failure::Usage("--records needs --json".to_string())),
    };
    if files.is_empty() {
        return Err(Failure::Usage("a file is needed".to_string()));
    }
    let mut code = ExitCode::SUCCESS;
    for path in files {
        let bytes = Bytes::from(std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?);
        let name = path.to_string_lossy();
        for part in dump::dump(&name, &bytes, format) {
            streams.out.write_all(part.lines.as_bytes())?;
            if let Some(sentence) = part.bad {
                code = ExitCode::from(1);
                if !json {
                    streams.out.flush()?;
                    writeln!(streams.err, "{sentence}")?;
                }
            }
        }
    }
    Ok(code)
}
