use core::fmt;
use std::vec::Vec;

use smoltcp::iface::{Config, Interface, PollResult, SocketSet};
use smoltcp::phy::{Device, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr};

use super::{Link, Port, Turn};

/// A host of plain smoltcp on a link: its port, its interface and its sockets, each of which the
/// test can use as it likes.
///
/// It saves the set-up in a test of an application that brings none, or of which only one side is
/// the application's. A host that is set up in another way is polled by [`Turn::poll`].
pub struct Host<'a> {
    /// The device.
    pub port: Port,
    /// The interface, for instance for more addresses, for routes, and for the
    /// [`context`](Interface::context) of a connect.
    pub interface: Interface,
    /// The sockets, none at first; as many as are added.
    pub sockets: SocketSet<'a>,
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("port", &self.port)
            .field("addresses", &self.interface.ip_addrs())
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

impl Host<'_> {
    /// A host with this address, the port of which takes the place of any other one of the link.
    ///
    /// Its hardware address is made from the number of the link, and its random numbers follow from
    /// the seed of the network: it takes one [`random_seed`](super::Network::random_seed).
    #[must_use]
    pub fn new(link: &Link, address: IpCidr) -> Self {
        let mut port = link.port();
        let hardware_address = match port.capabilities().medium {
            Medium::Ethernet => {
                let [a, b, c, d] = link.number().to_be_bytes();
                EthernetAddress([2, 0, a, b, c, d]).into()
            }
            _ => HardwareAddress::Ip,
        };
        let mut config = Config::new(hardware_address);
        config.random_seed = link.random_seed();
        let mut interface = Interface::new(config, &mut port, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.clear();
            // smoltcp has room for at least one.
            let _ = addresses.push(address);
        });
        Self {
            port,
            interface,
            sockets: SocketSet::new(Vec::new()),
        }
    }

    /// Polls the interface, and asks for its next turn: see [`Turn::poll`].
    pub fn poll(&mut self, turn: &mut Turn) -> PollResult {
        turn.poll(&mut self.interface, &mut self.port, &mut self.sockets)
    }
}
