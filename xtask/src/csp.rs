//! The Content-Security-Policy: written once, in `index.html`, and sent as a header by our own server too.

use crate::Result;

const MARK: &str = "http-equiv=\"Content-Security-Policy\" content=\"";

/// The policy that a built index states.
pub fn policy(index: &str) -> Result<&str> {
    let (_, rest) = index.split_once(MARK).ok_or("index.html states no Content-Security-Policy")?;
    let (policy, _) = rest.split_once('"').ok_or("the Content-Security-Policy of index.html does not end")?;
    Ok(policy)
}

/// Refuses an index that its own policy would break: inline scripts, inline styles and handlers.
pub fn ensure_nothing_inline(index: &str) -> Result<()> {
    for tag in index.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or((tag, ""));
        let inline = (tag.starts_with("script") && !tag.contains(" src="))
            || tag == "style"
            || tag.contains(" style=")
            || tag.contains(" onload=")
            || tag.contains(" onclick=");
        if inline {
            return Err(format!("the policy forbids what is inline, but index.html has <{tag}>"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policy_is_read_from_the_meta_element() {
        let index = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">";
        assert_eq!(policy(index), Ok("default-src 'self'"));
        assert!(policy("<html>").is_err());
    }

    #[test]
    fn inline_code_is_refused() {
        assert!(ensure_nothing_inline("<script src=\"./boot.js\"></script><p>style= is a word</p>").is_ok());
        for bad in ["<script type=module>x()</script>", "<style>p{}</style>", "<p style=\"color:red\">"] {
            assert!(ensure_nothing_inline(bad).is_err(), "{bad}");
        }
    }
}
