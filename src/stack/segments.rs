//! Segments of which smoltcp 0.14 makes something wrong.

use smoltcp::socket::tcp::State;
use smoltcp::wire::TcpPacket;

use super::bare::Bare;
use super::frame::Packet;
use super::steering::{Ends, Sets, Steering};

/// Whether all of the text in front of a close finds room in the window; `None` if there is no such
/// text. Of text that goes beyond, smoltcp drops the end, and takes the close all the same.
///
/// It counts from the window that it has told of last, not from the room that there is now. It
/// forgets that when it is asked for its window ([`Bare::reminder`]).
pub(super) fn fits<'a>(
    packet: &Packet<'_>,
    segment: &TcpPacket<&[u8]>,
    sets: &mut Sets<'_, 'a, impl Steering<'a>>,
) -> Option<bool> {
    let length = text_length(packet, segment);
    if !segment.fin() || length == 0 {
        return None;
    }
    let socket = sets.connection(&Ends::of(packet, segment))?;
    let (capacity, queue) = (socket.recv_capacity(), socket.recv_queue());
    // A window that is scaled is rounded down (RFC 7323, 2.2).
    let scale = (usize::BITS - capacity.leading_zeros()).saturating_sub(16);
    let room = (capacity - queue) >> scale << scale;
    // A window that is closed takes no close either.
    (room > 0).then_some(length <= room)
}

/// After the last acknowledgement of a client that has no room, smoltcp would go on to probe its
/// window with nothing, and without a pause. So it is told that there is room.
pub(super) fn with_room<'a>(
    packet: &Packet<'_>,
    segment: &TcpPacket<&[u8]>,
    sets: &mut Sets<'_, 'a, impl Steering<'a>>,
) -> Option<Bare> {
    let socket = sets.connection(&Ends::of(packet, segment))?;
    (segment.window_len() == 0 && socket.state() == State::FinWait2).then(|| {
        let end = segment.seq_number() + text_length(packet, segment);
        Bare::new(end, 1)
    })
}

fn text_length(packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> usize {
    packet.payload.len() - usize::from(segment.header_len())
}
