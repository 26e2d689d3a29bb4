//! The other end of the board's cable, for scenes about its driver: what they send, and what comes back.

use std::time::{Duration, Instant};

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    EthernetAddress, EthernetFrame, EthernetProtocol, Icmpv4Packet, Icmpv4Repr, IpProtocol,
    Ipv4Packet, Ipv4Repr,
};

use super::finding::{Cause, Finding};
use crate::cable::Cable;
use crate::frames::{OUR_CARD, arp_reply, arp_request, ethernet};

/// Behind an Ethernet header and one of IPv4 and ICMP each, the data of a ping.
pub const PING_HEADERS: usize = 14 + 20 + 8;
/// As many frames at once as every controller keeps, if they are short.
const FEW: usize = 4;

/// A board that answers, and its cable.
pub struct Bench {
    pub cable: Cable,
    /// The board's card.
    pub card: EthernetAddress,
    /// What the board is known to do differently, and how long it may take.
    pub traits: Traits,
    /// Pulls the plug, or puts it in again.
    pub set_link: Option<Box<dyn FnMut(bool)>>,
    sequence: u16,
}

/// What has to be known of a board beside its addresses.
#[derive(Clone, Copy)]
pub struct Traits {
    /// The longest frame.
    pub mtu: usize,
    /// Short frames are filled up before they can be seen here. The emulator of a controller that does
    /// so may not.
    pub pads: bool,
    /// How long an answer may take.
    pub patience: Duration,
    /// How long it may take to start.
    pub start: Duration,
}

/// An answer to a ping.
pub struct Answer {
    pub sequence: u16,
    pub data: Vec<u8>,
    /// The frame that it came in.
    pub frame: Vec<u8>,
}

impl Bench {
    /// Waits for the board to answer.
    pub fn new(cable: Cable, traits: Traits) -> Result<Self, Finding> {
        let mut bench = Self {
            cable,
            card: EthernetAddress([0; 6]),
            traits,
            set_link: None,
            sequence: 0,
        };
        if let Some(card) = bench.find(1) {
            bench.card = card;
            return Ok(bench);
        }
        let (saw, cause) = match bench.find(FEW) {
            Some(_) => (
                "single ARP requests are not answered, only some of several at once",
                Cause::TokenTakesFrame,
            ),
            None => ("no ARP request is answered", Cause::Silent),
        };
        let saw = saw.into();
        Err(Finding { saw, cause })
    }

    /// The card that answers to ARP requests, of which so many are sent at once.
    fn find(&self, at_once: usize) -> Option<EthernetAddress> {
        let request = arp_request(&self.cable);
        let start = Instant::now();
        while start.elapsed() < self.traits.start {
            (0..at_once).for_each(|_| self.cable.send(&request));
            while let Some(frame) = self.cable.receive() {
                if let Some(card) = arp_reply(&self.cable, &frame) {
                    return Some(card);
                }
            }
        }
        None
    }

    /// Whether the board answers to an ARP request.
    pub fn answers_arp(&self) -> bool {
        self.cable.send(&arp_request(&self.cable));
        self.receive(|frame| arp_reply(&self.cable, frame))
            .is_some()
    }

    /// Sends a ping, and returns its number.
    pub fn send_ping(&mut self, data: &[u8]) -> u16 {
        self.sequence += 1;
        self.cable.send(&self.ping(self.card, self.sequence, data));
        self.sequence
    }

    /// The number of the last ping.
    pub fn last(&self) -> u16 {
        self.sequence
    }

    /// A ping to a card.
    pub fn ping(&self, card: EthernetAddress, sequence: u16, data: &[u8]) -> Vec<u8> {
        let request = Icmpv4Repr::EchoRequest {
            ident: 0x6b74,
            seq_no: sequence,
            data,
        };
        let header = Ipv4Repr {
            src_addr: self.cable.addresses.host,
            dst_addr: self.cable.addresses.board,
            next_header: IpProtocol::Icmp,
            payload_len: request.buffer_len(),
            hop_limit: 64,
        };
        let length = header.buffer_len() + request.buffer_len();
        let protocol = EthernetProtocol::Ipv4;
        let mut frame = ethernet(OUR_CARD, card, protocol, length, |bytes| {
            let checksums = ChecksumCapabilities::default();
            let mut packet = Ipv4Packet::new_unchecked(bytes);
            header.emit(&mut packet, &checksums);
            let mut message = Icmpv4Packet::new_unchecked(packet.payload_mut());
            request.emit(&mut message, &checksums);
        });
        pad(&mut frame);
        frame
    }

    /// The next answer to any ping.
    pub fn answer(&self) -> Option<Answer> {
        self.receive(answer)
    }

    /// The answer to a ping with this data; others are passed over.
    pub fn ask(&mut self, data: &[u8]) -> Option<Answer> {
        let sequence = self.send_ping(data);
        self.receive(|frame| answer(frame).filter(|answer| answer.sequence == sequence))
    }

    /// Pings until there is an answer, as there may be no room for each; returns the answers until
    /// then.
    pub fn settle(&mut self) -> Option<Vec<Answer>> {
        let mut answers = Vec::new();
        let start = Instant::now();
        while start.elapsed() < self.traits.patience {
            let sequence = self.send_ping(b"is it over?");
            while let Some(frame) = self.cable.receive() {
                match answer(&frame) {
                    Some(answer) if answer.sequence == sequence => return Some(answers),
                    Some(answer) if answer.data != b"is it over?" => answers.push(answer),
                    _ => {}
                }
            }
        }
        None
    }

    /// Waits for a frame that is accepted.
    pub fn receive<T>(&self, accept: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
        let start = Instant::now();
        while start.elapsed() < self.traits.patience {
            if let Some(accepted) = self.cable.receive().and_then(|frame| accept(&frame)) {
                return Some(accepted);
            }
        }
        None
    }
}

/// On a wire, no frame is shorter.
pub fn pad(frame: &mut Vec<u8>) {
    frame.resize(frame.len().max(60), 0);
}

/// Bytes that differ from those of other numbers.
pub fn data(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|i| (i + 7 * number) as u8).collect()
}

/// The answer to a ping, if the frame is one. Its checksums may be wrong.
fn answer(frame: &[u8]) -> Option<Answer> {
    let ethernet = EthernetFrame::new_checked(frame).ok()?;
    if ethernet.ethertype() != EthernetProtocol::Ipv4 {
        return None;
    }
    let packet = Ipv4Packet::new_checked(ethernet.payload()).ok()?;
    let message = Icmpv4Packet::new_checked(packet.payload()).ok()?;
    let checksums = ChecksumCapabilities::ignored();
    match Icmpv4Repr::parse(&message, &checksums) {
        Ok(Icmpv4Repr::EchoReply {
            ident: 0x6b74,
            seq_no: sequence,
            data,
        }) => Some(Answer {
            sequence,
            data: data.to_vec(),
            frame: frame.to_vec(),
        }),
        _ => None,
    }
}
