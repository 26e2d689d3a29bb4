//! How a connection fails.

use core::fmt;

/// Why a connection cannot be opened or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// There is no connection: none was begun, or it was aborted by this side.
    NotConnected,
    /// The address or the port cannot be a server's.
    Unaddressable,
    /// The address is on none of our networks, and there is no gateway.
    NoRoute,
    /// No host on the link answers for the server's or the gateway's address (ARP, RFC 826;
    /// neighbor discovery, RFC 4861).
    NoNeighbor,
    /// A router or the host says that the server cannot be reached (ICMP), and the server has not
    /// answered in time.
    Unreachable,
    /// The host is there, but nothing listens on the port, or the server has no free slot.
    Refused,
    /// The server aborted the connection.
    Reset,
    /// The address of this host that the connection used is gone.
    AddressGone,
    /// The server does not answer any more, or never did.
    TimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "there is no connection",
            Self::Unaddressable => "this cannot be the address and port of a server",
            Self::NoRoute => {
                "there is no route to it: it is on none of our networks, and there is no gateway"
            }
            Self::NoNeighbor => "no host on the link answers for its address",
            Self::Unreachable => "the network reports that it cannot be reached",
            Self::Refused => {
                "connection refused: nothing listens on that port, or the server has no free slot"
            }
            Self::Reset => "the server reset the connection",
            Self::AddressGone => {
                "the address that this connection came from is gone; connect again"
            }
            Self::TimedOut => "timed out: the server does not answer",
        })
    }
}

impl core::error::Error for Error {}
