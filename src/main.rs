//! The page's entry point: mounts the application where `index.html` shows its loading state.

fn main() {
    highwater::ui::start();
}
