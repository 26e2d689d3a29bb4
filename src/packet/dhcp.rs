//! Messages of DHCP (RFC 2131, 2; RFC 2132), as a client sends and receives them.

use heapless::Vec;
use smoltcp::wire::{IpAddress, IpProtocol, Ipv4Address};

use super::ethernet::EthernetAddress;
use super::ip::{IPV4_HEADER, is_sum_right, put_ip_header, upper_layer_checksum};
use super::udp::{CHECKSUM, DESTINATION, LENGTH, SOURCE, UDP_HEADER};
use super::{Packet, half, put_half, word};

/// The ports of servers and of clients (RFC 2131, 4.1).
const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;

/// Name servers of a message that are kept.
pub const NAME_SERVERS: usize = 3;

/// The hop limit of a message.
const TIME_TO_LIVE: u8 = 64;
/// The shortest message, in bytes (RFC 1542, 2.1).
const LEAST_MESSAGE: usize = 300;
/// A packet with a message of a client, in bytes: all of its options have room in the shortest one.
const PACKET: usize = IPV4_HEADER + UDP_HEADER + LEAST_MESSAGE;

// Where the fields of a message are (RFC 2131, 2).
const OPERATION: usize = 0;
const HARDWARE_TYPE: usize = 1;
const HARDWARE_LENGTH: usize = 2;
const TRANSACTION: usize = 4;
const SECONDS: usize = 8;
const CLIENT: usize = 12;
const YOUR: usize = 16;
const HARDWARE: usize = 28;
const SERVER_NAME: usize = 44;
const FILE: usize = 108;
const COOKIE: usize = 236;
const OPTIONS: usize = 240;

const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ETHERNET: u8 = 1;
const ETHERNET_ADDRESS: u8 = 6;
const MAGIC_COOKIE: [u8; 4] = [99, 130, 83, 99];

/// The codes of options (RFC 2132).
mod option {
    pub(super) const PAD: u8 = 0;
    pub(super) const SUBNET_MASK: u8 = 1;
    pub(super) const ROUTER: u8 = 3;
    pub(super) const NAME_SERVER: u8 = 6;
    pub(super) const REQUESTED_ADDRESS: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const OVERLOAD: u8 = 52;
    pub(super) const MESSAGE_TYPE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const PARAMETERS: u8 = 55;
    pub(super) const RENEWAL_TIME: u8 = 58;
    pub(super) const REBINDING_TIME: u8 = 59;
    pub(super) const CLIENT_IDENTIFIER: u8 = 61;
    pub(super) const END: u8 = 255;
}

/// What a client asks for.
const PARAMETERS: [u8; 6] = [
    option::SUBNET_MASK,
    option::ROUTER,
    option::NAME_SERVER,
    option::LEASE_TIME,
    option::RENEWAL_TIME,
    option::REBINDING_TIME,
];

/// What a message of a client is for (RFC 2132, 9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum DhcpKind {
    Discover = 1,
    Request = 3,
    Decline = 4,
}

/// A message of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DhcpRequest {
    pub(crate) kind: DhcpKind,
    pub(crate) transaction: u32,
    /// Since the client began to ask.
    pub(crate) seconds: u16,
    pub(crate) hardware: EthernetAddress,
    /// The address that the client has, and sends from; unspecified where it has none.
    pub(crate) client: Ipv4Address,
    /// The address that it wants to have.
    pub(crate) requested: Option<Ipv4Address>,
    /// The server that it has chosen.
    pub(crate) server: Option<Ipv4Address>,
}

impl DhcpRequest {
    /// The length of a packet with it, in bytes.
    pub(crate) const PACKET: usize = PACKET;

    /// Writes the packet with it, for which there must be room.
    pub(crate) fn put(&self, bytes: &mut [u8], destination: Ipv4Address) {
        let bytes = &mut bytes[..PACKET];
        bytes.fill(0);
        let (header, datagram) = bytes.split_at_mut(IPV4_HEADER);
        self.put_message(&mut datagram[UDP_HEADER..]);
        let (protocol, length) = (IpProtocol::Udp, datagram.len() as u16);
        put_half(datagram, SOURCE, CLIENT_PORT);
        put_half(datagram, DESTINATION, SERVER_PORT);
        put_half(datagram, LENGTH, length);
        let (source, destination) = (self.client.into(), destination.into());
        let sum = upper_layer_checksum(&source, &destination, protocol, datagram);
        // "An all zero transmitted checksum value means that the transmitter generated no checksum"
        // (RFC 768).
        put_half(datagram, CHECKSUM, if sum == 0 { !0 } else { sum });
        put_ip_header(
            header,
            (source, destination),
            protocol,
            TIME_TO_LIVE,
            length,
        );
    }

