use crate::setters::setters;

/// How a ladder is drawn as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Options {
    /// How many columns a line has at most; less than 40 are taken for 40.
    pub width: usize,
    /// Whether to draw in ASCII only.
    pub ascii: bool,
    /// Whether to write ANSI escape codes for colours.
    pub colour: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// 80 columns of Unicode without colours.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            width: 80,
            ascii: false,
            colour: false,
        }
    }

    setters! {
        with_width(width: usize);
        with_ascii(ascii: bool);
        with_colour(colour: bool);
    }
}
