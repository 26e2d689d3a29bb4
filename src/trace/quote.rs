//! Bytes as text of a known width: what cannot be shown is escaped.

use std::borrow::Cow;
use std::format;
use std::string::String;
use std::vec::Vec;

use unicode_width::UnicodeWidthChar;

/// The characters of a drawing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Charset {
    #[default]
    Unicode,
    /// Where a renderer of text gives characters their places: what joins others is among them.
    Picture,
    Ascii,
}

impl Charset {
    pub(super) fn new(ascii: bool) -> Self {
        match ascii {
            true => Self::Ascii,
            false => Self::Unicode,
        }
    }

    /// What marks that something is left out.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Unicode | Self::Picture => "…",
            Self::Ascii => "...",
        }
    }

    /// A text in these characters.
    pub(super) fn encode(self, text: &str) -> Cow<'_, str> {
        if self != Self::Ascii || text.is_ascii() {
            return text.into();
        }
        let mut encoded = String::new();
        for character in text.chars() {
            match character {
                '…' => encoded += "...",
                '→' => encoded += "->",
                'µ' => encoded.push('u'),
                '≈' => encoded.push('~'),
                _ if character.is_ascii() => encoded.push(character),
                _ => encoded += &format!("\\u{{{:x}}}", u32::from(character)),
            }
        }
        encoded.into()
    }
}

/// How many columns a text takes in a terminal. It must have no control characters.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// How many columns a character takes in a terminal.
pub(super) fn char_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// A text in lines of `columns` at most, of which all but the first are indented.
pub(super) fn wrap(whole: &str, columns: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let mut lines = Vec::new();
    let mut line = String::new();
    let (text, sections) = whole.split_at(whole.rfind(" (RFC").unwrap_or(whole.len()));
    let sections = unbroken(sections.trim_start(), columns * 2 / 3);
    for word in text.split(' ').chain(sections) {
        let is_begun = !line.trim_start().is_empty();
        if is_begun && width(&line) + 1 + width(word) > columns {
            lines.push(core::mem::replace(&mut line, INDENT.into()));
        } else if is_begun {
            line.push(' ');
        }
        line += word;
    }
    lines.push(line);
    lines
}

/// The pieces of the sections of RFCs behind a sentence that stay in one line each: all of them if they
/// take `columns` at most, else those of each RFC.
fn unbroken(sections: &str, columns: usize) -> Vec<&str> {
    if width(sections) <= columns {
        let all = (!sections.is_empty()).then_some(sections);
        return Vec::from_iter(all);
    }
    let each = sections.split_inclusive("; ").map(str::trim_end);
    each.flat_map(|piece| match width(piece) <= columns {
        true => Vec::from([piece]),
        false => piece.split(' ').collect(),
    })
    .collect()
}

/// The beginning of `bytes` in quotes, as UTF-8 where that is valid. It takes `columns` at most, but
/// for the quotes and the mark that stands for the rest; `columns` is 1 at least.
pub(super) fn quote(bytes: &[u8], columns: usize, charset: Charset) -> String {
    let mut quoted = String::from("\"");
    let mut left = columns;
    for (index, piece) in pieces(bytes, charset).enumerate() {
        let piece = charset.encode(&piece);
        let needed = width(&piece);
        // A piece that is too long by itself is the only one.
        if needed > left {
            if index == 0 {
                quoted.extend(piece.chars().take(left));
            }
            return quoted + charset.mark() + "\"";
        }
        left -= needed;
        quoted += &piece;
    }
    quoted + "\""
}

/// A text without anything that a terminal would not show as a character.
pub(super) fn plain(text: &str) -> String {
    let piece = |character| match character {
        '"' | '\\' => String::from(character),
        _ => escape(character),
    };
    text.chars().map(piece).collect()
}

