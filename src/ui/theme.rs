//! Light or dark: what the reader chose is kept, else the browser's wish is followed.

use super::Class;
use super::icon::{Icon, Sign};
use crate::web::{document, media, storage};
use yew::prelude::*;

const KEY: &str = "highwater.theme";

/// Applies what was chosen on an earlier visit.
pub fn restore() {
    if let Some(theme) = storage::get(KEY).filter(|theme| theme == "light" || theme == "dark") {
        document::set_root_attribute("data-theme", Some(&theme));
    }
}

fn is_dark() -> bool {
    match document::document().document_element().and_then(|root| root.get_attribute("data-theme")) {
        Some(theme) => theme == "dark",
        None => media::prefers_dark(),
    }
}

/// Properties of [`ThemeSwitch`].
#[derive(Properties, PartialEq)]
pub struct ThemeSwitchProps {
    /// Told after each change, so that what is painted by hand is painted anew.
    pub on_change: Callback<()>,
}

/// The button that changes between light and dark.
#[component]
pub fn ThemeSwitch(props: &ThemeSwitchProps) -> Html {
    let dark = use_state(is_dark);
    let onclick = {
        let (dark, on_change) = (dark.clone(), props.on_change.clone());
        Callback::from(move |_: MouseEvent| {
            let theme = if *dark { "light" } else { "dark" };
            document::set_root_attribute("data-theme", Some(theme));
            storage::set(KEY, theme);
            dark.set(!*dark);
            on_change.emit(());
        })
    };
    let label = if *dark { "Use light colours" } else { "Use dark colours" };
    html! {
        <button type="button" class={classes!(Class::Button, Class::ButtonIcon)} aria-label={label} title={label} {onclick}>
            <Icon sign={Sign::Theme} />
        </button>
    }
}
