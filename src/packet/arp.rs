//! Messages of ARP (RFC 826).

use smoltcp::wire::Ipv4Address;

use super::ethernet::ETHERTYPE_IPV4;
use super::{half, word};

/// A message between hosts with Ethernet and IPv4 addresses, in bytes.
const MESSAGE: usize = 28;

// Where the fields are, and what the first of them say in such a message.
const SPACES: usize = 0;
const ETHERNET: u16 = 1;
const LENGTHS: usize = 4;
const LENGTHS_OF_ADDRESSES: u16 = 0x0604;
const OPERATION: usize = 6;
const REQUEST: u16 = 1;
const SENDER: usize = 14;
const TARGET: usize = 24;

/// A message about IPv4 addresses on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arp {
    /// Whether it asks for the target; any other operation is taken for an answer.
    pub(crate) is_request: bool,
    pub(crate) sender: Ipv4Address,
    pub(crate) target: Ipv4Address,
}

impl Arp {
    /// Parses a message; bytes behind its end are left out.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let message = bytes.first_chunk::<MESSAGE>()?;
        let spaces = u32::from(ETHERNET) << 16 | u32::from(ETHERTYPE_IPV4);
        if word(message, SPACES) != spaces || half(message, LENGTHS) != LENGTHS_OF_ADDRESSES {
            return None;
        }
        Some(Self {
            is_request: half(message, OPERATION) == REQUEST,
            sender: Ipv4Address::from_bits(word(message, SENDER)),
            target: Ipv4Address::from_bits(word(message, TARGET)),
        })
    }
}
