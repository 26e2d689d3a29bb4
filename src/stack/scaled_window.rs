//! A scaled window that does not shrink.
//!
//! The window of a large buffer is announced in units of up to 2^14 bytes (RFC 7323, 2.3). smoltcp
//! 0.14 rounds the room that there is down each time, so the edge of the window goes back by up to
//! a unit from one announcement to the next. Bytes that were allowed when they left are beyond it
//! when they arrive, and are dropped: their sender waits for a retransmission timeout, or, where
//! the window is closed by then, for ever.
//!
//! So [`ScaledWindow`] keeps one unit back from each announcement. The edge that is told may still go
//! back by less than that, but whatever was allowed once is taken.
//!
//! # Limits
//!
//! Segments do not say whether their window is scaled, so from the first that is on, all windows of
//! the stack are announced so: where they are not scaled, one byte short. A socket with a receive
//! buffer of one byte would have no window at all; do not put it beside one of more than 65535.

use core::cell::Cell;

use smoltcp::wire::TcpPacket;

use super::frame::HEADER_LEN;

/// Knows whether there is a scaled window.
pub(super) struct ScaledWindow {
    is_scaled: Cell<bool>,
    /// Whether smoltcp fills in the checksums of segments.
    has_checksum: bool,
}

impl ScaledWindow {
    pub(super) const fn new(has_checksum: bool) -> Self {
        Self {
            is_scaled: Cell::new(false),
            has_checksum,
        }
    }

    /// smoltcp transmits this segment.
    pub(super) fn transmitted(&self, segment: &mut [u8]) {
        let Some((header, rest)) = segment.split_first_chunk_mut::<HEADER_LEN>() else {
            return;
        };
        let mut header = TcpPacket::new_unchecked(header);
        if header.syn() {
            // Its own window is not scaled. The size of segments comes first, then the scale.
            if let [_, _, _, _, 3, 3, 1..=14, ..] = rest {
                self.is_scaled.set(true);
            }
        } else if self.is_scaled.get() && header.window_len() > 0 {
            header.set_window_len(header.window_len() - 1);
            if self.has_checksum {
                // The complement of a sum that is one less (RFC 1624).
                let (checksum, carry) = header.checksum().overflowing_add(1);
                header.set_checksum(checksum + u16::from(carry));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use smoltcp::wire::{IpAddress, Ipv4Address};

    use super::*;

    /// The two bytes of text make it each of the values that there are.
    #[test]
    fn the_checksum_is_right_whatever_it_was() {
        let [from, to] = [1, 2].map(|host| IpAddress::from(Ipv4Address::new(10, 0, 0, host)));
        let window = ScaledWindow::new(true);
        window.is_scaled.set(true);
        for text in 0..=u16::MAX {
            let mut bytes = [0; HEADER_LEN + 2];
            bytes[HEADER_LEN..].copy_from_slice(&text.to_be_bytes());
            let mut segment = TcpPacket::new_unchecked(&mut bytes[..]);
            segment.set_header_len(HEADER_LEN as u8);
            segment.set_window_len(1000);
            segment.fill_checksum(&from, &to);
            window.transmitted(&mut bytes);
            let segment = TcpPacket::new_unchecked(&bytes[..]);
            assert_eq!(segment.window_len(), 999);
            assert!(segment.verify_checksum(&from, &to), "{text:#06x}");
        }
    }
}
