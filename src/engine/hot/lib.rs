//! The layers of the engine through which every record goes, as a package of their own (Cargo.toml beside this says why). Their one module has
//! the path that it has in the rest of the program: `crate::engine` everywhere.

#[path = "mod.rs"]
pub mod engine;
