//! The one place that reads a clock: the monotonic one of the machine, or the browser's.

/// Seconds since some fixed moment.
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::disallowed_methods, reason = "a benchmark measures the machine; nothing of the engine depends on it")]
pub(crate) fn seconds() -> f64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGIN.elapsed().as_secs_f64()
}

/// Seconds since the page was opened.
#[cfg(target_arch = "wasm32")]
pub(crate) fn seconds() -> f64 {
    browser::now() / 1000.0
}

/// The browser's half of the interface.
#[cfg(target_arch = "wasm32")]
pub(crate) mod browser {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        /// Milliseconds since the page was opened.
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
    }

    /// Runs the benchmark and gives its figures, one a line.
    #[allow(unreachable_pub, reason = "wasm-bindgen exports what is public")]
    #[wasm_bindgen]
    pub fn report() -> String {
        crate::measure::report()
    }
}
