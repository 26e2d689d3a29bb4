//! An in-memory wire: frames go in at one end and come out at the other.
//!
//! A [`Queue`] carries frames in one direction; a [`Wire`] is two of them. A [`Port`] is where a
//! stack is plugged in. Nothing is corrupted or delayed on the way, and checksums are made and
//! verified as on a real link.
//!
//! On a virtual clock, poll both stacks at the same moment until the wire is empty; then let the
//! clock jump by the shorter of the two delays.
//!
//! ```
//! use smoltcp::phy::Medium;
//! use uppercase::device::wire::{Port, Queue, Wire};
//!
//! // Two stacks joined to each other ...
//! let wire = Wire::<8, 1514>::new();
//! let (_client, _server) = wire.ports(Medium::Ethernet);
//!
//! // ... or one joined to itself.
//! let queue = Queue::<8, 1500>::new();
//! let _loopback = Port::loopback(&queue, Medium::Ip);
//! ```

use core::cell::{Cell, RefCell, RefMut};
use core::fmt;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::logging::warn;

struct Frame<const MTU: usize> {
    length: usize,
    bytes: [u8; MTU],
}

/// Frames on their way in one direction, first in, first out.
///
/// `FRAMES` is the room, in frames; `MTU` how long each may be, in bytes, an Ethernet header
/// included: 1514 for Ethernet as it usually is, 1500 for plain IP. The memory is a little over
/// `FRAMES * MTU` bytes. Four frames are the least that works; eight keep two stacks busy.
///
/// Two of the frames are set aside. One is for an answer to a frame that arrives while the queue is
/// full: so two stacks with full queues cannot wait for each other. The other is to write what has
/// to be dropped.
pub struct Queue<const FRAMES: usize, const MTU: usize> {
    frames: [RefCell<Frame<MTU>>; FRAMES],
    first: Cell<usize>,
    length: Cell<usize>,
    dropped: Cell<u32>,
}

impl<const FRAMES: usize, const MTU: usize> fmt::Debug for Queue<FRAMES, MTU> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("length", &self.len())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

impl<const FRAMES: usize, const MTU: usize> Queue<FRAMES, MTU> {
    /// An empty queue. Fewer than four frames do not compile.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(FRAMES >= 4, "an in-memory queue needs four frames at least") };
        Self {
            frames: [const {
                RefCell::new(Frame {
                    length: 0,
                    bytes: [0; MTU],
                })
            }; FRAMES],
            first: Cell::new(0),
            length: Cell::new(0),
            dropped: Cell::new(0),
        }
    }

    /// How many frames are on their way.
    pub fn len(&self) -> usize {
        self.length.get()
    }

    /// Whether no frame is on its way.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many frames were lost since [`new`](Self::new), because they found the queue full or
    /// were longer than `MTU`.
    pub fn dropped(&self) -> u32 {
        self.dropped.get()
    }

    fn has_room(&self) -> bool {
        self.len() + 2 < FRAMES
    }

    fn slot(&self, index: usize) -> RefMut<'_, Frame<MTU>> {
        // Frames between `first` and `first + length` are read, the one behind them is written,
        // each by one token at a time: no slot is ever borrowed twice.
        self.frames[(self.first.get() + index) % FRAMES].borrow_mut()
    }

    fn push<R>(&self, length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        let mut frame = self.slot(self.len());
        frame.length = length.min(MTU);
        let result = fill(&mut frame.bytes[..length.min(MTU)]);
        if length <= MTU && self.len() + 1 < FRAMES {
            self.length.set(self.len() + 1);
        } else {
            self.dropped.set(self.dropped.get().wrapping_add(1));
            warn!(
                "in-memory wire: a frame of {} bytes is dropped, there is no room for it",
                length
            );
        }
        result
    }

    fn pop<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        let frame = self.slot(0);
        let result = read(&frame.bytes[..frame.length]);
        self.first.set((self.first.get() + 1) % FRAMES);
        self.length.set(self.len() - 1);
        result
    }
}

impl<const FRAMES: usize, const MTU: usize> Default for Queue<FRAMES, MTU> {
    fn default() -> Self {
        Self::new()
    }
}

/// Two queues, one for each direction.
#[derive(Default, Debug)]
pub struct Wire<const FRAMES: usize, const MTU: usize> {
    there: Queue<FRAMES, MTU>,
    back: Queue<FRAMES, MTU>,
}

impl<const FRAMES: usize, const MTU: usize> Wire<FRAMES, MTU> {
    /// A wire with nothing on it; see [`Queue`] for the sizes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            there: Queue::new(),
            back: Queue::new(),
        }
    }

    /// The two ends of the wire.
    pub fn ports(&self, medium: Medium) -> (Port<'_, FRAMES, MTU>, Port<'_, FRAMES, MTU>) {
        let (there, back) = (&self.there, &self.back);
        (
            Port::new(back, there, medium),
            Port::new(there, back, medium),
        )
    }

    /// Whether no frame is on its way in either direction.
    pub fn is_empty(&self) -> bool {
        self.there.is_empty() && self.back.is_empty()
    }

    /// How many frames were lost in both directions.
    pub fn dropped(&self) -> u32 {
        self.there.dropped().wrapping_add(self.back.dropped())
    }
}

/// One end of a wire: a [`Device`] without checksum offload.
///
/// A frame stays at the head of the queue if its receive token is dropped unused.
#[derive(Debug)]
pub struct Port<'q, const FRAMES: usize, const MTU: usize> {
    receive: &'q Queue<FRAMES, MTU>,
    transmit: &'q Queue<FRAMES, MTU>,
    medium: Medium,
}

impl<'q, const FRAMES: usize, const MTU: usize> Port<'q, FRAMES, MTU> {
    /// A device that receives from one queue and transmits into another.
    ///
    /// Each queue is meant to have one reader.
    pub const fn new(
        receive: &'q Queue<FRAMES, MTU>,
        transmit: &'q Queue<FRAMES, MTU>,
        medium: Medium,
    ) -> Self {
        Self {
            receive,
            transmit,
            medium,
        }
    }

    /// A device that receives what it transmits.
    pub const fn loopback(queue: &'q Queue<FRAMES, MTU>, medium: Medium) -> Self {
        Self::new(queue, queue, medium)
    }
}

impl<const FRAMES: usize, const MTU: usize> Device for Port<'_, FRAMES, MTU> {
    type RxToken<'t>
        = Receive<'t, FRAMES, MTU>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t, FRAMES, MTU>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        (!self.receive.is_empty()).then_some((Receive(self.receive), Transmit(self.transmit)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        self.transmit.has_room().then_some(Transmit(self.transmit))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

/// The right to take the oldest frame off a [`Port`].
#[derive(Debug)]
pub struct Receive<'q, const FRAMES: usize, const MTU: usize>(&'q Queue<FRAMES, MTU>);

impl<const FRAMES: usize, const MTU: usize> RxToken for Receive<'_, FRAMES, MTU> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.0.pop(read)
    }
}

/// The right to put one frame into a [`Port`].
#[derive(Debug)]
pub struct Transmit<'q, const FRAMES: usize, const MTU: usize>(&'q Queue<FRAMES, MTU>);

impl<const FRAMES: usize, const MTU: usize> TxToken for Transmit<'_, FRAMES, MTU> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.0.push(length, fill)
    }
}
