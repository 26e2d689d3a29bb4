//! A client on a board: the test is its name server and its server, on the other end of the cable.

use std::time::{Duration, Instant as Clock};

use smoltcp::iface::{SocketHandle, SocketStorage};
use smoltcp::socket::udp::Socket;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::stack::{Config, Context, Service};
use uppercase::tcp::{Handler, Progress};
use uppercase::{Stack, tcp, udp};

use crate::cable::Cable;
use crate::emulator::Firmware;
use crate::frames::OUR_CARD;
use crate::peer::now;
use crate::qmp::Qmp;

/// How long anything may take: longer than the client's longest pause and all of its time limits.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name that the firmware asks for, as it is in a message (RFC 1035, 3.1).
const NAME: &[u8] = b"\x09uppercase\x04home\x04arpa\0";

/// Lines in capitals, and all of them in one list.
#[derive(Default)]
struct Recorder {
    line: Vec<u8>,
}

impl Handler for Recorder {
    type Shared = Vec<String>;

    fn exchange(
        &mut self,
        lines: &mut Vec<String>,
        _: Instant,
        input: &[u8],
        output: &mut [u8],
    ) -> Progress {
        let length = input.len().min(output.len());
        for byte in &input[..length] {
            self.line.push(*byte);
            if *byte == b'\n' {
                lines.push(String::from_utf8(self.line.split_off(0)).expect("letters"));
            }
        }
        output[..length].copy_from_slice(&input[..length]);
        output[..length].make_ascii_uppercase();
        Progress {
            consumed: length,
            produced: length,
        }
    }
}

/// The name server, which counts what it is asked.
struct Names {
    handle: SocketHandle,
    server: IpAddress,
    asked: usize,
}

impl Names {
    /// The answer to a query: the address of the server, if it is one of the kind that is asked for.
    fn answer(&self, query: &[u8]) -> Vec<u8> {
        let (header, question) = query.split_at(12);
        assert_eq!(header[4..6], [0, 1], "one question");
        assert!(question.starts_with(NAME), "{question:?}");
        let kind = question[NAME.len() + 1];
        let address = match (self.server, kind) {
            (IpAddress::Ipv4(address), 1) => address.octets().to_vec(),
            (IpAddress::Ipv6(address), 28) => address.octets().to_vec(),
            _ => Vec::new(),
        };
        let count = u8::from(!address.is_empty());
        // RFC 1035, 4.1.1: a response, recursion desired and available.
        let flags = [0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0];
        let mut answer = [&header[..2], &flags, &question[..NAME.len() + 4]].concat();
        if !address.is_empty() {
            // The same name, the kind, the class, a minute, the length (4.1.3).
            answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0]);
            answer.push(address.len() as u8);
            answer.extend(address);
        }
        answer
    }
}

impl<'a> Service<'a> for Names {
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        loop {
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            let Ok((query, client)) = socket.recv() else {
                return None;
            };
            let query = query.to_vec();
            self.asked += 1;
            let answer = self.answer(&query);
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            let sent = socket.send_slice(&answer, client);
            sent.expect("there is room for an answer");
        }
    }
}

/// The host at the other end of the cable.
struct Host {
    stack: Stack<'static, Cable>,
    names: Names,
    server: tcp::Server<'static, Recorder>,
    /// Otherwise its connections are refused, and those that are open are reset.
    has_server: bool,
    start: Clock,
}

impl Host {
    /// A host with the addresses of the name server and of the server, which is reached over IPv4 or
    /// IPv6. What the stack borrows lives as long as the test process.
    fn new(cable: Cable, ipv6: bool) -> Self {
        let addresses = cable.addresses;
        let host = match ipv6 {
            true => addresses.host_v6.into(),
            false => addresses.host.into(),
        };
        let config = Config::new(OUR_CARD.into(), 1).with_addresses(&[
            IpCidr::new(IpAddress::Ipv4(addresses.host), addresses.prefix),
            IpCidr::new(IpAddress::v4(10, 0, 2, 3), addresses.prefix),
            IpCidr::new(IpAddress::Ipv6(addresses.host_v6), 64),
        ]);
        let slots = vec![SocketStorage::EMPTY];
        let mut stack = Stack::new(cable, config, slots, Instant::ZERO).expect("a right one");
        let datagrams = Box::leak(Box::new(udp::Buffers::<4, 512>::new())).split();
        let mut socket = Socket::new(datagrams.receive, datagrams.transmit);
        socket.bind(53).expect("a new socket");
        let names = Names {
            handle: stack.sockets().add(socket).expect("there is room"),
            server: host,
            asked: 0,
        };
        let pool = Box::leak(Box::new(tcp::Pool::<8, 2048, 2048, Recorder>::new()));
        let server = tcp::Server::new(stack.sockets(), pool, tcp::Config::default());
        Self {
            stack,
            names,
            server: server.expect("there is room"),
            has_server: true,
            start: Clock::now(),
        }
    }

