//! Which packets carry messages of ICMP, and which of those are errors.

use smoltcp::wire::{IpAddress, IpProtocol};

use super::Packet;

impl Packet<'_> {
    /// Whether it carries a message of ICMP of its own IP version.
    pub(crate) fn is_icmp(&self) -> bool {
        let own = match self.source {
            IpAddress::Ipv4(_) => IpProtocol::Icmp,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => IpProtocol::Icmpv6,
        };
        self.upper_layer().0 == own
    }

    /// Whether it carries an ICMP error (RFC 1122, 3.2.2; RFC 4443, 2.1).
    pub(crate) fn is_icmp_error(&self) -> bool {
        /// Destination unreachable, source quench, redirect, time exceeded, parameter problem.
        const ERRORS_OF_IPV4: u16 = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 11 | 1 << 12;
        /// The types below it are errors.
        const FIRST_OF_ICMPV6_THAT_INFORMS: u8 = 128;
        if !self.is_icmp() {
            return false;
        }
        let (_, message) = self.upper_layer();
        message.first().is_some_and(|kind| match self.source {
            IpAddress::Ipv4(_) => *kind < 16 && ERRORS_OF_IPV4 >> kind & 1 != 0,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => *kind < FIRST_OF_ICMPV6_THAT_INFORMS,
        })
    }
}
