//! `cargo xtask bench`: the engine's speed beside a bare loop, native and in Chromium, and the weight of the first load.
//!
//! The measuring is done by `benches/throughput`, which prints one figure a line; here it is built both ways, run, and laid side by side.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::http::Server;
use crate::tools::{self, WASM_BINDGEN};
use crate::{Result, bundle, dist, paths, shell, sizes, system};

/// Figures by name.
type Figures = BTreeMap<String, f64>;

const BENCH: &str = "throughput";
/// How cargo optimises the benchmark for the browser: see Cargo.toml.
const PAGE: &str = "page-bench";
/// The page that runs the benchmark; its policy is the product's.
const INDEX: &str = "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
content=\"default-src 'self'; script-src 'self' 'wasm-unsafe-eval'\"><script type=\"module\" src=\"./run.js\"></script>";
const RUN: &str =
    "import init, { report } from './throughput.js'; await init(); document.documentElement.dataset.report = report();";

/// Builds, runs and prints.
pub fn run(args: &[String]) -> Result<()> {
    let yes = args.iter().any(|arg| arg == "--yes");
    let native = shell::timed("native", native)?;
    let browser = shell::timed("Chromium", || browser(yes))?;
    dist::build()?;
    print(&native, &browser);
    sizes::print(&paths::dist())
}

fn native() -> Result<Figures> {
    let output = shell::output(&mut shell::cargo(["bench", "--locked", "--no-default-features", "--bench", BENCH]))?;
    parse(&output)
}

/// The same program as WebAssembly, optimised as the page's, on a page of its own.
fn browser(yes: bool) -> Result<Figures> {
    tools::ensure_wasm_target()?;
    let path = tools::ensure(&[&WASM_BINDGEN])?;
    system::ensure_node(yes)?;
    let chromium = system::ensure_browser(yes)?.chromium;
    tools::ensure_npm("tests/e2e", "the driver of the browser")?;
    let build = ["bench", "--locked", "--no-run", "--profile", PAGE, "--target", tools::WASM, "--bench", BENCH];
    shell::run(&mut shell::cargo(build))?;
    let folder = paths::target().join("bench-page");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut bind =
        shell::program("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-name", BENCH, "--out-dir"]);
    shell::run(bind.arg(&folder).arg(built()?).env("PATH", path))?;
    if let Some(wasm_opt) = tools::ensure_wasm_opt()? {
        bundle::optimise(&folder, &wasm_opt)?;
    }
    for (name, text) in [("index.html", INDEX), ("run.js", RUN)] {
        std::fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    let server = Server::bind(&folder, 0, "/")?;
    let mut node = shell::program("node", ["tests/e2e/bench.mjs".to_string(), server.address()?]);
    server.spawn();
    parse(&shell::output(node.env("HIGHWATER_CHROMIUM", chromium))?)
}

/// The newest WebAssembly that cargo made of the benchmark; its name carries a hash.
fn built() -> Result<PathBuf> {
    let deps = paths::target().join(tools::WASM).join(PAGE).join("deps");
    let entries = std::fs::read_dir(&deps).map_err(|error| format!("{}: {error}", deps.display()))?;
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&format!("{BENCH}-")) && name.ends_with(".wasm")
    };
    let modified = |path: &PathBuf| path.metadata().and_then(|metadata| metadata.modified()).ok();
    let ours = entries.flatten().map(|entry| entry.path()).filter(is_ours);
    ours.max_by_key(modified).ok_or_else(|| "cargo built no WebAssembly of the benchmark".to_string())
}

/// Lines of `name value`; others are cargo's.
fn parse(output: &str) -> Result<Figures> {
    let figure = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_string(), value.parse().ok()?))
    };
    let figures: Figures = output.lines().filter_map(figure).collect();
    if figures.is_empty() { Err("the benchmark printed no figure".to_string()) } else { Ok(figures) }
}

fn print(native: &Figures, browser: &Figures) {
    println!("\n{:<34} {:>14} {:>14} {:>9}", "figure", "native", "Chromium", "of native");
    for (name, native) in native {
        let Some(browser) = browser.get(name) else { continue };
        println!("{name:<34} {:>14} {:>14} {:>8.0} %", short(*native), short(*browser), 100.0 * browser / native);
    }
}

/// Large figures as whole numbers, ratios with their decimals.
fn short(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
