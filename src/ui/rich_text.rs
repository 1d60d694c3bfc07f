//! Sentences of the course: `` `name` `` is set in monospace, `**words**` in bold. All of it is shown as text, never as markup.

use super::Class;
use crate::web::menus;
use yew::prelude::*;

/// The list below the stage, as instructions name it.
const LINKS: &str = "Links and their faults";

/// Properties of [`RichText`].
#[derive(Properties, PartialEq)]
pub struct RichTextProps {
    /// The sentence with its marks.
    pub text: AttrValue,
}

/// A sentence with its marks.
#[component]
pub fn RichText(props: &RichTextProps) -> Html {
    pieces(&props.text).into_iter().map(show).collect::<Html>()
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Code(&'a str),
    Strong(&'a str),
}

fn show(piece: Piece<'_>) -> Html {
    match piece {
        Piece::Plain(text) => html! { {text} },
        Piece::Code(text) => html! { <code>{text}</code> },
        // What the instructions name and the page can open is a way there.
        Piece::Strong(LINKS) => {
            let onclick = Callback::from(|_: MouseEvent| menus::open("[data-fault-menu=links]"));
            html! { <button type="button" class={Class::LinkButton} data-opens="links" {onclick}><strong>{LINKS}</strong></button> }
        }
        Piece::Strong(text) => html! { <strong>{text}</strong> },
    }
}

/// Cuts a sentence at its marks; a mark that is not closed is plain text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = next_mark(rest) {
        let mark = if rest[at..].starts_with("**") { "**" } else { &rest[at..=at] };
        let start = at + mark.len();
        let Some(length) = rest.get(start..).and_then(|tail| tail.find(mark)) else { break };
        if at > 0 {
            pieces.push(Piece::Plain(&rest[..at]));
        }
        let inside = &rest[start..start + length];
        pieces.push(if mark == "**" { Piece::Strong(inside) } else { Piece::Code(inside) });
        rest = &rest[start + length + mark.len()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

/// Where the next mark begins; a lone asterisk is none.
fn next_mark(text: &str) -> Option<usize> {
    [text.find('`'), text.find("**")].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_pieces_and_the_rest_is_text() {
        assert_eq!(
            pieces("With `acks=1` **the leader** only."),
            [
                Piece::Plain("With "),
                Piece::Code("acks=1"),
                Piece::Plain(" "),
                Piece::Strong("the leader"),
                Piece::Plain(" only.")
            ]
        );
        assert_eq!(pieces("an open `mark"), [Piece::Plain("an open `mark")]);
        assert_eq!(pieces("<b>text</b>"), [Piece::Plain("<b>text</b>")]);
    }
}
