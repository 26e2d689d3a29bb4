//! Every frame that passes a device, given to a sink: to write a capture file, to count frames, or
//! to send them over a serial line.
//!
//! [`Capture`] stands in front of a device and is a device itself. It needs no heap; what the sink
//! does with a frame is its own matter. [`Pcapng`] makes a capture file of them, which Wireshark and
//! `tcpdump` read, and which a board can send over a serial line. On a host, `trace::pcapng` (with
//! the feature `trace`) writes files with several interfaces, and reads them.
//!
//! ```
//! use smoltcp::phy::Medium;
//! use uppercase::device::capture::{Capture, Direction, Frame};
//! use uppercase::device::wire::{Port, Queue};
//!
//! let mut bytes_sent = 0;
//! let queue = Queue::<8, 1514>::new();
//! let port = Port::loopback(&queue, Medium::Ethernet);
//! let device = Capture::new(port, |frame: Frame<'_>| {
//!     if frame.direction == Direction::Outbound {
//!         bytes_sent += frame.bytes.len();
//!     }
//! });
//! // ... and from here on `device` is the device.
//! # let _ = device;
//! ```
//!
//! # What a frame is
//!
//! - A sink is given each frame once: one that is received when its token is consumed, *before* the
//!   stack reads it, and one that is sent after the stack has written it. A request hence comes
//!   before its answer. A token that is dropped unused shows nothing.
//! - Its time is the `now` that the device was polled with.
//! - Its bytes are those that pass between the stack and the device inside. Where that device
//!   offloads checksums or segmentation, the frame is not what the link carries: a checksum is not
//!   filled in, or a frame holds several segments. To see what the link carries, switch offload off
//!   (for `device::tuntap` with `Options::without_offload`).
//! - The order of wrappers counts. Put the capture *inside* `device::reassembly` to see fragments as
//!   they arrive; outside of it, a fragment is an empty frame, and the last one the whole datagram.

pub(crate) mod block;
mod pcapng;

use core::cell::RefCell;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::firmware::Driver;

pub use pcapng::Pcapng;

/// The direction of a frame, as the host of the stack sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The stack receives it.
    Inbound,
    /// The stack sends it.
    Outbound,
}

/// A frame that passes a device.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'f> {
    /// When the device was polled for it.
    pub time: Instant,
    /// Whether the stack sends or receives it.
    pub direction: Direction,
    /// What it begins with: an Ethernet header, or an IP header.
    pub medium: Medium,
    /// The frame, from its first header to its last byte; without a preamble and a frame check
    /// sequence.
    pub bytes: &'f [u8],
}

/// What frames are given to.
///
/// It is called while the token of the frame is consumed, so a slow sink delays the stack. A
/// closure `FnMut(Frame)` is a sink; so are `None`, which costs one comparison a frame, and two
/// sinks as a tuple, which are given each frame in turn.
pub trait Sink {
    /// A frame passes.
    fn frame(&mut self, frame: Frame<'_>);
}

impl<F: FnMut(Frame<'_>)> Sink for F {
    fn frame(&mut self, frame: Frame<'_>) {
        self(frame);
    }
}

impl<S: Sink> Sink for Option<S> {
    fn frame(&mut self, frame: Frame<'_>) {
        if let Some(sink) = self {
            sink.frame(frame);
        }
    }
}

impl<A: Sink, B: Sink> Sink for (A, B) {
    fn frame(&mut self, frame: Frame<'_>) {
        self.0.frame(frame);
        self.1.frame(frame);
    }
}

/// A device that shows its frames to a sink; see the [module](self).
///
/// It changes nothing: frames, their metadata and the capabilities are those of the device inside.
#[derive(Debug)]
pub struct Capture<D, S> {
    inner: D,
    medium: Medium,
    // Both tokens of one `receive` give frames to it, one after the other.
    sink: RefCell<S>,
}

impl<D: Device, S: Sink> Capture<D, S> {
    /// Puts itself in front of a device.
    pub fn new(inner: D, sink: S) -> Self {
        let medium = inner.capabilities().medium;
        Self {
            inner,
            medium,
            sink: RefCell::new(sink),
        }
    }
}

impl<D, S> Capture<D, S> {
    /// The device inside.
    pub fn inner(&self) -> &D {
        &self.inner
    }

    /// The device inside.
    ///
    /// Frames that pass it directly are not shown.
    pub fn inner_mut(&mut self) -> &mut D {
        &mut self.inner
    }

    /// The sink.
    pub fn sink_mut(&mut self) -> &mut S {
        self.sink.get_mut()
    }

    /// The device inside, and the sink.
    pub fn into_parts(self) -> (D, S) {
        (self.inner, self.sink.into_inner())
    }
}

impl<D: Device, S: Sink> Device for Capture<D, S> {
    type RxToken<'t>
        = Receive<'t, D::RxToken<'t>, S>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t, D::TxToken<'t>, S>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let show = Show {
            sink: &self.sink,
            medium: self.medium,
            time: now,
        };
        let (receive, transmit) = self.inner.receive(now)?;
        Some((
            Receive {
                inner: receive,
                show,
            },
            Transmit {
                inner: transmit,
                show,
            },
        ))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        let show = Show {
            sink: &self.sink,
            medium: self.medium,
            time: now,
        };
        let inner = self.inner.transmit(now)?;
        Some(Transmit { inner, show })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.inner.capabilities()
    }
}

impl<D: Driver, S: Sink> Driver for Capture<D, S> {
    fn acknowledge(&mut self, now: Instant) {
        self.inner.acknowledge(now);
    }

    fn has_link(&self) -> bool {
        self.inner.has_link()
    }
}

/// What a token needs to show its frame.
#[derive(Debug)]
struct Show<'t, S> {
    sink: &'t RefCell<S>,
    medium: Medium,
    time: Instant,
}

impl<S> Clone for Show<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Show<'_, S> {}

impl<S: Sink> Show<'_, S> {
    fn frame(&self, direction: Direction, bytes: &[u8]) {
        // It is borrowed during this call only, in which the sink has no way to the device.
        self.sink.borrow_mut().frame(Frame {
            time: self.time,
            direction,
            medium: self.medium,
            bytes,
        });
    }
}

/// The right to receive one frame through a [`Capture`].
#[derive(Debug)]
pub struct Receive<'t, T, S> {
    inner: T,
    show: Show<'t, S>,
}

impl<T: RxToken, S: Sink> RxToken for Receive<'_, T, S> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.inner.consume(|frame| {
            self.show.frame(Direction::Inbound, frame);
            read(frame)
        })
    }

    fn meta(&self) -> PacketMeta {
        self.inner.meta()
    }
}

/// The right to send one frame through a [`Capture`].
#[derive(Debug)]
pub struct Transmit<'t, T, S> {
    inner: T,
    show: Show<'t, S>,
}

impl<T: TxToken, S: Sink> TxToken for Transmit<'_, T, S> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.inner.consume(length, |frame| {
            let result = fill(frame);
            self.show.frame(Direction::Outbound, frame);
            result
        })
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.inner.set_meta(meta);
    }
}
