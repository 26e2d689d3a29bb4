//! UDP datagrams (RFC 768).

use super::{Message, Unit, dns, name_field};
use crate::trace::label::{Field, Rank};
use crate::trace::sight::Datagram;

pub(super) fn message(header: &Datagram, payload: &[u8]) -> Message {
    const DNS: u16 = 53;
    if (header.source.port == DNS || header.destination.port == DNS)
        && let Some(message) = dns::message(payload)
    {
        return message;
    }
    let mut fields = std::vec![
        name_field("UDP"),
        Field::number("length", Rank::Number, "len=", payload.len() as i64),
    ];
    if !payload.is_empty() {
        fields.push(Field::payload(payload, payload.len()));
    }
    Message {
        unit: Some(Unit::Datagram),
        payload: payload.len() as u64,
        ..Message::new("UDP", fields)
    }
}
