//! What the first load weighs: the index and every file that it names, raw and after Brotli.

use std::path::Path;

use crate::{Result, bundle, halves, paths, shell};

/// One file of the first load, in bytes.
pub struct Weight {
    name: String,
    raw: u64,
    brotli: Option<u64>,
}

/// Prints a line a file and the sum: of what a browser fetches before the page runs, and of the program that it fetches after that.
pub fn print(dist: &Path) -> Result<()> {
    print_part("first load", &first_load(dist)?);
    let rest: Vec<String> = bundle::files(dist)?.into_iter().filter(|name| name.starts_with(halves::REST)).collect();
    if !rest.is_empty() {
        print_part("fetched while the page already runs", &weigh(dist, rest)?);
    }
    Ok(())
}

fn print_part(heading: &str, weights: &[Weight]) {
    println!("\n{:>10} {:>10}  {heading}", "raw", "brotli");
    let total = Weight {
        name: "in all".to_string(),
        raw: weights.iter().map(|weight| weight.raw).sum(),
        brotli: weights.iter().map(|weight| weight.brotli).sum(),
    };
    for weight in weights.iter().chain([&total]) {
        let brotli = weight.brotli.map_or("-".to_string(), |bytes| bytes.to_string());
        println!("{:>10} {brotli:>10}  {}", weight.raw, weight.name);
    }
    if total.brotli.is_none() {
        println!("(there is no Node here to compress with)");
    }
}

/// The files that a browser fetches before the page runs.
pub fn first_load(dist: &Path) -> Result<Vec<Weight>> {
    let index = std::fs::read_to_string(dist.join("index.html"))
        .map_err(|error| format!("there is no built page ({error}); run `cargo xtask dist`"))?;
    let named = |name: &String| name == "index.html" || index.contains(&format!("\"./{name}\""));
    weigh(dist, bundle::files(dist)?.into_iter().filter(named).collect())
}

fn weigh(dist: &Path, names: Vec<String>) -> Result<Vec<Weight>> {
    let brotli = brotli(dist, &names);
    let weigh = |(at, name): (usize, String)| {
        let metadata = std::fs::metadata(dist.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        Ok(Weight { raw: metadata.len(), brotli: brotli.as_ref().map(|bytes| bytes[at]), name })
    };
    names.into_iter().enumerate().map(weigh).collect()
}

/// Each file's size after Brotli at its highest quality, which is what a static host serves; none without Node.
fn brotli(dist: &Path, names: &[String]) -> Option<Vec<u64>> {
    let script = paths::root().join("xtask/tools/brotli.mjs");
    let printed = shell::answer(shell::program("node", [script]).args(names.iter().map(|name| dist.join(name))))?;
    let bytes: Vec<u64> = printed.lines().filter_map(|line| line.parse().ok()).collect();
    (bytes.len() == names.len()).then_some(bytes)
}
