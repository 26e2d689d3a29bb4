//! What the kernel knows about interfaces and addresses, by rtnetlink: man 7 rtnetlink.

use core::net::IpAddr;
use std::io;
use std::os::fd::OwnedFd;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage,
    NetlinkPayload, Nla,
};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoTun, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily as SocketFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netdevice, recv,
    send, socket_with,
};
use smoltcp::wire::IpCidr;

use super::Mode;

// linux/if_link.h and linux/if_tun.h; netlink-packet-route hands these attributes out undecoded.
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
                SocketFamily::NETLINK,
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
        let mut message = LinkMessage::default();
        message.attributes = vec![LinkAttribute::IfName(name.to_string())];
        let mut found = None;
        let asked = self.request(0, RouteNetlinkMessage::GetLink(message), |answer| {
            if let RouteNetlinkMessage::NewLink(link) = answer {
                found = Some(interface(&link));
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
        let message = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        self.request(NLM_F_DUMP, message, |answer| {
            if let RouteNetlinkMessage::NewAddress(message) = answer {
                addresses.extend(address(&message));
            }
        })?;
        Ok(addresses)
    }

    /// Whether the kernel takes packets to `address` for its own.
    pub fn is_local(&mut self, address: IpAddr) -> io::Result<bool> {
        let route = self.route(address)?;
        Ok(route.header.kind == RouteType::Local)
    }

    /// What the kernel does with packets to `address`.
    fn route(&mut self, address: IpAddr) -> io::Result<RouteMessage> {
        let mut message = RouteMessage::default();
        let (family, prefix_len, destination) = match address {
            IpAddr::V4(address) => (AddressFamily::Inet, 32, RouteAddress::Inet(address)),
            IpAddr::V6(address) => (AddressFamily::Inet6, 128, RouteAddress::Inet6(address)),
        };
        message.header.address_family = family;
        message.header.destination_prefix_length = prefix_len;
        message.attributes = vec![RouteAttribute::Destination(destination)];
        let mut answer = RouteMessage::default();
        self.request(0, RouteNetlinkMessage::GetRoute(message), |message| {
            if let RouteNetlinkMessage::NewRoute(route) = message {
                answer = route;
            }
        })?;
        Ok(answer)
    }

    /// The way to `address`; `None` if there is none.
    pub fn way(&mut self, address: IpAddr) -> io::Result<Option<Way>> {
        let route = match self.route(address) {
            Ok(route) if route.header.kind == RouteType::Unicast => route,
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
        for attribute in route.attributes {
            match attribute {
                RouteAttribute::Oif(index) => way.index = index,
                RouteAttribute::PrefSource(source) => way.source = ip_address(&source),
                RouteAttribute::Gateway(_) | RouteAttribute::Via(_) => way.is_direct = false,
                _ => {}
            }
        }
        Ok(Some(way))
    }

    /// Gives an interface an address that may be used at once, without the second or two in which
    /// IPv6 asks the link whether another host has it already (RFC 4862): there is no other.
    pub fn add_address(&mut self, index: u32, cidr: IpCidr) -> io::Result<()> {
        let address = IpAddr::from(cidr.address());
        let mut message = AddressMessage::default();
        message.header.family = match address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        message.header.prefix_len = cidr.prefix_len();
        message.header.index = index;
        message.attributes = vec![
            AddressAttribute::Local(address),
            AddressAttribute::Address(address),
            AddressAttribute::Flags(AddressFlags::Nodad),
        ];
        let message = RouteNetlinkMessage::NewAddress(message);
        self.request(NLM_F_CREATE | NLM_F_REPLACE, message, |_| ())
    }

    /// Switches an interface on.
    pub fn set_up(&mut self, index: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.header.flags = LinkFlags::Up;
        message.header.change_mask = LinkFlags::Up;
        self.request(0, RouteNetlinkMessage::SetLink(message), |_| ())
    }

    /// Sends a request, hands out what is answered, and returns how it ended.
    fn request(
        &mut self,
        flags: u16,
        message: RouteNetlinkMessage,
        mut each: impl FnMut(RouteNetlinkMessage),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::from(message);
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
                let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(rest)
                    .map_err(io::Error::other)?;
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

fn interface(link: &LinkMessage) -> Interface {
    let mut interface = Interface {
        index: link.header.index,
        up: link.header.flags.contains(LinkFlags::Up),
        ..Interface::default()
    };
    for attribute in &link.attributes {
        match attribute {
            LinkAttribute::Mtu(mtu) => interface.mtu = *mtu as usize,
            LinkAttribute::Controller(index) => interface.controller = Some(*index),
            LinkAttribute::LinkInfo(infos) if infos.contains(&LinkInfo::Kind(InfoKind::Tun)) => {
                for info in infos {
                    if let LinkInfo::Data(InfoData::Tun(details)) = info {
                        tun_details(details, &mut interface);
                    }
                }
            }
            _ => {}
        }
    }
    interface
}

fn tun_details(details: &[InfoTun], interface: &mut Interface) {
    for detail in details {
        // These attributes are one byte long.
        let mut value = [0];
        if detail.value_len() != value.len() {
            continue;
        }
        detail.emit_value(&mut value);
        match (detail.kind(), value[0]) {
            (IFLA_TUN_TYPE, IFF_TUN) => interface.mode = Some(Mode::Tun),
            (IFLA_TUN_TYPE, IFF_TAP) => interface.mode = Some(Mode::Tap),
            (IFLA_TUN_MULTI_QUEUE, value) => interface.multi_queue = value != 0,
            _ => {}
        }
    }
}

fn ip_address(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

fn address(message: &AddressMessage) -> Option<Address> {
    // On a point-to-point link `Address` is the peer's and `Local` ours; else they are the same,
    // and IPv6 leaves `Local` out.
    let mut attributes = message.attributes.iter();
    let local = attributes.clone().find_map(|attribute| match attribute {
        AddressAttribute::Local(address) => Some(*address),
        _ => None,
    });
    let address = local.or_else(|| {
        attributes.find_map(|attribute| match attribute {
            AddressAttribute::Address(address) => Some(*address),
            _ => None,
        })
    })?;
    Some(Address {
        index: message.header.index,
        address,
        prefix_len: message.header.prefix_len,
    })
}
