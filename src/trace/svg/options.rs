use crate::setters::setters;

/// How a ladder is drawn as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Options {
    /// How wide the picture is, in pixels; less than 480 are taken for 480, less than 300 for 300
    /// where it is interactive.
    pub width: u32,
    /// Whether a page works with the picture. What belongs to a frame then has its index as
    /// `data-frame`; its arrow also has where it begins and ends, in pixels from above, as
    /// `data-from` and `data-to`, and takes clicks beside its line. Below 620 pixels the times and
    /// states beside the timelines are left out, as the page can show them elsewhere.
    pub is_interactive: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// 900 pixels, not interactive.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            width: 900,
            is_interactive: false,
        }
    }

    setters! {
        with_width(width: u32);
        with_interaction(is_interactive: bool);
    }
}
