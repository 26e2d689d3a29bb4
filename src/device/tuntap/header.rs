//! What the kernel and we tell each other about a frame, in front of it: the header of virtio's
//! network devices (Virtual I/O Device 1.3, 5.1.6).

use super::segment::Segment;

/// How long a header is, in bytes.
pub(super) const LENGTH: usize = 10;

const NEEDS_CHECKSUM: u8 = 1;
const CHECKSUM_IS_VALID: u8 = 2;

const SEGMENTS_NONE: u8 = 0;
const SEGMENTS_TCP_IPV4: u8 = 1;
const SEGMENTS_TCP_IPV6: u8 = 4;
const SEGMENTS_UDP: u8 = 5;

/// What is known of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    flags: u8,
    segments: u8,
    /// How many bytes of headers there are before the payload, if the frame has to be cut.
    headers_len: u16,
    /// How many bytes of text each of the segments gets.
    pub segment_size: u16,
    checksum_start: u16,
    checksum_offset: u16,
}

impl Header {
    /// A header that promises nothing and asks for nothing: the frame is complete.
    pub const NONE: Self = Self {
        flags: 0,
        segments: SEGMENTS_NONE,
        headers_len: 0,
        segment_size: 0,
        checksum_start: 0,
        checksum_offset: 0,
    };

    /// Of a frame with a segment in which the checksum covers the pseudo header only.
    pub fn without_checksum(segment: &Segment) -> Self {
        Self {
            flags: NEEDS_CHECKSUM,
            // Frames are far shorter than what a u16 holds up to where the segment starts.
            checksum_start: segment.start as u16,
            checksum_offset: segment.checksum_offset() as u16,
            ..Self::NONE
        }
    }

    /// Asks for segments with `size` bytes of text each.
    pub fn cut(self, segment: &Segment, size: u16) -> Self {
        Self {
            segments: match (segment.is_datagram(), segment.is_ipv4()) {
                (true, _) => SEGMENTS_UDP,
                (false, true) => SEGMENTS_TCP_IPV4,
                (false, false) => SEGMENTS_TCP_IPV6,
            },
            headers_len: segment.text as u16,
            segment_size: size,
            ..self
        }
    }

    pub fn parse(bytes: &[u8; LENGTH]) -> Self {
        let [flags, segments, fields @ ..] = *bytes;
        let [a, b, c, d, e, f, g, h] = fields;
        Self {
            flags,
            segments,
            headers_len: u16::from_le_bytes([a, b]),
            segment_size: u16::from_le_bytes([c, d]),
            checksum_start: u16::from_le_bytes([e, f]),
            checksum_offset: u16::from_le_bytes([g, h]),
        }
    }

    pub fn emit(self, bytes: &mut [u8; LENGTH]) {
        let [a, b] = self.headers_len.to_le_bytes();
        let [c, d] = self.segment_size.to_le_bytes();
        let [e, f] = self.checksum_start.to_le_bytes();
        let [g, h] = self.checksum_offset.to_le_bytes();
        *bytes = [self.flags, self.segments, a, b, c, d, e, f, g, h];
    }

    /// Whether the frame stands for several UDP datagrams.
    pub fn is_datagrams(&self) -> bool {
        self.segments == SEGMENTS_UDP
    }

    /// Whether the frame stands for several, so that it may be longer than the MTU.
    pub fn is_several(&self) -> bool {
        self.segments != SEGMENTS_NONE
    }

    /// Where the bytes of an incomplete checksum start, and where it goes, if there is one.
    pub fn incomplete_checksum(&self) -> Option<(usize, usize)> {
        let start = usize::from(self.checksum_start);
        let needed = self.flags & NEEDS_CHECKSUM != 0;
        needed.then_some((start, start + usize::from(self.checksum_offset)))
    }

    /// Whether the kernel answers for what is in the segment: it has verified the checksum, or
    /// the segment has never left this host, and has none yet.
    pub fn vouches_for(&self, segment: &Segment) -> bool {
        if self.flags & NEEDS_CHECKSUM != 0 {
            // It could be that of a segment inside this one, which says nothing about this one.
            usize::from(self.checksum_start) == segment.start
                && usize::from(self.checksum_offset) == segment.checksum_offset()
        } else {
            self.flags & CHECKSUM_IS_VALID != 0
        }
    }
}
