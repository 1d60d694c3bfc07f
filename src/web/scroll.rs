//! Scrolling inside one box, without moving the page.

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::NodeRef;

/// Scrolls the box just so far that the first element in it that matches `selector` can be seen.
pub fn show_marked_within(around: &NodeRef, selector: &str) {
    let Some(around) = around.cast::<HtmlElement>() else { return };
    let Some(marked) =
        around.query_selector(selector).ok().flatten().and_then(|found| found.dyn_into::<HtmlElement>().ok())
    else {
        return;
    };
    let (above, below) = (marked.offset_top(), marked.offset_top() + marked.offset_height());
    let (top, height) = (around.scroll_top(), around.client_height());
    if above < top {
        around.set_scroll_top(above);
    } else if below > top + height {
        around.set_scroll_top(below - height);
    }
}

/// Scrolls the box sideways so that the first element in it that matches `selector` stands in its middle, else to its end.
pub fn show_marked_sideways(around: &NodeRef, selector: &str) {
    let Some(around) = around.cast::<HtmlElement>() else { return };
    let marked = around.query_selector(selector).ok().flatten();
    around.set_scroll_left(match marked {
        Some(marked) => {
            let (mark, box_) = (marked.get_bounding_client_rect(), around.get_bounding_client_rect());
            let from_left = mark.left() - box_.left() + mark.width() / 2.0;
            around.scroll_left() + (from_left - box_.width() / 2.0) as i32
        }
        None => around.scroll_width(),
    });
}
