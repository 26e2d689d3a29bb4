use smoltcp::socket::tcp::{Socket, State};

/// Where a connection is in its life.
///
/// smoltcp has eleven states and several predicates, which change at different moments. The code
/// here looks at the phase only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is no connection, and nothing to send for the last one.
    #[default]
    Free,
    /// Waiting for a client.
    Listening,
    /// SYN was sent or received; the other side has not acknowledged.
    Opening,
    /// Both sides may send.
    Open,
    /// The other side has closed and everything it sent has arrived; we may still send.
    HalfClosed,
    /// We have closed; what we sent is not acknowledged, or the other side's FIN has not come.
    Closing,
    /// Both sides have closed; the session is kept so that late segments find it (RFC 9293, 3.6.1).
    TimeWait,
    /// Aborted; the reset is still to be sent.
    Resetting,
}

impl Phase {
    #[inline(never)] // Many call it.
    pub(super) fn of(socket: &Socket<'_>) -> Self {
        match socket.state() {
            State::Closed if socket.remote_endpoint().is_some() => Self::Resetting,
            State::Closed => Self::Free,
            State::Listen => Self::Listening,
            State::SynSent | State::SynReceived => Self::Opening,
            State::Established => Self::Open,
            State::CloseWait => Self::HalfClosed,
            State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck => Self::Closing,
            State::TimeWait => Self::TimeWait,
        }
    }

    /// Whether the connection was once open.
    pub(super) fn is_opened(self) -> bool {
        matches!(
            self,
            Self::Open | Self::HalfClosed | Self::Closing | Self::TimeWait
        )
    }

    /// Whether both sides have nothing more to tell each other.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Free | Self::TimeWait | Self::Resetting)
    }

    /// Whether the session counts as one of those that may be connected at a time.
    pub(super) fn is_used(self) -> bool {
        matches!(
            self,
            Self::Listening | Self::Opening | Self::Open | Self::HalfClosed
        )
    }

    /// Whether there is a client that has not been served to the end.
    pub(super) fn is_taken(self) -> bool {
        !matches!(self, Self::Free | Self::Listening | Self::TimeWait)
    }
}
