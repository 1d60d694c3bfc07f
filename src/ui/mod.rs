//! The page: Yew components over `view`. One component a file; exactly one owner of the engine.

pub mod app;
pub mod class;
pub mod header;
pub mod help;
pub mod icon;
pub mod lesson;
pub mod rich_text;
pub mod ring;
pub mod theme;
pub mod truth;

pub use class::Class;

/// Mounts the page on the element with the id `app`.
///
/// # Panics
/// If the document has no such element; `index.html` has it.
pub fn start() {
    let root = crate::web::document::document().get_element_by_id("app").expect("index.html has an element `app`");
    // What stood there while the program was loading goes.
    root.set_inner_html("");
    yew::Renderer::<app::App>::with_root(root).render();
}
