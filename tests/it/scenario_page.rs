//! The page on scenarios (`docs/scenarios.md`) says what the engine reads: its examples are read, and no command and no setting of a consumer is missing.

use highwater::engine::config::ConsumerConfig;
use highwater::engine::sim::{Command, Scenario};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/scenarios.md");

/// The scenario at the top.
fn example() -> Scenario {
    let text =
        PAGE.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("a scenario stands at the top");
    Scenario::from_json(text).expect("the example is a scenario")
}

/// What stands in backquotes at the start of each row of a table.
fn rows() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next())
}

/// The words of all commands, as their list in the engine has them.
fn words_of_commands() -> BTreeSet<String> {
    let source = include_str!("../../src/engine/sim/command.rs");
    let list =
        source.split("pub enum Command {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the list is there");
    let variants =
        list.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| line.starts_with(char::is_uppercase));
    let word = |variant: &str| {
        let name: String = variant.chars().take_while(char::is_ascii_alphanumeric).collect();
        name[..1].to_lowercase() + &name[1..]
    };
    variants.map(word).collect()
}

#[test]
fn each_command_has_an_example_that_fits_the_example_scenario() {
    let mut told = BTreeSet::new();
    for row in rows().filter(|row| row.starts_with('{')) {
        let command: Command = serde_json::from_str(row).unwrap_or_else(|error| panic!("{row}: {error}"));
        let word = serde_json::to_value(&command).unwrap()["do"].as_str().unwrap().to_string();
        // The engine checks names and ranges of a scenario's commands.
        let mut written: serde_json::Value = serde_json::from_str(&example().to_json()).unwrap();
        let mut timed: serde_json::Value = serde_json::from_str(row).unwrap();
        timed["atUs"] = 0.into();
        written["commands"] = serde_json::Value::Array(vec![timed]);
        Scenario::from_json(&written.to_string()).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert!(told.insert(word), "{row} is told twice");
    }
    assert_eq!(told, words_of_commands());
}

#[test]
fn each_setting_of_a_consumer_stands_there_with_its_default() {
    let defaults = ConsumerConfig::default();
    for setting in ConsumerConfig::settings() {
        let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{}` |", setting.name)));
        let row = row.unwrap_or_else(|| panic!("{} is missing", setting.name));
        let default = defaults.get(setting.name).expect("the registry has it").to_string();
        let told = row.split('|').nth(2).map(|cell| cell.trim().trim_matches('`'));
        assert_eq!(told, Some(default.as_str()), "{}", setting.name);
    }
}
