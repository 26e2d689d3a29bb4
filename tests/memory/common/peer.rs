//! A TCP client made of raw segments: it does what RFC 9293 asks for, and reads when it likes.
//!
//! Unlike smoltcp it never takes back what it has sent: its acknowledgements carry the number of
//! the next new byte, also where the server has shrunk its window behind that.

use std::collections::VecDeque;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::simulation::Lane;

use super::chance::Chance;
use super::frames::{read_tcp, segment, tcp};
use super::network::{CLIENT, Link};

const FIRST: TcpSeqNumber = TcpSeqNumber(1_000_000);

/// What it sends to a closed window from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// An old sequence number and no text, as Linux does.
    Old,
    /// One byte of new text (RFC 9293, 3.8.6.1), which then counts as sent, as with lwIP.
    Byte,
}

/// Frames, each with the time at which it arrives.
type Way = VecDeque<(Instant, Vec<u8>)>;

fn pop_due(way: &mut Way, now: Instant) -> Option<Vec<u8>> {
    let due = way.front().is_some_and(|(due, _)| *due <= now);
    due.then(|| way.pop_front())
        .flatten()
        .map(|(_, frame)| frame)
}

pub struct Peer {
    link: Link,
    from: IpEndpoint,
    mss: usize,
    chance: Chance,
    probe: Probe,
    text: Vec<u8>,
    pub answer: Vec<u8>,
    /// How much of the answer the program behind it has taken.
    taken: usize,
    room: usize,
    /// Positions in the text: acknowledged, next to be sent for the first time.
    confirmed: usize,
    sent: usize,
    /// Up to where the server lets it send.
    edge: usize,
    server_scale: u8,
    /// The number of the server's first byte.
    server_first: Option<TcpSeqNumber>,
    pub closed: bool,
    pub reset: bool,
    /// How often it had to send text again.
    pub repeated: usize,
    acknowledge: bool,
    timer: Instant,
    wait: Duration,
    /// Frames on their way.
    arriving: Way,
    leaving: Way,
    latency: Duration,
    /// It reads only after it has been unable to send for a while.
    stuck: usize,
}

impl Peer {
    /// Of peers with different seeds several can be clients of one server. `room` is its window,
    /// 65535 bytes at most.
    pub fn new(link: Link, seed: u64, room: usize, probe: Probe, text: &[u8]) -> Self {
        Self {
            link,
            from: IpEndpoint::new(link.address(CLIENT), 50_000 + (seed % 10_000) as u16),
            mss: if link.ipv6 { 1440 } else { 1460 },
            chance: Chance::new(seed),
            probe,
            text: text.to_vec(),
            answer: Vec::new(),
            taken: 0,
            room,
            confirmed: 0,
            sent: 0,
            edge: 0,
            server_scale: 0,
            server_first: None,
            closed: false,
            reset: false,
            repeated: 0,
            acknowledge: false,
            timer: Instant::ZERO,
            wait: Duration::from_secs(1),
            arriving: VecDeque::new(),
            leaving: VecDeque::new(),
            latency: Duration::from_millis(3),
            stuck: 0,
        }
    }

    /// A frame of the server's host leaves for it.
    pub fn hear(&mut self, now: Instant, frame: &[u8]) {
        self.arriving
            .push_back((now + self.latency, frame.to_vec()));
    }

    /// A millisecond of its life.
    pub fn tick(&mut self, now: Instant, to_server: &Lane) {
        while let Some(frame) = pop_due(&mut self.arriving, now) {
            self.arrived(now, &frame);
        }
        self.read();
        self.send(now);
        while let Some(frame) = pop_due(&mut self.leaving, now) {
            to_server.inject(&frame);
        }
    }

