//! A key or a value as a scenario's JSON writes it: `null`, a text, or `{"hex": "00ff"}` for bytes that are no text.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A record's key, value or header value: null, or bytes (which may be empty; that is not the same).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Content(pub Option<Bytes>);

impl Content {
    /// No value at all.
    pub const NULL: Content = Content(None);

    /// The bytes of a text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(Some(Bytes::copy_from_slice(text.as_bytes())))
    }

    /// Reads pairs of hex digits, upper or lower case, with nothing between them.
    ///
    /// # Errors
    /// Says which character is not a hex digit, or that one is missing.
    pub fn from_hex(text: &str) -> Result<Self, String> {
        let digits: Vec<u8> = text
            .chars()
            .enumerate()
            .map(|(at, character)| {
                let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit.ok_or_else(|| format!("`{character}` at position {at} is not a hex digit"))
            })
            .collect::<Result<_, _>>()?;
        if digits.len() % 2 == 1 {
            return Err(format!("{} hex digits: a byte takes two, so one is missing", digits.len()));
        }
        Ok(Self(Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())))
    }
}

/// Lower-case hex digits of `bytes`.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hex {
    hex: String,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected null, a text or {\"hex\": \"…\"}")]
enum Written {
    Null,
    Text(String),
    Hex(Hex),
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => serializer.serialize_none(),
            Some(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => Hex { hex: to_hex(bytes) }.serialize(serializer),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Null => Ok(Self::NULL),
            Written::Text(text) => Ok(Self(Some(Bytes::from(text)))),
            Written::Hex(Hex { hex }) => Self::from_hex(&hex).map_err(de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_empty_text_and_bytes_round_trip() {
        for (content, json) in [
            (Content::NULL, "null"),
            (Content::text(""), r#""""#),
            (Content::text("naïve"), r#""naïve""#),
            (Content(Some(Bytes::from_static(&[0, 0xff]))), r#"{"hex":"00ff"}"#),
        ] {
            assert_eq!(serde_json::to_string(&content).unwrap(), json);
            assert_eq!(serde_json::from_str::<Content>(json).unwrap(), content);
        }
        assert!(serde_json::from_str::<Content>("3").is_err());
        assert!(Content::from_hex("abc").unwrap_err().contains("missing"));
        assert!(Content::from_hex("zz").unwrap_err().contains("position 0"));
    }
}
