//! Where things are: the repository, the built page, the cache that keeps installed tools between checkouts.

use std::path::{Path, PathBuf};

/// The repository's root: the folder above `xtask/`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask/ lies in the repository").to_path_buf()
}

/// The built page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Where cargo puts what it builds; one folder for every suite, so that nothing is built twice.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Installed tools, shared by all checkouts: `$XDG_CACHE_HOME/highwater/tools`, else `~/.cache/highwater/tools`.
pub fn tools() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".cache"));
    cache.join("highwater").join("tools")
}

/// The file that a command name stands for in `PATH`, if there is one.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
