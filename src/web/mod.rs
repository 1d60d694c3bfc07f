//! The browser, wrapped: small files without a Kafka word in them.

pub mod animation_frame;
pub mod canvas;
pub mod clipboard;
pub mod document;
pub mod keyboard;
pub mod layout;
pub mod location;
pub mod media;
pub mod menus;
pub mod panic_message;
pub mod scroll;
pub mod storage;
pub mod text_field;
pub mod timer;
