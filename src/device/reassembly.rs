//! Datagrams larger than the link's MTU, on their way in.
//!
//! A datagram that does not fit into one frame comes as several fragments. smoltcp 0.14 puts IPv4
//! fragments together in memory of a size fixed at build time, drops what does not fit
//! without a trace, and answers IPv6 fragments with an error. [`Reassembly`] stands between the
//! device and smoltcp and hands over whole datagrams only, of both versions, in memory that the
//! caller provides.
//!
//! ```
//! # use smoltcp::phy::Device;
//! use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
//!
//! # fn run(device: impl Device) {
//! // Four datagrams at a time, of up to 2048 bytes each.
//! let mut buffers = Buffers::<4, { 2048 + OVERHEAD }>::new();
//! let mut device = Reassembly::new(device, &mut buffers).with_payload_limit(2048);
//! // ... and from here on `device` is the device.
//! # let _ = device.counters();
//! # }
//! ```
//!
//! # Rules
//!
//! - Fragments may come in any order, in any number of pieces, and more than once.
//! - Fragments that overlap without saying exactly the same are never resolved in favour of one
//!   of them: the whole datagram is dropped, and what still comes of it too (RFC 8200 section 4.5
//!   and RFC 5722 for IPv6; the same rule for IPv4, where RFC 791 leaves the choice).
//! - A datagram that is not complete after [`LIFETIME`] is dropped. No ICMP message is sent.
//! - When a fragment of a new datagram finds all slots taken, the oldest datagram makes room.
//!   Fragments that never become a datagram hence delay no other, but a flood of them can displace
//!   honest ones: a slot more per client helps, nothing else does.
//! - IPv4 options are left out; smoltcp does not look at them. The Ethernet header, and all other
//!   fields of the IP header, are those of the first fragment.
//! - In IPv6 the fragment header is recognized directly behind the IPv6 header, where all senders
//!   without further extension headers put it. An "atomic" fragment, which is a whole datagram
//!   with a fragment header (RFC 6946), loses the header and is delivered at once.
//! - The header checksum of an IPv4 fragment is verified, unless the device says that it has done
//!   so. The checksum of the datagram is left for smoltcp to verify, which hence also finds out
//!   when fragments of two datagrams with the same identification were mixed (RFC 4963).

mod datagrams;
mod fragment;
mod holes;

use core::fmt;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken};
use smoltcp::time::{Duration, Instant};

use datagrams::{Datagrams, Slot};
use fragment::{Kind, classify};

use crate::firmware::Driver;

/// How long the first fragment of a datagram to arrive waits for the others.
///
/// RFC 1122 asks for 60 to 120 seconds and RFC 8200 for 60. Fragments are sent in one go and never
/// again, so one that is seconds late is lost, and memory is short: we wait for 30, as Linux does.
pub const LIFETIME: Duration = Duration::from_secs(30);

/// What a slot of [`Buffers`] needs besides the payload of the largest UDP datagram, in bytes.
pub const OVERHEAD: usize = datagrams::OVERHEAD + 8;

/// Memory for datagrams while they are put together.
///
/// `COUNT` is how many datagrams may be on their way at a time: one for each client that sends
/// large datagrams at the same moment, four at least where strangers can send to us. A slot is
/// only taken from the first fragment to the last, or until [`LIFETIME`] has passed.
///
/// `SIZE` is the size of a slot in bytes: the payload of the largest UDP datagram to be taken,
/// plus [`OVERHEAD`]. The largest there are have 65507 bytes with IPv4 and 65527 with IPv6.
///
/// The memory is a little over `COUNT * SIZE` bytes.
pub struct Buffers<const COUNT: usize, const SIZE: usize> {
    slots: [Slot; COUNT],
    bytes: [[u8; SIZE]; COUNT],
}

impl<const COUNT: usize, const SIZE: usize> Buffers<COUNT, SIZE> {
    /// Empty slots. No slot, or slots too small for any datagram, do not compile.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(COUNT > 0, "reassembly needs one slot at least");
            assert!(
                SIZE > OVERHEAD,
                "a slot holds OVERHEAD bytes and the datagram"
            );
        }
        Self {
            slots: [Slot::FREE; COUNT],
            bytes: [[0; SIZE]; COUNT],
        }
    }
}

impl<const COUNT: usize, const SIZE: usize> fmt::Debug for Buffers<COUNT, SIZE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers")
            .field("count", &COUNT)
            .field("size", &SIZE)
            .finish_non_exhaustive()
    }
}

impl<const COUNT: usize, const SIZE: usize> Default for Buffers<COUNT, SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

