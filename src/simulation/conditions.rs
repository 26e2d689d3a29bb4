use smoltcp::time::Duration;

use super::{Bursts, Probability};

/// What a [`Lane`](super::Lane) does to the frames on it.
///
/// The default is a perfect lane: nothing is lost or altered, and a frame arrives at the moment at
/// which it is sent.
///
/// ```
/// use smoltcp::time::Duration;
/// use uppercase::simulation::{Conditions, Probability};
///
/// let radio = Conditions {
///     delay: Duration::from_millis(20),
///     loss: Probability::percent(20),
///     bandwidth: Some(250_000),
///     ..Conditions::default()
/// };
/// assert_ne!(radio, Conditions::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// How long a frame is on its way.
    pub delay: Duration,
    /// The most that is added to the delay. A frame that is late holds up those behind it: this
    /// alone does not change their order.
    pub jitter: Duration,
    /// How many frames do not arrive, each by itself.
    pub loss: Probability,
    /// Frames that do not arrive because they meet a bad time of the lane, one after the other.
    pub bursts: Bursts,
    /// How many frames arrive twice. Each of the two is altered or held back for itself.
    pub duplication: Probability,
    /// How many frames are held back for [`hold`](Self::hold), while later ones overtake them.
    pub reordering: Probability,
    /// How long a frame is held back, beyond its delay.
    pub hold: Duration,
    /// In how many frames one byte, in a header or in the payload, is changed to another value.
    ///
    /// The checksum of IPv4, TCP, UDP and ICMP (RFC 1071) notices any single changed byte that it
    /// covers, so a frame is altered at most once on its whole way: a stack that verifies checksums
    /// never delivers wrong text. (A wrong payload length of IPv6 may pass for a shorter TCP
    /// segment, once in 65 536 times.) What no checksum covers does arrive: with a wrong hardware
    /// address out of ARP, for instance, a host talks to nobody until it asks again. On a real
    /// link the frame check sequence would find most of that; there is none here.
    pub corruption: Probability,
    /// Of how many frames only the beginning arrives.
    pub truncation: Probability,
    /// The longest frame that is carried, in bytes, an Ethernet header included; longer ones are
    /// lost. A host's device says this of the lane from the host, as it was when the stack was
    /// made.
    pub mtu: usize,
    /// In bits per second; `None` where a frame takes no time.
    pub bandwidth: Option<u64>,
    /// How many frames can wait until it is their turn, the one that is being sent included.
    ///
    /// On the lane from a host these are the frames that its device has room for. On the lane to a
    /// host, a frame that finds no room is lost.
    pub queue: usize,
}

impl Default for Conditions {
    fn default() -> Self {
        Self::PERFECT
    }
}

impl Conditions {
    /// Nothing is lost or altered, and a frame arrives at the moment at which it is sent: the default.
    pub const PERFECT: Self = Self {
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: Probability::NEVER,
        bursts: Bursts::NEVER,
        duplication: Probability::NEVER,
        reordering: Probability::NEVER,
        hold: Duration::from_millis(10),
        corruption: Probability::NEVER,
        truncation: Probability::NEVER,
        mtu: 1514,
        bandwidth: None,
        queue: 16,
    };

    /// How long it takes to send a frame of so many bytes.
    pub(super) fn time_to_send(&self, bytes: usize) -> Duration {
        match self.bandwidth {
            Some(bits_per_second) => {
                let microseconds = bytes as u64 * 8 * 1_000_000 / bits_per_second.max(1);
                Duration::from_micros(microseconds)
            }
            None => Duration::ZERO,
        }
    }
}
