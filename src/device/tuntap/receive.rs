//! Frames from the kernel.

use core::fmt;
use std::boxed::Box;
use std::fs::File;
use std::vec;

use log::debug;
use rustix::io::Errno;
use smoltcp::phy;

use super::header::{self, Header};
use super::health::{Fault, Health};
use super::segment::{Content, complete_checksum};
use super::{LONGEST_PACKET, Mode};

/// Frames that are read in search of one that can be used: others cannot keep a program busy without end.
const FRAMES: usize = 64;

/// The room for one frame, and how frames get there.
pub(super) struct Incoming {
    mode: Mode,
    offload: bool,
    /// How long a frame may be that stands for no others.
    longest: usize,
    /// A header, if there is offload, and a frame. One byte longer than the longest there is, so
    /// that a longer one does not look like it.
    buffer: Box<[u8]>,
    /// The length of the frame in `buffer`, zero if there is none.
    pending: usize,
}

/// What is to become of a frame.
enum Verdict {
    Accept,
    Oversize,
    Corrupt,
    Partial,
}

impl Incoming {
    pub fn new(mode: Mode, mtu: usize, offload: bool) -> Self {
        let longest = mode.header_len() + mtu;
        let room = match offload {
            true => header::LENGTH + mode.header_len() + mtu.max(LONGEST_PACKET),
            false => longest,
        };
        Self {
            mode,
            offload,
            longest,
            buffer: vec![0; room + 1].into(),
            pending: 0,
        }
    }

    /// Whether there is a frame.
    pub fn is_pending(&self) -> bool {
        self.pending != 0
    }

    /// The frame, if there is one.
    pub fn token(&mut self) -> Option<RxToken<'_>> {
        if self.pending == 0 {
            return None;
        }
        let start = if self.offload { header::LENGTH } else { 0 };
        Some(RxToken {
            frame: &self.buffer[start..start + self.pending],
            pending: &mut self.pending,
        })
    }

    /// Reads until there is a frame, unless there is one already. Without one the stack takes the device
    /// for empty.
    pub fn read(&mut self, driver: &File, health: &mut Health) {
        for _ in 0..FRAMES {
            if self.is_pending() || !self.read_one(driver, health) {
                return;
            }
        }
    }

    /// Reads a frame; returns whether there was one, of which kind ever.
    fn read_one(&mut self, driver: &File, health: &mut Health) -> bool {
        if health.fault == Some(Fault::Removed) {
            return false;
        }
        let length = match rustix::io::read(driver, &mut *self.buffer) {
            Ok(length) => length,
            Err(Errno::AGAIN | Errno::INTR) => return false,
            Err(error) => {
                health.statistics.receive_errors += 1;
                health.failed(error, health.statistics.receive_errors);
                return false;
            }
        };
        let (verdict, length) = self.judge(length);
        let statistics = &mut health.statistics;
        match verdict {
            Verdict::Accept => {
                statistics.received_frames += 1;
                statistics.received_bytes += length as u64;
                self.pending = length;
            }
            Verdict::Oversize => {
                statistics.received_oversize += 1;
                let count = statistics.received_oversize;
                let longest = self.longest;
                health.warn(
                    count,
                    format_args!("a frame of more than {longest} bytes came"),
                );
            }
            // As little noise as smoltcp makes about them.
            Verdict::Corrupt => {
                statistics.received_corrupt += 1;
                debug!("{}: a TCP segment with a wrong checksum", health.name);
            }
            Verdict::Partial => {
                statistics.received_partial += 1;
                debug!("{}: a fragment of a TCP segment", health.name);
            }
        }
        true
    }

    /// Looks at the first `length` bytes of the buffer. Returns the length of the frame, too.
    fn judge(&mut self, length: usize) -> (Verdict, usize) {
        let truncated = length == self.buffer.len();
        let bytes = &mut self.buffer[..length];
        if !self.offload {
            let verdict = if truncated {
                Verdict::Oversize
            } else {
                Verdict::Accept
            };
            return (verdict, length);
        }
        // Without a header there is no frame either.
        let Some((header, frame)) = bytes.split_first_chunk_mut() else {
            return (Verdict::Corrupt, 0);
        };
        let header = Header::parse(header);
        let length = frame.len();
        if truncated || length > self.longest && !header.is_several() {
            return (Verdict::Oversize, length);
        }
        (admit(self.mode, &header, frame), length)
    }
}

/// Whether smoltcp may have the frame, which it takes for verified if it holds a TCP segment.
fn admit(mode: Mode, header: &Header, frame: &mut [u8]) -> Verdict {
    let content = Content::of(mode, frame);
    if let Content::Segment(segment) = &content
        && header.vouches_for(segment)
    {
        return Verdict::Accept;
    }
    if let Some((start, field)) = header.incomplete_checksum()
        && !complete_checksum(frame, start, field)
    {
        return Verdict::Corrupt;
    }
    match content {
        Content::Segment(segment) if segment.is_intact(frame) => Verdict::Accept,
        Content::Segment(_) => Verdict::Corrupt,
        Content::Fragment => Verdict::Partial,
        // Several datagrams are nothing that smoltcp could take apart, and not agreed on.
        Content::Datagram(_) | Content::Other if header.is_several() => Verdict::Oversize,
        Content::Datagram(_) | Content::Other => Verdict::Accept,
    }
}

/// A frame from the kernel.
pub struct RxToken<'a> {
    frame: &'a [u8],
    pending: &'a mut usize,
}

impl fmt::Debug for RxToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RxToken")
            .field("length", &self.frame.len())
            .finish_non_exhaustive()
    }
}

impl phy::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        *self.pending = 0;
        f(self.frame)
    }
}
