//! Which functions come at first, and which later; the two programs are written by `first.rs` and `rest.rs`.
//!
//! Where the first program names a function of the rest (a call, a table, an export) it has a *door* instead: a function of the same type
//! that sees to it that the rest is there and goes on through a table, whose entries the rest fills when it is loaded.

use crate::program::Program;
use crate::{Result, first, rest};

/// The module under whose name the first program imports what fetches the rest, and the name of that function.
pub const LOADER: (&str, &str) = ("rest", "load");
/// The global by which the first program knows that the rest is there; the page sets it to 1.
pub const READY: &str = "rest_ready";
/// A function without calls that is no longer than this, in bytes, is kept: a door to it would be as long.
const NOT_WORTH_A_DOOR: usize = 12;

/// The two programs.
pub struct Halves {
    /// What is fetched before the page runs.
    pub first: Vec<u8>,
    /// What is fetched while it runs.
    pub rest: Vec<u8>,
    /// How many functions the first has with their bodies.
    pub kept: usize,
}

/// Where each function of the program goes, by its number there.
pub struct Plan {
    /// Imported ones, and those with their body in the first program.
    pub at_first: Vec<bool>,
    /// The functions of the rest that have a door, in the order of the doors' table.
    pub doors: Vec<u32>,
    /// The functions of the first program that the rest calls, in order.
    pub lent: Vec<u32>,
}

/// Splits a program after which of its functions were called.
///
/// # Errors
/// If the program has something that wasm-bindgen does not write.
pub fn split(program: &Program<'_>, called: &[bool]) -> Result<Halves> {
    let plan = Plan::new(program, called);
    let kept = plan.at_first.iter().filter(|at_first| **at_first).count() - program.imported;
    Ok(Halves { first: first::write(program, &plan)?, rest: rest::write(program, &plan)?, kept })
}

impl Plan {
    /// Decides.
    pub fn new(program: &Program<'_>, called: &[bool]) -> Plan {
        let mut at_first = vec![true; program.imported];
        for (called, body) in called[program.imported..].iter().zip(&program.bodies) {
            let is_small = body.named.is_empty() && body.code.range().len() <= NOT_WORTH_A_DOOR;
            at_first.push(*called || body.makes_references || is_small);
        }
        let mut doors = vec![false; program.functions()];
        let mut lent = vec![false; program.functions()];
        for function in &program.named_outside {
            doors[*function as usize] = true;
        }
        for (caller, body) in (program.imported..).zip(&program.bodies) {
            for function in &body.named {
                let marks = if at_first[caller] { &mut doors } else { &mut lent };
                marks[*function as usize] = true;
            }
        }
        let numbers = |marks: Vec<bool>, is_at_first: bool| {
            let marked =
                (0..).zip(marks).filter(|(function, mark)| *mark && at_first[*function as usize] == is_at_first);
            marked.map(|(function, _)| function).collect()
        };
        let (doors, lent) = (numbers(doors, false), numbers(lent, true));
        Plan { doors, lent, at_first }
    }

    /// The functions whose bodies one of the two programs has, in order.
    pub fn bodies(&self, program: &Program<'_>, at_first: bool) -> impl Iterator<Item = u32> {
        let is_there = move |function: &u32| self.at_first[*function as usize] == at_first;
        (program.imported as u32..program.functions() as u32).filter(is_there)
    }
}

/// The names by which the first program lends what the rest needs.
pub mod lent {
    /// A function.
    pub fn function(number: u32) -> String {
        format!("f{number}")
    }
    /// A table; the last is that of the doors.
    pub fn table(number: usize) -> String {
        format!("t{number}")
    }
    /// The memory.
    pub fn memory(number: usize) -> String {
        format!("m{number}")
    }
    /// A global.
    pub fn global(number: usize) -> String {
        format!("g{number}")
    }
}
