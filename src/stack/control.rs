//! A connection, and what the stack remembers of the segments that it sent.

mod event;
#[cfg(feature = "paths")]
mod flight;
mod summary;

pub use event::{End, Event};
#[cfg(feature = "paths")]
pub(super) use flight::{Acknowledgement, Advice, DUPLICATES, Expiry, Flight, Length};
pub use summary::Summary;

use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::AnySocket;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::TcpSeqNumber;

#[cfg(feature = "isn")]
use super::credit::Credit;
#[cfg(feature = "trace")]
use super::transmission::Buffer;
#[cfg(feature = "client")]
use super::unreachable::Unreachable;
use crate::link::EthernetAddress;
use crate::logging::debug;
use crate::packet::tcp::{CHECKSUM, SEQUENCE, WINDOW};
use crate::packet::{
    Flags, FourTuple, Options, Packet, Segment, TCP_HEADER, half, options, put_half,
};

/// A TCP connection: one socket in a set of its own, so that smoltcp looks at no other, and its
/// [`Control`]. Those of a server and of a client are the same.
#[derive(Debug)]
pub struct Connection<'a> {
    pub(super) set: SocketSet<'a>,
    handle: SocketHandle,
    pub(super) control: Control,
}

impl<'a> Connection<'a> {
    /// A connection without a peer. `storage` is borrowed for as long as the connection lives.
    pub fn new(storage: &'a mut SocketStorage<'a>, socket: Socket<'a>) -> Self {
        *storage = SocketStorage::default();
        let mut set = SocketSet::new(core::slice::from_mut(storage));
        let handle = put(&mut set, AnySocket::upcast(socket));
        Self {
            set,
            handle,
            control: Control::default(),
        }
    }

    /// The socket.
    #[inline(never)]
    #[must_use]
    pub fn socket(&self) -> &Socket<'a> {
        self.set.get(self.handle)
    }

    /// The socket, to work with it.
    #[inline(never)]
    pub fn socket_mut(&mut self) -> &mut Socket<'a> {
        self.set.get_mut(self.handle)
    }

    /// What the stack remembers of it.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Forgets the last connection, and begins to remember one with this four-tuple.
    pub(crate) fn begin(&mut self, tuple: FourTuple, now: Instant) {
        #[cfg(feature = "paths")]
        if self.control.flight.avoids_silly_windows {
            self.socket_mut().set_nagle_enabled(false);
        }
        self.control = Control {
            tuple: Some(tuple),
            began: now,
            ..Control::default()
        };
    }

    /// Forgets its peer, without sending a segment.
    pub(crate) fn forget(&mut self) {
        let socket = self.socket_mut();
        socket.abort();
        // smoltcp forgets that a reset has yet to be sent when the socket listens.
        let _ = socket.listen(1);
        socket.close();
    }
}

/// Puts a socket into a set that has room for it. There is one function for sockets of all kinds,
/// as a board has little room for code.
#[inline(never)]
pub(crate) fn put<'a>(
    set: &mut SocketSet<'a>,
    socket: smoltcp::socket::Socket<'a>,
) -> SocketHandle {
    set.add(socket)
}

/// What has happened to a connection, and what smoltcp does not tell about it: which segments were
/// sent, and which window was announced.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    tuple: Option<FourTuple>,
    /// The card that the peer's latest segment came from, on Ethernet: what is sent goes there.
    pub(super) hardware: Option<EthernetAddress>,
    /// The first segment that had to be sent again since then.
    #[cfg(feature = "client")]
    pub(super) again: Option<TcpSeqNumber>,
    began: Instant,
    /// This host's initial sequence number, and the one behind the last that was sent (SND.NXT).
    first_sent: TcpSeqNumber,
    sent: TcpSeqNumber,
    /// The peer's initial sequence number, and the one that was acknowledged last.
    first_received: TcpSeqNumber,
    acknowledged: TcpSeqNumber,
    /// The sequence number that is expected next (RCV.NXT), whether the peer was told so or not.
    next: Option<TcpSeqNumber>,
    /// The window that smoltcp announced last, not scaled.
    window: u16,
    /// By how many bits it is scaled; `None` until that is known.
    shift: Option<u8>,
    is_synchronized: bool,
    /// What may be sent before the peer has acknowledged anything.
    #[cfg(feature = "isn")]
    pub(super) credit: Credit,
    /// Segments that were sent again.
    retransmitted: u32,
    /// How often the window was shut.
    shut: u32,
    end: Option<End>,
    /// Why the SYN could not be delivered.
    #[cfg(feature = "client")]
    unreachable: Option<Unreachable>,
    /// The sequence number of the SYN of a simultaneous open, and the maximum segment size in it.
    #[cfg(feature = "client")]
    pub(super) peer_syn: Option<(TcpSeqNumber, Option<u16>)>,
    /// Whether a FIN was sent, which has a sequence number as a byte has.
    fin_sent: bool,
    peer_fin: PeerFin,
    #[cfg(feature = "paths")]
    pub(super) flight: Flight,
    /// The state that was reported last.
    #[cfg(feature = "trace")]
    pub(super) state: State,
    /// Its buffers, as they were before smoltcp was called.
    #[cfg(feature = "trace")]
    pub(super) buffers: [Buffer; 2],
}

