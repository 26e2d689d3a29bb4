//! As much of JSON as is needed to write it: a crate would bring more than this to read.

use std::format;
use std::string::String;
use std::vec::Vec;

/// An object (RFC 8259, 4) that grows member by member.
///
/// ```
/// use uppercase::trace::json::{Object, array, string};
///
/// let mut report = Object::new();
/// report.text("name", "tap0");
/// report.number("frames", 12u64);
/// report.flag("is_up", true);
/// report.raw("addresses", &array([string("192.168.69.1")]));
/// let json = r#"{"name":"tap0","frames":12,"is_up":true,"addresses":["192.168.69.1"]}"#;
/// assert_eq!(report.end(), json);
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is text once it has ended"]
pub struct Object(String);

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self("{".into())
    }

    /// Adds a member; the value is JSON already.
    pub fn raw(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0 += &format!("{}:{value}", string(name));
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &string(value));
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &str, value: impl Into<i128>) {
        self.raw(name, &format!("{}", value.into()));
    }

    /// Adds `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// All of it, as text.
    #[must_use]
    pub fn end(self) -> String {
        self.0 + "}"
    }
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

/// An array of values that are JSON already.
pub fn array(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

/// A string (RFC 8259, 7). What a terminal would obey, or an editor take for the end of a line, is
/// escaped, too.
#[must_use]
pub fn string(text: &str) -> String {
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
        object.number("a", -1i64);
        object.raw("b", &array([string("x"), string("y")]));
        assert_eq!(object.end(), r#"{"a":-1,"b":["x","y"]}"#);
    }
}