/// What has happened to datagrams. All counters wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Datagrams that were put together and delivered.
    pub reassembled: u32,
    /// Datagrams that were dropped because a slot has no room for them, or because of
    /// [`Reassembly::with_payload_limit`]. Each also leaves a warning in the log.
    pub too_large: u32,
    /// Datagrams that were dropped because they were not complete in time.
    pub expired: u32,
    /// Datagrams that were dropped because a newer one needed the slot.
    pub evicted: u32,
    /// Fragments that were dropped because their header cannot be right, and datagrams that were
    /// dropped because their fragments overlap or disagree about where the datagram ends.
    pub malformed: u32,
}

/// A device that delivers whole datagrams; see the [module](self).
///
/// Frames that are not fragments pass through as they are, without a copy. For a fragment that
/// does not complete a datagram the receive token shows an *empty* frame, which smoltcp takes for
/// a frame that has been dealt with; the one that does shows the whole datagram, a frame longer
/// than the MTU. A layer above, such as a capture, sees the same. What is transmitted is not
/// touched, and the capabilities are those of the device inside.
#[derive(Debug)]
pub struct Reassembly<'a, D> {
    inner: D,
    medium: Medium,
    verify: bool,
    datagrams: Datagrams<'a>,
}

impl<'a, D: Device> Reassembly<'a, D> {
    /// Puts itself in front of a device.
    pub fn new<const COUNT: usize, const SIZE: usize>(
        inner: D,
        buffers: &'a mut Buffers<COUNT, SIZE>,
    ) -> Self {
        let capabilities = inner.capabilities();
        let bytes = buffers.bytes.as_flattened_mut();
        Self {
            inner,
            medium: capabilities.medium,
            verify: capabilities.checksum.ipv4.rx(),
            datagrams: Datagrams::new(&mut buffers.slots, bytes, SIZE),
        }
    }

    /// Drops UDP datagrams with more than `bytes` of payload, fragmented or not.
    ///
    /// smoltcp drops a datagram that is larger than the receive buffer of its socket without a
    /// trace. With the size of the largest such buffer as the limit, it is dropped here instead,
    /// with a warning in the log, and counted as [`too_large`](Counters::too_large).
    #[must_use]
    pub fn with_payload_limit(mut self, bytes: usize) -> Self {
        self.datagrams.limit = bytes;
        self
    }

    /// How much payload a UDP datagram may have, in bytes.
    pub fn payload_limit(&self) -> usize {
        self.datagrams.limit
    }
}

impl<D> Reassembly<'_, D> {
    /// What has happened to datagrams since [`new`](Self::new).
    pub fn counters(&self) -> Counters {
        self.datagrams.counters
    }

    /// The device inside.
    pub fn inner(&self) -> &D {
        &self.inner
    }

    /// The device inside.
    ///
    /// Frames that are received from it directly are not looked at.
    pub fn inner_mut(&mut self) -> &mut D {
        &mut self.inner
    }

    /// The device inside. Datagrams that are not complete are lost.
    pub fn into_inner(self) -> D {
        self.inner
    }
}

impl<'a, D: Device> Device for Reassembly<'a, D> {
    type RxToken<'t>
        = Receive<'t, 'a, D::RxToken<'t>>
    where
        Self: 't;
    type TxToken<'t>
        = D::TxToken<'t>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        self.datagrams.expire(now, LIFETIME);
        let (inner, transmit) = self.inner.receive(now)?;
        let receive = Receive {
            inner,
            medium: self.medium,
            verify: self.verify,
            datagrams: &mut self.datagrams,
            now,
        };
        Some((receive, transmit))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        self.inner.transmit(now)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.inner.capabilities()
    }
}

impl<D: Driver> Driver for Reassembly<'_, D> {
    fn acknowledge(&mut self, now: Instant) {
        self.inner.acknowledge(now);
    }

    fn has_link(&self) -> bool {
        self.inner.has_link()
    }
}

/// The right to receive one frame through a [`Reassembly`].
#[derive(Debug)]
pub struct Receive<'t, 'a, T> {
    inner: T,
    medium: Medium,
    verify: bool,
    datagrams: &'t mut Datagrams<'a>,
    now: Instant,
}

impl<T: RxToken> RxToken for Receive<'_, '_, T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        const NOTHING: &[u8] = &[];
        let datagrams = self.datagrams;
        self.inner
            .consume(|frame| match classify(frame, self.medium, self.verify) {
                Kind::Whole(payload) if datagrams.exceeds_limit(payload) => read(NOTHING),
                Kind::Whole(_) => read(frame),
                Kind::Fragment(fragment) => {
                    read(datagrams.add(&fragment, self.now).unwrap_or(NOTHING))
                }
                Kind::Malformed => {
                    datagrams.malformed();
                    read(NOTHING)
                }
            })
    }

    fn meta(&self) -> PacketMeta {
        self.inner.meta()
    }
}
