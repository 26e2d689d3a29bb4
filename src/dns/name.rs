//! Names as messages carry them.

use heapless::Vec;
use smoltcp::wire::DnsPacket;

/// The longest name, and the longest part of one between two dots, in bytes (RFC 1035, 2.3.4).
pub(super) const LONGEST: usize = 255;
const LONGEST_LABEL: usize = 63;

/// A name: each label behind its length, and a zero (RFC 1035, 3.1).
pub(super) struct Name(Vec<u8, LONGEST>);

impl Name {
    pub(super) const EMPTY: Self = Self(Vec::new());

    /// Reads a name as users write it, with or without a dot at its end; `None` if it cannot be one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut name = Vec::new();
        for label in text.strip_suffix('.').unwrap_or(text).split('.') {
            let length = u8::try_from(label.len()).ok()?;
            if !(1..=LONGEST_LABEL).contains(&label.len()) {
                return None;
            }
            name.push(length).ok()?;
            name.extend_from_slice(label.as_bytes()).ok()?;
        }
        name.push(0).ok()?;
        Some(Self(name))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Whether two names are the same but for letter case (RFC 4343). Either may end with a pointer into
/// the packet (RFC 1035, 4.1.4).
pub(super) fn are_same(packet: &DnsPacket<&[u8]>, one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (packet.parse_name(one), packet.parse_name(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(Ok(one)), Some(Ok(other))) if one.eq_ignore_ascii_case(other) => {}
            _ => return false,
        }
    }
}
