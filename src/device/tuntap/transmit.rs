//! Frames for the kernel.

use core::fmt;
use std::fs::File;
use std::vec;
use std::vec::Vec;

use log::warn;
use rustix::io::Errno;
use smoltcp::phy::{self, PacketMeta};

use super::attach::Offload;
use super::cut::cut;
use super::gather::{Added, Gathered};
use super::header::{self, Header};
use super::health::Health;
use super::segment::Content;
use super::{LONGEST_PACKET, Mode};
use crate::packet::LONGEST_HEADERS;
use crate::packet::ip::IPV6_HEADER;

/// The longest packet smoltcp can be talked into: 65 535 bytes behind an IPv6 header.
const LARGEST_PACKET: usize = IPV6_HEADER + LONGEST_PACKET;

/// The room for one frame.
pub(super) struct Outgoing {
    mode: Mode,
    mtu: usize,
    offload: bool,
    gather: bool,
    /// What the kernel cuts, as far as is known.
    cuts: Offload,
    /// A header, if there is offload, and a frame.
    buffer: Vec<u8>,
    /// What waits in `buffer` for more of its kind.
    gathered: Option<Gathered>,
}

impl Outgoing {
    pub fn new(mode: Mode, mtu: usize, offload: Offload, gather: bool) -> Self {
        Self {
            mode,
            mtu,
            offload: offload.segments,
            gather: offload.segments && gather,
            cuts: offload,
            buffer: vec![0; header::LENGTH + mode.header_len() + mtu.max(LARGEST_PACKET)],
            gathered: None,
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

    /// Whether the kernel cuts TCP segments, as far as is known.
    #[cfg(feature = "segmentation")]
    pub fn cuts_segments(&self) -> bool {
        self.cuts.segments
    }

    /// Sends what waits.
    pub fn flush(&mut self, driver: &File, health: &mut Health) {
        if let Some(gathered) = self.gathered.take() {
            let (length, header) = gathered.finish(&mut self.buffer[header::LENGTH..]);
            self.send(driver, health, length, header);
        }
    }

    /// Where the next frame starts in `buffer`.
    fn place(&mut self, driver: &File, health: &mut Health, length: usize) -> usize {
        if let Some(gathered) = &mut self.gathered {
            if let Some(place) = gathered.place(&self.buffer[header::LENGTH..], length) {
                return header::LENGTH + place;
            }
            self.flush(driver, health);
        }
        let needed = header::LENGTH + length;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        header::LENGTH
    }

    /// Sends the frame of `length` bytes that was written at `place`, or lets it wait.
    fn finish(
        &mut self,
        driver: &File,
        health: &mut Health,
        place: usize,
        length: usize,
        meta: PacketMeta,
    ) {
        if let Some(gathered) = &mut self.gathered {
            let bytes = &mut self.buffer[header::LENGTH..];
            match gathered.add(bytes, length) {
                Added::Yes => return,
                Added::Last => return self.flush(driver, health),
                Added::No => {}
            }
            // It covers the end of what waits, which has to leave first.
            let mut headers = [0; LONGEST_HEADERS];
            let covered = gathered.uncover(bytes, &mut headers);
            self.flush(driver, health);
            let start = header::LENGTH;
            self.buffer.copy_within(place..place + length, start);
            self.buffer[start..start + covered].copy_from_slice(&headers[..covered]);
        }
        let frame = &mut self.buffer[header::LENGTH..][..length];
        let is_short = length <= self.mode.header_len() + self.mtu;
        if self.gather && is_short && segment_size(meta).is_none() {
            self.gathered = Gathered::first(self.mode, frame, self.cuts);
            if self.gathered.is_some() {
                return;
            }
        }
        let header = if self.offload {
            describe(self.mode, frame, meta)
        } else {
            Header::NONE
        };
        self.send(driver, health, length, header);
    }

    fn send(&mut self, driver: &File, health: &mut Health, length: usize, header: Header) {
        if header.is_several() {
            return self.send_several(driver, health, length, header);
        }
        let bytes = &mut self.buffer[..header::LENGTH + length];
        let longest = self.mode.header_len() + self.mtu;
        if self.offload {
            if let Some(place) = bytes.first_chunk_mut() {
                header.emit(place);
            }
            health.send(driver, bytes, header::LENGTH, longest);
        } else {
            health.send(driver, &bytes[header::LENGTH..], 0, longest);
        }
    }

    /// Sends a frame for the kernel to cut. If it refuses to, the frame is cut here, and so is each
    /// one after it: smoltcp asks only once what the device does.
    fn send_several(&mut self, driver: &File, health: &mut Health, length: usize, header: Header) {
        let bytes = &mut self.buffer[..header::LENGTH + length];
        let (cuts, what) = match header.is_datagrams() {
            true => (&mut self.cuts.datagrams, "UDP datagrams"),
            false => (&mut self.cuts.segments, "TCP segments"),
        };
        if *cuts {
            if let Some(place) = bytes.first_chunk_mut() {
                header.emit(place);
            }
            let longest = self.mode.header_len() + LONGEST_PACKET;
            match health.try_send(driver, bytes, header::LENGTH, longest) {
                Err(Errno::INVAL) => {}
                result => return health.note(result),
            }
            *cuts = false;
            warn!(
                "{}: the kernel refuses a frame with several {what} in it: each is sent in a frame \
                 of its own from now on, which is slower",
                health.name
            );
        }
        let longest = self.mode.header_len() + self.mtu;
        cut(self.mode, bytes, header.segment_size, |segment| {
            health.send(driver, segment, header::LENGTH, longest);
        });
    }
}

/// Takes the checksum of a TCP segment back, and says what the kernel has to do to the frame.
fn describe(mode: Mode, frame: &mut [u8], meta: PacketMeta) -> Header {
    match Content::of(mode, frame) {
        Content::Segment(segment) => {
            segment.prepare_checksum(frame);
            let header = Header::without_checksum(&segment);
            match segment_size(meta) {
                Some(size) => header.cut(&segment, size),
                None => header,
            }
        }
        Content::Datagram(_) | Content::Fragment | Content::Other => Header::NONE,
    }
}

/// How many bytes of payload each segment gets, if the frame has to be cut.
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

impl fmt::Debug for TxToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TxToken")
            .field("mode", &self.outgoing.mode)
            .field("mtu", &self.outgoing.mtu)
            .finish_non_exhaustive()
    }
}

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let (outgoing, driver, health) = (self.outgoing, self.driver, self.health);
        let place = outgoing.place(driver, health, length);
        let result = f(&mut outgoing.buffer[place..place + length]);
        outgoing.finish(driver, health, place, length, self.meta);
        result
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.meta = meta;
    }
}
