use smoltcp::time::Duration;

use super::{Bursts, Probability};
use crate::setters::setters;

/// What a [`Lane`](super::Lane) does to the frames on it.
///
/// The default is a perfect lane: nothing is lost or altered, and a frame arrives at the moment at
/// which it is sent. A frame meets the conditions in this order: the MTU, the queue, the bandwidth,
/// bursts and loss, duplication, corruption or truncation, delay and jitter, reordering. What has the
/// probability 0 takes no random number, so a run remains the same when it is added.
///
/// A path of 2 Mbit/s and 40 ms, with a buffer for 20 frames:
///
/// ```
/// use smoltcp::time::Duration;
/// use uppercase::simulation::{Conditions, Probability};
///
/// let path = Conditions::PERFECT
///     .with_bandwidth(Some(2_000_000))
///     .with_delay(Duration::from_millis(40))
///     .with_queue(20)
///     .with_loss(Probability::per_million(500));
/// assert_ne!(path, Conditions::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conditions {
    /// The time from the moment at which a frame has left the queue until it arrives.
    pub delay: Duration,
    /// The most that is added to the delay at random, each time up to this being as likely as any
    /// other. A late frame holds up those behind it: jitter does not change the order of frames.
    pub jitter: Duration,
    /// The probability that a frame is lost, independently of others.
    pub loss: Probability,
    /// Losses in bursts, beside the independent ones.
    pub bursts: Bursts,
    /// The probability that a frame arrives twice. Each of the two is altered or held back by itself.
    pub duplication: Probability,
    /// The probability that a frame is held back for [`hold`](Self::hold), while later ones overtake
    /// it.
    pub reordering: Probability,
    /// How long a frame is held back, beyond its delay.
    pub hold: Duration,
    /// The probability that one byte of a frame, in a header or in the payload, is changed to another
    /// value.
    ///
    /// The checksum of IPv4, TCP, UDP and ICMP (RFC 1071) notices any single changed byte that it
    /// covers, so a frame is altered at most once on its whole way: a stack that verifies checksums
    /// never delivers a wrong payload. (A wrong payload length of IPv6 may pass for a shorter TCP
    /// segment, once in 65 536 times.) A byte that no checksum covers does arrive: with a wrong
    /// hardware address from ARP, for instance, a host sends to an address that no host has, until it
    /// asks again. On a real link the frame check sequence would find most of that; there is none
    /// here.
    pub corruption: Probability,
    /// The probability that only the beginning of a frame arrives.
    pub truncation: Probability,
    /// The longest frame that is carried, in bytes, an Ethernet header included; longer ones are
    /// dropped. The device of a host says this of the lane from the host, as it was when the stack
    /// was made.
    pub mtu: usize,
    /// In bits per second, an Ethernet header included; `None` where a frame takes no time and so never
    /// waits in the queue.
    pub bandwidth: Option<u64>,
    /// The length of the queue in frames, long or short; the frame that is being
    /// sent is one of them.
    ///
    /// On the lane from a host, it is the transmit ring of its device: while it is full, the device
    /// has no room, and the host keeps its frame. Nothing is dropped. Even without a bandwidth, a host
    /// can send no more than this in one poll.
    ///
    /// On the lane to a host, it is the output queue of the hub or switch: a frame that finds it full
    /// is dropped (drop-tail), and counted as [`queue_full`](super::Statistics::queue_full).
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

    setters! {
        with_delay(delay: Duration);
        with_jitter(jitter: Duration);
        with_loss(loss: Probability);
        with_bursts(bursts: Bursts);
        with_duplication(duplication: Probability);
        with_reordering(reordering: Probability);
        with_hold(hold: Duration);
        with_corruption(corruption: Probability);
        with_truncation(truncation: Probability);
        with_mtu(mtu: usize);
        with_bandwidth(bandwidth: Option<u64>);
        with_queue(queue: usize);
    }

    /// How many nanoseconds it takes to send a frame of `bytes`.
    pub(super) fn nanoseconds_to_send(&self, bytes: usize) -> i128 {
        self.bandwidth.map_or(0, |bits_per_second| {
            bytes as i128 * 8_000_000_000 / i128::from(bits_per_second.max(1))
        })
    }
}
