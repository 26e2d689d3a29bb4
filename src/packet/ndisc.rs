//! Messages of neighbor discovery (RFC 4861, 4.3 and 4.4).

use smoltcp::wire::{IpProtocol, Ipv6Address};

use super::ethernet::EthernetAddress;
use super::ip::{IPV6_HEADER, ipv6, is_sum_right, put_ip_header, upper_layer_checksum};
use super::{Packet, put_half};

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;

/// Solicitations and advertisements without options, in bytes.
const WITHOUT_OPTIONS: usize = 24;
/// The option that gives a hardware address, in bytes.
const OPTION: usize = 8;

/// The options that give a hardware address: the source's and the target's (RFC 4861, 4.6.1).
pub(super) const SOURCE_ADDRESS: u8 = 1;
const TARGET_ADDRESS: u8 = 2;

// Where the fields of a message are.
const CODE: usize = 1;
const CHECKSUM: usize = 2;
const FLAGS: usize = 4;
const TARGET: usize = 8;

/// What no router has forwarded has this hop limit (RFC 4861, 7.1).
pub(super) const HOP_LIMIT: u8 = 255;

impl Packet<'_> {
    /// Whether a link-layer address option of neighbor discovery has a group address.
    pub(super) fn gives_group(&self) -> bool {
        let message = self.payload();
        let is_discovery = self.protocol == IpProtocol::Icmpv6
            && matches!(message.first(), Some(&(SOLICITATION | ADVERTISEMENT)));
        let mut options = match message.get(WITHOUT_OPTIONS..) {
            Some(options) if is_discovery => options,
            _ => return false,
        };
        while let [kind, units, address, ..] = *options {
            if matches!(kind, SOURCE_ADDRESS | TARGET_ADDRESS) && address & 1 != 0 {
                return true;
            }
            match options.get(8 * usize::from(units)..) {
                Some(rest) if units > 0 => options = rest,
                _ => break,
            }
        }
        false
    }

    /// The message of neighbor discovery in it, if it is one of these, valid and intact (RFC 4861,
    /// 7.1.1 and 7.1.2).
    pub(crate) fn neighbor_message(&self) -> Option<NeighborMessage> {
        if self.protocol != IpProtocol::Icmpv6 || self.bytes[ipv6::HOP_LIMIT] != HOP_LIMIT {
            return None;
        }
        let message = self.payload();
        let (header, mut options) = message.split_first_chunk::<WITHOUT_OPTIONS>()?;
        let (is_solicitation, gives_address) = match header[..=CODE] {
            [SOLICITATION, 0] => (true, SOURCE_ADDRESS),
            [ADVERTISEMENT, 0] => (false, TARGET_ADDRESS),
            _ => return None,
        };
        let mut hardware = None;
        // An option has a length other than 0, and ends within the message (RFC 4861, 4.6).
        while let [kind, units, ..] = *options {
            let (option, rest) = options.split_at_checked(8 * usize::from(units))?;
            match option {
                [_, 1, ..] if kind == gives_address => {
                    hardware = Some(EthernetAddress::at(option, 2));
                }
                [] => return None,
                _ => {}
            }
            options = rest;
        }
        let message = NeighborMessage {
            is_solicitation,
            flags: if is_solicitation { 0 } else { header[FLAGS] },
            target: (*header[TARGET..].first_chunk::<16>()?).into(),
            hardware,
        };
        let is_valid = options.is_empty() && !message.target.is_multicast();
        let (source, destination) = (&self.source, &self.destination);
        let is_intact = || is_sum_right(source, destination, self.protocol, self.payload());
        (is_valid && is_intact()).then_some(message)
    }
}

/// A solicitation of a neighbor, or its advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NeighborMessage {
    pub(crate) is_solicitation: bool,
    /// Those of an advertisement, as they stand in its header.
    pub(crate) flags: u8,
    pub(crate) target: Ipv6Address,
    /// The hardware address that it gives: of the source in a solicitation, else of the target.
    pub(crate) hardware: Option<EthernetAddress>,
}

impl NeighborMessage {
    /// It answers a solicitation.
    pub(crate) const SOLICITED: u8 = 0x40;
    /// It is right where it differs from what is known.
    pub(crate) const OVERRIDE: u8 = 0x20;

    /// The length of a packet with this message, in bytes.
    pub(crate) fn packet_len(&self) -> usize {
        let options = if self.hardware.is_some() { OPTION } else { 0 };
        IPV6_HEADER + WITHOUT_OPTIONS + options
    }

    /// Writes the packet with this message between these hosts; there must be room for it.
    pub(crate) fn put(&self, bytes: &mut [u8], source: Ipv6Address, destination: Ipv6Address) {
        let bytes = &mut bytes[..self.packet_len()];
        let message = &mut bytes[IPV6_HEADER..];
        let (kind, option) = match self.is_solicitation {
            true => (SOLICITATION, SOURCE_ADDRESS),
            false => (ADVERTISEMENT, TARGET_ADDRESS),
        };
        message.fill(0);
        message[0] = kind;
        message[FLAGS] = self.flags;
        message[TARGET..WITHOUT_OPTIONS].copy_from_slice(&self.target.octets());
        if let Some(EthernetAddress(hardware)) = self.hardware {
            message[WITHOUT_OPTIONS..][..2].copy_from_slice(&[option, 1]);
            message[WITHOUT_OPTIONS + 2..].copy_from_slice(&hardware);
        }
        put_packet(bytes, source, destination);
    }
}

/// Completes a packet of neighbor discovery, of which the message is written: its header, and the
/// checksum.
pub(super) fn put_packet(bytes: &mut [u8], source: Ipv6Address, destination: Ipv6Address) {
    let (header, message) = bytes.split_at_mut(IPV6_HEADER);
    let (source, destination) = (source.into(), destination.into());
    let (protocol, length) = (IpProtocol::Icmpv6, message.len() as u16);
    put_ip_header(header, (source, destination), protocol, HOP_LIMIT, length);
    let sum = upper_layer_checksum(&source, &destination, protocol, message);
    put_half(message, CHECKSUM, sum);
}
