//! The house rules that a newcomer should be able to rely on, read from the sources themselves.
//!
//! What rustc, clippy or the build already prove (layers above the engine, missing docs, clocks) is not repeated here.

use std::path::{Path, PathBuf};

/// The engine's layers, lowest first; those of one row do not know each other.
const LAYERS: [&[&str]; 7] =
    [&["common"], &["config"], &["record"], &["storage"], &["producer", "cluster"], &["consumer"], &["sim"]];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder of the repository whose name ends so, as (path from the root, text).
fn sources(folder: &str, extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is in the repository").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["node_modules", "vectors", "target"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if extensions.iter().any(|extension| name.ends_with(extension)) {
                let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
                found.push((relative(&path), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} holds no {extensions:?}");
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/")
}

/// The places where a line breaks a rule, as `path:line: text`.
fn offences(sources: &[(String, String)], breaks: impl Fn(&str) -> bool) -> Vec<String> {
    let lines =
        sources.iter().flat_map(|(path, text)| text.lines().enumerate().map(move |(at, line)| (path, at, line)));
    lines.filter(|(_, _, line)| breaks(line)).map(|(path, at, line)| format!("{path}:{}: {line}", at + 1)).collect()
}

#[track_caller]
fn assert_none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n{}", offences.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let rust = ["src", "tests", "xtask/src"].iter().flat_map(|folder| sources(folder, &[".rs"]));
    let silent = rust.filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path);
    assert_none("a file opens with `//!`", &silent.collect::<Vec<_>>());
}

#[test]
fn the_engine_has_no_collection_without_an_order() {
    let engine = sources("src/engine", &[".rs"]);
    assert_none(
        "no HashMap or HashSet",
        &offences(&engine, |line| line.contains("HashMap") || line.contains("HashSet")),
    );
}

#[test]
fn the_engine_knows_nothing_above_it() {
    let engine = sources("src/engine", &[".rs"]);
    let above = ["view", "ui", "web", "course", "ring"].map(|module| format!("crate::{module}"));
    assert_none("no arrow points up", &offences(&engine, |line| above.iter().any(|module| line.contains(module))));
}

#[test]
fn layers_of_the_engine_point_down() {
    for (height, row) in LAYERS.iter().enumerate() {
        for layer in *row {
            let beside = row.iter().filter(|other| *other != layer);
            let above: Vec<String> = LAYERS[height + 1..]
                .iter()
                .copied()
                .flatten()
                .chain(beside)
                .map(|name| format!("engine::{name}"))
                .collect();
            let folder = format!("src/engine/{layer}");
            if !root().join(&folder).is_dir() {
                continue;
            }
            let breaks =
                |line: &str| above.iter().any(|name| line.contains(name.as_str())) && !line.trim().starts_with("//");
            assert_none(
                &format!("{layer} knows only what is below it"),
                &offences(&sources(&folder, &[".rs"]), breaks),
            );
        }
    }
}

#[test]
fn the_page_has_no_inline_style_and_one_place_for_colours() {
    let markup = sources("src", &[".rs"]);
    assert_none("the policy refuses inline styles", &offences(&markup, |line| line.contains(" style=")));
    let styles: Vec<_> = sources("www", &[".css"]).into_iter().filter(|(path, _)| path != "www/tokens.css").collect();
    let is_colour = |line: &str| {
        line.split('#').skip(1).any(|rest| {
            let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
            let ends = rest[digits..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric() && next != '-');
            [3, 4, 6, 8].contains(&digits) && ends && line.contains(':')
        })
    };
    assert_none("colours stand in www/tokens.css", &offences(&styles, is_colour));
}

#[test]
fn no_committed_text_names_a_place_on_one_machine() {
    let mut texts: Vec<(String, String)> = Vec::new();
    for folder in ["src", "tests", "xtask", "www", ".ci", ".cargo"] {
        texts.extend(sources(folder, &[".rs", ".mjs", ".js", ".css", ".json", ".md", ".toml", ".html", "run"]));
    }
    for file in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Cargo.toml", "Cargo.lock", "Trunk.toml", "index.html"]
    {
        texts.push((file.to_string(), std::fs::read_to_string(root().join(file)).expect("the file is there")));
    }
    // Put together here, so that this file does not hold what it looks for.
    let places = ["root", "work", "home"].map(|folder| format!("/{folder}/"));
    assert_none(
        "no machine's path",
        &offences(&texts, |line| places.iter().any(|place| line.contains(place.as_str()))),
    );
}

#[test]
fn every_path_in_the_architecture_page_exists() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    // A path is what stands in backquotes, has a slash or a known ending, and no space or placeholder in it.
    let quoted = page.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2));
    let is_path = |text: &&str| {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        let known =
            [".rs", ".md", ".toml", ".html", ".css", ".json", ".mjs", ".js"].iter().any(|end| text.ends_with(end));
        plain && (known || (text.contains('/') && text.contains(char::is_alphabetic)))
    };
    let paths: Vec<&str> = quoted.filter(is_path).collect();
    assert!(paths.len() > 30, "only {} paths found: is the page's form still what this test reads?", paths.len());
    let missing = paths.into_iter().filter(|path| !root().join(path).exists()).map(str::to_string);
    assert_none("each path exists", &missing.collect::<Vec<_>>());
}
