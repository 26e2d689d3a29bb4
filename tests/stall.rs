//! Bulk text, full buffers both ways, a client that reads late: nobody may wait for ever.

mod common;

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::Medium;
use smoltcp::socket::tcp::Socket;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpCidr, IpEndpoint, TcpControl, TcpPacket, TcpRepr};
use uppercase::simulation::{self, Lane, Port, seeds};
use uppercase::tcp::SetupError;
use uppercase::{Context, PORT, tcp};

use common::frames::packet_start;
use common::hand::Hand;
use common::network::{Actor, HOUR, Link, Network, SERVER, hardware_address};
use common::peer::{Peer, Probe};
use common::scene::{Scene, buffers};
use common::text::{mixed, upper};

/// Those without neighbors that want an answer.
const LINKS: [Link; 2] = [Link::IP_V4, Link::IP_V6];
const SCALED: [usize; 4] = [128 << 10, 256 << 10, 512 << 10, 1 << 20];
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
struct Echo(SocketHandle);

impl Actor for Echo {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        echo(context.sockets.get_mut(self.0));
        None
    }
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// All of the answers have arrived. The longest time in which nothing did was this.
    Whole(Duration),
    /// Nothing has moved for an hour, after so many bytes of answers.
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
    let mut longest = Duration::ZERO;
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
            longest = longest.max(now - moved);
            (before, moved) = (length, now);
        } else if now > moved + HOUR {
            return End::Stalled(length);
        }
        // When nothing has moved for long, one look each second is enough.
        let quiet = now > moved + Duration::from_secs(200);
        now += Duration::from_millis(if quiet { 1000 } else { 1 });
    }
    for peer in peers {
        assert!(peer.answer == expected);
    }
    End::Whole(longest)
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
    service: &mut dyn Actor,
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
        host.poll(now, |context| service.poll(context));
    })
}

/// Our service: as many places as peers, buffers of so many bytes.
fn ours(
    mut network: Network,
    window: usize,
    transmit: usize,
    mut peers: Vec<Peer>,
    text: &[u8],
) -> End {
    let config = tcp::Config {
        idle_timeout: None,
        ..tcp::Config::default()
    };
    let mut pool = Vec::new();
    pool.resize_with(peers.len(), tcp::Place::new);
    let buffers = peers
        .iter()
        .map(|_| (buffers(window).0, buffers(transmit).1));
    let service = tcp::Server::from_parts(network.server.sockets(), pool, buffers, config);
    let mut service = service.expect("there is room");
    on_our_stack(network, &mut service, &mut peers, text)
}

/// Of each kind there is a seed.
fn of_seed<T: Copy>(seed: u64, kinds: &[T]) -> T {
    kinds[(seed % kinds.len() as u64) as usize]
}

/// The longest pause of all.
#[derive(Default)]
struct Pauses(Duration);

impl Pauses {
    #[track_caller]
    fn note(&mut self, end: End, what: &str) {
        let End::Whole(longest) = end else {
            panic!("{what}: {end:?}");
        };
        self.0 = self.0.max(longest);
    }
}

#[test]
fn a_stock_service_with_a_scaled_window_stalls_for_ever() {
    for seed in seeds(1..4) {
        let window = of_seed(seed, &SCALED);
        let end = stock(seed, window);
        assert!(matches!(end, End::Stalled(_)), "window {window}: {end:?}");
    }
}

#[test]
fn it_does_not_where_the_window_is_not_scaled() {
    assert!(matches!(stock(1, UNSCALED), End::Whole(_)));
}

#[test]
fn it_does_not_on_our_stack() {
    for seed in seeds(1..4) {
        let window = of_seed(seed, &SCALED);
        let mut network = Network::with_seed(Link::IP_V4, seed);
        let handle = network.server.sockets().add(listening(window));
        let mut service = Echo(handle.expect("there is room"));
        let mut peer = [Peer::new(Link::IP_V4, seed, UNSCALED, Probe::Old, &plain())];
        let end = on_our_stack(network, &mut service, &mut peer, &plain());
        assert!(matches!(end, End::Whole(_)), "window {window}: {end:?}");
    }
}

const WINDOWS: [usize; 10] = [1, 7, 100, 536, 1459, 1460, 1461, 4096, 30_000, UNSCALED];

fn ours_whatever_the_window(probe: Probe) -> Duration {
    let mut pauses = Pauses::default();
    for seed in seeds(1..41) {
        let window = of_seed(seed, &WINDOWS);
        let link = of_seed(seed / 10, &LINKS);
        let text = mixed((window * 8).clamp(500, 300_000));
        let peer = Peer::new(link, seed, window, probe, &text);
        let end = ours(
            Network::with_seed(link, seed),
            window,
            window,
            vec![peer],
            &text,
        );
        pauses.note(end, &format!("{link:?}, window {window}, seed {seed}"));
    }
    pauses.0
}

#[test]
fn ours_does_not_stall_whatever_the_window() {
    ours_whatever_the_window(Probe::Old);
}

#[test]
fn ours_does_not_stall_where_a_probe_is_a_new_byte() {
    ours_whatever_the_window(Probe::Byte);
}

