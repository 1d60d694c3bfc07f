//! The page: Yew components over `view`. One component a file; exactly one owner of the engine.

pub mod app;
pub mod batching_room;
pub mod break_it;
pub mod byte_view;
pub mod cast_control;
pub mod class;
pub mod clients;
pub mod failover_table;
pub mod hash_steps;
pub mod header;
pub mod help;
pub mod icon;
pub mod inspector;
pub mod invariants;
pub mod keys;
pub mod landing;
pub mod ledger_bar;
pub mod lesson;
pub mod live_region;
pub mod log_room;
pub mod notice;
pub mod opened;
pub mod overlay;
pub mod panic_card;
pub mod partitions_room;
pub mod promises;
pub mod published;
pub mod reader_row;
pub mod record_list;
pub mod rich_text;
pub mod ring;
pub mod room;
pub mod run;
pub mod run_control;
pub mod runner;
pub mod send_form;
pub mod send_state;
pub mod setting_control;
pub mod settings_panel;
pub mod stage;
pub mod theme;
pub mod timeline;
pub mod tone;
pub mod transport;
pub mod truth;
pub mod wish;

pub use class::Class;

/// Mounts the page on the element with the id `app`.
///
/// # Panics
/// If the document has no such element; `index.html` has it.
pub fn start() {
    yew::set_custom_panic_hook(Box::new(crate::web::panic_message::keep));
    theme::restore();
    let root = crate::web::document::document().get_element_by_id("app").expect("index.html has an element `app`");
    // What stood there while the program was loading goes.
    root.set_inner_html("");
    yew::Renderer::<app::App>::with_root(root).render();
}
