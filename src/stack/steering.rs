//! More sockets than the stack's own: which of them a segment is for.
//!
//! smoltcp 0.14 looks at every socket of a set for every segment, and again for what is to be
//! transmitted. But it is told which set, each time. So whoever has many connections gives each of
//! them a set of its own, and says which one a segment belongs to.

use smoltcp::iface::{Interface, PollResult, SocketSet};
use smoltcp::phy::{Device, Medium};
use smoltcp::socket::AnySocket;
use smoltcp::socket::tcp::{self, State};
use smoltcp::time::Instant;
use smoltcp::wire::{IpEndpoint, TcpPacket};

use super::Context;
use super::door::Door;
use super::frame::{Frame, Packet};

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Ours.
    pub local: IpEndpoint,
    /// The other side's.
    pub remote: IpEndpoint,
}

impl Ends {
    pub(super) fn of(packet: &Packet<'_>, segment: &TcpPacket<&[u8]>) -> Self {
        Self {
            local: IpEndpoint::new(packet.destination, segment.dst_port()),
            remote: IpEndpoint::new(packet.source, segment.src_port()),
        }
    }
}

/// Somebody who has sets of sockets beside the stack's own, as
/// [`Stack::poll_with`](super::Stack::poll_with) works with.
///
/// Each call is given the stack's own set, and what is for nobody else is for that one.
pub trait Steering<'a> {
    /// The connection between these ends, unless it is closed.
    fn connection<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut tcp::Socket<'a>>;

    /// The set with a socket that listens for a connection between these ends, which is about to
    /// be opened; `None` if there is no room for one.
    fn listener<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut SocketSet<'a>>;

    /// The set that is given a frame; `None`: the frame is dropped.
    fn receiver<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        arrival: Arrival<'_>,
    ) -> Option<&'s mut SocketSet<'a>>;

    /// Serves the sockets for which a frame has come, or whose time has; returns when it wants to
    /// be called even if nothing happens, apart from [`due`](Self::due).
    fn serve(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant>;

    /// Transmits what there is to be transmitted; returns whether that changed anything.
    fn transmit<D: Device>(&mut self, egress: &mut Egress<'_, 'a, D>) -> bool;

    /// When a socket is to be served or wants to transmit.
    fn due(&self) -> Option<Instant>;
}

/// A frame that has arrived.
#[derive(Clone, Copy)]
pub struct Arrival<'f> {
    pub(super) medium: Medium,
    pub(super) frame: &'f [u8],
}

/// What a frame is to those who have connections.
pub enum Content {
    /// A TCP segment.
    Segment {
        /// The connection that it belongs to.
        ends: Ends,
        /// Whether it asks to open that.
        opens: bool,
    },
    /// Something else.
    Other,
}

impl Arrival<'_> {
    /// What it is. Nothing but lengths is verified.
    pub fn content(&self) -> Content {
        match Frame::read(self.medium, self.frame)
            .as_ref()
            .and_then(|frame| {
                let packet = frame.packet()?;
                Some((packet, packet.segment()?))
            }) {
            Some((packet, segment)) => Content::Segment {
                ends: Ends::of(packet, &segment),
                opens: segment.syn() && !segment.ack() && !segment.rst(),
            },
            None => Content::Other,
        }
    }
}

/// The way out, for one set of sockets at a time.
pub struct Egress<'e, 'a, D: Device> {
    pub(super) now: Instant,
    pub(super) interface: &'e mut Interface,
    pub(super) door: Door<'e, 'a, D>,
}

impl<D: Device> Egress<'_, '_, D> {
    /// The time of this poll.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Transmits one packet of each socket at most; returns whether there was any.
    pub fn transmit(&mut self, sockets: &mut SocketSet<'_>) -> bool {
        let result = self
            .interface
            .poll_egress(self.now, &mut self.door, sockets);
        result != PollResult::None
    }

    /// When a socket wants to transmit.
    pub fn due(&mut self, sockets: &SocketSet<'_>) -> Option<Instant> {
        self.interface.poll_at(self.now, sockets)
    }
}

/// All sockets are in the stack's own set.
pub(super) struct Unsteered;

impl<'a> Steering<'a> for Unsteered {
    fn connection<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut tcp::Socket<'a>> {
        connection(own, ends)
    }

    fn listener<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        _: &Ends,
    ) -> Option<&'s mut SocketSet<'a>> {
        Some(own)
    }

    fn receiver<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        _: Arrival<'_>,
    ) -> Option<&'s mut SocketSet<'a>> {
        Some(own)
    }

    fn serve(&mut self, _: &mut Context<'_, 'a>) -> Option<Instant> {
        None
    }

    fn transmit<D: Device>(&mut self, _: &mut Egress<'_, 'a, D>) -> bool {
        false
    }

    fn due(&self) -> Option<Instant> {
        None
    }
}

/// The connection between these ends, unless it is closed, in one set.
pub fn connection<'s, 'a>(
    sockets: &'s mut SocketSet<'a>,
    ends: &Ends,
) -> Option<&'s mut tcp::Socket<'a>> {
    let sockets = sockets.iter_mut();
    let mut sockets = sockets.filter_map(|(_, socket)| tcp::Socket::downcast_mut(socket));
    sockets.find(|socket| {
        let found = (socket.local_endpoint(), socket.remote_endpoint());
        found == (Some(ends.local), Some(ends.remote)) && socket.state() != State::Closed
    })
}

/// All sockets of a stack.
pub(super) struct Sets<'s, 'a, S> {
    pub(super) own: &'s mut SocketSet<'a>,
    pub(super) steering: &'s mut S,
}

impl<'a, S: Steering<'a>> Sets<'_, 'a, S> {
    pub(super) fn connection(&mut self, ends: &Ends) -> Option<&mut tcp::Socket<'a>> {
        self.steering.connection(self.own, ends)
    }

    pub(super) fn listener(&mut self, ends: &Ends) -> Option<&mut SocketSet<'a>> {
        self.steering.listener(self.own, ends)
    }

    pub(super) fn receiver(&mut self, arrival: Arrival<'_>) -> Option<&mut SocketSet<'a>> {
        self.steering.receiver(self.own, arrival)
    }
}
