//! Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861), as far as they say whether a host can
//! be reached.

#[cfg(feature = "ipv6")]
use smoltcp::wire::Ipv6Address;
use smoltcp::wire::{IpProtocol, checksum};

use super::{Packet, Quote};
#[cfg(feature = "ipv6")]
use super::{ip::is_sum_right, ndisc::Discovery};

/// The header of an error, in bytes.
const HEADER: usize = 8;

/// What a message says, of which the checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icmp {
    /// A packet could not be delivered.
    Unreachable(Reason, Quote),
    /// The hardware address of this neighbor is asked for.
    #[cfg(feature = "ipv6")]
    Solicitation(Ipv6Address),
    /// This neighbor gives its hardware address.
    #[cfg(feature = "ipv6")]
    Advertisement(Ipv6Address),
}

/// Why a packet could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The host is there, and takes nothing at the port, or of the protocol.
    Port,
    /// It is longer than the path takes, and must not be fragmented (IPv4).
    Length,
    /// Any other.
    Host,
}

impl Packet<'_> {
    /// The message of ICMP in it, if it is one of these, whole and intact.
    pub(crate) fn icmp(&self) -> Option<Icmp> {
        match self.protocol {
            _ if self.is_fragment => None,
            IpProtocol::Icmp => icmpv4(self.payload()),
            #[cfg(feature = "ipv6")]
            IpProtocol::Icmpv6 => self.icmpv6(),
            _ => None,
        }
    }

    #[cfg(feature = "ipv6")]
    fn icmpv6(&self) -> Option<Icmp> {
        const UNREACHABLE: u8 = 1;
        const PORT: u8 = 4;
        let message = self.payload();
        let found = match *message.first_chunk::<HEADER>()? {
            [UNREACHABLE, code, ..] => {
                let reason = if code == PORT {
                    Reason::Port
                } else {
                    Reason::Host
                };
                Icmp::Unreachable(reason, Quote::parse(&message[HEADER..])?)
            }
            _ => match Discovery::parse(message)? {
                Discovery {
                    target,
                    is_solicitation: true,
                } => Icmp::Solicitation(target),
                Discovery { target, .. } => Icmp::Advertisement(target),
            },
        };
        is_sum_right(&self.source, &self.destination, self.protocol, message).then_some(found)
    }
}

fn icmpv4(message: &[u8]) -> Option<Icmp> {
    const UNREACHABLE: u8 = 3;
    const PROTOCOL: u8 = 2;
    const PORT: u8 = 3;
    const FRAGMENTATION_NEEDED: u8 = 4;
    let [UNREACHABLE, code, ..] = *message.first_chunk::<HEADER>()? else {
        return None;
    };
    let reason = match code {
        PROTOCOL | PORT => Reason::Port,
        FRAGMENTATION_NEEDED => Reason::Length,
        _ => Reason::Host,
    };
    let quote = Quote::parse(&message[HEADER..])?;
    (checksum::data(message) == !0).then_some(Icmp::Unreachable(reason, quote))
}
