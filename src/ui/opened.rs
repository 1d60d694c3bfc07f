//! A `details` element whose content is made only while it is open: a long list that nobody sees costs nothing.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// Whether such an element is open, `at_first` before it tells, and the callback for its `ontoggle`.
#[hook]
pub fn use_opened(at_first: bool) -> (bool, Callback<Event>) {
    let open = use_state_eq(|| at_first);
    let ontoggle = {
        let open = open.setter();
        Callback::from(move |event: Event| {
            let details = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(details) = details {
                open.set(details.has_attribute("open"));
            }
        })
    };
    (*open, ontoggle)
}
