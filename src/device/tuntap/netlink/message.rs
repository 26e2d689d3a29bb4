//! Messages of rtnetlink: a structure that depends on the kind of message, then attributes.

use std::vec;
use std::vec::Vec;

use libc::{RTM_GETADDR, RTM_GETLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_SETLINK};
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_HEADER_SIZE, NetlinkDeserializable, NetlinkHeader,
    NetlinkSerializable, NlasIterator,
};

/// Where `struct ifaddrmsg` and `struct rtmsg` have the family of an address, in bytes.
pub(super) const FAMILY: usize = 0;
/// Where they have the length of its prefix.
pub(super) const PREFIX_LEN: usize = 1;
/// Where `struct ifinfomsg` and `struct ifaddrmsg` have the index of an interface.
pub(super) const INDEX: usize = 4;
/// Where `struct rtmsg` has the type of a route, such as `RTN_LOCAL`.
pub(super) const ROUTE_TYPE: usize = 7;
/// Where `struct ifinfomsg` has the flags of an interface, such as `IFF_UP`.
pub(super) const LINK_FLAGS: usize = 8;
/// Where it has the flags that are changed.
pub(super) const LINK_CHANGE: usize = 12;

/// A message about an interface, an address or a route.
pub(super) struct Message {
    /// Such as `RTM_GETLINK`.
    pub kind: u16,
    bytes: Vec<u8>,
}

impl Message {
    /// A message of zeros, without attributes.
    pub fn new(kind: u16) -> Self {
        Self {
            kind,
            bytes: vec![0; structure_len(kind)],
        }
    }

    /// The message with a byte of its structure set.
    pub fn with_byte(mut self, at: usize, value: u8) -> Self {
        self.bytes[at] = value;
        self
    }

    /// The message with four bytes of its structure set.
    pub fn with_word(mut self, at: usize, value: u32) -> Self {
        self.bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        self
    }

    /// The message with one attribute more.
    pub fn with_attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let attribute = DefaultNla::new(kind, value.to_vec());
        let start = self.bytes.len();
        self.bytes.resize(start + attribute.buffer_len(), 0);
        attribute.emit(&mut self.bytes[start..]);
        self
    }

    /// A byte of the structure.
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes[at]
    }

    /// Four bytes of the structure.
    pub fn word(&self, at: usize) -> u32 {
        let bytes = &self.bytes[at..];
        u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// The kinds of its attributes and their values.
    pub fn attributes(&self) -> impl Iterator<Item = (u16, &[u8])> {
        attributes(&self.bytes[structure_len(self.kind)..])
    }
}

/// The attributes in these bytes, which may be the value of another attribute. What is behind a
/// malformed one is left out.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes).flatten().map(|attribute| {
        let (kind, end) = (attribute.kind(), attribute.length().into());
        (kind, &attribute.into_inner()[NLA_HEADER_SIZE..end])
    })
}

/// The length of `struct ifinfomsg`, `struct ifaddrmsg` or `struct rtmsg`.
fn structure_len(kind: u16) -> usize {
    match kind {
        RTM_NEWLINK | RTM_GETLINK | RTM_SETLINK => 16,
        RTM_NEWADDR | RTM_GETADDR => 8,
        _ => 12,
    }
}

impl NetlinkSerializable for Message {
    fn message_type(&self) -> u16 {
        self.kind
    }

    fn buffer_len(&self) -> usize {
        self.bytes.len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.bytes);
    }
}

impl NetlinkDeserializable for Message {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let (kind, least) = (header.message_type, structure_len(header.message_type));
        match payload.len() < least {
            true => Err(DecodeError::invalid_buffer("message", payload.len(), least)),
            false => Ok(Self {
                kind,
                bytes: payload.to_vec(),
            }),
        }
    }
}
