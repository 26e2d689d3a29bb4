//! UDP datagrams (RFC 768).

use super::{Message, Unit, dns, name_field};
use crate::trace::label::{Field, Rank};
use crate::trace::sight::Datagram;

/// A datagram with a payload of `length` bytes, of which a capture may have the beginning only.
pub(super) fn message(header: &Datagram, payload: &[u8], length: usize) -> Message {
    const DNS: u16 = 53;
    if payload.len() == length
        && (header.source.port == DNS || header.destination.port == DNS)
        && let Some(message) = dns::message(payload)
    {
        return message;
    }
    let mut fields = std::vec![
        name_field("UDP"),
        Field::number("length", Rank::Number, "len=", length as i64),
    ];
    if length > 0 {
        fields.push(Field::payload(payload, length));
    }
    Message {
        unit: Some(Unit::Datagram),
        payload: length as u64,
        ..Message::new("UDP", fields).meaning(
            "sends a datagram: it opens no connection, and nothing acknowledges it (RFC 768)",
        )
    }
}
