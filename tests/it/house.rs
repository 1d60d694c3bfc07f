//! The house rules that a newcomer should be able to rely on, read from the sources themselves.
//!
//! What rustc, clippy or the build already prove (layers above the engine, missing docs, clocks) is not repeated here.

use std::collections::BTreeSet;
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

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
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

/// The page's class names: how the code calls each, and what it is called in markup.
fn classes() -> Vec<(String, String)> {
    let list = read("src/ui/class.rs");
    let class = |line: &str| {
        let (variant, rest) = line.trim().split_once(" = \"")?;
        Some((variant.to_string(), rest.strip_suffix("\",")?.to_string()))
    };
    let classes: Vec<_> = list.lines().filter_map(class).collect();
    assert!(classes.len() > 200, "only {} classes found: is the list's form still what this reads?", classes.len());
    classes
}

/// The style sheets without their comments, one after the other.
fn styles() -> String {
    let text: String = sources("www", &[".css"]).into_iter().map(|(_, text)| text + "\n").collect();
    let (first, rest) = text.split_once("/*").expect("style sheets have comments");
    let after = rest.split("/*").map(|piece| piece.split_once("*/").expect("a comment ends").1);
    std::iter::once(first).chain(after).collect()
}

/// The names that follow a mark: in a style sheet `.` a class, `--` a property. Each with whether `:` follows, as after what is defined.
fn names_after<'a>(mark: &'a str, text: &'a str) -> impl Iterator<Item = (&'a str, bool)> + 'a {
    text.split(mark).skip(1).filter_map(|rest| {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| (name, after.trim_start().starts_with(':')))
    })
}

#[test]
fn every_class_is_given_to_something_and_every_rule_is_of_a_class() {
    let components: String = sources("src/ui", &[".rs"]).into_iter().map(|(_, text)| text).collect();
    let given: BTreeSet<&str> = names_after("Class::", &components).map(|(name, _)| name).collect();
    let unused = classes().into_iter().map(|(variant, _)| variant).filter(|variant| !given.contains(variant.as_str()));
    assert_none("no class is left over", &unused.collect::<Vec<_>>());

    let styles = styles();
    // What is between braces has no selectors, but for the rules inside a media query.
    let selectors: String =
        styles.split('}').map(|rule| rule.rsplit_once('{').map_or("", |(before, _)| before)).collect();
    let start = read("index.html");
    let classes = classes();
    let is_known =
        |name: &str| classes.iter().any(|(_, class)| class == name) || start.contains(&format!("class=\"{name}\""));
    let orphans: BTreeSet<&str> =
        names_after(".", &selectors).map(|(name, _)| name).filter(|name| !is_known(name)).collect();
    assert_none("every rule is of a class", &orphans.into_iter().map(str::to_string).collect::<Vec<_>>());
}

#[test]
fn every_custom_property_is_defined_and_used() {
    let styles = styles();
    let defined: BTreeSet<&str> =
        names_after("--", &styles).filter(|(_, defines)| *defines).map(|(name, _)| name).collect();
    let used: BTreeSet<&str> = names_after("var(--", &styles).map(|(name, _)| name).collect();
    assert!(defined.len() > 50, "only {} properties found: is the form still what this reads?", defined.len());
    let names = |some: BTreeSet<&str>| some.into_iter().map(|name| format!("--{name}")).collect::<Vec<_>>();
    assert_none("what is used is defined", &names(&used - &defined));
    assert_none("what is defined is used", &names(&defined - &used));
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
        texts.push((file.to_string(), read(file)));
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
    let page = read("ARCHITECTURE.md");
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
