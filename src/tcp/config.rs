use smoltcp::socket::tcp::CongestionControl;
use smoltcp::time::Duration;

use super::phase::Phase;
use crate::PORT;
use crate::setters::setters;

/// How long an aborted connection keeps its slot if its reset cannot be sent.
const RESET_TIMEOUT: Duration = Duration::from_secs(1);

/// How a [`Server`](super::Server) treats its clients.
///
/// A time of `None` never ends. Nothing else frees the slot of a client that has gone silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The port to listen on.
    pub port: u16,
    /// How many clients can be connected at a time, at most as many as there are slots.
    ///
    /// Slots beyond that serve the next clients while the last ones are being closed. Without
    /// them a client that connects as soon as the one before it has closed may have to wait.
    pub connections: usize,
    /// Close after the first answer, as the server of the classic exercise does, instead of when
    /// the client has closed.
    pub once: bool,
    /// How long a client may take to acknowledge that the connection is open.
    pub handshake_timeout: Option<Duration>,
    /// How long a connection stays open while no bytes move either way.
    pub idle_timeout: Option<Duration>,
    /// How long a client may take to acknowledge more of the end of its answer, and then to close
    /// its side. One that goes on to take some keeps its slot.
    pub close_timeout: Option<Duration>,
    /// How often a silent client is asked whether it is still there (RFC 9293, 3.8.4). With a
    /// `silence_timeout`, it is asked each third of that at least: a client that was not asked is
    /// not taken for dead, nor one that has failed to answer once (RFC 1122, 4.2.3.6).
    pub keep_alive: Option<Duration>,
    /// How long a client may send nothing at all, not even an acknowledgement. Longer than 60 s, or
    /// live clients are taken for dead: the probes of a client that does not read for a while come up
    /// to 60 s apart. A pause of this host does not count: see
    /// [`Stack::poll`](crate::Stack::poll).
    pub silence_timeout: Option<Duration>,
    /// How much is sent before it is acknowledged, so that the path is not overloaded (RFC 9293,
    /// 3.8.2): Reno (RFC 5681) unless another one is chosen, for instance Cubic (RFC 9438), which the
    /// feature `cubic` brings. [`CongestionControl::None`] is for a link that no other host uses.
    pub congestion_control: CongestionControl,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// The classic port, any number of answers, 10 s to open, 5 minutes idle, 30 s to close; asks
    /// after 10 s of silence, and gives up after 100 s of it (RFC 9293, 3.8.3: "The value of R2 SHOULD
    /// correspond to at least 100 seconds").
    #[must_use]
    pub const fn new() -> Self {
        Self {
            port: PORT,
            connections: usize::MAX,
            once: false,
            handshake_timeout: Some(Duration::from_secs(10)),
            idle_timeout: Some(Duration::from_secs(300)),
            close_timeout: Some(Duration::from_secs(30)),
            keep_alive: Some(Duration::from_secs(10)),
            silence_timeout: Some(Duration::from_secs(100)),
            congestion_control: CongestionControl::Reno,
        }
    }

    setters! {
        with_port(port: u16);
        with_connections(connections: usize);
        with_once(once: bool);
        with_handshake_timeout(handshake_timeout: Option<Duration>);
        with_idle_timeout(idle_timeout: Option<Duration>);
        with_close_timeout(close_timeout: Option<Duration>);
        with_keep_alive(keep_alive: Option<Duration>);
        with_silence_timeout(silence_timeout: Option<Duration>);
        with_congestion_control(congestion_control: CongestionControl);
    }

    /// How often a silent client is asked whether it is still there.
    pub(super) fn question_interval(&self) -> Option<Duration> {
        let longest = self.silence_timeout.map(|timeout| timeout / 3);
        match (self.keep_alive, longest) {
            (Some(chosen), Some(longest)) => Some(chosen.min(longest)),
            (chosen, longest) => chosen.or(longest),
        }
    }

    /// How long a connection may be in this phase without progress.
    pub(super) fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Opening => self.handshake_timeout,
            Phase::Open | Phase::HalfClosed => self.idle_timeout,
            Phase::Closing => self.close_timeout,
            Phase::Resetting => Some(RESET_TIMEOUT),
            Phase::Free | Phase::Listening | Phase::TimeWait => None,
        }
    }
}