    /// Runs until this is so, which is told how long it takes. Fails if that is too long.
    fn run_until(&mut self, what: &str, mut is_so: impl FnMut(&Self, Duration) -> bool) {
        let begin = Clock::now();
        while !is_so(self, begin.elapsed()) {
            assert!(begin.elapsed() < PATIENCE, "it takes too long: {what}");
            let now = now(self.start);
            let next = match self.has_server {
                true => (self.stack).poll(now, &mut (&mut self.names, &mut self.server)),
                false => self.stack.poll(now, &mut self.names),
            };
            let delay = next.delay(now);
            self.stack.device_mut().wait(delay);
        }
    }

    fn lines(&self) -> &[String] {
        self.server.shared()
    }

    /// Fails unless the lines are all that the client has to send, none missing; one may come twice,
    /// if its answer was lost.
    fn check_lines(&self) {
        let mut last = 0;
        for line in self.lines() {
            let number = line.trim_end().strip_prefix("line ");
            let number: usize = number.and_then(|n| n.parse().ok()).expect("a line");
            assert!(number == last + 1 || number == last, "{:?}", self.lines());
            last = number;
        }
    }
}

pub fn resolves_the_name_of_its_server_and_is_answered(firmware: &Firmware) {
    resolves(firmware, false);
}

pub fn resolves_the_name_of_its_server_over_ipv6(firmware: &Firmware) {
    resolves(firmware, true);
}

fn resolves(firmware: &Firmware, ipv6: bool) {
    let (emulator, cable) = firmware.boot_on_cable();
    let mut host = Host::new(cable, ipv6);
    host.run_until("three lines", |host, _| host.lines().len() >= 4);
    host.check_lines();
    let printed = String::from_utf8(emulator.switch_off()).expect("letters");
    assert!(printed.contains("LINE 1\nLINE 2\nLINE 3\n"), "{printed}");
}

/// The link is away for longer than the connection is waited for, and the board comes back by itself.
pub fn comes_back_to_its_server_after_a_lost_link(firmware: &Firmware) {
    let ((mut emulator, cable), mut qmp) = Qmp::attach(|line| firmware.boot_on_cable_with(line));
    let mut host = Host::new(cable, false);
    host.run_until("lines", |host, _| host.lines().len() >= 2);
    let (asked, before) = (host.names.asked, host.lines().len());
    qmp.set_link(false);
    let away = |_: &Host, time| time > Duration::from_secs(7);
    host.run_until("the link is away", away);
    qmp.set_link(true);
    let again = |host: &Host, _| host.names.asked > asked && host.lines().len() >= before + 3;
    host.run_until("lines over another connection", again);
    host.check_lines();
    emulator.check();
}

/// Its server is lost, and connections are refused for a while: they are tried again, and less often.
pub fn comes_back_to_a_lost_server_with_longer_pauses(firmware: &Firmware) {
    let (mut emulator, cable) = firmware.boot_on_cable();
    let mut host = Host::new(cable, false);
    host.run_until("lines", |host, _| host.lines().len() >= 2);
    let (asked, before) = (host.names.asked, host.lines().len());
    host.has_server = false;
    let refused = |host: &Host, _| host.names.asked >= asked + 4;
    host.run_until("four more connections are refused", refused);
    // The next pause is 4 s at least.
    host.run_until("a pause", |_, time| time > Duration::from_secs(2));
    assert_eq!(host.names.asked, asked + 4);
    host.has_server = true;
    host.run_until("lines", |host, _| host.lines().len() >= before + 3);
    host.check_lines();
    emulator.check();
}
