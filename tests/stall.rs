//! Bulk text, full buffers both ways, a client that reads late: nobody may wait for ever.

mod common;

use smoltcp::socket::tcp::Socket;
use smoltcp::time::{Duration, Instant};
use uppercase::{Context, PORT, tcp};

use common::network::{Actor, HOUR, Link, Network};
use common::peer::{Peer, Probe};
use common::scene::{buffers, server};
use common::text::{mixed, upper};

/// The upper-casing service as one writes it on smoltcp alone. It loses nothing.
struct Stock(smoltcp::iface::SocketHandle);

impl Stock {
    fn new(network: &mut Network, receive: usize, transmit: usize) -> Self {
        let mut socket = Socket::new(buffers(receive).0, buffers(transmit).1);
        socket.listen(PORT).expect("the port is not 0");
        Self(network.server.sockets().add(socket).expect("there is room"))
    }
}

impl Actor for Stock {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        let socket = context.sockets.get_mut::<Socket<'_>>(self.0);
        let room = socket.send_capacity() - socket.send_queue();
        let mut text = vec![0; room];
        if let Ok(length) = socket.recv_slice(&mut text) {
            text.truncate(length);
            text.make_ascii_uppercase();
            let sent = socket.send_slice(&text);
            assert_eq!(sent, Ok(length));
        }
        None
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// All of the answer has arrived.
    Whole,
    /// Nothing has moved for an hour, after so many bytes of answer.
    Stalled(usize),
    Reset(usize),
}

/// Lets a peer send `text` to a service; `expected` is the answer.
fn bulk(network: &mut Network, service: &mut dyn Actor, mut peer: Peer, expected: &[u8]) -> End {
    let mut moved = network.now;
    let mut before = 0;
    while peer.answer.len() < expected.len() {
        let to_client = &mut network.to_client;
        peer.tick(network.now, to_client, &mut network.to_server);
        network
            .server
            .poll(network.now, |context| service.poll(context));
        let length = peer.answer.len();
        if peer.reset {
            return End::Reset(length);
        }
        if length > before {
            (before, moved) = (length, network.now);
        } else if network.now > moved + HOUR {
            return End::Stalled(length);
        }
        // When nothing has moved for long, one look each second is enough.
        let quiet = network.now > moved + Duration::from_secs(200);
        network.now += Duration::from_millis(if quiet { 1000 } else { 1 });
    }
    assert!(peer.answer == expected);
    End::Whole
}

fn stock(seed: u64, window: usize) -> End {
    let text = vec![b'x'; 3 << 20];
    let mut network = Network::new(Link::IP_V4);
    let mut service = Stock::new(&mut network, window, 64 << 10);
    let peer = Peer::new(Link::IP_V4, seed, 65_535, Probe::Old, &text);
    bulk(&mut network, &mut service, peer, &vec![b'X'; text.len()])
}

#[test]
fn a_stock_service_with_a_scaled_window_stalls_for_ever() {
    for (seed, window) in (1..).zip([128 << 10, 256 << 10, 512 << 10]) {
        let end = stock(seed, window);
        assert!(matches!(end, End::Stalled(_)), "window {window}: {end:?}");
    }
}

#[test]
fn the_same_service_does_not_where_the_window_is_not_scaled() {
    assert_eq!(stock(1, tcp::LARGEST_WINDOW), End::Whole);
}

fn ours(seed: u64, window: usize, probe: Probe) {
    let text = mixed((window * 8).clamp(500, 300_000));
    let mut network = Network::new(Link::IP_V4);
    let config = tcp::Config {
        idle_timeout: None,
        ..tcp::Config::default()
    };
    let mut service = server(&mut network, 1, window, config);
    let peer = Peer::new(Link::IP_V4, seed, window, probe, &text);
    let end = bulk(&mut network, &mut service, peer, &upper(&text));
    assert_eq!(end, End::Whole, "window {window}, seed {seed}");
}

const WINDOWS: [usize; 10] = [
    1,
    7,
    100,
    536,
    1459,
    1460,
    1461,
    4096,
    30_000,
    tcp::LARGEST_WINDOW,
];

#[test]
fn ours_does_not_stall_whatever_the_window() {
    for (seed, window) in (1..=30).zip(WINDOWS.into_iter().cycle()) {
        ours(seed, window, Probe::Old);
    }
}

#[test]
#[ignore = "open: smoltcp 0.14 drops acknowledgements that come from behind a closed window"]
fn ours_does_not_stall_where_a_probe_is_a_new_byte() {
    for (seed, window) in (1..=30).zip(WINDOWS.into_iter().cycle()) {
        ours(seed, window, Probe::Byte);
    }
}
