//! `cargo xtask test`: every check of the project, cheapest first; all share one target folder.

use crate::http::Server;
use crate::tools::{self, WASM_BINDGEN, WASM_PACK};
use crate::{Result, dist, paths, shell, system, webdriver};

/// A group of checks that can be run alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suite {
    Lint,
    Native,
    Wasm,
    Browser,
}

const ALL: [(Suite, &str); 4] =
    [(Suite::Lint, "lint"), (Suite::Native, "native"), (Suite::Wasm, "wasm"), (Suite::Browser, "browser")];

/// The page is tested below this path as well as at a server's root.
const SUB_PATH: &str = "/courses/kafka/highwater/";

/// Runs the named suites, or all of them.
pub fn run(args: &[String]) -> Result<()> {
    let yes = args.iter().any(|arg| arg == "--yes");
    let mut chosen = Vec::new();
    for arg in args.iter().filter(|arg| *arg != "--yes") {
        let suite = ALL.iter().find(|(_, name)| name == arg);
        chosen.push(suite.ok_or(format!("there is no suite \"{arg}\"; there are lint, native, wasm and browser"))?.0);
    }
    for (suite, name) in ALL {
        if chosen.is_empty() || chosen.contains(&suite) {
            shell::timed(name, || suite.run(yes))?;
        }
    }
    Ok(())
}

impl Suite {
    fn run(self, yes: bool) -> Result<()> {
        match self {
            Suite::Lint => lint(),
            Suite::Native => native(),
            Suite::Wasm => wasm(yes),
            Suite::Browser => browser(yes),
        }
    }
}

/// Formatting, then the lints of the three builds there are: engine alone, everything native, the page.
fn lint() -> Result<()> {
    tools::ensure_wasm_target()?;
    shell::run(&mut shell::cargo(["fmt", "--all", "--check"]))?;
    let builds: [&[&str]; 3] = [
        &["--no-default-features", "--all-targets"],
        &["--workspace", "--all-targets"],
        &["--target", tools::WASM, "--lib", "--bin", "highwater-page", "--test", "web"],
    ];
    for build in builds {
        let words = ["clippy", "--locked"].iter().chain(build).chain(&["--", "-D", "warnings"]);
        shell::run(&mut shell::cargo(words.copied()))?;
    }
    Ok(())
}

/// The native tests, without the browser's crates and with them. The engine's own package has no features: once is enough.
fn native() -> Result<()> {
    shell::run(&mut shell::cargo(["test", "--locked", "--workspace", "--no-default-features"]))?;
    shell::run(&mut shell::cargo(["test", "--locked", "--package", "highwater", "--package", "highwater-page"]))
}

/// The engine and mounted components in a headless browser.
fn wasm(yes: bool) -> Result<()> {
    tools::ensure_wasm_target()?;
    let path = tools::ensure(&[&WASM_PACK, &WASM_BINDGEN])?;
    let browser = system::ensure_browser(yes)?;
    let mut pack = shell::program("wasm-pack", ["test", "--headless", "--chrome", "--mode", "no-install"]);
    pack.arg("--chromedriver").arg(browser.driver).args(["--", "--locked", "--test", "web"]);
    let capabilities = webdriver::write(&browser.chromium)?;
    shell::run(pack.env("PATH", path).env(webdriver::VARIABLE, capabilities))
}

/// The release build in a real browser, driven as a person would.
fn browser(yes: bool) -> Result<()> {
    system::ensure_node(yes)?;
    let browser = system::ensure_browser(yes)?;
    tools::ensure_npm("tests/e2e", "the browser tests' driver and the accessibility checker")?;
    dist::build()?;
    shell::run(&mut shell::cargo(["build", "--locked", "--no-default-features", "--bin", "highwater"]))?;
    let at_root = Server::bind(&paths::dist(), 0, "/")?;
    let below = Server::bind(&paths::dist(), 0, SUB_PATH)?;
    let mut node = shell::program("node", ["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    node.args(specs()?)
        .env("HIGHWATER_URL", below.address()?)
        .env("HIGHWATER_ROOT_URL", at_root.address()?)
        .env("HIGHWATER_CLI", paths::target().join("debug/highwater"))
        .env("HIGHWATER_CHROMIUM", browser.chromium);
    at_root.spawn();
    below.spawn();
    shell::run(&mut node)
}

/// Every file of browser tests, whatever its name before `.spec.mjs`.
fn specs() -> Result<Vec<String>> {
    let entries = std::fs::read_dir(paths::root().join("tests/e2e")).map_err(|error| format!("tests/e2e: {error}"))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut specs: Vec<String> =
        names.filter(|name| name.ends_with(".spec.mjs")).map(|name| format!("tests/e2e/{name}")).collect();
    specs.sort();
    if specs.is_empty() { Err("tests/e2e holds no browser test".to_string()) } else { Ok(specs) }
}
