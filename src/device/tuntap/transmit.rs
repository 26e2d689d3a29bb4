//! Frames for the kernel.

use std::fs::File;
use std::vec;
use std::vec::Vec;

use smoltcp::phy::{self, PacketMeta};

use super::header::{self, Header};
use super::health::Health;
use super::segment::Content;
use super::{LONGEST_PACKET, Mode};

/// The longest packet smoltcp can be talked into: 65 535 bytes behind an IPv6 header.
const LARGEST_PACKET: usize = 40 + LONGEST_PACKET;

/// The room for one frame.
pub(super) struct Outgoing {
    mode: Mode,
    mtu: usize,
    offload: bool,
    /// A header, if there is offload, and a frame.
    buffer: Vec<u8>,
}

impl Outgoing {
    pub fn new(mode: Mode, mtu: usize, offload: bool) -> Self {
        Self {
            mode,
            mtu,
            offload,
            buffer: vec![0; header::LENGTH + mode.header_len() + mtu.max(LARGEST_PACKET)],
        }
    }

    pub fn token<'a>(&'a mut self, driver: &'a File, health: &'a mut Health) -> TxToken<'a> {
        TxToken {
            driver,
            outgoing: self,
            health,
            meta: PacketMeta::default(),
        }
    }

    /// The room for a header and a frame of that length.
    fn room(&mut self, length: usize) -> (&mut [u8; header::LENGTH], &mut [u8]) {
        let needed = header::LENGTH + length;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        self.buffer[..needed]
            .split_first_chunk_mut()
            .expect("a header fits")
    }

    /// Makes the header of a frame, and what the frame lacks without offload stays as it is.
    fn describe(&mut self, length: usize, meta: PacketMeta) -> Header {
        let mode = self.mode;
        let (place, frame) = self.room(length);
        let header = match Content::of(mode, frame) {
            Content::Segment(segment) => {
                segment.prepare_checksum(frame);
                let header = Header::without_checksum(&segment);
                match segment_size(meta) {
                    Some(size) if segment.is_ipv4 => header.cut(&segment, size),
                    _ => header,
                }
            }
            Content::Fragment | Content::Other => Header::NONE,
        };
        header.emit(place);
        header
    }
}

/// How many bytes of text a segment shall have, if the frame is to be cut.
fn segment_size(meta: PacketMeta) -> Option<u16> {
    #[cfg(feature = "segmentation")]
    return meta.segmentation_offload_size.map(u16::from);
    #[cfg(not(feature = "segmentation"))]
    {
        let _ = meta;
        None
    }
}

/// Room for a frame to the kernel.
pub struct TxToken<'a> {
    driver: &'a File,
    outgoing: &'a mut Outgoing,
    health: &'a mut Health,
    meta: PacketMeta,
}

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let (_, frame) = self.outgoing.room(length);
        let result = f(frame);
        let mut longest = self.outgoing.mtu;
        let mut unused = header::LENGTH;
        if self.outgoing.offload {
            unused = 0;
            if self.outgoing.describe(length, self.meta).is_several() {
                longest = LONGEST_PACKET;
            }
        }
        longest += self.outgoing.mode.header_len();
        let bytes = &self.outgoing.buffer[unused..header::LENGTH + length];
        let header = header::LENGTH - unused;
        self.health.send(self.driver, bytes, header, longest);
        result
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.meta = meta;
    }
}
