//! A host of plain smoltcp with a UDP socket, and a text for it.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{Device, Medium};
use smoltcp::socket::udp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr};

pub const PORT: u16 = 12_000;

/// The IPv4 address of a host.
pub const fn ipv4(number: u8) -> IpAddress {
    IpAddress::v4(192, 0, 2, number)
}

/// The IPv6 address of a host.
#[cfg(feature = "ipv6")]
pub const fn ipv6(number: u8) -> IpAddress {
    IpAddress::v6(0xfd00, 0, 0, 0, 0, 0, 0, number as u16)
}

pub struct Host {
    pub interface: Interface,
    pub sockets: SocketSet<'static>,
    pub socket: SocketHandle,
}

impl Host {
    /// A host with an address of each version, a UDP socket, and room for one socket more.
    pub fn new(device: &mut impl Device, number: u8) -> Self {
        let ours = match device.capabilities().medium {
            Medium::Ethernet => HardwareAddress::Ethernet(EthernetAddress([2, 0, 0, 0, 0, number])),
            Medium::Ip => HardwareAddress::Ip,
        };
        let mut config = Config::new(ours);
        config.random_seed = number.into();
        let mut interface = Interface::new(config, device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(ipv4(number), 24)).unwrap();
            #[cfg(feature = "ipv6")]
            addresses.push(IpCidr::new(ipv6(number), 64)).unwrap();
        });
        // Leaked, because without `std` smoltcp takes nothing but slices.
        let buffer = || {
            let packets = vec![udp::PacketMetadata::EMPTY; 8].leak();
            udp::PacketBuffer::new(packets, vec![0; 70_000].leak())
        };
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket.bind(PORT).unwrap();
        let storage = vec![SocketStorage::EMPTY, SocketStorage::EMPTY].leak();
        let mut sockets = SocketSet::new(storage);
        let socket = sockets.add(socket);
        Self {
            interface,
            sockets,
            socket,
        }
    }

    pub fn poll(&mut self, device: &mut impl Device, now: Instant) {
        self.interface.poll(now, device, &mut self.sockets);
    }

    pub fn socket(&mut self) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(self.socket)
    }

    pub fn received(&mut self) -> Vec<Vec<u8>> {
        let mut received = vec![];
        while let Ok((payload, _)) = self.socket().recv() {
            received.push(payload.to_vec());
        }
        received
    }
}

pub fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|index| b'A' + (index / 7 % 26) as u8)
        .collect()
}
