//! The little JSON that operation lists need, cut into tokens with their places.
//!
//! Made here rather than taken from a library because every later error, not only one of syntax, names its token's place.
//! It never looks back, never recurses and keeps nothing: one pass, bounded by the text.

use super::operation_list_error::{Place, Reason};

/// Longest string kept of a name; longer ones are no name of ours and are only shown.
const SHOWN_CHARS_MAX: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    Text(String),
    Integer(i64),
    True,
    False,
    Null,
    End,
}

impl Token {
    /// The token as an error shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Open => "[".to_owned(),
            Self::Close => "]".to_owned(),
            Self::Comma => "a comma".to_owned(),
            Self::Text(text) => format!("\"{}\"", clipped(text)),
            Self::Integer(number) => number.to_string(),
            Self::True => "true".to_owned(),
            Self::False => "false".to_owned(),
            Self::Null => "null".to_owned(),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

/// At most 40 characters of a text from outside.
pub(super) fn clipped(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The text, and how far it has been read.
pub(super) struct Tokens<'a> {
    text: &'a str,
    position: usize,
    line: usize,
    column: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        // A byte order mark is what some editors put before a text; it is not part of it.
        let position = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, position, line: 1, column: 1 }
    }

    /// The next token and its place; `End` for ever at the end.
    pub(super) fn next(&mut self) -> Result<(Token, Place), (Reason, Place)> {
        let begin = self.place_of_next();
        let token = match self.peek() {
            None => Ok(Token::End),
            Some('[') => self.single(Token::Open),
            Some(']') => self.single(Token::Close),
            Some(',') => self.single(Token::Comma),
            Some('"') => self.text(),
            Some('-' | '0'..='9') => self.number(),
            Some('\'' | '“' | '”' | '‘' | '’' | '`') => self.refused(Reason::WrongQuote),
            Some(letter) if letter.is_alphabetic() => self.word(),
            Some(character) => self.refused(Reason::UnexpectedCharacter { character }),
        };
        let place = Place { token: begin.token.start..self.position, ..begin };
        match token {
            Ok(token) => Ok((token, place)),
            Err(reason) => Err((reason, place)),
        }
    }

    /// Where the next token begins, as an empty token.
    pub(super) fn place_of_next(&mut self) -> Place {
        self.skip_whitespace();
        Place { line: self.line, column: self.column, token: self.position..self.position }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        if character == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(character)
    }

    /// JSON's four, and the no-break space that web pages put into what is copied from them.
    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r' | '\u{a0}')) {
            self.advance();
        }
    }

    fn single(&mut self, token: Token) -> Result<Token, Reason> {
        self.advance();
        Ok(token)
    }

    fn refused(&mut self, reason: Reason) -> Result<Token, Reason> {
        self.advance();
        Err(reason)
    }

    fn taken_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let start = self.position;
        while self.peek().is_some_and(&keep) {
            self.advance();
        }
        &self.text[start..self.position]
    }

    fn word(&mut self) -> Result<Token, Reason> {
        match self.taken_while(|character| character.is_alphanumeric() || character == '_') {
            "true" => Ok(Token::True),
            "false" => Ok(Token::False),
            "null" => Ok(Token::Null),
            word => Err(Reason::UnknownWord { word: clipped(word) }),
        }
    }

    fn number(&mut self) -> Result<Token, Reason> {
        let written = self.taken_while(|character| character.is_ascii_alphanumeric() || "+-._".contains(character));
        let digits = written.strip_prefix('-').unwrap_or(written);
        let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.is_empty()
            && (digits == "0" || !digits.starts_with('0'));
        if !is_whole {
            return Err(Reason::NotAWholeNumber { text: clipped(written) });
        }
        // More than 64 bits hold is out of every range.
        written.parse().map(Token::Integer).map_err(|_| Reason::NumberTooLarge { text: clipped(written) })
    }

    fn text(&mut self) -> Result<Token, Reason> {
        self.advance();
        let mut text = String::new();
        loop {
            match self.peek() {
                None | Some('\n' | '\r') => return Err(Reason::UnterminatedString),
                Some('"') => {
                    self.advance();
                    return Ok(Token::Text(text));
                }
                Some('\\') => {
                    self.advance();
                    text.push(self.escaped()?);
                }
                Some(character) => {
                    self.advance();
                    text.push(character);
                }
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Reason> {
        match self.advance() {
            Some(character @ ('"' | '\\' | '/')) => Ok(character),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => self.escaped_by_number(),
            _ => Err(Reason::BadEscape),
        }
    }

    fn escaped_by_number(&mut self) -> Result<char, Reason> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|digit| digit.to_digit(16)).ok_or(Reason::BadEscape)?;
            self.advance();
            number = number * 16 + digit;
        }
        // Half a surrogate pair stands for nothing by itself, and no name of ours needs a pair.
        Ok(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
