//! What the kernel knows about interfaces and addresses, by rtnetlink: man 7 rtnetlink.

mod message;

use core::net::IpAddr;
use std::io;
use std::os::fd::OwnedFd;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use libc::{
    AF_INET, AF_INET6, IFA_ADDRESS, IFA_F_NODAD, IFA_FLAGS, IFA_LOCAL, IFF_UP, IFLA_IFNAME,
    IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU, RTA_DST, RTA_GATEWAY,
    RTA_OIF, RTA_PREFSRC, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE, RTM_NEWADDR, RTM_NEWLINK,
    RTM_NEWROUTE, RTM_SETLINK, RTN_LOCAL, RTN_UNICAST,
};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, parse_ip, parse_u32,
};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netdevice, recv, send,
    socket_with,
};
use smoltcp::wire::IpCidr;

use super::Mode;
use message::{
    FAMILY, INDEX, LINK_CHANGE, LINK_FLAGS, Message, PREFIX_LEN, ROUTE_TYPE, attributes,
};

// Those of linux/rtnetlink.h, linux/if_link.h and linux/if_tun.h that libc does not have everywhere.
const RTA_VIA: u16 = 18;
const IFLA_TUN_TYPE: u16 = 3;
const IFLA_TUN_MULTI_QUEUE: u16 = 7;
const IFF_TUN: u8 = 1;
const IFF_TAP: u8 = 2;

/// The kernel never makes a datagram of a dump larger than this.
const LARGEST_DATAGRAM: usize = 32 * 1024;

/// An interface, as far as it matters here.
#[derive(Default)]
pub(super) struct Interface {
    pub index: u32,
    /// Of the IP layer, in bytes.
    pub mtu: usize,
    /// Not whether there is a carrier: whether it is switched on.
    pub up: bool,
    /// `None` if it is neither a TAP nor a TUN.
    pub mode: Option<Mode>,
    pub multi_queue: bool,
    /// The bridge that it is a port of, for instance.
    pub controller: Option<u32>,
}

/// An address of an interface of this host.
pub(super) struct Address {
    pub index: u32,
    pub address: IpAddr,
    pub prefix_len: u8,
}

/// Where the kernel sends packets.
pub(super) struct Way {
    pub index: u32,
    /// The address that it sends them from.
    pub source: Option<IpAddr>,
    /// Not by a router.
    pub is_direct: bool,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            index: 0,
            source: None,
            is_direct: true,
        }
    }
}

pub(super) struct Netlink {
    socket: OwnedFd,
    sequence: u32,
    datagram: Vec<u8>,
}

impl Netlink {
    pub fn open() -> io::Result<Self> {
        Ok(Netlink {
            socket: socket_with(
                AddressFamily::NETLINK,
                SocketType::RAW,
                SocketFlags::CLOEXEC,
                None, // NETLINK_ROUTE
            )?,
            sequence: 0,
            datagram: vec![0; LARGEST_DATAGRAM],
        })
    }

