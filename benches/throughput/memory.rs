//! How much memory the program has had at most, where the system tells.

/// Mebibytes of the largest extent so far. `None` where there is no way to ask.
#[cfg(target_arch = "wasm32")]
pub(crate) fn peak_mebibytes() -> Option<f64> {
    // Linear memory never shrinks; a page of it is 64 KiB.
    Some(core::arch::wasm32::memory_size(0) as f64 / 16.0)
}

/// Mebibytes of the largest extent so far. `None` where there is no way to ask.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn peak_mebibytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = kibibytes.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
