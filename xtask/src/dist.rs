//! `cargo xtask dist`: the page as it ships, in `dist/`, for any web server and under any sub-path.

use crate::tools::{self, TRUNK, WASM_BINDGEN};
use crate::{Result, bundle, paths, shell, sizes};

/// How cargo optimises what ships: see Cargo.toml.
const PROFILE: &str = "page";

/// Builds the page and prints what its first load weighs.
pub fn run(args: &[String]) -> Result<()> {
    if let Some(arg) = args.first() {
        return Err(format!("dist takes no arguments, but was given \"{arg}\""));
    }
    build()?;
    sizes::print(&paths::dist())
}

/// Builds the page, installing what is missing on the way.
pub fn build() -> Result<()> {
    tools::ensure_wasm_target()?;
    let path = tools::ensure(&[&TRUNK, &WASM_BINDGEN])?;
    let wasm_opt = tools::ensure_wasm_opt()?;
    if !paths::target().join(tools::WASM).join(PROFILE).is_dir() {
        println!("building the page for release; the first time takes about 4 min");
    }
    let mut trunk = shell::program("trunk", ["build", "--release", "--cargo-profile", PROFILE]);
    // Trunk reads NO_COLOR as a boolean word and stops at the usual "1".
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true").env("PATH", path);
    shell::run(&mut trunk)?;
    bundle::finish(&paths::dist(), wasm_opt.as_deref())
}
