//! Sees every frame that goes to the host and every one that it sends, and knows what may not be.

use smoltcp::wire::{IpAddress, IpEndpoint, Ipv4Packet, TcpControl, TcpSeqNumber};
use uppercase::PORT;

use crate::common::frames::{packet, read_tcp, read_udp};
use crate::common::network::{CLIENT, Link};
use crate::common::text::upper;

/// Where a connection of the host is, as far as can be heard.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub local: IpEndpoint,
    pub remote: IpEndpoint,
    /// What it sends next, and what it expects.
    pub next: TcpSeqNumber,
    pub expected: TcpSeqNumber,
}

/// An answer over UDP.
struct Due {
    to: IpEndpoint,
    text: Vec<u8>,
    /// How often it may be given.
    times: usize,
}

pub struct Judge {
    link: Link,
    /// The answers that the host may give over UDP.
    due: Vec<Due>,
    /// The senders of the datagrams that arrived in fragments, and the numbers of these.
    numbers: Vec<(IpAddress, u8)>,
    /// Whether fragments arrived of which only the host knows what they make together.
    pub is_garbled: bool,
    /// Whether forged fragments come as raw frames, so that their datagrams are not known here.
    pub is_raw: bool,
    /// Whether frames were forged that may be taken for the honest host's.
    pub is_impersonated: bool,
    pub heard: Vec<Heard>,
}

impl Judge {
    pub fn new(link: Link) -> Self {
        Self {
            link,
            due: Vec::new(),
            numbers: Vec::new(),
            is_garbled: false,
            is_raw: false,
            is_impersonated: false,
            heard: Vec::new(),
        }
    }

    /// A forged frame is put on the wire.
    pub fn forged(&mut self, frame: &[u8]) {
        let names = |address: &[u8]| frame.windows(address.len()).any(|bytes| bytes == address);
        self.is_garbled |= self.is_raw && is_fragment(self.link, frame);
        self.is_impersonated |= match self.link.address(CLIENT) {
            IpAddress::Ipv4(address) => names(&address.octets()),
            IpAddress::Ipv6(address) => names(&address.octets()),
        };
    }

    /// Fragments for the host arrive, of which one is `moved`. The checksum of UDP is a sum, which is
    /// the same in any order of the pieces, and no receiver can tell those of one datagram
    /// from those of another with the same number (RFC 4963).
    pub fn arrives_in_pieces(&mut self, from: IpAddress, number: u8, moved: bool) {
        self.is_garbled |= moved || self.numbers.contains(&(from, number));
        self.numbers.push((from, number));
    }

    /// A datagram for the host arrives in fragments.
    pub fn arrives_whole(&mut self, from: IpEndpoint, text: &[u8]) {
        self.asked(from, text, 1);
    }

    /// The host receives this, as many times.
    pub fn arrives(&mut self, frame: &[u8], times: usize) {
        if let Some((from, to, text)) = read_udp(self.link, frame)
            && to.port == PORT
        {
            self.asked(from, text, times);
        }
    }

    fn asked(&mut self, from: IpEndpoint, text: &[u8], times: usize) {
        let text = upper(text);
        self.due.push(Due {
            to: from,
            text,
            times,
        });
    }

    /// The host has sent this.
    pub fn leaves(&mut self, frame: &[u8]) {
        if is_fragment(self.link, frame) {
            return;
        }
        if let Some((from, to, text)) = read_udp(self.link, frame)
            && from.port == PORT
        {
            self.answered(to, text);
        }
        if let Some((local, remote, segment)) = read_tcp(self.link, frame) {
            let Some(expected) = segment.ack_number else {
                return;
            };
            if segment.control == TcpControl::Rst {
                return;
            }
            self.heard
                .retain(|heard| (heard.local, heard.remote) != (local, remote));
            self.heard.push(Heard {
                local,
                remote,
                next: segment.seq_number + segment.segment_len(),
                expected,
            });
        }
    }

    /// Each request is answered once at most, by its upper case, to where it came from.
    fn answered(&mut self, to: IpEndpoint, text: &[u8]) {
        assert_ne!(to.port, PORT, "it might be a server like this one");
        let mut due = self.due.iter();
        if let Some(index) = due.position(|due| due.to == to && due.text == text) {
            self.due[index].times -= 1;
            if self.due[index].times == 0 {
                self.due.swap_remove(index);
            }
        } else {
            assert!(
                self.is_garbled,
                "nobody asked for the answer {text:x?} to {to}"
            );
            assert_eq!(text, upper(text), "this is no answer");
        }
    }
}

fn is_fragment(link: Link, frame: &[u8]) -> bool {
    let Some(packet) = packet(link, frame) else {
        return false;
    };
    if link.ipv6 {
        // Behind other extension headers there may be one as well.
        return packet.len() > 40 && packet[6] != 17 && packet[6] != 6 && packet[6] != 58;
    }
    let packet = Ipv4Packet::new_checked(packet);
    packet.is_ok_and(|packet| packet.more_frags() || packet.frag_offset() > 0)
}
