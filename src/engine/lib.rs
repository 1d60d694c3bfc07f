//! The engine as a package of its own (Cargo.toml beside this says why). Its one module has the path that it has in the rest of the program:
//! `crate::engine` everywhere.

#[path = "mod.rs"]
pub mod engine;