fn ours_scaled(probe: Probe, window: usize, transmit: usize) -> Duration {
    let mut pauses = Pauses::default();
    for seed in seeds(1..3) {
        let link = of_seed(seed, &LINKS);
        let peer = Peer::new(link, seed, UNSCALED, probe, &plain());
        let end = ours(
            Network::with_seed(link, seed),
            window,
            transmit,
            vec![peer],
            &plain(),
        );
        pauses.note(end, &format!("{link:?}, window {window}, seed {seed}"));
    }
    println!(
        "{probe:?}, {window} and {transmit} bytes: pauses up to {}",
        pauses.0
    );
    pauses.0
}

/// The documentation of [`tcp::UNSCALED_WINDOW`] says so. The peer waits for a second.
#[test]
fn with_a_scaled_window_ours_pauses_for_a_retransmission_at_most() {
    for probe in [Probe::Old, Probe::Byte] {
        let longest = ours_scaled(probe, UNSCALED, UNSCALED);
        assert!(longest < Duration::from_millis(300), "{longest}");
        for window in SCALED {
            let longest = ours_scaled(probe, window, UNSCALED);
            assert!(longest < Duration::from_millis(1100), "{longest}");
        }
    }
}

#[test]
fn ours_does_not_stall_with_large_buffers_both_ways() {
    for window in SCALED {
        ours_scaled(Probe::Byte, window, window);
    }
}

#[test]
fn ours_does_not_stall_with_several_clients_at_once() {
    for seed in seeds(1..3) {
        let window = of_seed(seed, &[256 << 10, 1000]);
        let link = of_seed(seed, &LINKS);
        let text = mixed((window * 8).min(1 << 20));
        let peers = (0..4).map(|number| {
            let room = window.min(UNSCALED);
            Peer::new(link, seed * 4 + number, room, Probe::Byte, &text)
        });
        let transmit = window.min(UNSCALED);
        let end = ours(
            Network::with_seed(link, seed),
            window,
            transmit,
            peers.collect(),
            &text,
        );
        assert!(matches!(end, End::Whole(_)), "window {window}: {end:?}");
    }
}

#[test]
fn a_window_that_smoltcp_would_refuse_by_a_panic_is_an_error() {
    for (more, expected) in [
        (0, None),
        (1, Some(SetupError::WindowTooLarge { bytes: 1 << 30 })),
    ] {
        let mut network = Network::new(Link::IP_V4);
        // Memory that nobody touches.
        let receive = buffers(tcp::LARGEST_WINDOW + more).0;
        let server = tcp::Server::from_parts(
            network.server.sockets(),
            vec![tcp::Place::new()],
            [(receive, buffers(1).1)],
            tcp::Config::default(),
        );
        assert_eq!(server.err(), expected);
    }
}

/// A scene in which both buffers of the server are full, and its client's window is closed.
fn full(link: Link) -> (Scene, Hand) {
    let mut scene = Scene::new(link, 2, tcp::Config::default());
    let mut hand = Hand::connected(&mut scene, 40_000, 0);
    fill(&mut scene, &mut hand);
    (scene, hand)
}

fn fill(scene: &mut Scene, hand: &mut Hand) {
    for _ in 0..2 {
        let text = TcpRepr {
            payload: &[b'x'; 1024],
            ..hand.segment()
        };
        hand.send(scene, &text);
        hand.next += 1024;
        let heard = hand.hear(scene);
        assert!(heard.iter().all(|heard| heard.text.is_empty()));
    }
}

/// A segment from `ahead` bytes beyond the closed window, which opens the client's.
fn opening(hand: &Hand, ahead: usize) -> TcpRepr<'static> {
    TcpRepr {
        seq_number: hand.next + ahead,
        window_len: 5000,
        ..hand.segment()
    }
}

/// How much of the answer comes for a segment.
fn answer_to(scene: &mut Scene, hand: &Hand, segment: &TcpRepr<'_>) -> usize {
    hand.send(scene, segment);
    let heard = hand.hear(scene);
    // The edge has not moved: nothing from beyond it was taken but what is tested here.
    for heard in &heard {
        assert_eq!(heard.acknowledged, Some(hand.next), "{heard:?}");
        assert!(heard.control != TcpControl::Fin, "{heard:?}");
    }
    let bare = heard.iter().filter(|heard| heard.text.is_empty());
    assert!(bare.count() <= 1, "{heard:?}");
    heard.iter().map(|heard| heard.text.len()).sum()
}

#[test]
fn a_window_is_opened_from_beyond_the_servers_own() {
    for link in Link::ALL {
        for (ahead, control, payload) in [
            (0, TcpControl::None, &b""[..]),
            (0, TcpControl::Psh, b"?"),
            (1, TcpControl::None, b""),
            (1, TcpControl::Psh, b"more"),
            (1, TcpControl::Fin, b""),
            (1, TcpControl::Fin, b"more"),
            (1 << 14, TcpControl::None, b""),
        ] {
            let (mut scene, hand) = full(link);
            let segment = TcpRepr {
                control,
                payload,
                ..opening(&hand, ahead)
            };
            let answer = answer_to(&mut scene, &hand, &segment);
            assert_eq!(answer, 1024, "{link:?}, {segment:?}");
        }
    }
}

