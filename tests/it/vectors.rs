//! Reading `tests/vectors/`: files of a folder whatever their names, JSON, hex, and 64-bit integers given as numbers or strings.

use serde_json::Value;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// The paths, below `tests/vectors/`, of the files in `folder` whose name `wanted` takes; ascending.
pub(crate) fn files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.expect("a readable folder").file_name().into_string().expect("a plain name"));
    let mut files: Vec<String> = names.filter(|name| wanted(name)).map(|name| format!("{folder}/{name}")).collect();
    files.sort();
    files
}

/// A file's bytes.
pub(crate) fn binary(path: &str) -> Vec<u8> {
    std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file as JSON.
pub(crate) fn json(path: &str) -> Value {
    let text = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The bytes that hex digits stand for.
pub(crate) fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).expect("hex digits"))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A whole number of 0 or more, given as a JSON number or as a string.
pub(crate) fn integer(value: &Value) -> u64 {
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.unwrap_or_else(|| panic!("{value} is not a whole number"))
}

/// A whole number of either sign, given as a JSON number or as a string.
pub(crate) fn signed(value: &Value) -> i64 {
    let number = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.unwrap_or_else(|| panic!("{value} is not a whole number"))
}

/// Bytes given as hex; null is null.
pub(crate) fn nullable_bytes(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(bytes_of_hex)
}

/// The SHA-256 of some bytes, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails with each place where `ours` and `theirs` differ, by its path, after `what`.
#[track_caller]
pub(crate) fn assert_same(ours: &Value, theirs: &Value, what: &str) {
    let mut found = Vec::new();
    find_differences("", Some(ours), Some(theirs), &mut found);
    assert!(found.is_empty(), "{what}\n  {}", found.join("\n  "));
}

fn find_differences(path: &str, ours: Option<&Value>, theirs: Option<&Value>, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
            let only_theirs = theirs.keys().filter(|name| !ours.contains_key(*name));
            for name in ours.keys().chain(only_theirs) {
                find_differences(&format!("{path}.{name}"), ours.get(name), theirs.get(name), found);
            }
        }
        (Some(Value::Array(ours)), Some(Value::Array(theirs))) => {
            for index in 0..ours.len().max(theirs.len()) {
                find_differences(&format!("{path}[{index}]"), ours.get(index), theirs.get(index), found);
            }
        }
        (ours, theirs) if ours != theirs => {
            let shown = |value: Option<&Value>| value.map_or("nothing".to_string(), Value::to_string);
            found.push(format!("{path}: ours {}, theirs {}", shown(ours), shown(theirs)));
        }
        _ => {}
    }
}
