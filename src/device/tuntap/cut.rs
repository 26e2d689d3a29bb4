//! Cutting one large frame into the TCP segments or UDP datagrams that it stands for, for a kernel
//! that refuses to do it.
//!
//! It is done in place: the headers are written before the payload of each segment, over the end of
//! the segment before, which has been sent by then.

use super::Mode;
use super::header::{self, Header};
use super::segment::Content;

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
    let mut control = whole.control;
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
                control.emit(&mut frame[whole.start..], left == 0);
                control.sequence += length;
            }
            segment.number(mode, frame, usize::from(place > 0));
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
