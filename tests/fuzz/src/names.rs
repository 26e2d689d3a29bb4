//! Names that users give, and what name servers answer.
//!
//! The input is the length of the name and the name, then answers: how it is made ([`WHOLE`],
//! [`TIME`]), its length (two bytes, the lower first) and its bytes.

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::Stack;
use uppercase::dns::{ANSWER, Error, Parts, QUERY, QUESTIONS_AT_ONCE, Resolver};
use uppercase::stack::{Config, from_fn};

use crate::common::frames::{read_udp, udp};
use crate::common::network::{CLIENT, Link, SERVER, hardware_address};
use crate::line::End;

/// How long to wait for an answer in all.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Answers that are used of an input.
const MOST: usize = 8;
/// Moments at which something happens until the time is over.
const MOST_EVENTS: usize = 200;

/// The answer begins with the question's own header and question; else with its identification.
pub const WHOLE: u8 = 1 << 7;
/// It says that it is an answer.
pub const ANSWERS: u8 = 1 << 6;
/// It is for the second of two questions.
pub const SECOND: u8 = 1 << 5;
/// The bits that say how long it is on its way, in quarters of a second.
pub const TIME: u8 = 0b111;

const LINK: Link = Link::IP_V4;

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let Some((&length, rest)) = input.split_first() else {
        return;
    };
    let (name, mut rest) = rest.split_at(rest.len().min(length.into()));
    let Ok(name) = str::from_utf8(name) else {
        return;
    };
    let mut host = Host::new();
    if host.start(name).is_ok() {
        for _ in 0..MOST {
            let Some((&[control, low, high], behind)) = rest.split_first_chunk() else {
                break;
            };
            let length = usize::from(u16::from_le_bytes([low, high]));
            let (bytes, behind) = behind.split_at(length.min(behind.len()));
            rest = behind;
            host.answer(control, bytes);
        }
        // It comes to an end after any answers.
        host.pass(TIMEOUT);
        assert!(host.outcome.is_some(), "there is no end");
    }
    host.expect_service();
}

struct Host {
    stack: Stack<'static, End>,
    resolver: Resolver,
    now: Instant,
    due: Option<Instant>,
    outcome: Option<Result<IpAddress, Error>>,
    /// The latest questions, and where they came from.
    questions: Vec<(IpEndpoint, Vec<u8>)>,
    /// Everything that was answered.
    answers: Vec<Vec<u8>>,
}

impl Host {
    fn new() -> Self {
        let config = Config::new(hardware_address(CLIENT).into(), 5)
            .with_addresses(&[IpCidr::new(LINK.address(CLIENT), 24)]);
        let slots = Vec::<SocketStorage<'_>>::new();
        let line = End::new(Medium::Ip, 1500);
        let mut stack = Stack::new(line, config, slots, Instant::ZERO).expect("it is right");
        let queue = |datagram| {
            let packets = vec![PacketMetadata::EMPTY; QUESTIONS_AT_ONCE];
            PacketBuffer::new(packets, vec![0; datagram * QUESTIONS_AT_ONCE])
        };
        let parts = Parts {
            receive: queue(ANSWER),
            transmit: queue(QUERY),
        };
        let servers = [LINK.address(SERVER)];
        let resolver = Resolver::from_parts(stack.sockets(), parts, &servers, TIMEOUT);
        Self {
            stack,
            resolver: resolver.expect("there is room"),
            now: Instant::ZERO,
            due: None,
            outcome: None,
            questions: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn start(&mut self, name: &str) -> Result<(), Error> {
        self.outcome = None;
        self.questions.clear();
        self.answers.clear();
        self.resolver
            .start(&mut self.stack.context(self.now), name)?;
        self.poll();
        Ok(())
    }

    fn poll(&mut self) {
        let mut resolver = from_fn(|context| {
            if self.outcome.is_none() {
                match self.resolver.poll(context) {
                    Ok(Poll::Pending) => {}
                    Ok(Poll::Ready(addresses)) => self.outcome = Some(Ok(addresses[0])),
                    Err(error) => self.outcome = Some(Err(error)),
                }
            }
            self.resolver.deadline()
        });
        self.due = self.stack.poll(self.now, &mut resolver).due(self.now);
        for frame in std::mem::take(&mut self.stack.device_mut().outgoing) {
            if let Some((from, to, question)) = read_udp(LINK, &frame) {
                assert_eq!(to, IpEndpoint::new(LINK.address(SERVER), 53));
                self.questions.push((from, question.to_vec()));
            }
        }
        if let Some(Ok(address)) = self.outcome {
            let bytes = match address {
                IpAddress::Ipv4(address) => address.octets().to_vec(),
                IpAddress::Ipv6(address) => address.octets().to_vec(),
            };
            let said = |answer: &Vec<u8>| answer.windows(bytes.len()).any(|part| part == bytes);
            assert!(self.answers.iter().any(said), "nobody said {address}");
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..MOST_EVENTS {
            match self.due {
                Some(due) if due <= end => self.now = self.now.max(due),
                _ => {
                    self.now = end;
                    return;
                }
            }
            self.poll();
        }
        panic!("there is no rest");
    }

    /// Something comes from the name server.
    fn answer(&mut self, control: u8, bytes: &[u8]) {
        self.pass(Duration::from_millis(u64::from(control & TIME) * 250));
        let mut latest = self.questions.iter().rev();
        let chosen = match control & SECOND {
            0 => latest.next(),
            _ => latest.nth(1),
        };
        let Some((to, question)) = chosen else { return };
        let mut answer = match control & WHOLE {
            0 => question[..2].to_vec(),
            _ => question.clone(),
        };
        answer.extend_from_slice(bytes);
        if let (true, Some(flags)) = (control & ANSWERS != 0, answer.get_mut(2)) {
            *flags |= 0x80;
        }
        if let (WHOLE, Some(count)) = (control & WHOLE, answer.get_mut(7)) {
            // As many records as there may be room for.
            *count = (bytes.len() / 16).min(255) as u8;
        }
        self.deliver(*to, answer);
    }

    fn deliver(&mut self, to: IpEndpoint, answer: Vec<u8>) {
        let from = IpEndpoint::new(LINK.address(SERVER), 53);
        let frame = udp(LINK, from, to, &answer);
        self.answers.push(answer);
        self.stack.device_mut().incoming.push_back(frame);
        self.poll();
    }

    /// After any answers, an honest answer is understood.
    fn expect_service(&mut self) {
        assert_eq!(self.start("uppercase.example"), Ok(()));
        for (to, question) in std::mem::take(&mut self.questions) {
            let mut answer = question;
            (answer[2], answer[7]) = (answer[2] | 0x80, 1);
            // The kind of question is the field before the last.
            let (address, kind): (&[u8], _) = match answer[answer.len() - 3] {
                1 => (&[192, 168, 69, 7], 1),
                _ => (&[0xfd, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], 28),
            };
            answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, address.len() as u8]);
            answer.extend(address);
            self.deliver(to, answer);
        }
        self.poll();
        // There is no way to the better address.
        assert_eq!(self.outcome, Some(Ok(IpAddress::v4(192, 168, 69, 7))));
    }
}
