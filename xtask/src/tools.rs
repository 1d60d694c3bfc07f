//! The tools that the page needs besides Rust itself: installed once, in pinned versions, into the cache.
//!
//! System packages (a browser and its driver) are in `system.rs`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::{Result, paths, shell};

/// The target that the page is built for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A program that `cargo install` builds from crates.io.
pub struct CargoTool {
    name: &'static str,
    version: &'static str,
    what_for: &'static str,
    minutes: u32,
}

/// Bundles the page: compiles it, writes hashed files and the index.
pub const TRUNK: CargoTool = CargoTool { name: "trunk", version: "0.21.14", what_for: "bundles the page", minutes: 6 };
/// Writes the JavaScript glue; the version is that of the `wasm-bindgen` crate in `Cargo.lock`.
pub const WASM_BINDGEN: CargoTool = CargoTool {
    name: "wasm-bindgen-cli",
    version: "0.2.126",
    what_for: "writes the JavaScript between the page and WebAssembly",
    minutes: 2,
};
/// Runs tests inside a headless browser.
pub const WASM_PACK: CargoTool =
    CargoTool { name: "wasm-pack", version: "0.15.1", what_for: "runs tests in a headless browser", minutes: 4 };

impl CargoTool {
    /// The folder that holds the tool's programs.
    fn bin(&self) -> PathBuf {
        self.home().join("bin")
    }

    fn home(&self) -> PathBuf {
        paths::tools().join(format!("{}-{}", self.name, self.version))
    }

    /// Installs the tool if the cache does not hold this version of it.
    fn ensure(&self) -> Result<PathBuf> {
        // cargo writes this list last, so an installation that was interrupted is done again.
        if !self.home().join(".crates.toml").is_file() {
            println!("installing {} {} ({}; about {} min, once)", self.name, self.version, self.what_for, self.minutes);
            let mut install = shell::cargo(["install", self.name, "--version", self.version, "--locked", "--root"]);
            shell::run(install.arg(self.home()).env_remove("CARGO_TARGET_DIR"))?;
        }
        Ok(self.bin())
    }
}

/// Installs what is missing of `tools` and gives a `PATH` in which they come first.
pub fn ensure(tools: &[&CargoTool]) -> Result<OsString> {
    let mut dirs = tools.iter().map(|tool| tool.ensure()).collect::<Result<Vec<_>>>()?;
    dirs.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(dirs).map_err(|error| format!("the cache folder cannot stand in PATH: {error}"))
}

/// Adds the WebAssembly target to the toolchain if it is not there.
pub fn ensure_wasm_target() -> Result<()> {
    let sysroot = shell::answer(&mut shell::program("rustc", ["--print", "sysroot"]))
        .ok_or("rustc does not run; install Rust with rustup")?;
    if PathBuf::from(sysroot).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    if paths::in_path("rustup").is_none() {
        return Err(format!(
            "this Rust has no target {WASM} and there is no rustup to add it; install Rust with rustup"
        ));
    }
    println!("adding Rust's target {WASM} (the page is compiled for it; under 1 min, once)");
    shell::run(&mut shell::program("rustup", ["target", "add", WASM]))
}

/// The folder of Node's programs for the page, installed if it is missing; nothing if there is no Node.
pub fn ensure_wasm_opt() -> Result<Option<PathBuf>> {
    if paths::in_path("node").is_none() || paths::in_path("npm").is_none() {
        println!(
            "there is no Node here, so wasm-opt is left out: the page works, its WebAssembly is larger and slower"
        );
        return Ok(None);
    }
    ensure_npm("xtask/tools", "wasm-opt, which makes the WebAssembly smaller and faster")?;
    Ok(Some(paths::root().join("xtask/tools/node_modules/.bin/wasm-opt")))
}

/// Installs the npm packages of a folder as its lock file says, if they are not there or the lock file is newer.
pub fn ensure_npm(folder: &str, what: &str) -> Result<()> {
    let dir = paths::root().join(folder);
    let lock = std::fs::read(dir.join("package-lock.json"))
        .map_err(|error| format!("{folder}/package-lock.json cannot be read: {error}"))?;
    let stamp = dir.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("installing npm packages of {folder} ({what}; under 1 min, once)");
    shell::run(shell::program("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(dir))?;
    std::fs::write(&stamp, lock).map_err(|error| format!("{} cannot be written: {error}", stamp.display()))
}
