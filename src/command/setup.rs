//! Servers and clients with buffers of a host's size, from the heap.

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Device;
use smoltcp::socket::{self, tcp::SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, UDP_HEADER_LEN};
use uppercase::device::reassembly;
use uppercase::dns::{self, Resolver};
use uppercase::stack::{ClientSlot, Config, FRAGMENTATION_OVERHEAD, Sockets};
use uppercase::tcp::{CongestionControl, Entry, Hash, Session};
use uppercase::transform::Unicode;
use uppercase::udp::{self, Parts};
use uppercase::{Stack, tcp};

use super::args::{Client, Link};
use super::failure::Failure;
use super::host::random_seed;

/// The longest UDP datagram there is, in bytes (IPv6; IPv4 takes 20 less).
pub const LONGEST_DATAGRAM: usize = u16::MAX as usize - UDP_HEADER_LEN;

/// Room to put datagrams in fragments together.
pub type Fragments = reassembly::Buffers<16, { LONGEST_DATAGRAM + reassembly::OVERHEAD }>;

/// Both servers, as this program has them.
pub type Servers<'a> = uppercase::Servers<'a, Unicode, Hash<'a>>;

/// Bytes that are upper-cased at a time: they fit the fastest cache.
const CHUNK: usize = 8192;
/// The buffers of all connections together, but the spare ones, in bytes, as long as each gets the least.
const MOST_BUFFERS: usize = 1 << 30;
/// Less than three segments would make the two sides wait for each other.
const LEAST_BUFFER: usize = 4608;
/// Datagrams of the greatest length that wait each way; of shorter ones, more do.
const DATAGRAMS: usize = 8;
/// Datagrams of any length that wait each way.
const SHORT_DATAGRAMS: usize = 512;

fn udp_buffers<'a>() -> Parts<'a> {
    let queue = || {
        socket::udp::PacketBuffer::new(
            vec![socket::udp::PacketMetadata::EMPTY; SHORT_DATAGRAMS],
            vec![0; DATAGRAMS * LONGEST_DATAGRAM],
        )
    };
    Parts {
        receive: queue(),
        transmit: queue(),
        held: vec![0; LONGEST_DATAGRAM].into(),
    }
}

/// A stack as the arguments describe it, by default with the addresses that end in `host`.
pub fn stack<'a, D: Device>(
    device: D,
    link: &Link,
    host: u8,
    now: Instant,
) -> Result<Stack<'a, D>, Failure> {
    /// A link that carries IPv6 carries packets of 1280 bytes (RFC 8200, 5), and the header of a frame.
    const IPV6: usize = 1280 + 14;
    let mut addresses = link.addresses(host);
    if !link.chooses_addresses() && device.capabilities().max_transmission_unit < IPV6 {
        addresses.retain(|address| matches!(address, IpCidr::Ipv4(_)));
    }
    let addresses = &addresses[..];
    let config = Config::new(link.hardware_address(addresses), random_seed())
        .with_addresses(addresses)
        .with_gateways(&link.gateway);
    let stack = Stack::new(device, config, vec![], now);
    let stack = stack.map_err(Failure::of("the network cannot be set up"))?;
    let stack = stack.with_fragmentation(vec![0; LONGEST_DATAGRAM + FRAGMENTATION_OVERHEAD]);
    let stack = match link.asks_dhcp() {
        true => stack.with_dhcp(),
        false => stack,
    };
    Ok(match link.asks_routers() {
        true => stack.with_slaac(),
        false => stack,
    })
}

/// Both servers, TCP if there is room for `connections`, and UDP if it is wanted.
pub fn servers<'a>(
    sockets: &mut Sockets<'a>,
    connections: Option<&'a mut Connections<'a>>,
    udp: bool,
    config: tcp::Config,
) -> Result<Servers<'a>, Failure> {
    let config = config.with_congestion_control(CongestionControl::Cubic);
    let tcp = connections.map(|connections| connections.server(sockets, config));
    let udp = udp.then(|| udp_server(sockets, config.port));
    Ok(Servers {
        tcp: tcp.transpose()?,
        udp: udp.transpose()?,
    })
}

