//! Messages of ARP (RFC 826).

use smoltcp::wire::Ipv4Address;

use super::ethernet::{ETHERTYPE_IPV4, EthernetAddress};
use super::{half, put_half, word};

/// A message between hosts with Ethernet and IPv4 addresses, in bytes.
pub(crate) const ARP_MESSAGE: usize = 28;

// Where the fields are, and what the first of them say in such a message.
const SPACES: usize = 0;
const ETHERNET: u16 = 1;
const LENGTHS: usize = 4;
const LENGTHS_OF_ADDRESSES: u16 = 0x0604;
const OPERATION: usize = 6;
const REQUEST: u16 = 1;
const REPLY: u16 = 2;
const SENDER_HARDWARE: usize = 8;
const SENDER: usize = 14;
const TARGET_HARDWARE: usize = 18;
const TARGET: usize = 24;

/// A message about IPv4 addresses on Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arp {
    /// Whether it asks for the target; any other operation is taken for an answer.
    pub(crate) is_request: bool,
    pub(crate) sender_hardware: EthernetAddress,
    pub(crate) sender: Ipv4Address,
    /// What it is in a request is not said: it is asked for.
    pub(crate) target_hardware: EthernetAddress,
    pub(crate) target: Ipv4Address,
}

impl Arp {
    /// Parses a message; bytes behind its end are left out.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let message = bytes.first_chunk::<ARP_MESSAGE>()?;
        let spaces = u32::from(ETHERNET) << 16 | u32::from(ETHERTYPE_IPV4);
        if word(message, SPACES) != spaces || half(message, LENGTHS) != LENGTHS_OF_ADDRESSES {
            return None;
        }
        Some(Self {
            is_request: half(message, OPERATION) == REQUEST,
            sender_hardware: EthernetAddress::at(message, SENDER_HARDWARE),
            sender: Ipv4Address::from_bits(word(message, SENDER)),
            target_hardware: EthernetAddress::at(message, TARGET_HARDWARE),
            target: Ipv4Address::from_bits(word(message, TARGET)),
        })
    }

    /// Writes the message, if there is room for it.
    pub(crate) fn put(&self, bytes: &mut [u8]) {
        let Some(message) = bytes.first_chunk_mut::<ARP_MESSAGE>() else {
            return;
        };
        put_half(message, SPACES, ETHERNET);
        put_half(message, SPACES + 2, ETHERTYPE_IPV4);
        put_half(message, LENGTHS, LENGTHS_OF_ADDRESSES);
        let operation = if self.is_request { REQUEST } else { REPLY };
        put_half(message, OPERATION, operation);
        message[SENDER_HARDWARE..SENDER].copy_from_slice(&self.sender_hardware.0);
        message[SENDER..TARGET_HARDWARE].copy_from_slice(&self.sender.octets());
        message[TARGET_HARDWARE..TARGET].copy_from_slice(&self.target_hardware.0);
        message[TARGET..].copy_from_slice(&self.target.octets());
    }
}