/// How far the FIN of the peer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeerFin {
    Awaited,
    Received,
    Acknowledged,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            tuple: None,
            hardware: None,
            #[cfg(feature = "client")]
            again: None,
            began: Instant::ZERO,
            first_sent: TcpSeqNumber(0),
            sent: TcpSeqNumber(0),
            first_received: TcpSeqNumber(0),
            acknowledged: TcpSeqNumber(0),
            next: None,
            window: 0,
            shift: None,
            is_synchronized: false,
            #[cfg(feature = "isn")]
            credit: Credit::default(),
            retransmitted: 0,
            shut: 0,
            end: None,
            #[cfg(feature = "client")]
            unreachable: None,
            #[cfg(feature = "client")]
            peer_syn: None,
            fin_sent: false,
            peer_fin: PeerFin::Awaited,
            #[cfg(feature = "paths")]
            flight: Flight::default(),
            #[cfg(feature = "trace")]
            state: State::Closed,
            #[cfg(feature = "trace")]
            buffers: [Buffer::default(); 2],
        }
    }
}

impl Control {
    /// The four-tuple, if there is a peer.
    #[must_use]
    pub fn four_tuple(&self) -> Option<FourTuple> {
        self.tuple
    }

    /// For how long there has been this connection.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now - self.began.min(now)
    }

    /// How the connection has ended, or is about to end.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// How many segments were sent again.
    #[must_use]
    pub fn retransmitted(&self) -> u32 {
        self.retransmitted
    }

    /// How often the peer was told that there is no room for it.
    #[must_use]
    pub fn window_shut(&self) -> u32 {
        self.shut
    }

    /// A sentence about the connection, up to this moment.
    #[must_use]
    pub fn summary(&self, now: Instant) -> Summary<'_> {
        Summary { control: self, now }
    }

    /// Whether the window that was announced last is shut, and which byte is expected.
    pub(super) fn shut_at(&self) -> Option<TcpSeqNumber> {
        (self.has_acknowledged() && self.window == 0).then_some(self.acknowledged)
    }

    /// The sequence number that was acknowledged last: that of the byte that is expected, as far as
    /// the peer has been told.
    pub(super) fn expected(&self) -> Option<TcpSeqNumber> {
        self.has_acknowledged().then_some(self.acknowledged)
    }

    /// RCV.NXT; `None` before the SYN of the peer.
    pub(super) fn next(&self) -> Option<TcpSeqNumber> {
        self.next
    }

    /// Whether a connection that begins with this segment has no sequence number in common with
    /// this one: its initial sequence number has to be "larger than the largest sequence number it
    /// used on the previous connection incarnation" (RFC 9293, 3.6.1).
    pub(super) fn is_beyond(&self, segment: &Segment) -> bool {
        self.next.is_some_and(|next| segment.sequence > next)
    }

    /// SND.NXT: the sequence number behind the last that was sent.
    pub(super) fn sent(&self) -> TcpSeqNumber {
        self.sent
    }

    /// Why the SYN came back, if it did.
    #[cfg(feature = "client")]
    pub(crate) fn unreachable(&self) -> Option<Unreachable> {
        self.unreachable
    }

    /// A segment came back. A SYN is all that is in flight before the connection is open: "The TCP
    /// SEQ number should be within the range of the data already sent, but not yet acknowledged"
    /// (RFC 5927, 4.1).
    #[cfg(feature = "client")]
    pub(super) fn returned(&mut self, state: State, sequence: TcpSeqNumber, reason: Unreachable) {
        let is_opening = matches!(state, State::SynSent | State::SynReceived);
        if is_opening && self.syn_in_flight() == Some(sequence) {
            self.unreachable = Some(reason);
        }
    }

    /// A router says that a segment is too long: see [`Flight::too_long`].
    #[cfg(feature = "paths")]
    pub(super) fn too_long(
        &mut self,
        sequence: TcpSeqNumber,
        mtu: u16,
        now: Instant,
    ) -> Option<u16> {
        self.flight.too_long(sequence, mtu, self.sent, now)
    }

    /// The sequence number of the SYN of this host, if that is all that it has sent so far; before it
    /// has left, there is no number.
    #[cfg(feature = "client")]
    pub(super) fn syn_in_flight(&self) -> Option<TcpSeqNumber> {
        (self.sent == self.first_sent + 1).then_some(self.first_sent)
    }

    /// A segment of the peer has come from this card.
    pub(super) fn heard(&mut self, card: Option<EthernetAddress>) {
        self.hardware = card;
        #[cfg(feature = "client")]
        {
            self.again = None;
        }
    }

    /// So many bytes were received behind `next`, which was RCV.NXT before.
    pub(super) fn took(&mut self, bytes: usize, next: Option<TcpSeqNumber>) {
        self.next = next.map(|next| next + bytes).or(self.next);
    }

    /// The first sequence number beyond the window that smoltcp takes as announced.
    pub(super) fn window_end(&self) -> Option<TcpSeqNumber> {
        let window = usize::from(self.window) << self.shift.unwrap_or(0);
        self.has_acknowledged().then(|| self.acknowledged + window)
    }

    fn has_acknowledged(&self) -> bool {
        self.is_synchronized
    }

    /// Takes note of an event, and logs it.
    pub(crate) fn note(&mut self, event: Event) {
        match event {
            Event::Opened => {}
            Event::Retransmitted => self.retransmitted = self.retransmitted.wrapping_add(1),
            Event::WindowShut => self.shut = self.shut.wrapping_add(1),
            Event::Ended(end) => {
                if self.end.is_some() {
                    return;
                }
                self.end = Some(end);
            }
        }
        if let Some(tuple) = self.tuple {
            debug!("TCP: {}: {}", tuple.remote, event);
        }
    }

    /// The address of this host is gone, and the connection has ended by that.
    #[cfg(feature = "addressing")]
    pub(super) fn lose_address(&mut self) {
        self.end = None;
        self.note(Event::Ended(End::AddressGone));
    }

    /// A segment leaves; `bytes` begins with its header.
    ///
    /// A scaled window is announced one unit short. smoltcp 0.14 rounds the room that there is down
    /// to whole units each time, so the edge of the window would go back by up to a unit, which
    /// RFC 7323, 2.4 advises against: bytes that were allowed when they left would be beyond it
    /// when they arrive, and be dropped. With one unit kept back, all bytes that were allowed are taken.
    pub(super) fn transmitted(&mut self, segment: &Segment, bytes: &mut [u8], sums: bool) {
        let flags = segment.flags;
        let control = u32::from(flags.has(Flags::SYN)) + u32::from(flags.has(Flags::FIN));
        let length = segment.payload_len + control as usize;
        if flags.has(Flags::SYN) {
            self.first_sent = segment.sequence;
            let options = Options::of(bytes, segment.header_len);
            self.shift = Some(options.window_scale().unwrap_or(0));
        } else if self.first_sent == self.sent {
            // A SYN cookie was the SYN.
            self.first_sent = segment.sequence - 1;
        }
        self.fin_sent |= flags.has(Flags::FIN);
        let end = segment.sequence + length;
        if self.sends_again(segment) {
            self.note(Event::Retransmitted);
        } else if self.has_sent_nothing() || end > self.sent {
            self.sent = end;
        }
        if flags.has(Flags::RST) {
            self.note(Event::Ended(End::ResetByUs));
        } else if flags.has(Flags::FIN) {
            self.note(Event::Ended(End::ClosedByUs));
        }
        if !segment.acknowledges() && flags.kind() != Flags::SYN | Flags::ACK {
            return;
        }
        let is_first = !core::mem::replace(&mut self.is_synchronized, true);
        self.next = Some(segment.acknowledgement);
        if is_first {
            self.first_received = segment.acknowledgement;
        } else if segment.window == 0 && self.window > 0 {
            self.note(Event::WindowShut);
        }
        // smoltcp 0.14 forgets which window it has announced in a probe of the peer's window, or in
        // a question whether the peer is there. Both have one byte.
        if is_first || segment.payload_len != 1 {
            (self.acknowledged, self.window) = (segment.acknowledgement, segment.window);
            if self.peer_fin == PeerFin::Received {
                self.peer_fin = PeerFin::Acknowledged;
            }
        }
        let Some(header) = bytes.first_chunk_mut() else {
            return;
        };
        if length == 0 {
            let sequence = self.sequence(segment).0 as u32;
            replace(header, SEQUENCE, (sequence >> 16) as u16, sums);
            replace(header, SEQUENCE + 2, sequence as u16, sums);
        }
        if self.shift.is_some_and(|shift| shift > 0) && !flags.has(Flags::SYN) {
            lessen_window(header, segment.window, sums);
        }
    }

    /// The sequence number that a segment is given that has neither payload nor control: SND.NXT
    /// (RFC 9293, 3.10.7.4).
    ///
    /// smoltcp 0.14 goes back to the first number that is not acknowledged when it retransmits, and
    /// gives that to such a segment, too. Where both sides have gone back, the numbers of each are
    /// old to the other, which drops them and their acknowledgements, without end.
    pub(super) fn sequence(&self, segment: &Segment) -> TcpSeqNumber {
        segment.sequence.max(self.sent)
    }

    /// Whether all of a segment that leaves has been sent before. One byte is a probe of the window, or
    /// asks for a sign of life.
    pub(super) fn sends_again(&self, segment: &Segment) -> bool {
        let flags = segment.flags;
        let control = usize::from(flags.has(Flags::SYN)) + usize::from(flags.has(Flags::FIN));
        let end = segment.sequence + segment.payload_len + control;
        let is_question = control == 0 && segment.payload_len <= 1;
        !is_question && !self.has_sent_nothing() && end <= self.sent
    }

    fn has_sent_nothing(&self) -> bool {
        self.sent == TcpSeqNumber(0) || self.sent == self.first_sent
    }

    /// A segment has been received, and given to smoltcp.
    pub(super) fn received(
        &mut self,
        packet: &Packet<'_>,
        segment: &Segment,
        was: State,
        is: State,
    ) {
        if segment.flags.has(Flags::SYN) {
            let scale = options(packet, segment).window_scale();
            #[cfg(feature = "paths")]
            self.flight.set_scale(scale);
            if scale.is_none() {
                // A window is scaled if both sides say so (RFC 7323, 2.2).
                self.shift = Some(0);
            }
            if was != is {
                self.next = Some(segment.sequence + 1);
            }
        }
        let takes_fin = matches!(is, State::CloseWait | State::Closing | State::TimeWait);
        if segment.flags.has(Flags::FIN) && was != is && takes_fin {
            self.peer_fin = PeerFin::Received;
            self.next = Some(segment.end() + 1);
        }
        let opening = |state| matches!(state, State::SynSent | State::SynReceived);
        match is {
            State::Established | State::CloseWait if opening(was) => {
                #[cfg(feature = "isn")]
                self.credit.lift();
                self.note(Event::Opened);
            }
            State::CloseWait if was != is => self.note(Event::Ended(End::ClosedByPeer)),
            State::Closed | State::Listen if !matches!(was, State::LastAck | State::Listen) => {
                self.note(Event::Ended(End::ResetByPeer));
            }
            _ => {}
        }
    }

    /// Bytes of text that were acknowledged to the peer, and that were sent to it.
    fn bytes(&self) -> (u32, u32) {
        let between = |from: TcpSeqNumber, to: TcpSeqNumber| to.0.wrapping_sub(from.0) as u32;
        let received = between(self.first_received, self.acknowledged);
        let received = received.saturating_sub(u32::from(self.peer_fin == PeerFin::Acknowledged));
        let sent = between(self.first_sent, self.sent);
        let sent = sent.saturating_sub(1 + u32::from(self.fin_sent)); // and the SYN
        (received, sent)
    }
}

/// A window that is scaled is announced one unit smaller than it is, so that it does not shrink when its
/// last bits are cut off (RFC 7323, 2.4).
fn lessen_window(header: &mut [u8; TCP_HEADER], window: u16, sums: bool) {
    if window > 0 {
        replace(header, WINDOW, window - 1, sums);
    }
}

/// Puts another number into the header of a segment.
fn replace(header: &mut [u8; TCP_HEADER], at: usize, new: u16, sums: bool) {
    let old = half(header, at);
    put_half(header, at, new);
    if sums {
        // RFC 1624, equation 3.
        let sum = u32::from(!half(header, CHECKSUM)) + u32::from(!old) + u32::from(new);
        let sum = (sum & 0xffff) + (sum >> 16);
        put_half(header, CHECKSUM, !((sum & 0xffff) + (sum >> 16)) as u16);
    }
}

#[cfg(test)]
mod tests;
