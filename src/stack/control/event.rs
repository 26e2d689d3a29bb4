use core::fmt;

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The peer sent the first FIN.
    ClosedByPeer,
    /// This host sent the first FIN.
    ClosedByUs,
    /// The peer sent a reset.
    ResetByPeer,
    /// This host sent a reset.
    ResetByUs,
    /// The address of this host that it used is gone.
    AddressGone,
}

/// What has happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// Both sides have synchronized their sequence numbers.
    Opened,
    /// A segment was sent again (RFC 6298).
    Retransmitted,
    /// The receive buffer is full, and the peer was told so (RFC 9293, 3.8.6).
    WindowShut,
    /// The connection has come to its end, or one side has begun to end it.
    Ended(End),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosedByPeer => "closed by the peer",
            Self::ClosedByUs => "closed by this host",
            Self::ResetByPeer => "reset by the peer",
            Self::ResetByUs => "reset by this host",
            Self::AddressGone => "ended, as this host's address is gone",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::Retransmitted => f.write_str("a segment is sent again"),
            Self::WindowShut => f.write_str("the window is shut"),
            Self::Ended(end) => end.fmt(f),
        }
    }
}
