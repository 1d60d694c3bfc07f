//! A canvas that lies over a part of the page and is as sharp as the screen.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, window};

/// A canvas with its drawing context.
pub struct Canvas {
    element: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Canvas {
    /// Takes a canvas of the page; none if the browser gives no drawing context.
    #[must_use]
    pub fn new(element: HtmlCanvasElement) -> Option<Self> {
        let context = element.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { element, context })
    }

    /// Makes the canvas `width` × `height` CSS pixels of drawing space and clears it.
    pub fn clear(&self, width: f64, height: f64) -> &CanvasRenderingContext2d {
        let ratio = window().map_or(1.0, |window| window.device_pixel_ratio());
        let (pixels_wide, pixels_high) = (pixels(width * ratio), pixels(height * ratio));
        if self.element.width() != pixels_wide || self.element.height() != pixels_high {
            self.element.set_width(pixels_wide);
            self.element.set_height(pixels_high);
        }
        // A reset of the transform can fail only on a detached context, and then nothing is seen anyway.
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.context.clear_rect(0.0, 0.0, width, height);
        &self.context
    }

    /// The canvas itself.
    #[must_use]
    pub fn element(&self) -> &HtmlCanvasElement {
        &self.element
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to what a canvas can be
fn pixels(length: f64) -> u32 {
    length.clamp(1.0, 16_384.0) as u32
}
