//! What is behind the extension headers of IPv6 (RFC 8200, 4).

use smoltcp::wire::{IpAddress, IpProtocol};

use super::Packet;
#[cfg(feature = "ipv6")]
use super::fragment::Fragment;

/// What a packet carries behind its extension headers, as far as TCP and UDP are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried<'f> {
    /// A TCP segment or a UDP datagram that is not in fragments, up to the end of the packet.
    Whole(IpProtocol, &'f [u8]),
    /// A fragment of what may be a TCP segment.
    Fragment,
}

impl<'f> Packet<'f> {
    /// Looks behind all extension headers; `None` if there is another protocol, or an extension
    /// header that is not complete.
    #[inline]
    pub(crate) fn carried(&self) -> Option<Carried<'f>> {
        match (self.source, self.protocol) {
            (IpAddress::Ipv4(_), IpProtocol::Tcp) if self.is_fragment => Some(Carried::Fragment),
            (IpAddress::Ipv4(_), protocol @ (IpProtocol::Tcp | IpProtocol::Udp)) => {
                (!self.is_fragment).then(|| Carried::Whole(protocol, self.payload()))
            }
            (IpAddress::Ipv4(_), _) => None,
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(_), protocol) => behind_extensions(protocol, self.payload()),
            #[cfg(not(feature = "ipv6"))]
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => None,
        }
    }
}

#[cfg(feature = "ipv6")]
fn behind_extensions(mut protocol: IpProtocol, mut rest: &[u8]) -> Option<Carried<'_>> {
    // Each header takes eight bytes at least, so this comes to an end.
    loop {
        match protocol {
            IpProtocol::Tcp | IpProtocol::Udp => return Some(Carried::Whole(protocol, rest)),
            IpProtocol::HopByHop | IpProtocol::Ipv6Route | IpProtocol::Ipv6Opts => {
                let [next, units, ..] = *rest else {
                    return None;
                };
                // In units of 8 bytes, without the first.
                rest = rest.get(8 * (1 + usize::from(units))..)?;
                protocol = next.into();
            }
            IpProtocol::Ipv6Frag => {
                let fragment = Fragment::parse_ipv6(rest)?;
                if !fragment.is_whole() {
                    return may_be_segment(fragment.protocol).then_some(Carried::Fragment);
                }
                (protocol, rest) = (fragment.protocol, fragment.data);
            }
            _ => return None,
        }
    }
}

/// Whether a TCP segment may come last, behind this header and more.
#[cfg(feature = "ipv6")]
fn may_be_segment(protocol: IpProtocol) -> bool {
    matches!(
        protocol,
        IpProtocol::Tcp
            | IpProtocol::HopByHop
            | IpProtocol::Ipv6Route
            | IpProtocol::Ipv6Opts
            | IpProtocol::Ipv6Frag
    )
}
