//! What a review has found: each of these fails.

use super::common;

use std::collections::VecDeque;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpCidr, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::{Config, Control, Next, PendingSyn, Stack};
use uppercase::tcp::{self, Handler, Pool, Progress, Server};

use common::frames::{read_tcp, segment, tcp as frame};
use common::network::Link;

const LINK: Link = Link::IP_V4;
const FIRST: TcpSeqNumber = TcpSeqNumber(1_000_000);

/// A device whose frames are put in and taken out by hand.
#[derive(Default)]
struct Cable {
    to_server: VecDeque<Vec<u8>>,
    from_server: Vec<Vec<u8>>,
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Sent<'c>(&'c mut Vec<Vec<u8>>);

impl TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut bytes = vec![0; length];
        let result = fill(&mut bytes);
        self.0.push(bytes);
        result
    }
}

impl Device for Cable {
    type RxToken<'t> = Received;
    type TxToken<'t> = Sent<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sent<'_>)> {
        let frame = self.to_server.pop_front()?;
        Some((Received(frame), Sent(&mut self.from_server)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sent<'_>> {
        Some(Sent(&mut self.from_server))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

/// Counts who has come, and who has gone.
#[derive(Default)]
struct Guest;

#[derive(Debug, Default, PartialEq, Eq)]
struct Guests {
    opened: usize,
    closed: usize,
}

impl Handler for Guest {
    type Shared = Guests;

    fn opened(&mut self, guests: &mut Guests, _: IpEndpoint, _: &mut [u8]) -> usize {
        guests.opened += 1;
        0
    }

    fn exchange(
        &mut self,
        _: &mut Guests,
        _: Instant,
        input: &[u8],
        output: &mut [u8],
    ) -> Progress {
        let length = input.len().min(output.len());
        output[..length].copy_from_slice(&input[..length]);
        Progress {
            consumed: length,
            produced: length,
        }
    }

    fn closed(&mut self, guests: &mut Guests, _: &Control) {
        guests.closed += 1;
    }
}

struct Place {
    stack: Stack<'static, Cable>,
    server: Server<'static, Guest>,
    now: Instant,
}

impl Place {
    fn new(backlog: usize) -> Self {
        let config = Config {
            hardware_address: smoltcp::wire::EthernetAddress([2, 0, 0, 0, 0, 1]),
            addresses: &[IpCidr::new(LINK.server().addr, 24)],
            gateways: &[],
            random_seed: 7,
        };
        let slots = Vec::<SocketStorage<'_>>::new();
        let stack = Stack::new(Cable::default(), config, slots, Instant::ZERO);
        let mut stack = stack
            .expect("it is right")
            .with_backlog(vec![PendingSyn::EMPTY; backlog]);
        let pool = Box::leak(Box::new(Pool::<1, 512, 512, Guest>::new()));
        let server = Server::new(stack.sockets(), pool, tcp::Config::default());
        Self {
            stack,
            server: server.expect("there is room"),
            now: Instant::from_secs(1000),
        }
    }

    fn poll(&mut self) -> Next {
        self.stack.poll(self.now, &mut self.server)
    }

    /// Polls for as long as it is due at this moment; returns when it wants to be polled again.
    fn settle(&mut self) -> Option<Instant> {
        loop {
            match self.poll() {
                Next::Frame(due) => return due,
                Next::Poll | Next::Room => {}
            }
        }
    }

    fn send(&mut self, segment: &TcpRepr<'_>) {
        let from = LINK.address(2);
        let bytes = frame(LINK, from, LINK.server().addr, segment);
        self.stack.device_mut().to_server.push_back(bytes);
    }

    /// What was sent to this port since the last call.
    fn hear(&mut self, port: u16) -> Vec<TcpRepr<'static>> {
        let frames = core::mem::take(&mut self.stack.device_mut().from_server);
        let segments = frames.iter().filter_map(|bytes| {
            let (_, to, segment) = read_tcp(LINK, bytes)?;
            (to.port == port).then(|| TcpRepr {
                payload: &[],
                ..common::frames::unborrowed(&segment)
            })
        });
        segments.collect()
    }

    fn syn(&mut self, port: u16) {
        self.send(&TcpRepr {
            control: TcpControl::Syn,
            seq_number: FIRST,
            max_seg_size: Some(1400),
            ..blank(port)
        });
    }

    /// Connects; returns the server's next number.
    fn connect(&mut self, port: u16) -> TcpSeqNumber {
        self.syn(port);
        self.settle();
        let expected = self.hear(port)[0].seq_number + 1;
        self.send(&acknowledgement(port, expected));
        self.settle();
        expected
    }
}

fn blank(port: u16) -> TcpRepr<'static> {
    segment(IpEndpoint::new(LINK.address(2), port), LINK.server())
}

fn acknowledgement(port: u16, expected: TcpSeqNumber) -> TcpRepr<'static> {
    TcpRepr {
        seq_number: FIRST + 1,
        ack_number: Some(expected),
        ..blank(port)
    }
}

