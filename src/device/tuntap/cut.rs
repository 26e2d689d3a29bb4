//! Cutting one large frame into the TCP segments or UDP datagrams that it stands for, for a kernel
//! that refuses to do it.
//!
//! It is done in place: the headers are written before the payload of each segment, over the end of
//! the segment before, which has been sent by then.

use smoltcp::wire::{TcpPacket, TcpSeqNumber};

use super::Mode;
use super::header::{self, Header};
use super::segment::{Content, Segment};

/// Sends each segment of a frame, with `size` bytes of payload, the last with what is left.
///
/// `buffer` ends with the frame, and has room for a header before it. What is sent has a header.
pub(super) fn cut(mode: Mode, buffer: &mut [u8], size: u16, mut send: impl FnMut(&[u8])) {
    let (Content::Segment(whole) | Content::Datagram(whole)) =
        Content::of(mode, &buffer[header::LENGTH..])
    else {
        return;
    };
    let headers = header::LENGTH + whole.text;
    let mut control = Control::of(&whole, &buffer[header::LENGTH..]);
    let mut left = whole.end - whole.text;
    // Where the next segment starts, with its header.
    let mut place = 0;
    while left > 0 {
        let length = left.min(size.into());
        left -= length;
        let mut segment = whole;
        segment.end = whole.text + length;
        let bytes = &mut buffer[place..][..headers + length];
        if let Some((header, frame)) = bytes.split_first_chunk_mut() {
            if let Some(control) = &mut control {
                control.write(&mut frame[whole.start..], length, left == 0);
            }
            segment.set_length(mode, frame);
            segment.prepare_checksum(frame);
            Header::without_checksum(&segment).emit(header);
        }
        send(bytes);
        if left > 0 {
            buffer.copy_within(place..place + headers, place + length);
        }
        place += length;
    }
}

/// What differs between the headers of the TCP segments.
struct Control {
    next: TcpSeqNumber,
    push: bool,
    fin: bool,
}

impl Control {
    /// That of a whole frame; `None` for datagrams.
    fn of(whole: &Segment, frame: &[u8]) -> Option<Self> {
        let packet = TcpPacket::new_unchecked(&frame[whole.start..]);
        (!whole.is_datagram).then(|| Self {
            next: packet.seq_number(),
            push: packet.psh(),
            fin: packet.fin(),
        })
    }

    /// Writes it into a header, of a segment with `length` bytes of payload.
    fn write(&mut self, segment: &mut [u8], length: usize, is_last: bool) {
        let mut packet = TcpPacket::new_unchecked(segment);
        packet.set_seq_number(self.next);
        // Both belong to the last byte.
        packet.set_psh(self.push && is_last);
        packet.set_fin(self.fin && is_last);
        self.next += length;
    }
}
