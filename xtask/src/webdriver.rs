//! What the driver of `wasm-pack`'s browser is told: which Chromium, and how to start it.
//!
//! The file is written where cargo builds, from the Chromium that was found: no place of it is assumed.

use std::path::{Path, PathBuf};

use crate::{Result, paths};

/// wasm-bindgen's test runner reads the file that this variable names.
pub const VARIABLE: &str = "WASM_BINDGEN_TEST_WEBDRIVER_JSON";

/// A list of JSON, as the browser tests read it.
const ARGUMENTS: &str = include_str!("../../tests/e2e/chromium-arguments.json");

/// Writes the file and answers where it is.
pub fn write(chromium: &Path) -> Result<PathBuf> {
    let file = paths::target().join("webdriver.json");
    std::fs::create_dir_all(paths::target())
        .and_then(|()| std::fs::write(&file, capabilities(chromium)))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    Ok(file)
}

fn capabilities(chromium: &Path) -> String {
    let binary = quoted(&chromium.to_string_lossy());
    format!("{{ \"goog:chromeOptions\": {{ \"binary\": {binary}, \"args\": {} }} }}\n", ARGUMENTS.trim_end())
}

/// A text as JSON writes it; a path has no control characters but what a person put there.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_place_of_chromium_can_be_written() {
        let text = capabilities(Path::new("/opt/my \"own\" browser\\chromium"));
        assert!(text.contains(r#""binary": "/opt/my \"own\" browser\\chromium""#), "{text}");
        assert!(text.contains("\"--headless=new\""));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
