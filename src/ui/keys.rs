//! The keyboard: space, arrows, room numbers, I and ?.

use super::runner::RunnerHandle;
use super::wish::Wish;
use crate::course::{Place, Room};
use crate::web::keyboard::{self, KeyPress};
use crate::web::location;
use yew::prelude::*;

/// What a key does beside the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKey {
    /// Show or hide the help.
    Help,
    /// Close what lies over the page.
    Escape,
}

/// Listens while the page is open.
#[hook]
pub fn use_keys(runner: RunnerHandle, on_page_key: Callback<PageKey>) {
    use_effect_with((runner, on_page_key), |(runner, on_page_key)| {
        let (runner, on_page_key) = (runner.clone(), on_page_key.clone());
        let listener = keyboard::listen(move |press| press_key(&runner, &on_page_key, &press));
        move || drop(listener)
    });
}

/// Answers whether the key was used.
fn press_key(runner: &RunnerHandle, on_page_key: &Callback<PageKey>, press: &KeyPress) -> bool {
    if press.covered {
        // What lies over the page takes every key but those that close it.
        if matches!(press.key.as_str(), "?" | "Escape") {
            on_page_key.emit(PageKey::Escape);
        }
        return false;
    }
    if let Some(wish) = wish_of(press) {
        runner.wish(wish);
        return true;
    }
    let page_key = match press.key.as_str() {
        "?" => Some(PageKey::Help),
        "Escape" => Some(PageKey::Escape),
        _ => None,
    };
    if let Some(key) = page_key {
        on_page_key.emit(key);
        return key != PageKey::Escape;
    }
    let room = press.key.parse().ok().and_then(Room::by_number);
    if let Some(room) = room {
        location::set_fragment(&Place::Room(room).fragment());
    }
    room.is_some()
}

fn wish_of(press: &KeyPress) -> Option<Wish> {
    match (press.key.as_str(), press.shift) {
        (" ", _) if !press.on_button => Some(Wish::TogglePlay),
        ("ArrowRight", false) if !press.on_arrows => Some(Wish::StepForward),
        ("ArrowLeft", false) if !press.on_arrows => Some(Wish::StepBack),
        ("ArrowRight", true) => Some(Wish::NextMark),
        ("ArrowLeft", true) => Some(Wish::PreviousMark),
        ("i" | "I", _) => Some(Wish::Inspect(None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str, shift: bool, on_button: bool, on_arrows: bool) -> KeyPress {
        KeyPress { key: key.to_string(), shift, on_button, on_arrows, covered: false }
    }

    #[test]
    fn a_control_keeps_the_keys_it_needs() {
        assert_eq!(wish_of(&press(" ", false, false, false)), Some(Wish::TogglePlay));
        assert_eq!(wish_of(&press(" ", false, true, false)), None);
        assert_eq!(wish_of(&press("ArrowLeft", false, false, false)), Some(Wish::StepBack));
        assert_eq!(wish_of(&press("ArrowLeft", false, false, true)), None);
        assert_eq!(wish_of(&press("ArrowLeft", true, false, true)), Some(Wish::PreviousMark));
    }

    #[test]
    fn i_closes_the_inspector() {
        for (key, shift) in [("i", false), ("I", true)] {
            assert_eq!(wish_of(&press(key, shift, true, true)), Some(Wish::Inspect(None)));
        }
    }
}
