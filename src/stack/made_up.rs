//! Frames that smoltcp is given as if they had arrived, or that are sent in its place.

use super::frame::LONGEST_HEADERS;

/// Room for the headers of a segment, and one byte of text.
pub(super) struct MadeUp {
    bytes: [u8; LONGEST_HEADERS + 1],
    length: usize,
}

impl MadeUp {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; LONGEST_HEADERS + 1],
            length: 0,
        }
    }

    /// Makes it this long, in bytes; `None` if there is no room for them.
    pub(super) fn resize(&mut self, length: usize) -> Option<&mut [u8]> {
        let bytes = self.bytes.get_mut(..length)?;
        self.length = length;
        Some(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
