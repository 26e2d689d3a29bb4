//! What a stack serves: services, and the connections of each.
//!
//! The stack asks and the service answers: which connections a port has, whether one of them is
//! the one of a segment, whether there is room for another. A service keeps no part of the
//! backlog's contract by itself, so it cannot get it wrong.

use core::fmt;

use smoltcp::time::Instant;

use super::context::Context;
use super::control::Connection;
use super::table::Table;

/// Something that works with a stack's sockets and connections.
///
/// A function will do ([`from_fn`]); a tuple of services is one, too, and `&mut` of one.
///
/// ```
/// use uppercase::stack::{Service, from_fn};
/// use uppercase::{Stack, tcp, udp};
/// # use smoltcp::phy::Device;
/// # use smoltcp::time::Instant;
///
/// fn poll<'a, D: Device>(
///     stack: &mut Stack<'a, D>,
///     tcp: &mut tcp::Server<'a>,
///     udp: &mut udp::Server<'a>,
///     now: Instant,
/// ) {
///     let mut log = from_fn(|context| {
///         log::debug!("polled at {}", context.now);
///         None
///     });
///     stack.poll(now, &mut ((tcp, udp), &mut log));
/// }
/// ```
pub trait Service<'a> {
    /// The connections of this local TCP port; `None` if the port is not this service's.
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        let _ = port;
        None
    }

    /// Does what there is to do; called at least once for each [`Stack::poll`](super::Stack::poll),
    /// after frames have been received. With the feature `segmentation` it is called before more are
    /// received, too, once 16 KiB have arrived in frames that are larger than a packet. Returns the moment at which it has something to do even if no
    /// frame arrives. If that has come already, the stack is polled again as soon as the device
    /// has room.
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant>;

    /// Transmits what the connections of its tables have to send; returns the moment at which one
    /// of them has something to do.
    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        let _ = egress;
        None
    }
}

/// The way out for connections, which the stack gives to its services. Only the stack implements it.
pub trait Egress: sealed::Egress {
    /// The time of this poll.
    fn now(&self) -> Instant;

    /// Transmits one packet of the connection at most; returns whether there was one, and room
    /// for it.
    fn transmit(&mut self, connection: &mut Connection<'_>) -> bool;

    /// When the connection has something to transmit.
    fn due(&mut self, connection: &Connection<'_>) -> Option<Instant>;
}

pub(super) mod sealed {
    pub trait Egress {}
}

impl<'a, A: Service<'a>, B: Service<'a>> Service<'a> for (A, B) {
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        self.0.table(port).or_else(|| self.1.table(port))
    }

    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        earliest(self.0.poll(context), self.1.poll(context))
    }

    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        earliest(self.0.transmit(egress), self.1.transmit(egress))
    }
}

impl<'a, S: Service<'a> + ?Sized> Service<'a> for &mut S {
    fn table(&mut self, port: u16) -> Option<&mut dyn Table<'a>> {
        (**self).table(port)
    }

    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        (**self).poll(context)
    }

    fn transmit(&mut self, egress: &mut dyn Egress) -> Option<Instant> {
        (**self).transmit(egress)
    }
}

/// A service without connections of its own, from a function that is called at each poll.
///
/// It works with the sockets of [`Context::sockets`], and with clients.
pub fn from_fn<'a, F>(poll: F) -> FromFn<F>
where
    F: FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
{
    FromFn(poll)
}

/// See [`from_fn`].
#[derive(Clone, Copy)]
pub struct FromFn<F>(F);

impl<F> fmt::Debug for FromFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn").finish_non_exhaustive()
    }
}

impl<'a, F: FnMut(&mut Context<'_, 'a>) -> Option<Instant>> Service<'a> for FromFn<F> {
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        (self.0)(context)
    }
}

/// The earlier of two moments, either of which may be missing.
#[must_use]
pub fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    let Some(one) = one else { return other };
    Some(other.map_or(one, |other| one.min(other)))
}
