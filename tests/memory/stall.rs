//! Bulk text, full buffers both ways, a client that reads late: neither side may wait without end.

use super::common;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::Medium;
use smoltcp::socket::tcp::Socket;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpCidr};
use uppercase::simulation::{self, Lane, Port, seeds};
use uppercase::stack::Service;
use uppercase::tcp::{Handler, Mark, Progress, Scan, Session};
use uppercase::transform::Unicode;
use uppercase::{PORT, tcp};

use common::network::{HOUR, Link, Network, SERVER, hardware_address};
use common::peer::{Peer, Probe};
use common::scene::buffers;
use common::text::{mixed, upper};

/// Those without neighbors that want an answer.
const LINKS: [Link; 2] = [Link::IP_V4, Link::IP_V6];
const SCALED: [usize; 4] = [131_071, 262_143, 524_287, 1_048_575];
const UNSCALED: usize = tcp::UNSCALED_WINDOW;

/// The upper-casing service as one writes it on smoltcp alone. It loses nothing.
fn echo(socket: &mut Socket<'_>) {
    let room = socket.send_capacity() - socket.send_queue();
    let mut text = vec![0; room];
    if let Ok(length) = socket.recv_slice(&mut text) {
        text.truncate(length);
        text.make_ascii_uppercase();
        let sent = socket.send_slice(&text);
        assert_eq!(sent, Ok(length));
    }
}

fn listening(window: usize) -> Socket<'static> {
    let mut socket = Socket::new(buffers(window).0, buffers(UNSCALED).1);
    socket.listen(PORT).expect("the port is not 0");
    socket
}

/// That service on smoltcp's own interface.
struct Stock {
    device: Port,
    interface: Interface,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
}

impl Stock {
    fn new(link: Link, mut device: Port, window: usize) -> Self {
        let config = Config::new(match link.medium {
            Medium::Ip => HardwareAddress::Ip,
            _ => hardware_address(SERVER).into(),
        });
        let mut interface = Interface::new(config, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            let own = IpCidr::new(link.address(SERVER), 24);
            addresses.push(own).expect("there is room");
        });
        let mut sockets = SocketSet::new(Vec::new());
        let handle = sockets.add(listening(window));
        Self {
            device,
            interface,
            sockets,
            handle,
        }
    }

    fn poll(&mut self, now: Instant) {
        for _ in 0..2 {
            self.interface
                .poll(now, &mut self.device, &mut self.sockets);
            echo(self.sockets.get_mut(self.handle));
        }
    }
}

/// That service on our stack.
#[derive(Default)]
struct Echo;

impl Handler for Echo {
    type Shared = ();

