//! As much of JSON as is needed to write it: a crate would bring more than this to read.

use std::format;
use std::string::String;
use std::vec::Vec;

/// An object that grows member by member.
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".into())
    }

    /// Adds a member; the value is JSON already.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0 += &format!("{}:{value}", string(name));
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &string(value));
    }

    pub(super) fn number(&mut self, name: &str, value: i64) {
        self.raw(name, &format!("{value}"));
    }

    pub(super) fn end(self) -> String {
        self.0 + "}"
    }
}

/// An array of values that are JSON already.
pub(super) fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(","))
}

/// A string (RFC 8259, 7). What a terminal would obey, or an editor take for the end of a line, is
/// escaped, too.
pub(super) fn string(text: &str) -> String {
    let mut escaped = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped += &format!("\\{character}"),
            '\n' => escaped += "\\n",
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => escaped += &format!("\\u{:04x}", u32::from(character)),
            _ => escaped.push(character),
        }
    }
    escaped + "\""
}

#[cfg(test)]
mod tests {
    use super::{Object, array, string};

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n\u{1}ß"), r#""a\"b\\c\n\u0001ß""#);
        assert_eq!(
            string("\u{9b}\u{202e}\u{2028}\u{feff}"),
            r#""\u009b\u202e\u2028\ufeff""#
        );
    }

    #[test]
    fn members_and_values_are_separated() {
        let mut object = Object::new();
        object.number("a", -1);
        object.raw("b", &array([string("x"), string("y")].into_iter()));
        assert_eq!(object.end(), r#"{"a":-1,"b":["x","y"]}"#);
    }
}
