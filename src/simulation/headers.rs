//! What a frame says of itself: its protocol, and its headers as text.

use core::fmt::{self, Write};

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetFrame, IpProtocol, Ipv4Packet, PrettyPrinter};

use crate::packet::{Content, Frame, Packet};

/// The protocol of a frame, by which a log can be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// ARP (RFC 826).
    Arp,
    /// ICMP (RFC 792) or ICMPv6 (RFC 4443); neighbor discovery (RFC 4861) is part of the latter.
    Icmp,
    /// TCP (RFC 9293), the fragments of its packets included.
    Tcp,
    /// UDP (RFC 768), the fragments of its packets included.
    Udp,
    /// Another one.
    Other,
}

impl Protocol {
    pub(super) fn of(medium: Medium, frame: &[u8]) -> Self {
        match Frame::parse(medium, frame).content {
            Content::Arp(_) => Self::Arp,
            Content::Ip(packet) => match carried(&packet) {
                IpProtocol::Icmp | IpProtocol::Icmpv6 => Self::Icmp,
                IpProtocol::Tcp => Self::Tcp,
                IpProtocol::Udp => Self::Udp,
                _ => Self::Other,
            },
            Content::Other => Self::Other,
        }
    }
}

/// What a packet carries, be it a fragment.
fn carried(packet: &Packet<'_>) -> IpProtocol {
    match (packet.protocol, packet.payload().first()) {
        // A fragment header begins with what follows it (RFC 8200, 4.5).
        (IpProtocol::Ipv6Frag, Some(next)) if packet.is_fragment => IpProtocol::from(*next),
        (protocol, _) => protocol,
    }
}

/// A time in seconds, to the microsecond.
pub(super) struct Seconds(pub(super) Instant);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.total_micros();
        let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        write!(f, "{seconds:4}.{micros:06}")
    }
}

/// The headers of a frame, in one line.
pub(super) struct Headers<'f>(pub(super) Medium, pub(super) &'f [u8]);

impl fmt::Display for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(medium, frame) = self;
        let mut line = OneLine {
            to: f,
            is_blank: false,
        };
        match (medium, frame.first().map(|byte| byte >> 4)) {
            (Medium::Ethernet, _) => {
                let frame = PrettyPrinter::<EthernetFrame<&[u8]>>::new("", frame);
                write!(line, "{frame}")
            }
            #[cfg(feature = "ipv6")]
            (_, Some(6)) => {
                use smoltcp::wire::Ipv6Packet;
                let packet = PrettyPrinter::<Ipv6Packet<&[u8]>>::new("", frame);
                write!(line, "{packet}")
            }
            _ => {
                let packet = PrettyPrinter::<Ipv4Packet<&[u8]>>::new("", frame);
                write!(line, "{packet}")
            }
        }
    }
}

/// Writes lines one behind the other.
struct OneLine<'w, W> {
    to: &'w mut W,
    /// Whether the last thing written was a blank.
    is_blank: bool,
}

impl<W: Write> Write for OneLine<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if character.is_whitespace() {
                if !self.is_blank {
                    self.to.write_char(' ')?;
                }
                self.is_blank = true;
            } else {
                self.to.write_char(character)?;
                self.is_blank = false;
            }
        }
        Ok(())
    }
}
