//! The real binary: exit codes, JSON keys and their order, the dump tool's text, recovery, seeks and partitions (DESIGN 9).

use crate::vectors::{self, signed};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run of the command line gave.
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn vectors_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Runs the binary in a folder below `tests/vectors/`.
fn run_in(folder: &str, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_highwater"))
        .args(arguments)
        .current_dir(vectors_root().join(folder))
        .output()
        .expect("the binary runs");
    Run {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn lines(run: &Run) -> Vec<Value> {
    run.out.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// A folder of its own for one test, empty.
fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the folder can be emptied");
    }
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The partitions' folders.
fn partitions() -> Vec<String> {
    vectors::files("broker", |name| !name.contains('.'))
}

fn names(folder: &str, end: &str) -> Vec<String> {
    let paths = vectors::files(folder, |name| name.ends_with(end));
    paths.iter().map(|path| path.rsplit('/').next().expect("a name").to_string()).collect()
}

#[test]
fn help_and_version_are_everywhere() {
    let version = format!("highwater {}\n", env!("CARGO_PKG_VERSION"));
    for command in [&[][..], &["dump"], &["recover"], &["seek"], &["partition"]] {
        let with = |last: &'static str| [command, &[last]].concat();
        let help = run_in("", &with("--help"));
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command:?}");
        assert!(help.out.starts_with("highwater"), "{command:?}: {}", help.out);
        let run = run_in("", &with("--version"));
        assert_eq!((run.code, run.out.as_str()), (0, version.as_str()), "{command:?}");
    }
}

#[test]
fn bad_usage_is_a_sentence_and_exit_2() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "a command is needed"),
        (&["fly"], "`fly` is no command"),
        (&["--fly"], "--fly"),
        (&["dump"], "a file is needed"),
        (&["dump", "--records", "x.log"], "--records needs --json"),
        (&["dump", "--json", "--print-data-log", "x.log"], "do not go together"),
        (&["dump", "missing.log"], "missing.log"),
        (&["dump", "--what", "x.log"], "--what"),
        (&["recover", "x.log"], "--out DIR is needed"),
        (&["recover", "--out", "/dev/null/x", "x.log"], "/dev/null/x"),
        (&["seek", "broker/orders-none"], "one of --offset O and --timestamp T"),
        (&["seek", "broker/orders-none", "--offset", "1", "--timestamp", "1"], "one of"),
        (&["seek", "broker/orders-none", "--offset", "one"], "`one` is not a whole number"),
        (&["seek", "partitioner.json", "--offset", "1"], "partitioner.json"),
        (&["seek", "batches", "--offset", "1"], "no file is called like a segment"),
        (&["partition", "key"], "--partitioner"),
        (&["partition", "--partitioner", "md5", "--partitions", "3", "key"], "`md5` is not one of"),
        (&["partition", "--partitioner", "crc32", "--partitions", "0", "key"], "`0` is not a number from 1"),
        (&["partition", "--partitioner", "crc32", "--partitions", "3"], "a key is needed"),
        (&["partition", "--partitioner", "crc32", "--partitions", "3", "--hex", "abc"], "`abc` is not hex"),
    ];
    for (arguments, sentence) in cases {
        let run = run_in("", arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.contains(sentence), "{arguments:?}: {}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{arguments:?}: {}", run.err);
    }
}

#[test]
fn dump_prints_what_kafkas_dump_tool_prints() {
    let mut compared = 0;
    for folder in partitions() {
        for golden in names(&folder, ".txt") {
            let expected = String::from_utf8(vectors::binary(&format!("{folder}/{golden}"))).expect("UTF-8");
            let files: Vec<&str> = expected.split('\n').filter_map(|line| line.strip_prefix("Dumping ")).collect();
            let run = run_in(&folder, &[&["dump"], &files[..], &["--print-data-log"]].concat());
            assert_eq!((run.code, run.err.as_str()), (0, ""), "{folder}");
            assert!(run.out == expected, "{folder}/{golden}");
            // Without the flag, the same without keys and payloads: payloads can have line breaks, so only whole batches are compared.
            let run = run_in(&folder, &[&["dump"], &files[..]].concat());
            let heads = |text: &str| {
                let is_head = |line: &&str| !line.starts_with('|') && line.contains(": ");
                text.lines().filter(is_head).filter(|line| line.starts_with("baseOffset")).count()
            };
            assert_eq!(heads(&run.out), heads(&expected), "{folder}");
            assert!(!run.out.contains(" payload: "), "{folder}");
            compared += 1;
        }
    }
    assert!(compared > 0, "some partitions have golden text");
}