    /// `None` if there is no interface of this name.
    pub fn interface(&mut self, name: &str) -> io::Result<Option<Interface>> {
        let message = Message::new(RTM_GETLINK).with_attribute(IFLA_IFNAME, name.as_bytes());
        let mut found = None;
        let asked = self.request(0, message, |answer| {
            if answer.kind == RTM_NEWLINK {
                found = Some(interface(&answer));
            }
        });
        match asked {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NODEV) => Ok(None),
            asked => asked.map(|()| found),
        }
    }

    /// A sentence's word for an interface that may have gone meanwhile.
    pub fn name(&self, index: u32) -> String {
        netdevice::index_to_name(&self.socket, index).unwrap_or_else(|_| index.to_string())
    }

    /// All addresses of all interfaces.
    pub fn addresses(&mut self) -> io::Result<Vec<Address>> {
        let mut addresses = Vec::new();
        self.request(NLM_F_DUMP, Message::new(RTM_GETADDR), |answer| {
            if answer.kind == RTM_NEWADDR {
                addresses.extend(address(&answer));
            }
        })?;
        Ok(addresses)
    }

    /// Whether the kernel takes packets to `address` for its own.
    pub fn is_local(&mut self, address: IpAddr) -> io::Result<bool> {
        let route = self.route(address)?;
        Ok(route.byte(ROUTE_TYPE) == RTN_LOCAL)
    }

    /// What the kernel does with packets to `address`.
    fn route(&mut self, address: IpAddr) -> io::Result<Message> {
        let octets = octets(address);
        let message = Message::new(RTM_GETROUTE)
            .with_byte(FAMILY, family(address))
            .with_byte(PREFIX_LEN, 8 * octets.len() as u8)
            .with_attribute(RTA_DST, &octets);
        let mut answer = Message::new(RTM_NEWROUTE);
        self.request(0, message, |message| {
            if message.kind == RTM_NEWROUTE {
                answer = message;
            }
        })?;
        Ok(answer)
    }

    /// The way to `address`; `None` if there is none.
    pub fn way(&mut self, address: IpAddr) -> io::Result<Option<Way>> {
        let route = match self.route(address) {
            Ok(route) if route.byte(ROUTE_TYPE) == RTN_UNICAST => route,
            Ok(_) => return Ok(None),
            Err(error) => {
                return match Errno::from_io_error(&error) {
                    // Unreachable, prohibited, a black hole.
                    Some(Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::ACCESS | Errno::INVAL) => {
                        Ok(None)
                    }
                    _ => Err(error),
                };
            }
        };
        let mut way = Way::default();
        for (kind, value) in route.attributes() {
            match kind {
                RTA_OIF => way.index = parse_u32(value).unwrap_or_default(),
                RTA_PREFSRC => way.source = parse_ip(value).ok(),
                RTA_GATEWAY | RTA_VIA => way.is_direct = false,
                _ => {}
            }
        }
        Ok(Some(way))
    }

    /// Gives an interface an address that may be used at once, without the second or two in which
    /// IPv6 asks the link whether another host has it already (RFC 4862): there is no other.
    pub fn add_address(&mut self, index: u32, cidr: IpCidr) -> io::Result<()> {
        let address = IpAddr::from(cidr.address());
        let octets = octets(address);
        let message = Message::new(RTM_NEWADDR)
            .with_byte(FAMILY, family(address))
            .with_byte(PREFIX_LEN, cidr.prefix_len())
            .with_word(INDEX, index)
            .with_attribute(IFA_LOCAL, &octets)
            .with_attribute(IFA_ADDRESS, &octets)
            .with_attribute(IFA_FLAGS, &IFA_F_NODAD.to_ne_bytes());
        self.request(NLM_F_CREATE | NLM_F_REPLACE, message, |_| ())
    }

    /// Switches an interface on.
    pub fn set_up(&mut self, index: u32) -> io::Result<()> {
        let message = Message::new(RTM_SETLINK)
            .with_word(INDEX, index)
            .with_word(LINK_FLAGS, IFF_UP as u32)
            .with_word(LINK_CHANGE, IFF_UP as u32);
        self.request(0, message, |_| ())
    }

    /// Sends a request, hands out what is answered, and returns how it ended.
    fn request(
        &mut self,
        flags: u16,
        message: Message,
        mut each: impl FnMut(Message),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let message = NetlinkPayload::InnerMessage(message);
        let mut message = NetlinkMessage::new(NetlinkHeader::default(), message);
        message.header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        send(&self.socket, &bytes, SendFlags::empty())?;

        loop {
            let (length, _) = recv(&self.socket, &mut *self.datagram, RecvFlags::empty())?;
            let mut rest = &self.datagram[..length];
            while !rest.is_empty() {
                let answer =
                    NetlinkMessage::<Message>::deserialize(rest).map_err(io::Error::other)?;
                // A message starts at a multiple of four bytes.
                let length = (answer.header.length as usize).next_multiple_of(4);
                rest = rest.get(length..).unwrap_or_default();
                if answer.header.sequence_number != self.sequence {
                    continue;
                }
                match answer.payload {
                    NetlinkPayload::InnerMessage(message) => each(message),
                    NetlinkPayload::Done(_) => return Ok(()),
                    NetlinkPayload::Error(error) if error.code.is_none() => return Ok(()),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    _ => {}
                }
            }
        }
    }
}

fn interface(link: &Message) -> Interface {
    let mut interface = Interface {
        index: link.word(INDEX),
        up: link.word(LINK_FLAGS) & IFF_UP as u32 != 0,
        ..Interface::default()
    };
    for (kind, value) in link.attributes() {
        match kind {
            IFLA_MTU => interface.mtu = parse_u32(value).unwrap_or_default() as usize,
            IFLA_MASTER => interface.controller = parse_u32(value).ok(),
            IFLA_LINKINFO => tun_details(value, &mut interface),
            _ => {}
        }
    }
    interface
}

/// What the driver of TAP and TUN interfaces says, if the interface is one of them.
fn tun_details(link_info: &[u8], interface: &mut Interface) {
    let infos = || attributes(link_info);
    if !infos().any(|info| matches!(info, (IFLA_INFO_KIND, b"tun\0"))) {
        return;
    }
    let details = infos().filter(|(kind, _)| *kind == IFLA_INFO_DATA);
    for detail in details.flat_map(|(_, details)| attributes(details)) {
        match detail {
            (IFLA_TUN_TYPE, [IFF_TUN]) => interface.mode = Some(Mode::Tun),
            (IFLA_TUN_TYPE, [IFF_TAP]) => interface.mode = Some(Mode::Tap),
            (IFLA_TUN_MULTI_QUEUE, [value]) => interface.multi_queue = *value != 0,
            _ => {}
        }
    }
}

fn address(message: &Message) -> Option<Address> {
    // On a point-to-point link `IFA_ADDRESS` is the peer's and `IFA_LOCAL` ours; else they are the
    // same, and IPv6 leaves `IFA_LOCAL` out.
    let value = |wanted| message.attributes().find(|(kind, _)| *kind == wanted);
    let (_, address) = value(IFA_LOCAL).or_else(|| value(IFA_ADDRESS))?;
    Some(Address {
        index: message.word(INDEX),
        address: parse_ip(address).ok()?,
        prefix_len: message.byte(PREFIX_LEN),
    })
}

fn family(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => AF_INET as u8,
        IpAddr::V6(_) => AF_INET6 as u8,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
