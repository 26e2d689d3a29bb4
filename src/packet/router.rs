//! Router solicitations and advertisements (RFC 4861, 4.1, 4.2 and 4.6; RFC 8106, 5.1).

use smoltcp::wire::{IpAddress, IpProtocol, Ipv6Address};

use super::ethernet::EthernetAddress;
use super::ip::{IPV6_HEADER, ipv6, is_sum_right};
use super::ndisc::{HOP_LIMIT, SOURCE_ADDRESS, put_packet};
use super::{Packet, half, word};

const SOLICITATION: u8 = 133;
const ADVERTISEMENT: u8 = 134;

/// The messages without options, in bytes.
const SOLICITATION_HEADER: usize = 8;
const ADVERTISEMENT_HEADER: usize = 16;
/// The option that gives a hardware address, in bytes.
const OPTION: usize = 8;

/// Where the lifetime of the router is.
const LIFETIME: usize = 6;

/// The options that are read.
const PREFIX: u8 = 3;
const NAME_SERVERS: u8 = 25;

/// What a router says of itself and its link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouterAdvertisement<'f> {
    /// Its link-local address.
    pub(crate) router: Ipv6Address,
    /// For how many seconds it is a default router; 0 if it is none.
    pub(crate) lifetime: u16,
    options: &'f [u8],
}

/// A prefix of the link (RFC 4861, 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrefixInformation {
    pub(crate) prefix: Ipv6Address,
    pub(crate) length: u8,
    /// Whether hosts with this prefix are on the link.
    pub(crate) is_on_link: bool,
    /// Whether hosts may form addresses with it.
    pub(crate) is_autonomous: bool,
    /// For how many seconds it is valid, and preferred; `u32::MAX` has no end.
    pub(crate) valid: u32,
    pub(crate) preferred: u32,
}

impl<'f> Packet<'f> {
    /// The router advertisement in it, if it is one, and valid (RFC 4861, 6.1.2): no router has forwarded
    /// it, its source is link-local, its checksum is right, and its options are whole.
    pub(crate) fn router_advertisement(&self) -> Option<RouterAdvertisement<'f>> {
        if self.protocol != IpProtocol::Icmpv6 || self.bytes[ipv6::HOP_LIMIT] != HOP_LIMIT {
            return None;
        }
        let IpAddress::Ipv6(router) = self.source else {
            return None;
        };
        let message = self.payload();
        let (header, options) = message.split_first_chunk::<ADVERTISEMENT_HEADER>()?;
        let is_whole = Options(options).all(|option| option.is_some());
        let is_valid = header[..2] == [ADVERTISEMENT, 0]
            && router.is_unicast_link_local()
            && is_whole
            && is_sum_right(&self.source, &self.destination, self.protocol, message);
        is_valid.then_some(RouterAdvertisement {
            router,
            lifetime: half(header, LIFETIME),
            options,
        })
    }
}

impl<'f> RouterAdvertisement<'f> {
    /// The prefixes of the link.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = PrefixInformation> + use<'f> {
        const ON_LINK: u8 = 0x80;
        const AUTONOMOUS: u8 = 0x40;
        Options(self.options).flatten().filter_map(|option| {
            let option = option
                .first_chunk::<32>()
                .filter(|option| option[0] == PREFIX)?;
            Some(PrefixInformation {
                prefix: address(option, 16)?,
                length: option[2],
                is_on_link: option[3] & ON_LINK != 0,
                is_autonomous: option[3] & AUTONOMOUS != 0,
                valid: word(option, 4),
                preferred: word(option, 8),
            })
        })
    }

    /// The name servers, and for how many seconds each counts.
    pub(crate) fn name_servers(&self) -> impl Iterator<Item = (Ipv6Address, u32)> + use<'f> {
        let options = Options(self.options).flatten();
        let options = options.filter(|option| option[0] == NAME_SERVERS);
        options.flat_map(|option| {
            let addresses = (8..option.len()).step_by(16);
            addresses.filter_map(|at| Some((address(option, at)?, word(option, 4))))
        })
    }
}

/// The address at this offset, if there is room for one.
fn address(option: &[u8], at: usize) -> Option<Ipv6Address> {
    Some((*option.get(at..)?.first_chunk::<16>()?).into())
}

/// The options of a message, each with its header. An option has a length other than 0, and ends within
/// the message (RFC 4861, 4.6); `None` is one that does not, and the last.
struct Options<'f>(&'f [u8]);

impl<'f> Iterator for Options<'f> {
    type Item = Option<&'f [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let units = match *self.0 {
            [] => return None,
            [_, units, ..] => usize::from(units),
            _ => 0,
        };
        let split = self.0.split_at_checked(8 * units).filter(|_| units > 0);
        self.0 = split.map_or(&[], |(_, rest)| rest);
        Some(split.map(|(option, _)| option))
    }
}

/// A question for routers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RouterSolicitation {
    /// The card of the host that asks; none where that host has no address yet.
    pub(crate) hardware: Option<EthernetAddress>,
}

impl RouterSolicitation {
    /// All routers of the link (RFC 4291, 2.7.1).
    pub(crate) const ALL_ROUTERS: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

    /// The length of a packet with it, in bytes.
    pub(crate) fn packet_len(&self) -> usize {
        let option = if self.hardware.is_some() { OPTION } else { 0 };
        IPV6_HEADER + SOLICITATION_HEADER + option
    }

    /// Writes the packet with it to all routers; there must be room for it.
    pub(crate) fn put(&self, bytes: &mut [u8], source: Ipv6Address) {
        let bytes = &mut bytes[..self.packet_len()];
        let message = &mut bytes[IPV6_HEADER..];
        message.fill(0);
        message[0] = SOLICITATION;
        if let Some(EthernetAddress(hardware)) = self.hardware {
            message[SOLICITATION_HEADER..][..2].copy_from_slice(&[SOURCE_ADDRESS, 1]);
            message[SOLICITATION_HEADER + 2..].copy_from_slice(&hardware);
        }
        put_packet(bytes, source, Self::ALL_ROUTERS);
    }
}
