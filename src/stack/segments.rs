//! Segments of which smoltcp 0.14 makes something wrong.

use smoltcp::socket::tcp::State;
use smoltcp::wire::TcpPacket;

use super::bare::Bare;
use super::frame::Packet;
use super::steering::{Ends, Sets, Steering};

/// Whether it is a close behind text of which only a part finds room. smoltcp would cut the text
/// there, and take the close all the same.
pub(super) fn cuts_text<'a>(
    packet: &Packet<'_>,
    segment: &TcpPacket<&[u8]>,
    sets: &mut Sets<'_, 'a, impl Steering<'a>>,
) -> bool {
    let length = text_length(packet, segment);
    segment.fin()
        && length > 0
        && sets
            .connection(&Ends::of(packet, segment))
            .map(|socket| socket.recv_capacity() - socket.recv_queue())
            .is_some_and(|room| 0 < room && room < length)
}

/// After the last acknowledgement of a client that has no room, smoltcp would go on to probe its
/// window with nothing, and without a pause. So it is told that there is room.
pub(super) fn with_room<'a>(
    packet: &Packet<'_>,
    segment: &TcpPacket<&[u8]>,
    sets: &mut Sets<'_, 'a, impl Steering<'a>>,
) -> Option<Bare> {
    let socket = sets.connection(&Ends::of(packet, segment))?;
    (segment.window_len() == 0 && socket.state() == State::FinWait2).then(|| Bare {
        number: segment.seq_number() + text_length(packet, segment),
        window: 1,
    })
}

fn text_length(packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> usize {
    packet.payload.len() - usize::from(segment.header_len())
}