#[test]
fn text_is_confirmed_from_beyond_the_servers_window_as_often_as_it_takes() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link);
        // smoltcp answers the first one of these in a second.
        for _ in 0..3 {
            let a_part = TcpRepr {
                window_len: 100,
                ..opening(&hand, 1)
            };
            assert_eq!(answer_to(&mut scene, &hand, &a_part), 100, "{link:?}");
            hand.expected += 100;
            let shut = TcpRepr {
                window_len: 0,
                ..opening(&hand, 1)
            };
            hand.send(&mut scene, &shut);
            // A part of the text that waits is answered, which makes room.
            let heard = hand.hear(&mut scene);
            assert!(heard.iter().all(|heard| heard.text.is_empty()));
            let fill = TcpRepr {
                payload: &[b'x'; 100],
                ..hand.segment()
            };
            hand.send(&mut scene, &fill);
            hand.next += 100;
            let last = hand.hear(&mut scene).pop();
            assert_eq!(last.expect("an answer").window, 0, "{link:?}");
        }
    }
}

#[test]
fn nothing_else_is_taken_from_beyond_the_window() {
    for link in Link::ALL {
        let (mut scene, hand) = full(link);
        let from = IpEndpoint::new(hand.from.addr, 40_001);
        let other = Hand { from, ..hand };
        let unsent = hand.expected + 2000;
        for segment in [
            opening(&hand, (1 << 14) + 1),
            TcpRepr {
                payload: b"far",
                ..opening(&hand, (1 << 14) + 1)
            },
            TcpRepr {
                seq_number: hand.next - 2,
                ..opening(&hand, 0)
            },
            TcpRepr {
                control: TcpControl::Syn,
                ..opening(&hand, 1)
            },
            TcpRepr {
                control: TcpControl::Rst,
                ..opening(&hand, 1)
            },
            TcpRepr {
                ack_number: Some(unsent),
                ..opening(&hand, 1)
            },
        ] {
            let answer = answer_to(&mut scene, &hand, &segment);
            assert_eq!(answer, 0, "{link:?}, {segment:?}");
            assert_eq!(scene.connections(), 1, "{link:?}, {segment:?}");
        }
        let start = packet_start(link) + if link.ipv6 { 40 } else { 20 };
        let mut no_ack = hand.frame(&opening(&hand, 1));
        let mut segment = TcpPacket::new_unchecked(&mut no_ack[start..]);
        segment.set_ack(false);
        segment.fill_checksum(&hand.from.addr, &link.server().addr);
        let mut damaged = hand.frame(&opening(&hand, 1));
        TcpPacket::new_unchecked(&mut damaged[start..]).set_window_len(4999);
        let mut damaged_header = hand.frame(&opening(&hand, 1));
        // The time to live; in IPv6, the sender.
        damaged_header[packet_start(link) + 8] ^= 1;
        for frame in [no_ack, damaged, damaged_header] {
            scene.network.to_server.inject(&frame);
            assert_eq!(hand.hear(&mut scene), [], "{link:?}");
        }
        other.send(&mut scene, &opening(&other, 1));
        let heard = other.hear(&mut scene);
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].control, TcpControl::Rst);
        // It is still as it was.
        let answer = answer_to(&mut scene, &hand, &opening(&hand, 1));
        assert_eq!(answer, 1024, "{link:?}");
    }
}

/// Takes what waits in both buffers, and confirms the first half.
fn open_up(scene: &mut Scene, hand: &mut Hand) {
    assert_eq!(answer_to(scene, hand, &opening(hand, 0)), 1024);
    hand.expected += 1024;
    assert_eq!(answer_to(scene, hand, &opening(hand, 0)), 1024);
}

/// Three acknowledgements too many mean a loss (RFC 5681, 3.2). After two nothing is sent again,
/// unless one is counted twice.
fn three_too_many(scene: &mut Scene, hand: &Hand) {
    let again = [(); 3].map(|()| answer_to(scene, hand, &opening(hand, 1)));
    assert_eq!(again, [0, 0, 1024]);
}

#[test]
fn acknowledgements_are_not_counted_twice_where_the_window_is_open_again() {
    for link in Link::ALL {
        let (mut scene, mut hand) = full(link);
        open_up(&mut scene, &mut hand);
        three_too_many(&mut scene, &hand);
    }
}

#[test]
fn acknowledgements_are_not_counted_twice_where_the_window_of_another_is_closed() {
    for link in Link::ALL {
        let (mut scene, closed) = full(link);
        let mut open = Hand::another(&mut scene, 40_001, 0);
        fill(&mut scene, &mut open);
        open_up(&mut scene, &mut open);
        // The window that was closed last is the other's, at the same number.
        assert_eq!(closed.next, open.next);
        let probe = TcpRepr {
            payload: b"?",
            ..closed.segment()
        };
        assert_eq!(answer_to(&mut scene, &closed, &probe), 0);
        three_too_many(&mut scene, &open);
    }
}
