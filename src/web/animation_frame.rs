//! A loop that runs once a frame of the browser.
//!
//! The next frame is asked for before the present one runs, so a panic in one frame does not end the loop.

use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;

/// A running loop; it ends when dropped.
pub struct AnimationLoop {
    pending: Rc<RefCell<Option<AnimationFrame>>>,
}

impl AnimationLoop {
    /// Calls `on_frame` with the browser's time of each frame, in milliseconds since the page was opened.
    #[must_use]
    pub fn start(on_frame: Rc<dyn Fn(f64)>) -> Self {
        let pending = Rc::new(RefCell::new(None));
        schedule(Rc::clone(&pending), on_frame);
        Self { pending }
    }
}

impl Drop for AnimationLoop {
    fn drop(&mut self) {
        self.pending.borrow_mut().take();
    }
}

fn schedule(pending: Rc<RefCell<Option<AnimationFrame>>>, on_frame: Rc<dyn Fn(f64)>) {
    let slot = Rc::clone(&pending);
    let frame = request_animation_frame(move |now_ms| {
        schedule(pending, Rc::clone(&on_frame));
        on_frame(now_ms);
    });
    *slot.borrow_mut() = Some(frame);
}