    fn arrived(&mut self, now: Instant, frame: &[u8]) {
        let Some((_, to, segment)) = read_tcp(self.link, frame) else {
            return;
        };
        if to != self.from {
            return;
        }
        self.reset |= segment.control == TcpControl::Rst;
        if segment.control == TcpControl::Syn {
            self.server_scale = segment.window_scale.unwrap_or(0);
            self.server_first = Some(segment.seq_number + 1);
            self.edge = segment.window_len.into();
            self.acknowledge = true;
            return;
        }
        let (Some(first), Some(number)) = (self.server_first, segment.ack_number) else {
            return;
        };
        let confirmed = (number - (FIRST + 1)).min(self.text.len());
        if confirmed >= self.confirmed {
            if confirmed > self.confirmed {
                self.wait = Duration::from_secs(1);
                self.timer = now + self.wait;
            }
            self.confirmed = confirmed;
            self.sent = self.sent.max(confirmed);
            self.edge = confirmed + (usize::from(segment.window_len) << self.server_scale);
        }
        let expected = first + self.answer.len();
        let length = segment.segment_len();
        if length == 0 {
            // A keep-alive is answered, an acknowledgement is not.
            self.acknowledge |= segment.seq_number < expected;
            return;
        }
        self.acknowledge = true;
        if segment.seq_number > expected || segment.seq_number + length <= expected {
            return;
        }
        let fresh = &segment.payload[(expected - segment.seq_number).min(segment.payload.len())..];
        let fits = fresh.len().min(self.window());
        self.answer.extend_from_slice(&fresh[..fits]);
        self.closed |= segment.control == TcpControl::Fin && fits == fresh.len();
    }

    fn window(&self) -> usize {
        self.room - (self.answer.len() - self.taken)
    }

    /// The program behind it sleeps until nothing moves, then takes pieces of any size.
    fn read(&mut self) {
        let waiting = self.answer.len() - self.taken;
        if waiting > 0 && (self.stuck > 50 || self.sent == self.text.len()) {
            let before = self.window();
            let most = waiting.min(1 << self.chance.below(18));
            self.taken += 1 + self.chance.below(most);
            // Worth a message: RFC 9293, 3.8.6.2.2.
            self.acknowledge |= self.window() >= before + self.mss.min(self.room / 2);
            if self.chance.once_in(30) {
                self.stuck = 0;
            }
        }
    }

    fn send(&mut self, now: Instant) {
        let Some(_) = self.server_first else {
            if now >= self.timer {
                self.timer = now + self.wait;
                let syn = TcpRepr {
                    control: TcpControl::Syn,
                    seq_number: FIRST,
                    // It does not need it, but lets the server scale.
                    window_scale: Some(0),
                    max_seg_size: Some(self.mss as u16),
                    window_len: self.window() as u16,
                    ..segment(self.from, self.link.server())
                };
                self.emit(now, &syn);
            }
            return;
        };
        let mut idle = true;
        for _ in 0..self.chance.below(4) {
            let end = self.edge.min(self.text.len());
            if self.sent >= end {
                break;
            }
            let most = (end - self.sent).min(self.mss);
            let length = if self.chance.once_in(2) {
                most
            } else {
                1 + self.chance.below(most)
            };
            if self.confirmed == self.sent {
                self.timer = now + self.wait;
            }
            self.text_at(now, self.sent, length);
            self.sent += length;
            idle = false;
        }
        self.stuck = if idle { self.stuck + 1 } else { 0 };
        if now >= self.timer && self.confirmed < self.text.len() {
            self.wait = (self.wait * 2).min(Duration::from_secs(60));
            self.timer = now + self.wait;
            if self.confirmed < self.sent {
                let length = (self.sent - self.confirmed).min(self.mss);
                self.text_at(now, self.confirmed, length);
                self.repeated += 1;
            } else if self.edge == self.confirmed {
                match self.probe {
                    Probe::Old => self.acknowledgement(now, FIRST + self.sent),
                    Probe::Byte => {
                        self.text_at(now, self.sent, 1);
                        self.sent += 1;
                    }
                }
            }
        }
        if self.acknowledge {
            self.acknowledgement(now, FIRST + 1 + self.sent);
        }
    }

    fn text_at(&mut self, now: Instant, at: usize, length: usize) {
        let text = self.text[at..at + length].to_vec();
        let repr = TcpRepr {
            seq_number: FIRST + 1 + at,
            payload: &text,
            ..self.template()
        };
        self.emit(now, &repr);
    }

    fn acknowledgement(&mut self, now: Instant, seq_number: TcpSeqNumber) {
        let repr = TcpRepr {
            seq_number,
            ..self.template()
        };
        self.emit(now, &repr);
    }

    fn template(&mut self) -> TcpRepr<'static> {
        self.acknowledge = false;
        let first = self.server_first.expect("it is connected");
        TcpRepr {
            ack_number: Some(first + self.answer.len() + usize::from(self.closed)),
            window_len: self.window() as u16,
            ..segment(self.from, self.link.server())
        }
    }

    fn emit(&mut self, now: Instant, segment: &TcpRepr<'_>) {
        let to = self.link.server().addr;
        let frame = tcp(self.link, self.from.addr, to, segment);
        self.leaving.push_back((now + self.latency, frame));
    }
}
