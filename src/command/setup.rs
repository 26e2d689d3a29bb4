//! Servers and clients with buffers of a host's size, from the heap.

use smoltcp::phy::Device;
use smoltcp::socket::{self, raw, tcp::SocketBuffer};
use smoltcp::time::Instant;
use uppercase::device::reassembly;
use uppercase::stack::{Config, Sockets, SocketsFull};
use uppercase::tcp::{Place, UNSCALED_WINDOW};
use uppercase::udp::fragmentation::{self, Fragmenter};
use uppercase::udp::{self, Parts};
use uppercase::{Servers, Stack, tcp};

use super::args::{Client, Link};
use super::failure::Failure;
use super::host::random_seed;

/// The longest UDP datagram there is, in bytes (IPv6; IPv4 takes 20 less).
pub const LONGEST_DATAGRAM: usize = fragmentation::LONGEST_PAYLOAD;

/// Room to put datagrams in fragments together.
pub type Fragments = reassembly::Buffers<{ LONGEST_DATAGRAM + reassembly::OVERHEAD }, 16>;

/// Bytes that are upper-cased at a time: they fit the fastest cache.
const CHUNK: usize = 8192;
/// Datagrams of the greatest length that wait each way; of shorter ones, more do.
const DATAGRAMS: usize = 8;
/// Datagrams of any length that wait each way.
const SHORT_DATAGRAMS: usize = 512;

fn tcp_buffers<'a>() -> (SocketBuffer<'a>, SocketBuffer<'a>) {
    let buffer = || SocketBuffer::new(vec![0; UNSCALED_WINDOW]);
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
    let udp = udp.then(|| -> Result<_, udp::SetupError> {
        let server = udp::Server::from_parts(sockets, udp_buffers(), config.port)?;
        Ok(server.with_fragmenter(fragmenter(sockets)?))
    });
    let udp = udp
        .transpose()
        .map_err(Failure::of("the UDP server cannot be set up"))?;
    Ok(Servers { tcp, udp })
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