    /// The broadcast flag is left out: a reply to an address that this host does not have yet is taken
    /// all the same (RFC 2131, 4.1).
    fn put_message(&self, message: &mut [u8]) {
        let EthernetAddress(hardware) = self.hardware;
        message[OPERATION] = REQUEST;
        message[HARDWARE_TYPE] = ETHERNET;
        message[HARDWARE_LENGTH] = ETHERNET_ADDRESS;
        message[TRANSACTION..SECONDS].copy_from_slice(&self.transaction.to_be_bytes());
        put_half(message, SECONDS, self.seconds);
        message[CLIENT..YOUR].copy_from_slice(&self.client.octets());
        message[HARDWARE..][..hardware.len()].copy_from_slice(&hardware);
        message[COOKIE..OPTIONS].copy_from_slice(&MAGIC_COOKIE);

        let mut rest = &mut message[OPTIONS..];
        let mut put = |code: u8, value: &[u8]| {
            let (option, left) = core::mem::take(&mut rest).split_at_mut(2 + value.len());
            option[0] = code;
            option[1] = value.len() as u8;
            option[2..].copy_from_slice(value);
            rest = left;
        };
        put(option::MESSAGE_TYPE, &[self.kind as u8]);
        let [a, b, c, d, e, f] = hardware;
        put(option::CLIENT_IDENTIFIER, &[ETHERNET, a, b, c, d, e, f]);
        if let Some(address) = self.requested {
            put(option::REQUESTED_ADDRESS, &address.octets());
        }
        if let Some(server) = self.server {
            put(option::SERVER, &server.octets());
        }
        if self.kind != DhcpKind::Decline {
            put(option::PARAMETERS, &PARAMETERS);
        }
        rest[0] = option::END;
    }
}

/// What a server says (RFC 2132, 9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DhcpAnswer {
    Offer,
    Ack,
    Nak,
}

/// A message of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DhcpReply {
    pub(crate) answer: DhcpAnswer,
    pub(crate) transaction: u32,
    /// The card of the client that it is for.
    pub(crate) hardware: EthernetAddress,
    /// The address that the client may have.
    pub(crate) address: Ipv4Address,
    /// What names the server.
    pub(crate) server: Ipv4Address,
    /// In seconds; `u32::MAX` has no end.
    pub(crate) lease_time: Option<u32>,
    pub(crate) renewal_time: Option<u32>,
    pub(crate) rebinding_time: Option<u32>,
    pub(crate) subnet_mask: Option<Ipv4Address>,
    /// The first of the routers.
    pub(crate) router: Option<Ipv4Address>,
    pub(crate) name_servers: Vec<Ipv4Address, NAME_SERVERS>,
}

impl Packet<'_> {
    /// Whether it carries what a DHCP server or relay sends to a client.
    pub(crate) fn is_dhcp_reply(&self) -> bool {
        self.dhcp_datagram().is_some()
    }

    /// The UDP datagram of it, of which the length is right.
    fn dhcp_datagram(&self) -> Option<&[u8]> {
        let is_ipv4 = matches!(self.source, IpAddress::Ipv4(_));
        if self.protocol != IpProtocol::Udp || self.is_fragment || !is_ipv4 {
            return None;
        }
        let header = self.payload().first_chunk::<UDP_HEADER>()?;
        if (half(header, SOURCE), half(header, DESTINATION)) != (SERVER_PORT, CLIENT_PORT) {
            return None;
        }
        self.payload().get(..usize::from(half(header, LENGTH)))
    }

    /// The message of a DHCP server in it, if it is one for a client on Ethernet, whole, and with the
    /// option that every message of a server has. Its checksum is verified on request.
    pub(crate) fn dhcp_reply(&self, verifies: bool) -> Option<DhcpReply> {
        let datagram = self.dhcp_datagram()?;
        let (header, message) = datagram.split_first_chunk::<UDP_HEADER>()?;
        let is_intact = || {
            let (source, destination) = (&self.source, &self.destination);
            half(header, CHECKSUM) == 0
                || is_sum_right(source, destination, self.protocol, datagram)
        };
        if verifies && !is_intact() {
            return None;
        }
        DhcpReply::parse(message)
    }
}

