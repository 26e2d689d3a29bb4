//! Connections at the moment when one phase ends and the next begins.

use super::common;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpCidr, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::stack::{Config, Control, Next, PendingSyn, Stack};
use uppercase::tcp::{self, Handler, Pool, Progress, Server};

use common::cable::Cable;
use common::frames::{read_tcp, segment, tcp as frame};
use common::network::Link;

const LINK: Link = Link::IP_V4;
const FIRST: TcpSeqNumber = TcpSeqNumber(1_000_000);

/// Counts the clients that came, and those that went.
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

struct Host {
    stack: Stack<'static, Cable>,
    server: Server<'static, Guest>,
    now: Instant,
}

impl Host {
    fn new(backlog: usize) -> Self {
        let config = Config::new(uppercase::link::EthernetAddress([2, 0, 0, 0, 0, 1]), 7)
            .with_addresses(&[IpCidr::new(LINK.server().addr, 24)]);
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
    let mut host = Host::new(0);
    host.connect(5000);
    assert_eq!(
        host.server.shared(),
        &Guests {
            opened: 1,
            closed: 0
        }
    );
    // It sends nothing more. Nothing is late: each poll comes when it is due.
    let started = host.now;
    loop {
        let next = host.poll();
        if host.hear(5000).iter().any(|s| s.control == TcpControl::Rst) {
            break;
        }
        if let Next::Frame(due) = next {
            host.now = due.expect("the silence has an end").max(host.now);
        }
        assert!(host.now < started + Duration::from_secs(110));
    }
    // The next client comes before the stack is polled again.
    host.syn(5001);
    host.settle();
    assert_eq!(
        host.server.shared(),
        &Guests {
            opened: 1,
            closed: 1
        }
    );
}

#[test]
fn what_connections_have_in_common_may_be_changed_between_them() {
    let mut host = Host::new(0);
    host.server.shared_mut().opened = 41;
    host.connect(5000);
    assert_eq!(host.server.shared().opened, 42);
}

#[test]
fn syn_that_waits_is_admitted_when_a_silent_client_is_given_up() {
    let mut host = Host::new(1);
    host.connect(5000);
    // It sends nothing more, and is given up after 100 seconds.
    let started = host.now;
    for (seconds, is_waiting) in [(90, false), (99, true)] {
        let until = started + Duration::from_secs(seconds);
        while let Some(due) = host.settle()
            && due < until
        {
            host.now = due.max(host.now);
        }
        host.now = until;
        if !is_waiting {
            host.syn(5001);
        }
        host.settle();
        assert!(host.hear(5001).is_empty());
    }
    while host.now < started + Duration::from_secs(110) {
        let due = host.settle();
        if !host.hear(5001).is_empty() {
            return;
        }
        host.now = due.expect("the server is free, a SYN waits, and nothing is due");
    }
    panic!("not admitted");
}

/// It need not wait for a second until it is retransmitted.
#[cfg(feature = "syn-cookies")]
#[test]
fn syn_that_waits_is_given_a_cookie_as_soon_as_others_are() {
    let mut host = Host::new(1);
    host.connect(5000);
    host.syn(5001); // It waits.
    host.settle();
    assert!(host.hear(5001).is_empty());
    host.syn(5002); // It finds no room, and is given a cookie.
    host.settle();
    assert_eq!(host.hear(5001).len(), 1);
    assert_eq!(host.stack.counters().cookies, 2);
}

#[cfg(feature = "syn-cookies")]
#[test]
fn connection_that_has_just_been_opened_is_not_given_up_as_half_open() {
    let mut host = Host::new(0);
    host.syn(5000);
    host.settle();
    let expected = host.hear(5000)[0].seq_number + 1;
    host.now += Duration::from_millis(2500);
    host.settle();
    host.hear(5000);
    host.syn(5001);
    host.settle();
    let cookie = host.hear(5001)[0].seq_number + 1;
    // Both acknowledgements arrive between two polls.
    host.send(&acknowledgement(5000, expected));
    host.send(&acknowledgement(5001, cookie));
    host.settle();
    assert_eq!(host.server.counters().expired, 0);
    let text = TcpRepr {
        payload: b"text",
        ..acknowledgement(5000, expected)
    };
    host.send(&text);
    host.settle();
    let answered = host
        .hear(5000)
        .iter()
        .any(|segment| segment.ack_number == Some(FIRST + 5));
    assert!(answered);
}

#[test]
fn server_that_closes_during_a_handshake_ends_the_connection() {
    let mut host = Host::new(0);
    host.syn(5000);
    host.settle();
    let expected = host.hear(5000)[0].seq_number + 1;
    host.server.close();
    host.settle();
    host.send(&acknowledgement(5000, expected));
    let started = host.now;
    let mut heard = Vec::new();
    while let Some(due) = host.settle() {
        heard.extend(host.hear(5000));
        if due > started + Duration::from_secs(20) {
            break;
        }
        host.now = due;
    }
    heard.extend(host.hear(5000));
    let is_told = heard.iter().any(|segment| {
        matches!(segment.control, TcpControl::Fin | TcpControl::Rst)
            && segment.seq_number == expected
    });
    assert!(is_told, "{heard:?}");
}

#[test]
fn port_of_a_client_is_none_of_a_server() {
    let host = &mut Host::new(0);
    let pool = Pool::<1, 512, 512>::new();
    let config = tcp::Config::default().with_port(50_000);
    let _server: Server<'_> =
        Server::new(host.stack.sockets(), Box::leak(Box::new(pool)), config).expect("a free port");
    let mut draw = uppercase::stack::from_fn(|context| {
        for _ in 0..20_000 {
            assert_ne!(context.ephemeral_port(), 50_000);
        }
        None
    });
    let _ = host.stack.poll(host.now, &mut draw);
}
