//! Servers and clients with buffers of a host's size, from the heap.

#[cfg(all(feature = "tuntap", target_os = "linux"))]
use smoltcp::iface::SocketStorage;
use smoltcp::phy::Device;
use smoltcp::socket::{self, raw, tcp::SocketBuffer};
use smoltcp::time::Instant;
use uppercase::device::reassembly;
use uppercase::dns::{self, Resolver};
use uppercase::stack::{Config, Sockets, SocketsFull};
use uppercase::tcp::Place;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use uppercase::tcp::steered;
use uppercase::udp::fragmentation::{self, Fragmenter};
use uppercase::udp::{self, Parts};
use uppercase::{Servers, Stack, tcp};

use super::args::{BUFFER, Client, Link};
use super::failure::Failure;
use super::host::random_seed;

/// The longest UDP datagram there is, in bytes (IPv6; IPv4 takes 20 less).
pub const LONGEST_DATAGRAM: usize = fragmentation::LONGEST_PAYLOAD;

/// Room to put datagrams in fragments together.
pub type Fragments = reassembly::Buffers<{ LONGEST_DATAGRAM + reassembly::OVERHEAD }, 16>;

/// Bytes that are upper-cased at a time: they fit the fastest cache.
const CHUNK: usize = 8192;
/// The buffers of all connections together, but the spare ones, in bytes, as long as each gets the least.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const MOST_BUFFERS: usize = 1 << 30;
/// Less than three segments would make the two sides wait for each other.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const LEAST_BUFFER: usize = 4608;
/// Datagrams of the greatest length that wait each way; of shorter ones, more do.
const DATAGRAMS: usize = 8;
/// Datagrams of any length that wait each way.
const SHORT_DATAGRAMS: usize = 512;

fn tcp_buffers<'a>() -> (SocketBuffer<'a>, SocketBuffer<'a>) {
    let buffer = || SocketBuffer::new(vec![0; BUFFER]);
    (buffer(), buffer())
}

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

/// What sends IPv6 datagrams of any length on a link with the least MTU that IPv6 allows.
fn fragmenter<'a>(sockets: &mut Sockets<'a>) -> Result<Fragmenter<'a>, SocketsFull> {
    let (bytes, packets) = (
        fragmentation::bytes(LONGEST_DATAGRAM, 1280),
        fragmentation::packets(LONGEST_DATAGRAM, 1280),
    );
    let queue = raw::PacketBuffer::new(vec![raw::PacketMetadata::EMPTY; packets], vec![0; bytes]);
    Fragmenter::from_parts(sockets, queue, vec![], random_seed() as u32)
}

/// A stack as the arguments describe it, by default with the addresses that end in `host`.
pub fn stack<'a, D: Device>(
    device: D,
    link: &Link,
    host: u8,
    now: Instant,
) -> Result<Stack<'a, D>, Failure> {
    let addresses = &link.addresses(host)[..];
    let config = Config {
        hardware_address: link.hardware_address(addresses),
        addresses,
        gateways: &link.gateway,
        random_seed: random_seed(),
    };
    Stack::new(device, config, vec![], now).map_err(Failure::of("the network cannot be set up"))
}

/// Both servers, TCP with as many places as `places` says, if it does, and UDP if wanted.
pub fn servers<'a>(
    sockets: &mut Sockets<'a>,
    config: tcp::Config,
    places: Option<usize>,
    udp: bool,
) -> Result<Servers<'a>, Failure> {
    let tcp = places.map(|count| -> Result<_, tcp::SetupError> {
        let mut places = Vec::new();
        places.resize_with(count, Place::new);
        let buffers = std::iter::repeat_with(tcp_buffers);
        let server = tcp::Server::from_parts(sockets, places, buffers, config)?;
        Ok(server.with_chunk(vec![0; CHUNK]))
    });
    let tcp = tcp
        .transpose()
        .map_err(Failure::of("the TCP server cannot be set up"))?;
    let udp = udp.then(|| udp_server(sockets, config.port)).transpose()?;
    Ok(Servers { tcp, udp })
}

/// A UDP server.
pub fn udp_server<'a>(sockets: &mut Sockets<'a>, port: u16) -> Result<udp::Server<'a>, Failure> {
    udp::Server::from_parts(sockets, udp_buffers(), port)
        .and_then(|server| Ok(server.with_fragmenter(fragmenter(sockets)?)))
        .map_err(Failure::of("the UDP server cannot be set up"))
}

/// What a server for any number of connections lives in. Of the buffers, the system provides what
/// is used.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
pub struct Places<'a> {
    slots: Vec<SocketStorage<'a>>,
    buffers: Vec<u8>,
    size: usize,
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
impl<'a> Places<'a> {
    /// Room for so many connections, and some `spare` ones, with buffers of so many bytes each way;
    /// with smaller ones where they would be too much together.
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
    pub fn server(&'a mut self, config: tcp::Config) -> Result<steered::Server<'a>, Failure> {
        let count = self.slots.len();
        let mut places = Vec::new();
        places.resize_with(count, steered::Place::new);
        let entries = vec![steered::Entry::EMPTY; count];
        let buffers = self.buffers.chunks_exact_mut(2 * self.size).map(|both| {
            let (receive, transmit) = both.split_at_mut(self.size);
            (SocketBuffer::new(receive), SocketBuffer::new(transmit))
        });
        let slots = &mut self.slots[..];
        steered::Server::from_parts(slots, places, entries, buffers, config, random_seed())
            .map(|server| server.with_chunk(vec![0; CHUNK]))
            .map_err(Failure::of("the TCP server cannot be set up"))
    }
}

/// The TCP client that the arguments describe.
pub fn tcp_client(sockets: &mut Sockets<'_>, args: &Client) -> Result<tcp::Client, Failure> {
    let (receive, transmit) = tcp_buffers();
    tcp::Client::from_parts(sockets, receive, transmit, args.timeout)
        .map_err(Failure::of("the TCP client cannot be set up"))
}

/// The UDP client that the arguments describe.
pub fn udp_client<'a>(
    sockets: &mut Sockets<'a>,
    args: &Client,
) -> Result<udp::Client<'a>, Failure> {
    let client = udp::Client::from_parts(sockets, udp_buffers(), args.timeout)
        .and_then(|client| Ok(client.with_fragmenter(fragmenter(sockets)?)));
    client.map_err(Failure::of("the UDP client cannot be set up"))
}

/// What looks names up at the name servers that the arguments give.
pub fn resolver(sockets: &mut Sockets<'_>, args: &Client) -> Result<Resolver, Failure> {
    let queue = |datagram| {
        let packets = vec![socket::udp::PacketMetadata::EMPTY; dns::QUESTIONS_AT_ONCE];
        socket::udp::PacketBuffer::new(packets, vec![0; datagram * dns::QUESTIONS_AT_ONCE])
    };
    let parts = dns::Parts {
        receive: queue(dns::ANSWER),
        transmit: queue(dns::QUERY),
    };
    Resolver::from_parts(sockets, parts, &args.dns, args.timeout)
        .map_err(Failure::of("names cannot be looked up"))
}
