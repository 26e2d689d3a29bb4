use crate::packet::Quote;

/// Why a router or the host itself sent an error back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nothing listens on the port.
    Port,
    /// The host cannot be reached.
    Host,
}

/// A segment of this host was too long for a link, which takes packets of `mtu` bytes.
#[cfg_attr(not(feature = "paths"), allow(dead_code))]
#[derive(Clone, Copy, Debug)]
pub(super) struct TooLong {
    pub(super) quote: Quote,
    pub(super) mtu: u16,
}
