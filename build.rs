//! Lists the demonstrations: every folder in tests/scenarios/demonstrations is one of the page's presets, so that adding one touches no Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const FOLDER: &str = "tests/scenarios/demonstrations";

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    let root = env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it");
    let entries = fs::read_dir(Path::new(&root).join(FOLDER)).expect("the demonstrations are there");
    let mut folders: Vec<String> =
        entries.filter_map(|entry| entry.expect("the folder can be read").file_name().into_string().ok()).collect();
    folders.sort();
    let mut list = String::from("[\n");
    for folder in folders {
        let path = format!("{root}/{FOLDER}/{folder}");
        let name = folder.replace('-', " ");
        writeln!(
            list,
            "    demonstration({name:?}, include_str!({:?}), include_str!({:?})),",
            format!("{path}/scenario.json"),
            format!("{path}/expected.json"),
        )
        .expect("a string takes everything");
    }
    list.push_str("]\n");
    let out = env::var("OUT_DIR").expect("Cargo sets it");
    fs::write(Path::new(&out).join("demonstrations.rs"), list).expect("the build's folder can be written");
}