/// The characters of a text, escaped where they have to be.
fn pieces(bytes: &[u8], charset: Charset) -> impl Iterator<Item = String> {
    bytes.utf8_chunks().flat_map(move |chunk| {
        // What joins a character that is shown is shown.
        let mut has_base = false;
        let show = move |character| {
            let escaped = match has_base && charset == Charset::Picture && joins(character) {
                true => String::from(character),
                false => escape(character),
            };
            has_base = escaped.chars().eq([character]);
            escaped
        };
        let valid = chunk.valid().chars().map(show);
        let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
        valid.chain(invalid)
    })
}

/// Whether a character is a part of what is seen as one with others: an accent, or what joins emoji and
/// says how they look. Terminals differ in how wide such a sequence is.
fn joins(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}'
    )
}

fn escape(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\0' => "\\0".into(),
        // Neither controls nor what has no width, or changes the direction of the text.
        _ if character.is_control() && character.is_ascii() => {
            format!("\\x{:02x}", u32::from(character))
        }
        // Both end a line.
        '\u{2028}' | '\u{2029}' => format!("\\u{{{:x}}}", u32::from(character)),
        _ if matches!(char_width(character), 1 | 2) => character.into(),
        _ => format!("\\u{{{:x}}}", u32::from(character)),
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::{Charset, quote, width, wrap};

    #[test]
    fn the_sections_of_an_rfc_stay_in_one_line() {
        let text = "three options (RFC 9293, 3.7.1; RFC 7323, 2; RFC 2018, 2)";
        assert_eq!(wrap(text, 70), [text]);
        assert_eq!(
            wrap(text, 41),
            [
                "three options (RFC 9293, 3.7.1;",
                "  RFC 7323, 2; RFC 2018, 2)"
            ]
        );
        assert_eq!(
            wrap("one option (RFC 9293, 3.7.1)", 27),
            ["one option", "  (RFC 9293, 3.7.1)"]
        );
        assert_eq!(wrap("no option", 70), ["no option"]);
    }

    #[test]
    fn what_cannot_be_shown_is_escaped() {
        assert_eq!(
            quote(b"a\"b\\\n\r\t\0\x07", 99, Charset::Unicode),
            r#""a\"b\\\n\r\t\0\x07""#
        );
        assert_eq!(quote(b"\xff\xc3(", 99, Charset::Unicode), r#""\xff\xc3(""#);
        assert_eq!(
            quote("e\u{301}\u{202e}\u{2028}".as_bytes(), 99, Charset::Unicode),
            r#""e\u{301}\u{202e}\u{2028}""#
        );
        assert_eq!(
            quote("größe 日本".as_bytes(), 99, Charset::Unicode),
            "\"größe 日本\""
        );
    }

    #[test]
    fn a_picture_has_what_joins_characters_and_a_terminal_has_not() {
        let family = "👩\u{200d}👧 e\u{301}";
        assert_eq!(
            quote(family.as_bytes(), 99, Charset::Picture),
            format!("\"{family}\"")
        );
        assert_eq!(
            quote(family.as_bytes(), 99, Charset::Unicode),
            r#""👩\u{200d}👧 e\u{301}""#
        );
        assert_eq!(
            quote("\u{202e}\n\u{301}".as_bytes(), 99, Charset::Picture),
            r#""\u{202e}\n\u{301}""#
        );
    }

    #[test]
    fn a_text_is_cut_between_characters_and_marked() {
        assert_eq!(quote(b"hello", 5, Charset::Unicode), "\"hello\"");
        assert_eq!(quote(b"hello", 4, Charset::Unicode), "\"hell…\"");
        assert_eq!(quote("日本語".as_bytes(), 5, Charset::Unicode), "\"日本…\"");
        assert_eq!(quote(b"\n\n", 3, Charset::Unicode), "\"\\n…\"");
        assert_eq!(quote(b"\x01", 1, Charset::Unicode), "\"\\…\"");
        assert_eq!(width("日本…"), 5);
        assert_eq!(
            quote("aß日".as_bytes(), 7, Charset::Ascii),
            r#""a\u{df}...""#
        );
    }
}
