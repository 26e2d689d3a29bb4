//! Making one large frame of TCP segments that follow each other, or of UDP datagrams from one
//! port to another.
//!
//! smoltcp 0.14 hands over large packets to be cut over IPv4 only; over IPv6 it drops them. So what
//! it has cut there is put together again: each segment is written over the end of the one before,
//! in such a way that text follows text and only its headers cover something, which is put back.
//! Datagrams of one length, the last of which may be shorter, can be sent in the same way.

use super::attach::Offload;
use super::header::Header;
use super::segment::{Content, Control, Segment};
use super::{LONGEST_PACKET, Mode};
use crate::packet::tcp::{FLAGS, SEQUENCE};
use crate::packet::{Flags, LONGEST_HEADERS};

/// Into how many datagrams every kernel cuts a frame that cuts any.
const MOST_DATAGRAMS: usize = 64;

/// Segments that are one frame so far.
pub(super) struct Gathered {
    mode: Mode,
    segment: Segment,
    /// The bytes of text in each segment.
    size: usize,
    /// How many segments there are.
    count: usize,
    /// In TCP, the sequence number of the byte after the last.
    next: u32,
    covered: [u8; LONGEST_HEADERS],
}

/// What has become of another frame.
#[derive(PartialEq, Eq)]
pub(super) enum Added {
    /// It is part of the frame now, and there is room for more.
    Yes,
    /// It is part of the frame now, and has to be the last.
    Last,
    /// It stands where it was written.
    No,
}

impl Gathered {
    /// Whether a frame may be the first of several that the kernel cuts. A segment of smoltcp without
    /// PSH tells that there is more to come. A datagram does not tell, so each may be the first.
    pub fn first(mode: Mode, frame: &[u8], kernel: Offload) -> Option<Self> {
        let segment = match Content::of(mode, frame) {
            Content::Segment(segment) | Content::Datagram(segment) => segment,
            Content::Fragment | Content::Other => return None,
        };
        let size = segment.end - segment.text;
        let (may_be, next) = match segment.control {
            Some(Control { sequence, flags }) => {
                let may_be = kernel.segments && flags.0 == Flags::ACK;
                (may_be, (sequence + size).0 as u32)
            }
            None => (kernel.datagrams, 0),
        };
        let fits = segment.text <= LONGEST_HEADERS
            && segment.end == frame.len()
            && segment.end + size <= mode.header_len() + LONGEST_PACKET;
        (may_be && size != 0 && fits).then_some(Self {
            mode,
            segment,
            size,
            count: 1,
            next,
            covered: [0; LONGEST_HEADERS],
        })
    }

    /// Where the next frame of `length` bytes goes; `None` if its length rules out that it follows.
    pub fn place(&mut self, frame: &[u8], length: usize) -> Option<usize> {
        let headers = self.segment.text;
        if !(headers + 1..=headers + self.size).contains(&length) {
            return None;
        }
        let start = self.segment.end - headers;
        self.covered[..headers].copy_from_slice(&frame[start..self.segment.end]);
        Some(start)
    }

    /// Takes in the frame of `length` bytes that was written at its [`place`](Self::place).
    /// `bytes` starts with the first frame.
    pub fn add(&mut self, bytes: &mut [u8], length: usize) -> Added {
        let (start, headers) = (self.segment.end - self.segment.text, self.segment.text);
        let (before, added) = bytes.split_at_mut(start);
        let written = &mut added[..headers];
        // With little text so far, the headers of the first frame are covered in part.
        let mut expected = [0; LONGEST_HEADERS];
        for (index, byte) in expected[..headers].iter_mut().enumerate() {
            *byte = match before.get(index) {
                Some(byte) => *byte,
                None => self.covered[index - start],
            };
        }
        let expected = &mut expected[..headers];
        let tcp = self.segment.start;
        let is_datagram = self.segment.is_datagram();
        let mut flags = 0;
        if !is_datagram {
            expected[tcp + SEQUENCE..][..4].copy_from_slice(&self.next.to_be_bytes());
            flags = written[tcp + FLAGS] & Control::OF_LAST;
            expected[tcp + FLAGS] |= flags;
        }
        self.segment.number(self.mode, expected, self.count);
        for field in self.segment.length_fields(self.mode) {
            expected[field.clone()].copy_from_slice(&written[field]);
        }
        if written != expected {
            return Added::No;
        }
        written.copy_from_slice(&self.covered[..headers]);
        let text = length - headers;
        self.segment.end += text;
        self.next = self.next.wrapping_add(text as u32);
        self.count += 1;
        if flags != 0 {
            bytes[tcp + FLAGS] |= flags;
        }
        let longest = self.mode.header_len() + LONGEST_PACKET;
        let full =
            self.segment.end + self.size > longest || is_datagram && self.count == MOST_DATAGRAMS;
        match text < self.size || flags != 0 || full {
            true => Added::Last,
            false => Added::Yes,
        }
    }

    /// Puts back what the frame that was written at [`place`](Self::place) has covered, and its
    /// headers into `headers`. Returns how long these are.
    pub fn uncover(&self, bytes: &mut [u8], headers: &mut [u8; LONGEST_HEADERS]) -> usize {
        let length = self.segment.text;
        let place = &mut bytes[self.segment.end - length..self.segment.end];
        headers[..length].copy_from_slice(place);
        place.copy_from_slice(&self.covered[..length]);
        length
    }

    /// Completes the frame. Returns its length, and what the kernel needs to know.
    pub fn finish(self, bytes: &mut [u8]) -> (usize, Header) {
        let frame = &mut bytes[..self.segment.end];
        if self.segment.is_datagram() && self.count == 1 {
            // It has all that it needs, a checksum too.
            return (frame.len(), Header::NONE);
        }
        self.segment.set_length(self.mode, frame);
        self.segment.prepare_checksum(frame);
        let header = Header::without_checksum(&self.segment);
        let header = match self.count {
            1 => header,
            // No longer than the MTU, which is a u16.
            _ => header.cut(&self.segment, self.size as u16),
        };
        (frame.len(), header)
    }
}
