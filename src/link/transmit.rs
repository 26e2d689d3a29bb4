//! Where frames leave.

use smoltcp::phy::{Device, PacketMeta, TxToken};
use smoltcp::time::Instant;

use crate::packet::LONGEST_HEADERS;

/// Where frames leave: one type for all devices, so that smoltcp is compiled once.
pub(crate) trait Transmit {
    /// Whether there is room for a frame.
    fn has_room(&mut self) -> bool;

    /// Transmits a frame that `fill` writes. Where there is no room, the frame is written and dropped.
    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8]));

    /// Transmits a frame with a packet that may be cut into fragments.
    #[inline]
    fn transmit_datagram(&mut self, length: usize, fill: &mut dyn FnMut(&mut [u8])) {
        self.transmit(length, PacketMeta::default(), fill);
    }
}

/// The room that a device has at this moment.
pub(crate) struct Room<'d, D> {
    pub(crate) device: &'d mut D,
    pub(crate) now: Instant,
}

impl<D: Device> Transmit for Room<'_, D> {
    fn has_room(&mut self) -> bool {
        self.device.transmit(self.now).is_some()
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        self.device.transmit(self.now).transmit(length, meta, fill);
    }
}

/// The room for one frame, or none.
impl<T: TxToken> Transmit for Option<T> {
    fn has_room(&mut self) -> bool {
        self.is_some()
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        match self.take() {
            Some(mut token) => {
                token.set_meta(meta);
                token.consume(length, fill);
            }
            None => Nowhere.transmit(length, meta, fill),
        }
    }
}

/// Where short packets are dropped that wait for room.
#[cfg(feature = "addressing")]
pub(crate) struct Drain;

#[cfg(feature = "addressing")]
impl Transmit for Drain {
    fn has_room(&mut self) -> bool {
        true
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        Nowhere.transmit(length, meta, fill);
    }
}

/// Where answers are dropped: those to segments without payload, which can only be headers.
pub(crate) struct Nowhere;

impl Transmit for Nowhere {
    fn has_room(&mut self) -> bool {
        false
    }

    #[inline(never)] // The room for it is needed for as long as this takes only.
    fn transmit(&mut self, length: usize, _: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        fill(&mut [0; LONGEST_HEADERS][..length]);
    }
}