impl DhcpReply {
    fn parse(message: &[u8]) -> Option<Self> {
        let (header, options) = message.split_first_chunk::<OPTIONS>()?;
        let kind = [
            header[OPERATION],
            header[HARDWARE_TYPE],
            header[HARDWARE_LENGTH],
        ];
        if kind != [REPLY, ETHERNET, ETHERNET_ADDRESS] || header[COOKIE..] != MAGIC_COOKIE {
            return None;
        }
        let mut found = Found::default();
        found.take(options)?;
        // RFC 2131, 4.1: "the options in the 'file' field MUST be interpreted next", "the options in
        // the 'sname' field MUST be interpreted" after them.
        let overload = found.overload;
        if overload & 1 != 0 {
            found.take(&header[FILE..COOKIE])?;
        }
        if overload & 2 != 0 {
            found.take(&header[SERVER_NAME..FILE])?;
        }
        Some(Self {
            answer: found.answer?,
            transaction: word(header, TRANSACTION),
            hardware: EthernetAddress::at(header, HARDWARE),
            address: Ipv4Address::from_bits(word(header, YOUR)),
            server: found.server?,
            lease_time: found.lease_time,
            renewal_time: found.renewal_time,
            rebinding_time: found.rebinding_time,
            subnet_mask: found.subnet_mask,
            router: found.router,
            name_servers: found.name_servers,
        })
    }
}

/// The options of a message.
#[derive(Default)]
struct Found {
    answer: Option<DhcpAnswer>,
    server: Option<Ipv4Address>,
    lease_time: Option<u32>,
    renewal_time: Option<u32>,
    rebinding_time: Option<u32>,
    subnet_mask: Option<Ipv4Address>,
    router: Option<Ipv4Address>,
    name_servers: Vec<Ipv4Address, NAME_SERVERS>,
    overload: u8,
}

impl Found {
    /// Takes the options of a field, which must be whole; those that are too short for their kind, or
    /// unknown, are left out.
    fn take(&mut self, mut options: &[u8]) -> Option<()> {
        loop {
            let (code, rest) = match *options {
                [] | [option::END, ..] => return Some(()),
                [option::PAD, ref rest @ ..] => {
                    options = rest;
                    continue;
                }
                [code, ref rest @ ..] => (code, rest),
            };
            let (length, rest) = rest.split_first()?;
            let (value, rest) = rest.split_at_checked(usize::from(*length))?;
            self.take_one(code, value);
            options = rest;
        }
    }

    fn take_one(&mut self, code: u8, value: &[u8]) {
        let number = || value.first_chunk::<4>().copied().map(u32::from_be_bytes);
        let address = || number().map(Ipv4Address::from_bits);
        match (code, value) {
            (option::MESSAGE_TYPE, [2]) => self.answer = Some(DhcpAnswer::Offer),
            (option::MESSAGE_TYPE, [5]) => self.answer = Some(DhcpAnswer::Ack),
            (option::MESSAGE_TYPE, [6]) => self.answer = Some(DhcpAnswer::Nak),
            (option::OVERLOAD, [which]) => self.overload = *which,
            (option::SERVER, _) => self.server = address(),
            (option::LEASE_TIME, _) => self.lease_time = number(),
            (option::RENEWAL_TIME, _) => self.renewal_time = number(),
            (option::REBINDING_TIME, _) => self.rebinding_time = number(),
            (option::SUBNET_MASK, _) => self.subnet_mask = address(),
            (option::ROUTER, _) => self.router = address(),
            (option::NAME_SERVER, _) => {
                for server in value.chunks_exact(4) {
                    // Those beyond are not kept.
                    let _ = self
                        .name_servers
                        .push(Ipv4Address::from_bits(word(server, 0)));
                }
            }
            _ => {}
        }
    }
}
