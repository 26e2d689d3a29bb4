//! Requests from one address of a host to another.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{Loopback, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::link::EthernetAddress;
use uppercase::tcp::{self, Mark, Scan};
use uppercase::{Stack, stack};

use super::common::Text;
use super::common::busy::patient;
use super::common::network::SECOND;
use super::common::scene::{client, sessions};

#[test]
fn a_loopback_has_connections_between_two_of_its_addresses() {
    let addresses = [
        IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8),
        IpCidr::new(IpAddress::v4(127, 0, 0, 2), 8),
    ];
    let config =
        stack::Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 7).with_addresses(&addresses);
    let slots = Vec::<SocketStorage<'_>>::new();
    let device = Loopback::new(Medium::Ip);
    let mut stack = Stack::new(device, config, slots, Instant::ZERO).unwrap();
    let index = Scan::new(vec![Mark::EMPTY]);
    let mut server =
        tcp::Server::from_parts(stack.sockets(), sessions::<Text>(1, 512), index, patient())
            .unwrap();
    let mut client = client(stack.sockets(), 512, SECOND * 10);
    let to = IpEndpoint::new(IpAddress::v4(127, 0, 0, 2), uppercase::PORT);
    client
        .connect(&mut stack.context(Instant::ZERO), to)
        .unwrap();
    for step in 0..50 {
        let _ = stack.poll(Instant::from_millis(step * 100), &mut server);
    }
    let open = client.is_open(&mut stack.context(Instant::from_millis(5_000)));
    assert_eq!(open, Ok(true), "{:?}", stack.counters());
}
