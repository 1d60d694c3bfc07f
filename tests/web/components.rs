//! Components mounted in a document: what a click does to the markup.

use std::time::Duration;

use highwater::ui::app::App;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Document, Element, HtmlElement};
use yew::platform::time::sleep;

fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

/// Mounts the page at a room, on an element of its own that goes when the page does.
struct Mounted {
    root: Element,
    handle: Option<yew::AppHandle<App>>,
}

impl Mounted {
    async fn at(fragment: &str) -> Self {
        web_sys::window().unwrap().location().set_hash(fragment).unwrap();
        let root = document().create_element("div").unwrap();
        document().body().unwrap().append_child(&root).unwrap();
        let handle = yew::Renderer::<App>::with_root(root.clone()).render();
        let mounted = Self { root, handle: Some(handle) };
        mounted.settle().await;
        mounted
    }

    /// Lets the scheduled renders and effects run.
    async fn settle(&self) {
        sleep(Duration::from_millis(20)).await;
    }

    fn find(&self, selector: &str) -> HtmlElement {
        let found = self.root.query_selector(selector).unwrap();
        found.unwrap_or_else(|| panic!("there is no {selector}")).unchecked_into()
    }

    async fn click(&self, selector: &str) {
        self.find(selector).click();
        self.settle().await;
    }

    fn attribute(&self, selector: &str, name: &str) -> String {
        self.find(selector).get_attribute(name).unwrap_or_default()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.destroy();
        }
        self.root.remove();
    }
}

#[wasm_bindgen_test]
async fn the_ring_moves_its_tail_and_then_its_head() {
    let page = Mounted::at("#/ring").await;
    let ring = "[data-ring-head]";
    assert_eq!(page.attribute(ring, "data-ring-count"), "0");
    page.click("[data-ring=enQueue]").await;
    page.click("[data-ring=enQueue]").await;
    assert_eq!(
        (page.attribute(ring, "data-ring-tail"), page.attribute(ring, "data-ring-count")),
        ("2".into(), "2".into())
    );
    page.click("[data-ring=deQueue]").await;
    assert_eq!(
        (page.attribute(ring, "data-ring-head"), page.attribute(ring, "data-ring-count")),
        ("1".into(), "1".into())
    );
}

#[wasm_bindgen_test]
async fn a_link_of_the_header_opens_its_room() {
    let page = Mounted::at("#/log").await;
    assert_eq!(page.attribute("[data-room]", "data-room"), "log");
    page.click("header a[href='#/partitions']").await;
    // The browser tells of a new fragment in a task of its own.
    page.settle().await;
    assert_eq!(page.attribute("[data-room]", "data-room"), "partitions");
}
