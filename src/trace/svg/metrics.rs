//! How large things are.

/// Around everything, in pixels.
pub(super) const MARGIN: f64 = 14.0;
/// From one line of text to the next.
pub(super) const LINE: f64 = 16.0;
/// How wide a character of small texts is, at most.
pub(super) const SMALL: f64 = 5.6;
/// How wide a character is, at most: of labels, of states, of times.
pub(super) const LABEL: f64 = 7.7;
pub(super) const STATE: f64 = 7.1;
pub(super) const TIME: f64 = 6.8;
