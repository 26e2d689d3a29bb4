//! How a look-up fails, and why a name server cannot be used.

use core::fmt;

/// Why the addresses of a name are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// No name server was given.
    NoServer,
    /// This cannot be a name: it is empty or too long, or one of its labels is.
    BadName,
    /// A name server says that the name does not exist, or that it has no address.
    NotFound,
    /// No name server can say whether there is an address:
    /// [`Resolver::failures`](super::Resolver::failures) says why, for each of them.
    NoAnswer,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoServer => "there is no name server to ask",
            Self::BadName => "this is neither an address nor a valid name",
            Self::NotFound => "the name server knows no address for this name",
            Self::NoAnswer => "no name server could be used",
        })
    }
}

impl core::error::Error for Error {}

/// Why a name server cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// Its address is not that of one host.
    Unaddressable,
    /// Its address is on none of our networks, and there is no gateway.
    NoRoute,
    /// No host on the link answers for its address or the gateway's (ARP, RFC 826; neighbor
    /// discovery, RFC 4861).
    NoNeighbor,
    /// A router or the host says that it cannot be reached (ICMP).
    Unreachable,
    /// The host says that nothing listens on the port of name servers (ICMP).
    NothingListens,
    /// It does not answer in time.
    TimedOut,
    /// It refuses to answer (REFUSED).
    Refused,
    /// It could not find out (SERVFAIL).
    ServerFailed,
    /// It does not know questions of this kind (NOTIMP).
    NotImplemented,
    /// It does not understand the question (FORMERR).
    NotUnderstood,
    /// It answers with another response code (RFC 1035, 4.1.1; RFC 6895, 2.3).
    Code(u8),
    /// It answers for names of its own only, and this is not one of them.
    NotRecursive,
    /// Its answer is too long for a datagram (TC).
    Truncated,
    /// Its answer breaks the format of messages.
    Malformed,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unaddressable => "this cannot be the address of a name server",
            Self::NoRoute => {
                "there is no route to it: it is on none of our networks, and there is no gateway"
            }
            Self::NoNeighbor => "no host on the link answers for its address",
            Self::Unreachable => "the network reports that it cannot be reached",
            Self::NothingListens => "nothing listens on UDP port 53",
            Self::TimedOut => "it does not answer",
            Self::Refused => "it refuses to answer (REFUSED)",
            Self::ServerFailed => "it failed (SERVFAIL)",
            Self::NotImplemented => "it does not know questions of this kind (NOTIMP)",
            Self::NotUnderstood => "it does not understand the question (FORMERR)",
            Self::Code(code) => return write!(f, "it answers with the response code {code}"),
            Self::NotRecursive => "it answers for names of its own only",
            Self::Truncated => "its answer is too long for a datagram",
            Self::Malformed => "its answer cannot be read",
        })
    }
}

impl core::error::Error for Failure {}
