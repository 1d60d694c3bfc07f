//! What is done to the bundle after trunk: wasm-opt, the split of the program, the service worker's list, and a check that the policy holds.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::{Result, csp, halves, shell};

/// The worker's own file, which it must not keep.
const SERVICE_WORKER: &str = "sw.js";
/// What stands in the worker's source where its list and version go.
const LIST_MARK: &str = "[/* files */]";
const VERSION_MARK: &str = "unbuilt";

/// How wasm-opt works. It would put every function that is called from one place into its caller, whatever its size, and what a first visit
/// never calls would then be fetched with what it does (see `halves`): small ones only.
const WASM_OPT: [&str; 4] = ["-O3", "--one-caller-inline-max-function-size=50", "--strip-debug", "--strip-producers"];

/// Turns trunk's output into what ships.
pub fn finish(dist: &Path, wasm_opt: Option<&Path>) -> Result<()> {
    if let Some(wasm_opt) = wasm_opt {
        optimise(dist, wasm_opt)?;
    }
    halves::split(dist)?;
    csp::ensure_nothing_inline(&read(&dist.join("index.html"))?)?;
    write_precache(dist)
}

/// Every file below `dist`, as sorted relative names with forward slashes.
pub fn files(dist: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(dist.join(&folder)).map_err(|error| format!("{}: {error}", dist.display()))?;
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                names.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Runs wasm-opt on every WebAssembly file in the folder.
pub fn optimise(dist: &Path, wasm_opt: &Path) -> Result<()> {
    for name in files(dist)?.into_iter().filter(|name| name.ends_with(".wasm")) {
        let file = dist.join(&name);
        let before = size(&file)?;
        shell::run(shell::program(wasm_opt, WASM_OPT).arg("-o").arg(&file).arg(&file))?;
        println!("{name}: {before} bytes before wasm-opt, {} after", size(&file)?);
    }
    Ok(())
}

/// Tells the service worker which files to keep; the version is a digest of their names and contents.
fn write_precache(dist: &Path) -> Result<()> {
    let names: Vec<String> = files(dist)?.into_iter().filter(|name| name != SERVICE_WORKER).collect();
    let mut contents = Vec::new();
    for name in &names {
        let bytes = std::fs::read(dist.join(name)).map_err(|error| format!("{name}: {error}"))?;
        contents.push((name, digest(&bytes)));
    }
    let list: Vec<String> = names.iter().map(|name| format!("  \"./{name}\"")).collect();
    let worker = dist.join(SERVICE_WORKER);
    let source = read(&worker)?;
    if !source.contains(LIST_MARK) || !source.contains(VERSION_MARK) {
        return Err(format!("{SERVICE_WORKER} has no place for its list of files"));
    }
    let source = source
        .replace(LIST_MARK, &format!("[\n{}\n]", list.join(",\n")))
        .replace(VERSION_MARK, &format!("{:016x}", digest(&contents)));
    std::fs::write(&worker, source).map_err(|error| format!("{SERVICE_WORKER}: {error}"))
}

/// 64 bits by which one content is told from another.
pub fn digest(content: impl Hash) -> u64 {
    let mut digest = DefaultHasher::new();
    content.hash(&mut digest);
    digest.finish()
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn size(file: &Path) -> Result<u64> {
    let metadata = std::fs::metadata(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(metadata.len())
}
