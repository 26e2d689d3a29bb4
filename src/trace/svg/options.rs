/// How a ladder is drawn as a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How wide the picture is, in pixels; less than 480 are taken for 480.
    pub width: u32,
}

impl Default for Options {
    /// 900 pixels.
    fn default() -> Self {
        Self { width: 900 }
    }
}
