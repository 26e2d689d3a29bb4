//! Messages of neighbor discovery (RFC 4861, 4.3 and 4.4).

use smoltcp::wire::IpProtocol;

use super::Packet;

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;

/// Solicitations and advertisements without options, in bytes.
const WITHOUT_OPTIONS: usize = 24;

/// The options that give a hardware address: the source's and the target's (RFC 4861, 4.6.1).
const SOURCE_ADDRESS: u8 = 1;
const TARGET_ADDRESS: u8 = 2;

impl Packet<'_> {
    /// Whether a link-layer address option of neighbor discovery has a group address.
    pub(super) fn gives_group(&self) -> bool {
        let message = self.payload();
        let is_discovery = self.protocol == IpProtocol::Icmpv6
            && matches!(message.first(), Some(&(SOLICITATION | ADVERTISEMENT)));
        let mut options = match message.get(WITHOUT_OPTIONS..) {
            Some(options) if is_discovery => options,
            _ => return false,
        };
        while let [kind, units, address, ..] = *options {
            if matches!(kind, SOURCE_ADDRESS | TARGET_ADDRESS) && address & 1 != 0 {
                return true;
            }
            match options.get(8 * usize::from(units)..) {
                Some(rest) if units > 0 => options = rest,
                _ => break,
            }
        }
        false
    }
}

/// A message about a neighbor.
#[cfg(feature = "client")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Discovery {
    pub(super) is_solicitation: bool,
    pub(super) target: smoltcp::wire::Ipv6Address,
}

#[cfg(feature = "client")]
impl Discovery {
    /// Parses a message of ICMPv6; `None` if it is another, or malformed.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        const TARGET: usize = 8;
        let (header, mut options) = message.split_first_chunk::<WITHOUT_OPTIONS>()?;
        let is_solicitation = match header[0] {
            SOLICITATION => true,
            ADVERTISEMENT => false,
            _ => return None,
        };
        // An option has a length other than 0, and ends within the message (RFC 4861, 4.6).
        while !options.is_empty() {
            let units = options.get(1).filter(|units| **units > 0)?;
            options = options.get(8 * usize::from(*units)..)?;
        }
        let target = header[TARGET..].first_chunk::<16>()?;
        Some(Self {
            is_solicitation,
            target: (*target).into(),
        })
    }
}