/// A UDP server.
fn udp_server<'a>(
    sockets: &mut Sockets<'a>,
    port: u16,
) -> Result<udp::Server<'a, Unicode>, Failure> {
    udp::Server::from_parts(sockets, udp_buffers(), port)
        .map(udp::Server::with_transform)
        .map_err(Failure::of("the UDP server cannot be set up"))
}

/// What a server for any number of connections lives in. Of the buffers, the system provides what
/// is used.
pub struct Connections<'a> {
    slots: Vec<SocketStorage<'a>>,
    buffers: Vec<u8>,
    size: usize,
}

impl<'a> Connections<'a> {
    /// Room for `connections`, and for `spare` ones more, with buffers of `buffer` bytes each way; with
    /// smaller ones where they would be too much together.
    pub fn new(connections: usize, spare: usize, buffer: usize) -> Self {
        let count = connections + spare;
        let share = MOST_BUFFERS / 2 / connections.max(1);
        let size = tcp::window_within(share.clamp(LEAST_BUFFER.min(buffer), buffer));
        let mut slots = Vec::new();
        slots.resize_with(count, || SocketStorage::EMPTY);
        Self {
            slots,
            buffers: vec![0; 2 * size * count],
            size,
        }
    }

    /// The server.
    fn server(
        &'a mut self,
        sockets: &mut Sockets<'a>,
        config: tcp::Config,
    ) -> Result<tcp::Server<'a, Unicode, Hash<'a>>, Failure> {
        let index = Hash::new(vec![Entry::EMPTY; self.slots.len()], random_seed());
        let buffers = self.buffers.chunks_exact_mut(2 * self.size);
        let sessions = self.slots.iter_mut().zip(buffers).map(|(slot, both)| {
            let (receive, transmit) = both.split_at_mut(self.size);
            Session::new(
                slot,
                SocketBuffer::new(receive),
                SocketBuffer::new(transmit),
            )
        });
        sessions
            .collect::<Result<Vec<_>, _>>()
            .and_then(|sessions| tcp::Server::from_parts(sockets, sessions, index, config))
            .map(|server| server.with_chunk(vec![0; CHUNK]))
            .map_err(Failure::of("the TCP server cannot be set up"))
    }
}

/// The TCP client that the arguments describe.
pub fn tcp_client(sockets: &mut Sockets<'_>, args: &Client) -> Result<tcp::Client, Failure> {
    let buffer = || SocketBuffer::new(vec![0; args.buffer()]);
    // Lent for as long as the program runs, which has one client.
    let slot = Box::leak(Box::new(ClientSlot::new()));
    let client = tcp::Client::from_parts(sockets, slot, buffer(), buffer(), args.timeout);
    let mut client = client.map_err(Failure::of("the TCP client cannot be set up"))?;
    client.set_congestion_control(CongestionControl::Cubic);
    client.set_nagle(args.over_tcp.nagle);
    client.set_ack_delay(args.over_tcp.delayed_ack);
    Ok(client)
}

/// The UDP client that the arguments describe.
pub fn udp_client<'a>(
    sockets: &mut Sockets<'a>,
    args: &Client,
) -> Result<udp::Client<'a>, Failure> {
    udp::Client::from_parts(sockets, udp_buffers(), args.timeout)
        .map_err(Failure::of("the UDP client cannot be set up"))
}

/// What looks names up at these name servers.
pub fn resolver(
    sockets: &mut Sockets<'_>,
    servers: &[IpAddress],
    timeout: Duration,
) -> Result<Resolver, Failure> {
    let queue = |datagram| {
        let packets = vec![socket::udp::PacketMetadata::EMPTY; dns::QUESTIONS_AT_ONCE];
        socket::udp::PacketBuffer::new(packets, vec![0; datagram * dns::QUESTIONS_AT_ONCE])
    };
    let parts = dns::Parts {
        receive: queue(dns::ANSWER),
        transmit: queue(dns::QUERY),
    };
    Resolver::from_parts(sockets, parts, servers, timeout)
        .map_err(Failure::of("names cannot be looked up"))
}