    fn exchange(&mut self, _: &mut (), _: Instant, input: &[u8], output: &mut [u8]) -> Progress {
        let length = input.len().min(output.len());
        output[..length].copy_from_slice(&input[..length]);
        output[..length].make_ascii_uppercase();
        Progress {
            consumed: length,
            produced: length,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// All of the answers have arrived. `repeated` segments of text had to be sent again.
    Whole {
        repeated: usize,
    },
    /// Nothing has moved for an hour, after this number of bytes of answers.
    Stalled(usize),
    Reset(usize),
}

/// Lets peers send their text to a host; `expected` is the answer to each.
fn bulk(
    to_server: &Lane,
    to_client: &Lane,
    peers: &mut [Peer],
    expected: &[u8],
    mut poll: impl FnMut(Instant),
) -> End {
    let mut now = Instant::ZERO;
    let mut moved = now;
    let mut before = 0;
    to_client.capture();
    to_client.cut();
    while before < expected.len() * peers.len() {
        for frame in to_client.captured() {
            for peer in &mut *peers {
                peer.hear(now, &frame);
            }
        }
        for peer in &mut *peers {
            peer.tick(now, to_server);
        }
        poll(now);
        let length = peers.iter().map(|peer| peer.answer.len()).sum();
        if peers.iter().any(|peer| peer.reset) {
            return End::Reset(length);
        }
        if length > before {
            (before, moved) = (length, now);
        } else if now > moved + HOUR {
            return End::Stalled(length);
        }
        // When nothing has moved for long, one look each second is enough.
        let quiet = now > moved + Duration::from_secs(200);
        now += Duration::from_millis(if quiet { 1000 } else { 1 });
    }
    for peer in &*peers {
        assert!(peer.answer == expected);
    }
    End::Whole {
        repeated: peers.iter().map(|peer| peer.repeated).sum(),
    }
}

/// Enough to fill every buffer on the way of it several times.
fn plain() -> Vec<u8> {
    vec![b'x'; 3 << 20]
}

/// The service on smoltcp's own interface.
fn stock(seed: u64, window: usize) -> End {
    let link = Link::IP_V4;
    let mut network = simulation::Network::new(link.medium, seed);
    let (server, client) = (network.link("server"), network.link("client"));
    let mut host = Stock::new(link, server.port(), window);
    let mut peer = [Peer::new(link, seed, UNSCALED, Probe::Old, &plain())];
    let expected = upper(&plain());
    bulk(
        &server.to_host,
        &client.to_host,
        &mut peer,
        &expected,
        |now| {
            host.poll(now);
        },
    )
}

/// A service on our stack.
fn on_our_stack(
    mut network: Network,
    service: &mut dyn Service<'static>,
    peers: &mut [Peer],
    text: &[u8],
) -> End {
    let Network {
        server: host,
        to_server,
        to_client,
        ..
    } = &mut network;
    bulk(to_server, to_client, peers, &upper(text), |now| {
        let _ = host.poll(now, service);
    })
}

/// Our service: as many slots as peers, with buffers of `window` and `transmit` bytes.
fn ours(
    mut network: Network,
    window: usize,
    transmit: usize,
    mut peers: Vec<Peer>,
    text: &[u8],
) -> End {
    let mut service = server_of::<Unicode>(&mut network, window, transmit, peers.len());
    on_our_stack(network, &mut service, &mut peers, text)
}

/// A server with `count` sessions, with buffers of `window` and `transmit` bytes.
fn server_of<H: Handler>(
    network: &mut Network,
    window: usize,
    transmit: usize,
    count: usize,
) -> tcp::Server<'static, H> {
    let config = tcp::Config::default().with_idle_timeout(None);
    let session = |_| {
        let storage = Box::leak(Box::new(SocketStorage::EMPTY));
        let (receive, transmit) = (buffers(window).0, buffers(transmit).1);
        Session::new(storage, receive, transmit).expect("buffers of a possible size")
    };
    let sessions: Vec<_> = (0..count).map(session).collect();
    let index = Scan::new(vec![Mark::EMPTY; count]);
    let server = tcp::Server::from_parts(network.server.sockets(), sessions, index, config);
    server.expect("there is room")
}

/// Of each kind there is a seed.
fn of_seed<T: Copy>(seed: u64, kinds: &[T]) -> T {
    kinds[(seed % kinds.len() as u64) as usize]
}

#[test]
fn a_stock_service_with_a_scaled_window_stalls() {
    for seed in seeds(1..4) {
        let window = of_seed(seed, &SCALED);
        let end = stock(seed, window);
        assert!(matches!(end, End::Stalled(_)), "window {window}: {end:?}");
    }
}

#[test]
fn a_stock_service_without_a_scaled_window_does_not_stall() {
    assert!(matches!(stock(1, UNSCALED), End::Whole { .. }));
}

#[test]
fn a_stock_service_on_our_stack_does_not_stall() {
    for seed in seeds(1..4) {
        let window = of_seed(seed, &SCALED);
        let mut network = Network::with_seed(Link::IP_V4, seed);
        let mut service = server_of::<Echo>(&mut network, window, UNSCALED, 1);
        let mut peer = [Peer::new(Link::IP_V4, seed, UNSCALED, Probe::Old, &plain())];
        let end = on_our_stack(network, &mut service, &mut peer, &plain());
        assert_eq!(end, End::Whole { repeated: 0 }, "window {window}");
    }
}

const WINDOWS: [usize; 10] = [1, 7, 100, 536, 1459, 1460, 1461, 4096, 30_000, UNSCALED];

/// How ours ends with windows of all sizes that are not scaled.
fn ours_whatever_the_window(probe: Probe, check: impl Fn(End, &str)) {
    for seed in seeds(1..41) {
        let window = of_seed(seed, &WINDOWS);
        let link = of_seed(seed / 10, &LINKS);
        let text = mixed((window * 8).clamp(500, 300_000));
        let peer = Peer::new(link, seed, window, probe, &text);
        let network = Network::with_seed(link, seed);
        let end = ours(network, window, window, vec![peer], &text);
        check(end, &format!("{link:?}, window {window}, seed {seed}"));
    }
}

#[test]
fn ours_has_nothing_sent_twice_with_any_window() {
    ours_whatever_the_window(Probe::Old, |end, what| {
        assert_eq!(end, End::Whole { repeated: 0 }, "{what}");
    });
}

/// The byte itself may have to be sent again.
#[test]
fn ours_does_not_stall_where_a_probe_is_a_new_byte() {
    ours_whatever_the_window(Probe::Byte, |end, what| {
        assert!(matches!(end, End::Whole { .. }), "{what}: {end:?}");
    });
}

#[test]
fn ours_has_nothing_sent_twice_where_the_window_is_scaled() {
    for seed in seeds(1..5) {
        let probe = of_seed(seed / 2, &[Probe::Old, Probe::Byte]);
        let link = of_seed(seed, &LINKS);
        for (window, transmit) in SCALED.into_iter().flat_map(|size| {
            // The answers are in the way, or not.
            [(size, UNSCALED), (size, size)]
        }) {
            let peer = Peer::new(link, seed, UNSCALED, probe, &plain());
            let network = Network::with_seed(link, seed);
            let end = ours(network, window, transmit, vec![peer], &plain());
            assert_eq!(
                end,
                End::Whole { repeated: 0 },
                "{link:?}, {probe:?}, {window} and {transmit} bytes, seed {seed}"
            );
        }
    }
}

#[test]
fn ours_does_not_stall_with_several_clients_at_once() {
    for seed in seeds(1..3) {
        let window = of_seed(seed, &[SCALED[1], 1000]);
        let link = of_seed(seed, &LINKS);
        let text = mixed((window * 8).min(1 << 20));
        let room = window.min(UNSCALED);
        let peers =
            (0..4).map(|number| Peer::new(link, seed * 4 + number, room, Probe::Byte, &text));
        let network = Network::with_seed(link, seed);
        let end = ours(network, window, room, peers.collect(), &text);
        assert!(matches!(end, End::Whole { .. }), "window {window}: {end:?}");
    }
}
