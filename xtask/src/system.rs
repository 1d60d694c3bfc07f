//! System packages: the browser that the tests drive, its driver, and Node.
//!
//! They are installed by apt as root, or with sudo when `--yes` says so; else the exact command is printed.

use std::path::PathBuf;

use crate::{Result, paths, shell};

const CHROMIUM_NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// The browser under test and the program that drives it for `wasm-pack`.
pub struct Browser {
    /// Chromium itself.
    pub chromium: PathBuf,
    /// Its WebDriver server.
    pub driver: PathBuf,
}

/// Finds Chromium and its driver, installing them if one is missing.
pub fn ensure_browser(yes: bool) -> Result<Browser> {
    if find_browser().is_none() {
        let packages = ["chromium", "chromium-driver", "fonts-dejavu-core"];
        ensure_packages(&packages, "the browser that the tests run in; about 2 min", yes)?;
    }
    find_browser().ok_or_else(|| "Chromium or its chromedriver is still not in PATH".to_string())
}

/// Installs Node and npm if they are missing; the browser tests are written for Node.
pub fn ensure_node(yes: bool) -> Result<()> {
    if paths::in_path("node").is_none() || paths::in_path("npm").is_none() {
        ensure_packages(&["nodejs", "npm"], "Node, which runs the browser tests; about 2 min", yes)?;
    }
    Ok(())
}

/// Chromium, if there is one.
pub fn find_chromium() -> Option<PathBuf> {
    CHROMIUM_NAMES.iter().find_map(|name| paths::in_path(name))
}

fn find_browser() -> Option<Browser> {
    Some(Browser { chromium: find_chromium()?, driver: paths::in_path("chromedriver")? })
}

fn ensure_packages(packages: &[&str], what: &str, yes: bool) -> Result<()> {
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if paths::in_path("apt-get").is_none() {
        return Err(format!("please install {} ({what}); there is no apt here to do it", packages.join(", ")));
    }
    let is_root = shell::answer(&mut shell::program("id", ["-u"])).as_deref() == Some("0");
    if !is_root && !yes {
        return Err(format!(
            "missing: {what}\ninstall it with\n\n    sudo apt-get update && sudo {command}\n\nor give --yes and it is done for you"
        ));
    }
    println!("installing {} ({what}, once)", packages.join(", "));
    for words in ["apt-get update", &command] {
        let words = words.split(' ');
        let mut install = if is_root {
            let mut words = words;
            shell::program(words.next().unwrap_or_default(), words)
        } else {
            shell::program("sudo", words)
        };
        shell::run(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    Ok(())
}