#[test]
fn handler_is_told_that_its_silent_client_is_gone_when_another_one_comes_at_once() {
    let mut place = Place::new(0);
    place.connect(5000);
    assert_eq!(place.server.shared(), &Guests { opened: 1, closed: 0 });
    // It sends nothing more. Nothing is late: each poll comes when it is due.
    let started = place.now;
    loop {
        let next = place.poll();
        if place.hear(5000).iter().any(|s| s.control == TcpControl::Rst) {
            break;
        }
        if let Next::Frame(due) = next {
            place.now = due.expect("the silence has an end").max(place.now);
        }
        assert!(place.now < started + Duration::from_secs(100));
    }
    // The next client comes before the stack is polled again.
    place.syn(5001);
    place.settle();
    assert_eq!(place.server.shared(), &Guests { opened: 1, closed: 1 });
}

#[cfg(feature = "syn-cookies")]
#[test]
fn syn_that_waits_is_admitted_when_the_flood_is_over_without_a_frame() {
    let mut place = Place::new(1);
    let expected = place.connect(5000);
    place.syn(5001); // It waits.
    place.settle();
    place.syn(5002); // It finds no room, and is given a cookie.
    place.settle();
    place.hear(0);
    // The first client goes.
    place.send(&TcpRepr {
        control: TcpControl::Fin,
        ..acknowledgement(5000, expected)
    });
    place.settle();
    let last = TcpRepr {
        seq_number: FIRST + 2,
        ..acknowledgement(5000, expected + 1)
    };
    place.send(&last);
    let started = place.now;
    while place.now < started + Duration::from_secs(29) {
        let due = place.settle();
        if !place.hear(5001).is_empty() {
            return;
        }
        place.now = due
            .unwrap_or_else(|| panic!("the server is free, a SYN waits, and nothing is due"));
    }
    panic!("not admitted");
}

#[cfg(feature = "syn-cookies")]
#[test]
fn connection_that_has_just_been_opened_is_not_given_up_as_half_open() {
    let mut place = Place::new(0);
    place.syn(5000);
    place.settle();
    let expected = place.hear(5000)[0].seq_number + 1;
    place.now += Duration::from_millis(2500);
    place.settle();
    place.hear(5000);
    place.syn(5001);
    place.settle();
    let cookie = place.hear(5001)[0].seq_number + 1;
    // Both acknowledgements arrive between two polls.
    place.send(&acknowledgement(5000, expected));
    place.send(&acknowledgement(5001, cookie));
    place.settle();
    assert_eq!(place.server.counters().expired, 0);
    let text = TcpRepr {
        payload: b"text",
        ..acknowledgement(5000, expected)
    };
    place.send(&text);
    place.settle();
    let answered = place
        .hear(5000)
        .iter()
        .any(|segment| segment.ack_number == Some(FIRST + 5));
    assert!(answered);
}

#[test]
fn text_that_waits_in_the_device_is_read_before_its_client_is_taken_for_silent() {
    for before in [0, 64] {
        let mut place = Place::new(0);
        let expected = place.connect(5000);
        place.hear(5000);
        // The host sleeps; meanwhile others send something, and then the client.
        place.now += Duration::from_secs(100);
        for _ in 0..before {
            place.send(&acknowledgement(9, expected));
        }
        place.send(&TcpRepr {
            payload: b"text",
            ..acknowledgement(5000, expected)
        });
        place.settle();
        let heard = place.hear(5000);
        let is_reset = heard.iter().any(|s| s.control == TcpControl::Rst);
        assert!(!is_reset, "{before} frames before: {heard:?}");
    }
}

#[test]
fn server_that_closes_during_a_handshake_ends_the_connection() {
    let mut place = Place::new(0);
    place.syn(5000);
    place.settle();
    let expected = place.hear(5000)[0].seq_number + 1;
    place.server.close();
    place.settle();
    place.send(&acknowledgement(5000, expected));
    let started = place.now;
    let mut heard = Vec::new();
    while let Some(due) = place.settle() {
        heard.extend(place.hear(5000));
        if due > started + Duration::from_secs(20) {
            break;
        }
        place.now = due;
    }
    let is_told = heard.iter().any(|segment| {
        matches!(segment.control, TcpControl::Fin | TcpControl::Rst)
            && segment.seq_number == expected
    });
    assert!(is_told, "{heard:?}");
}