#[test]
fn json_keys_stand_in_their_order() {
    let folder = "broker/transactions";
    let keys = |file: &str, flags: &[&str]| {
        let run = run_in(folder, &[&["dump", "--json", file], flags].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let line = run.out.lines().next().expect("a line").to_string();
        let places = |key: &str| line.find(&format!("\"{key}\":"));
        let object: Value = serde_json::from_str(&line).expect("an object");
        let mut keys: Vec<String> = object.as_object().expect("an object").keys().cloned().collect();
        keys.sort_by_key(|key| places(key));
        keys.join(" ")
    };
    let batch = "file position sizeInBytes baseOffset lastOffset count codec crcOk producerId producerEpoch baseSequence \
                 partitionLeaderEpoch isTransactional isControl baseTimestamp maxTimestamp";
    assert_eq!(keys("00000000000000000012.log", &[]), batch);
    assert_eq!(keys("00000000000000000012.log", &["--records"]), format!("{batch} records"));
    assert_eq!(keys("00000000000000000012.index", &[]), "file offset position");
    assert_eq!(keys("00000000000000000012.timeindex", &[]), "file timestamp offset");
    assert_eq!(keys("00000000000000000012.txnindex", &[]), "file producerId firstOffset lastOffset lastStableOffset");
    assert_eq!(
        keys("00000000000000000012.snapshot", &[]),
        "file producerId producerEpoch lastSequence lastOffset coordinatorEpoch currentTxnFirstOffset"
    );
}

#[test]
fn records_are_listed_with_null_and_empty_apart() {
    let run = run_in("broker/odd-records", &["dump", "--json", "--records", "00000000000000000000.log"]);
    let record = |batch: usize, record: usize| lines(&run)[batch]["records"][record].to_string();
    assert_eq!(run.code, 0);
    let first = r#"{"headers":[],"keyHex":null,"offset":0,"timestamp":1700000000082,"valueHex":null}"#;
    assert_eq!(record(0, 0), first);
    assert!(record(1, 0).contains(r#""headers":[{"key":"h0","valueHex":"7631"}],"keyHex":"","offset":1"#));
    let null_header = r#"{"key":"h0","valueHex":null}"#;
    assert!(run.out.contains(null_header) || run.out.contains(r#","valueHex":null}]"#), "a null header value");
}

#[test]
fn each_corrupt_file_is_named_by_its_class_with_exit_1() {
    let cases = vectors::files("corrupt", |name| name.ends_with(".json"));
    assert!(cases.len() >= 48, "the folder has its cases");
    for path in cases {
        let expected = &vectors::json(&path)["expected"];
        let class = expected["class"].as_str().expect("a class");
        let file = path.replace(".json", ".bin").replace("corrupt/", "");
        let run = run_in("corrupt", &["dump", "--json", &file]);
        let objects = lines(&run);
        let errors: Vec<&str> = objects.iter().filter_map(|object| object["error"].as_str()).collect();
        let verdict = match errors.first() {
            Some(error) => error,
            None if objects.is_empty() => "END",
            None => "OK",
        };
        let also = expected["also_acceptable"].as_array().expect("classes");
        let dumps_cleanly = class == "PRODUCE_VALIDATION" && verdict == "OK";
        assert!(
            dumps_cleanly || verdict == class || also.iter().any(|also| also == verdict),
            "{file}: {verdict}, but expected {expected}"
        );
        assert_eq!(run.code, i32::from(!errors.is_empty()), "{file}");
        for object in objects.iter().filter(|object| object.get("error").is_some()) {
            assert!(object["position"].is_u64() && object["message"].is_string(), "{file}: {object}");
        }
        let shown = run_in("corrupt", &["dump", &file]);
        assert_eq!(shown.code, run.code, "{file} as text: {}", shown.err);
        assert_eq!(shown.err.lines().count() >= 1, run.code == 1, "{file}: {}", shown.err);
    }
}

#[test]
fn a_bad_batch_does_not_hide_the_ones_behind_it() {
    let folder = scratch("bad-batch");
    let mut bytes = vectors::binary("broker/orders-none/00000000000000000000.log");
    let batches = lines(&run_in("broker/orders-none", &["dump", "--json", "00000000000000000000.log"]));
    let second = signed(&batches[1]["position"]) as usize;
    bytes[second + 100] ^= 1;
    bytes.truncate(bytes.len() - 1);
    let file = folder.join("00000000000000000000.log");
    std::fs::write(&file, bytes).expect("the file can be written");
    let run = run_in("", &["dump", "--json", text(&file)]);
    let objects = lines(&run);
    assert_eq!((run.code, objects.len()), (1, batches.len()));
    assert_eq!(objects[1]["error"], "CRC_MISMATCH");
    assert_eq!(objects[1]["position"], batches[1]["position"]);
    assert_eq!(objects[2]["baseOffset"], batches[2]["baseOffset"]);
    assert_eq!(objects.last().expect("a last one")["error"], "TRUNCATED");
}

#[test]
fn an_empty_file_prints_nothing() {
    let run = run_in("broker/compacted", &["dump", "--json", "00000000000000000000.log", "00000000000000000000.index"]);
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
}

#[test]
fn recover_writes_the_brokers_files() {
    let mut compared = 0;
    for folder in partitions() {
        let expected = vectors::json(&format!("{folder}/expected.json"));
        let interval = expected["config"]["index.interval.bytes"].to_string();
        let out = scratch(&folder.replace('/', "-"));
        let logs = names(&folder, ".log");
        let files: Vec<&str> = logs.iter().map(String::as_str).collect();
        let arguments =
            [&["recover"], &files[..], &["--out", text(&out), "--index-interval-bytes", &interval]].concat();
        let run = run_in(&folder, &arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{folder}");
        for (object, name) in lines(&run).iter().zip(&logs) {
            let size = vectors::binary(&format!("{folder}/{name}")).len();
            let line = format!(r#"{{"file":"{name}","validBytes":{size},"cutBytes":0,"error":null,"position":null}}"#);
            assert_eq!(object, &serde_json::from_str::<Value>(&line).expect("an object"), "{folder}");
            assert!(run.out.contains(&line), "{folder}: the order of keys");
            for suffix in ["log", "index", "timeindex"] {
                let name = name.replace(".log", &format!(".{suffix}"));
                // The one file that a rebuild can not give: see the README of the vectors.
                if format!("{folder}/{name}") == "broker/leader-epochs/00000000000000000143.index" {
                    continue;
                }
                let ours = std::fs::read(out.join(&name)).expect("the file was written");
                assert!(ours == vectors::binary(&format!("{folder}/{name}")), "{folder}/{name}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared} files");
}

#[test]
fn recover_cuts_a_torn_tail_and_exits_0() {
    let out = scratch("torn-tail");
    let folder = "segments/torn-tail";
    let described = vectors::json("segments/torn-tail/00000000000000000000.log.json");
    let run = run_in(folder, &["recover", "00000000000000000000.log", "--out", text(&out)]);
    assert_eq!(run.code, 0, "{}", run.err);
    let object = &lines(&run)[0];
    assert_eq!(object["validBytes"], described["valid_bytes"]);
    assert_eq!(object["cutBytes"], described["trailing_garbage_bytes"]);
    assert_eq!(object["error"], "TRUNCATED");
    assert_eq!(object["position"], described["valid_bytes"]);
    let valid = signed(&described["valid_bytes"]) as usize;
    let ours = std::fs::read(out.join("00000000000000000000.log")).expect("the file was written");
    assert!(ours == vectors::binary("segments/torn-tail/00000000000000000000.log")[..valid]);
    // What is left is sound, and recovering it again changes nothing.
    let again = scratch("torn-tail-again");
    let log = out.join("00000000000000000000.log");
    let run = run_in("", &["recover", text(&log), "--out", text(&again)]);
    assert_eq!((run.code, lines(&run)[0]["cutBytes"].as_u64()), (0, Some(0)));
    for name in ["00000000000000000000.log", "00000000000000000000.index", "00000000000000000000.timeindex"] {
        assert_eq!(std::fs::read(out.join(name)).ok(), std::fs::read(again.join(name)).ok(), "{name}");
    }
}

#[test]
fn recover_never_writes_over_its_input() {
    let folder = scratch("over-input");
    let log = folder.join("00000000000000000000.log");
    std::fs::write(&log, b"precious").expect("the file can be written");
    let run = run_in("", &["recover", text(&log), "--out", text(&folder)]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("would overwrite the input"), "{}", run.err);
    assert_eq!(std::fs::read(&log).expect("still there"), b"precious");
    let run = run_in("", &["recover", text(&log), text(&log), "--out", text(&folder.join("out"))]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("another file has the same name"), "{}", run.err);
}

#[test]
fn seek_answers_as_the_broker_did() {
    let mut compared = 0;
    for folder in partitions() {
        let expected = vectors::json(&format!("{folder}/expected.json"));
        for segment in expected["segments"].as_array().expect("segments") {
            let lookups = segment.get("indexFloor").and_then(Value::as_array).into_iter().flatten();
            // Every run opens the whole folder: a part of the lookups will do here, the library's test has them all.
            for lookup in lookups.step_by(10) {
                let run = run_in("", &["seek", &folder, "--offset", &lookup["target"].to_string(), "--json"]);
                let line = &lines(&run)[0];
                assert_eq!(run.code, 0);
                let position = if lookup["foundInBatchAt"].is_null() { continue } else { &lookup["foundInBatchAt"] };
                assert_eq!(&line["batchPosition"], position, "{folder} {lookup}");
                assert_eq!(line["segment"], segment["baseOffset"], "{folder} {lookup}");
                assert_eq!(line["indexOffset"], lookup["offset"], "{folder} {lookup}");
                assert_eq!(line["indexPosition"], lookup["position"], "{folder} {lookup}");
                // Compaction may have taken the record itself; then the next one that is left is the first that fits.
                let is_there = folder != "broker/compacted";
                let (offset, target) = (signed(&line["offset"]), signed(&lookup["target"]));
                assert!(if is_there { offset == target } else { offset >= target }, "{folder} {lookup}: {offset}");
                let batches = segment["batches"].as_array().expect("batches");
                let found = batches.iter().find(|batch| batch["position"] == *position).expect("the batch");
                let scanned = signed(position) + signed(&found["sizeInBytes"]) - signed(&lookup["position"]);
                assert_eq!(line["scannedBytes"], scanned, "{folder} {lookup}");
                compared += 1;
            }
        }
        let log_start_is_known = expected["logStartOffset"] == expected["segments"][0]["baseOffset"];
        let lookups = expected["offsetForTimestamp"].as_array().expect("lookups").iter();
        for lookup in lookups.step_by(10).filter(|_| log_start_is_known) {
            let run = run_in("", &["seek", &folder, "--timestamp", &lookup["timestamp"].to_string(), "--json"]);
            let line = &lines(&run)[0];
            assert_eq!((run.code, &line["offset"]), (0, &lookup["offset"]), "{folder} {lookup}");
            assert_eq!(line["timestamp"], lookup.get("timestampFound").cloned().unwrap_or_default());
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} seeks");
}

#[test]
fn a_seek_that_finds_nothing_gives_nulls() {
    let run = run_in("broker", &["seek", "orders-none", "--offset", "99999999", "--json"]);
    let nulls = "{\"segment\":null,\"indexOffset\":null,\"indexPosition\":null,\"batchPosition\":null,\
                 \"scannedBytes\":null,\"offset\":null,\"timestamp\":null}\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, nulls, ""));
    let run = run_in("broker", &["seek", "orders-none", "--timestamp", "9223372036854775807"]);
    assert_eq!(run.code, 0);
    assert!(run.out.lines().all(|line| line.ends_with(" null")), "{}", run.out);
}

#[test]
fn partition_prints_key_hash_and_partition() {
    let keys = vectors::json("partitioner.json");
    let keys = keys["keys"].as_array().expect("keys");
    let hexes: Vec<&str> = keys.iter().map(|key| key["key_hex"].as_str().expect("hex")).collect();
    for (name, hash, partition) in [
        ("murmur2", "murmur2_u32", "java_murmur2"),
        ("crc32", "crc32_u32", "librdkafka_consistent"),
        ("fnv1a", "fnv1a_u32", "librdkafka_fnv1a"),
    ] {
        let head = ["partition", "--partitioner", name, "--partitions", "12", "--hex", "--"];
        let run = run_in("", &[&head[..], &hexes[..]].concat());
        assert_eq!((run.code, run.out.lines().count()), (0, keys.len()), "{}", run.err);
        for (line, key) in run.out.lines().zip(keys) {
            let expected = format!(
                "{}\t{:08x}\t{}",
                key["key_hex"].as_str().expect("hex"),
                vectors::integer(&key[hash]),
                key[partition]["12"],
            );
            assert_eq!(line, expected, "{name}");
        }
    }
    let run = run_in("", &["partition", "--partitioner", "murmur2", "--partitions", "4", "naïve", "--", "-x"]);
    assert_eq!(run.out.lines().map(|line| line.split('\t').count()).collect::<Vec<_>>(), [3, 3]);
    assert!(run.out.starts_with("naïve\t") && run.out.contains("\n-x\t"), "{}", run.out);
}
