//! Splits the page's program in two: what its first seconds call, which the browser has to fetch before the page runs, and the rest, which
//! it fetches while the page already runs.
//!
//! ```text
//! first-load observe PROGRAM OBSERVED        the same program, which notes each function that is called
//! first-load split PROGRAM CALLED FIRST REST CALLED has the numbers of the functions that were called, one a line
//! ```
//!
//! The rule it keeps: a split program behaves as the whole one, whichever functions were called. A function of the rest that is called
//! early is fetched then and there. The JavaScript that fetches is `www/rest.js`; who looks at the page and notes what is called is
//! `tests/e2e/first-load.mjs`.

mod first;
mod observe;
mod program;
mod rest;
mod split;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use program::Program;

/// What went wrong, as a sentence.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("first-load: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    match *args {
        ["observe", program, observed] => {
            let bytes = read(program)?;
            write(observed, &observe::observe(&Program::parse(&bytes)?)?)
        }
        ["split", program, called, first, rest] => {
            let bytes = read(program)?;
            let program = Program::parse(&bytes)?;
            let called = called_functions(&read(called)?, program.functions())?;
            let halves = split::split(&program, &called)?;
            write(first, &halves.first)?;
            write(rest, &halves.rest)?;
            println!(
                "of {} functions {} are fetched at first ({} bytes), the others later ({} bytes)",
                program.bodies.len(),
                halves.kept,
                halves.first.len(),
                halves.rest.len()
            );
            Ok(())
        }
        _ => Err("it takes `observe PROGRAM OBSERVED` or `split PROGRAM CALLED FIRST REST`".to_string()),
    }
}

/// The functions that a list names, as a flag for each function.
fn called_functions(list: &[u8], functions: usize) -> Result<Vec<bool>> {
    let mut called = vec![false; functions];
    for line in String::from_utf8_lossy(list).lines() {
        let number: usize = line.parse().map_err(|_| format!("\"{line}\" is not the number of a function"))?;
        *called.get_mut(number).ok_or(format!("the program has no function {number}"))? = true;
    }
    Ok(called)
}

fn read(file: &str) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| format!("{file}: {error}"))
}

fn write(file: &str, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|error| format!("{file}: {error}"))
}
