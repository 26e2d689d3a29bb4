//! Frames that smoltcp is given as if they had arrived, or that are sent in its place.

use super::frame::LONGEST_HEADERS;

/// Headers of a segment without text.
pub(super) struct MadeUp {
    bytes: [u8; LONGEST_HEADERS],
    length: usize,
}

impl MadeUp {
    /// `length` zeros, `None` if there is no room for them.
    pub(super) fn zeros(length: usize) -> Option<Self> {
        let bytes = [0; LONGEST_HEADERS];
        (length <= bytes.len()).then_some(Self { bytes, length })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(super) fn as_bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.length]
    }
}
