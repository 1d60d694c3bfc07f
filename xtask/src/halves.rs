//! The program in two files: what the first seconds of a visit call, and the rest.
//!
//! Which functions are called is not written down anywhere: a program that notes it is shown to a browser that makes a first visit
//! (`tests/e2e/first-load.mjs`), and the split follows. The splitting is done by the package `first-load`, which has the details. Where there
//! is no Node or no Chromium, or the visit fails, the program stays whole: the page works, its first load is heavier.

use std::path::{Path, PathBuf};

use crate::http::Server;
use crate::{Result, bundle, paths, shell, system, tools};

/// Every file of the rest is named so, before its digest.
pub const REST: &str = "rest-";
/// How the names of the program and of its glue end, behind what they have in common.
const PROGRAM: &str = "_bg.wasm";
const GLUE: &str = ".js";
/// What wasm-bindgen's glue does once for each way to start.
const IMPORTS: &str = "const imports = __wbg_get_imports();";
const IMPORTS_WITH_LOADER: &str = "const imports = { ...__wbg_get_imports(), rest: { load: loadRestNow } };";
/// Where the name of the rest goes in `www/rest.js`.
const NAME_MARK: &str = "\"unnamed\"";

/// Splits the program in `dist` if this machine can look at the page.
pub fn split(dist: &Path) -> Result<()> {
    let Some(chromium) = system::find_chromium().filter(|_| paths::in_path("node").is_some()) else {
        println!("there is no Chromium or no Node here, so the program is left in one file: its first load is heavier");
        return Ok(());
    };
    tools::ensure_npm("tests/e2e", "the driver of the browser")?;
    let stem = the_one(dist, PROGRAM)?;
    let (program, glue) = (dist.join(stem.clone() + PROGRAM), dist.join(stem.clone() + GLUE));
    let work = paths::target().join("first-load");
    std::fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let [whole, called, rest] = ["whole.wasm", "called.txt", "rest.wasm"].map(|name| work.join(name));
    copy(&program, &whole)?;
    first_load("observe", &[&whole, &program])?;
    let visit = visit(dist, &chromium);
    if let Err(why) = &visit {
        println!("a first visit could not be made, so the program is left in one file ({why})");
        return copy(&whole, &program);
    }
    write(&called, visit?.as_bytes())?;
    first_load("split", &[&whole, &called, &program, &rest])?;

    let bytes = std::fs::read(&rest).map_err(|error| format!("{}: {error}", rest.display()))?;
    let name = format!("{REST}{:016x}.wasm", bundle::digest(&bytes));
    write(&dist.join(&name), &bytes)?;
    connect(&glue, &name)?;
    rename(dist, &stem)
}

/// Runs the splitting program.
fn first_load(command: &str, files: &[&PathBuf]) -> Result<()> {
    let mut run = shell::cargo(["run", "--locked", "--quiet", "--package", "first-load", "--", command]);
    shell::run(run.args(files))
}

/// Makes a first visit and gives the numbers of the functions that it called, one a line.
fn visit(dist: &Path, chromium: &Path) -> Result<String> {
    let server = Server::bind(dist, 0, "/")?;
    let mut node = shell::program("node", ["tests/e2e/first-load.mjs".to_string(), server.address()?]);
    server.spawn();
    shell::output(node.env("HIGHWATER_CHROMIUM", chromium))
}

/// Tells the glue where the rest is.
fn connect(glue: &Path, rest: &str) -> Result<()> {
    let read = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let (source, loader) = (read(glue)?, read(&paths::root().join("www/rest.js"))?);
    if !source.contains(IMPORTS) || !loader.contains(NAME_MARK) {
        return Err(format!("{} has no place for the rest of the program", glue.display()));
    }
    let loader = loader.replace(NAME_MARK, &format!("\"./{rest}\""));
    write(glue, (source.replace(IMPORTS, IMPORTS_WITH_LOADER) + &loader).as_bytes())
}

/// Gives program and glue names with a digest of what they are now: a browser must not put together halves of two builds.
fn rename(dist: &Path, stem: &str) -> Result<()> {
    let read =
        |end: &str| std::fs::read(dist.join(format!("{stem}{end}"))).map_err(|error| format!("{stem}{end}: {error}"));
    let digest = bundle::digest((read(PROGRAM)?, read(GLUE)?));
    let (name, _) = stem.rsplit_once('-').ok_or(format!("{stem} has no digest"))?;
    let renamed = format!("{name}-{digest:016x}");
    for end in [PROGRAM, GLUE] {
        let [from, to] = [stem, &renamed].map(|stem| dist.join(format!("{stem}{end}")));
        std::fs::rename(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    for file in [dist.join("index.html"), dist.join(renamed.clone() + GLUE)] {
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        write(&file, text.replace(stem, &renamed).as_bytes())?;
    }
    Ok(())
}

/// The only file in `dist` whose name ends so, without that end.
fn the_one(dist: &Path, end: &str) -> Result<String> {
    let names = bundle::files(dist)?.into_iter().filter_map(|name| name.strip_suffix(end).map(str::to_string));
    let names: Vec<String> = names.collect();
    <[String; 1]>::try_from(names).map(|[name]| name).map_err(|names| format!("{} files end in {end}", names.len()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| format!("{}: {error}", to.display()))
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display()))
}
