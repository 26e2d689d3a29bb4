//! Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443), as far as they say that a packet could not be
//! delivered.

use smoltcp::wire::{IpProtocol, checksum};

#[cfg(feature = "ipv6")]
use super::ip::is_sum_right;
use super::{Packet, Quote, half};

/// The header of an error, in bytes.
const HEADER: usize = 8;

/// A packet could not be delivered: the message, of which the checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable {
    pub(crate) reason: Reason,
    /// The packet.
    pub(crate) quote: Quote,
}

/// Why a packet could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The host is there, and takes nothing at the port, or of the protocol.
    Port,
    /// It is longer than a link of the path takes, and must not be fragmented (IPv4). This is the
    /// length in bytes that the link takes (RFC 1191, 4). Old routers say 0.
    Length(u16),
    /// Any other.
    Host,
}

impl Packet<'_> {
    /// The message of ICMP in it, if it is such a one, whole and intact.
    pub(crate) fn unreachable(&self) -> Option<Unreachable> {
        match self.protocol {
            _ if self.is_fragment => None,
            IpProtocol::Icmp => icmpv4(self.payload()),
            #[cfg(feature = "ipv6")]
            IpProtocol::Icmpv6 => self.icmpv6(),
            _ => None,
        }
    }

    #[cfg(feature = "ipv6")]
    fn icmpv6(&self) -> Option<Unreachable> {
        const UNREACHABLE: u8 = 1;
        const PORT: u8 = 4;
        let message = self.payload();
        let [UNREACHABLE, code, ..] = *message.first_chunk::<HEADER>()? else {
            return None;
        };
        let reason = if code == PORT {
            Reason::Port
        } else {
            Reason::Host
        };
        let quote = Quote::parse(&message[HEADER..])?;
        is_sum_right(&self.source, &self.destination, self.protocol, message)
            .then_some(Unreachable { reason, quote })
    }
}

fn icmpv4(message: &[u8]) -> Option<Unreachable> {
    const UNREACHABLE: u8 = 3;
    const PROTOCOL: u8 = 2;
    const PORT: u8 = 3;
    const FRAGMENTATION_NEEDED: u8 = 4;
    const NEXT_HOP_MTU: usize = 6;
    let header = message.first_chunk::<HEADER>()?;
    let [UNREACHABLE, code, ..] = *header else {
        return None;
    };
    let reason = match code {
        PROTOCOL | PORT => Reason::Port,
        FRAGMENTATION_NEEDED => Reason::Length(half(header, NEXT_HOP_MTU)),
        _ => Reason::Host,
    };
    let quote = Quote::parse(&message[HEADER..])?;
    (checksum::data(message) == !0).then_some(Unreachable { reason, quote })
}
