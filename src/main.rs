//! The page's entry point: mounts the application where `index.html` shows its loading state.

use yew::prelude::*;

#[function_component]
fn App() -> Html {
    html! { <main data-room="landing"><h1>{ "Kafka, in one tab, to take apart" }</h1></main> }
}

fn main() {
    let window = web_sys::window().expect("the page runs in a window");
    let root = window.document().and_then(|document| document.get_element_by_id("app"));
    yew::Renderer::<App>::with_root(root.expect("index.html has #app")).render();
}
