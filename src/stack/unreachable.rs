/// Why a router or the host itself sent an error back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The host is there, but nothing listens on the port.
    Port,
    /// The host cannot be reached.
    Host,
}
