//! A controller as many boards have it, as a model: two rings of descriptors, a filter, an interrupt.
//!
//! Frames come and go at two moments only, so that what can go wrong does so each time: while the
//! driver sleeps, and at the worst moment otherwise, between its last look for a frame and its sleep.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smoltcp::wire::EthernetAddress;

/// Descriptors of received frames: more than the few short ones that come at once.
pub const RECEIVE: usize = 8;
/// Of frames to be transmitted: fewer.
pub const TRANSMIT: usize = 2;
/// What is behind each frame in memory, unless the controller strips it.
pub const FRAME_CHECKSUM: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];
/// The shortest frame, and the longest, without that.
pub const SHORTEST: usize = 60;
const LONGEST: usize = 1514;
/// How long the processor takes to wake up: as long as frames come closer together.
const WAKE: Duration = Duration::from_millis(1);

/// A descriptor and its buffer.
#[derive(Clone, Default)]
pub struct Slot {
    /// A received frame waits for the driver, or a frame of the driver's waits for the controller.
    pub is_due: bool,
    /// Neither side ever looks at it again.
    pub is_lost: bool,
    pub bytes: Vec<u8>,
}

pub struct Mac {
    wire: UdpSocket,
    is_on: Arc<AtomicBool>,
    /// Whether there is a link; the PHY would say so.
    link: Arc<AtomicBool>,
    had_link: bool,
    pub filter: EthernetAddress,
    pub passes_groups: bool,
    pub strips_checksum: bool,
    pub marks_end: bool,
    /// What a receive buffer has room for.
    pub buffer: usize,
    pub receiver_runs: bool,
    /// A frame found no descriptor. The receiver has stopped.
    pub has_overrun: bool,
    /// The interrupt.
    pub is_pending: bool,
    pub received: Vec<Slot>,
    pub transmitted: Vec<Slot>,
    next_received: usize,
    next_transmitted: usize,
    /// A frame that comes at the worst moment.
    late: Option<Vec<u8>>,
    is_acknowledged: bool,
}

impl Mac {
    pub fn new(wire: UdpSocket, is_on: Arc<AtomicBool>, link: Arc<AtomicBool>) -> Self {
        Self {
            wire,
            is_on,
            link,
            had_link: true,
            filter: EthernetAddress([0; 6]),
            passes_groups: false,
            strips_checksum: true,
            marks_end: true,
            buffer: LONGEST + FRAME_CHECKSUM.len(),
            receiver_runs: false,
            has_overrun: false,
            is_pending: false,
            received: vec![Slot::default(); RECEIVE],
            transmitted: vec![Slot::default(); TRANSMIT],
            next_received: 0,
            next_transmitted: 0,
            late: None,
            is_acknowledged: false,
        }
    }

    /// The board is switched off.
    pub fn is_off(&self) -> bool {
        !self.is_on.load(Ordering::Relaxed)
    }

    pub fn has_link(&self) -> bool {
        self.link.load(Ordering::Relaxed)
    }

    /// Sleeps until there is an interrupt, or this time has passed. Meanwhile all frames move that wait,
    /// but for the last one of several.
    pub fn sleep(&mut self, limit: Duration) {
        self.transmit_all();
        if let Some(late) = self.late.take() {
            self.arrive(&late);
        }
        // The PHY interrupts, too.
        let has_link = self.has_link();
        self.is_pending |= core::mem::replace(&mut self.had_link, has_link) != has_link;
        if self.is_pending {
            return;
        }
        let limit = limit.max(Duration::from_micros(1));
        self.wire.set_read_timeout(Some(limit)).expect("a time");
        let Some(first) = self.read() else { return };
        self.arrive(&first);
        self.wire.set_read_timeout(Some(WAKE)).expect("a time");
        while let Some(next) = self.read() {
            if let Some(frame) = self.late.replace(next) {
                self.arrive(&frame);
            }
        }
    }

    /// Clears the interrupt.
    pub fn acknowledge(&mut self) {
        self.is_pending = false;
        self.is_acknowledged = true;
    }

    /// The driver has looked for a frame and found one.
    pub fn look_and_find(&mut self) {
        self.is_acknowledged = false;
    }

    /// The driver has looked for a frame and found none. If it has acknowledged the interrupt before,
    /// it is about to sleep: now the frame comes.
    pub fn look_in_vain(&mut self) {
        self.transmit_all();
        if core::mem::take(&mut self.is_acknowledged)
            && let Some(late) = self.late.take()
        {
            self.arrive(&late);
        }
    }

    fn read(&self) -> Option<Vec<u8>> {
        let mut frame = [0; 4096];
        // The error of a socket without its other end is no frame either.
        let length = self.wire.recv(&mut frame).ok()?;
        Some(frame[..length].to_vec())
    }

    /// A frame is on the wire.
    fn arrive(&mut self, frame: &[u8]) {
        if !self.has_link() || !self.receiver_runs || frame.len() < 14 || !self.passes(frame) {
            return;
        }
        let slot = &mut self.received[self.next_received];
        if slot.is_due || slot.is_lost {
            self.has_overrun = true;
            self.receiver_runs = false;
            self.is_pending = true;
            return;
        }
        slot.bytes = frame.to_vec();
        slot.bytes.resize(frame.len().max(SHORTEST), 0);
        if !self.strips_checksum {
            slot.bytes.extend(FRAME_CHECKSUM);
        }
        // What finds no room in its buffer is dropped.
        if slot.bytes.len() > self.buffer || frame.len() > LONGEST {
            return;
        }
        slot.is_due = true;
        self.is_pending = true;
        self.next_received = (self.next_received + 1) % RECEIVE;
        if self.next_received == 0 && !self.marks_end {
            // It goes on behind the ring, where nothing is.
            self.receiver_runs = false;
        }
    }

    fn passes(&self, frame: &[u8]) -> bool {
        let to = EthernetAddress::from_bytes(&frame[..6]);
        match () {
            () if to.is_broadcast() => true,
            () if to.is_multicast() => self.passes_groups,
            () => to == self.filter,
        }
    }

    /// All frames leave that are the controller's, in the order of the ring.
    fn transmit_all(&mut self) {
        for _ in 0..TRANSMIT {
            let slot = &mut self.transmitted[self.next_transmitted];
            if !slot.is_due {
                return;
            }
            slot.is_due = false;
            self.is_pending = true;
            self.next_transmitted = (self.next_transmitted + 1) % TRANSMIT;
            if self.link.load(Ordering::Relaxed) {
                // The other end may not be there yet.
                let _ = self.wire.send(&slot.bytes);
            }
        }
    }
}
