//! The stack: one device, one interface and its sockets, driven by one call.
//!
//! ```text
//! loop {
//!     let delay = stack.poll(now(), |context| server.poll(context));
//!     sleep(delay); // or until the device has a frame
//! }
//! ```
//!
//! [`Stack::poll`] receives, lets the services work, transmits, and says when it wants to be
//! called again. It does a bounded amount of work: under a flood it returns, asks to be called at
//! once, and the program gets its turn.
//!
//! # What it does beside smoltcp
//!
//! Every frame is looked at before smoltcp is given it, and some are not, or not as they are:
//!
//! - A connection request that finds no place waits ([`Stack::with_backlog`]) instead of being
//!   refused. With the feature `syn-cookies`, those who flood the stack with requests keep nobody
//!   else from being served.
//! - A late copy of a request, and a close behind text that does not fit, do no harm.
//! - Answers go to where the question came from, and wait for no neighbor to be found.
//! - Acknowledgements from beyond a closed window are used (RFC 9293, 3.10.7.4), and text that was
//!   within a scaled window once is taken (RFC 7323, 2.4).
//! - Once both text and close are acknowledged, a client without room is not asked for it.
//! - TCP segments in IP fragments, unless the device puts those together, and behind an IPv6
//!   hop-by-hop header are dropped.
//! - Frames with a group address as their Ethernet source are dropped.
//! - Packets for another host's IPv6 address, and connections to a group of hosts, are dropped.
//!
//! What is kept from the sockets is counted: [`Stack::counters`].
//!
//! # Large datagrams
//!
//! With the feature `fragmentation`, an IPv4 datagram that is larger than the MTU leaves in
//! fragments. smoltcp 0.14 has one place for such a datagram: if two sockets send one each in the
//! same pass, the second overwrites the first. So let only one socket of a stack send them; one UDP
//! server, or one client, does.
//!
//! # A service of your own
//!
//! A service is whatever the closure does with the sockets. This one returns what it is sent:
//!
//! ```
//! use smoltcp::iface::SocketStorage;
//! use smoltcp::phy::Device;
//! use smoltcp::socket::tcp::{Socket, SocketBuffer};
//! use smoltcp::time::{Duration, Instant};
//! use uppercase::stack::{Config, Stack};
//!
//! fn echo(
//!     device: impl Device,
//!     config: Config<'_>,
//!     now: impl Fn() -> Instant,
//!     sleep: impl Fn(Option<Duration>),
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let (mut receive, mut transmit) = ([0; 1024], [0; 1024]);
//!     let mut slots = [SocketStorage::EMPTY];
//!     let mut stack = Stack::new(device, config, &mut slots[..], now())?;
//!     let (receive, transmit) = (&mut receive[..], &mut transmit[..]);
//!     let socket = Socket::new(SocketBuffer::new(receive), SocketBuffer::new(transmit));
//!     let handle = stack.sockets().add(socket)?;
//!     loop {
//!         let delay = stack.poll(now(), |context| {
//!             let socket = context.sockets.get_mut::<Socket<'_>>(handle);
//!             if !socket.is_open() {
//!                 let _ = socket.listen(7);
//!             }
//!             let mut text = [0; 1024];
//!             // No more than can be sent again: what is received is gone from the socket.
//!             let room = socket.send_capacity() - socket.send_queue();
//!             if let Ok(length) = socket.recv_slice(&mut text[..room]) {
//!                 let _ = socket.send_slice(&text[..length]);
//!             } else if socket.may_send() {
//!                 socket.close();
//!             }
//!             None // nothing to do before something arrives
//!         });
//!         sleep(delay);
//!     }
//! }
//! ```

mod admission;
mod again;
mod backlog;
mod bare;
mod closed_window;
mod config;
mod context;
#[cfg(feature = "syn-cookies")]
mod cookies;
#[cfg(not(feature = "syn-cookies"))]
#[path = "stack/no_cookies.rs"]
mod cookies;
mod counters;
mod door;
mod frame;
mod groups;
mod link;
mod made_up;
mod neighbors;
#[cfg(feature = "client")]
mod observer;
mod rounds;
mod scaled_window;
mod segments;
mod sockets;
mod steering;

pub use backlog::Waiting;
pub use config::{Config, ConfigError};
pub use context::Context;
pub use counters::Counters;
#[cfg(feature = "client")]
pub(crate) use observer::Unreachable;
pub(crate) use sockets::MOST_SERVERS;
pub use sockets::{Slots, Sockets, SocketsFull};
pub use steering::{Arrival, Content, Egress, Ends, Steering, connection};

use managed::ManagedSlice;
use smoltcp::iface::{Interface, SocketStorage};
use smoltcp::phy::Device;
use smoltcp::time::{Duration, Instant};

use backlog::Backlog;
use link::Link;
use steering::Unsteered;

/// The longest that anything is waited for, 136 years: smoltcp's sums of longer ones wrap around.
#[cfg(feature = "client")]
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_secs(1 << 32);

/// One device, one interface and its sockets.
pub struct Stack<'a, D: Device> {
    device: D,
    interface: Interface,
    sockets: Sockets<'a>,
    link: Link<'a>,
}

impl<'a, D: Device> Stack<'a, D> {
    /// A stack on `device`, with room for as many sockets as there are `slots`.
    ///
    /// Slots are borrowed (`&mut [SocketStorage::EMPTY; 5]`) or, where there is a heap, a `Vec`
    /// that grows. A server or client says in its documentation how many it takes. On Ethernet
    /// with IPv6 the link-local address (RFC 4291, 2.5.6) is added to those in `config`.
    ///
    /// # Errors
    /// Whatever smoltcp would refuse by a panic is a [`ConfigError`] here.
    pub fn new(
        mut device: D,
        config: Config<'_>,
        slots: impl Into<ManagedSlice<'a, SocketStorage<'a>>>,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        config.check(&device.capabilities())?;
        let interface = config.interface(&mut device, now);
        Ok(Self {
            sockets: Sockets::new(slots),
            link: Link::new(&device.capabilities(), &interface, &config),
            interface,
            device,
        })
    }

    /// Lets connection requests wait for a place while all servers of their port are busy, as many
    /// as there are slots; [`Waiting::NOBODY`] fills them.
    ///
    /// One slot makes the `listen(1)` of the classic exercise. Without any, clients have to ask
    /// again, as TCP does after 1 second, then 2, then 4.
    pub fn with_backlog(mut self, slots: impl Into<ManagedSlice<'a, Waiting>>) -> Self {
        self.link.admission.backlog = Backlog::new(slots.into());
        self
    }

    /// What was kept from the sockets since the stack was made.
    pub fn counters(&self) -> Counters {
        self.link.counters
    }

    /// Receives, serves and transmits; returns how long the stack can be left alone if no frame
    /// arrives, `None` for as long as you like.
    ///
    /// `services` is called at least once, and after each frame. It returns the moment at which it
    /// wants to be called even if nothing happens.
    ///
    /// While something is to be transmitted and the device has no room, the stack cannot be left
    /// alone at all: it does not know when there will be room. A program that knows may sleep.
    pub fn poll(
        &mut self,
        now: Instant,
        services: impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
    ) -> Option<Duration> {
        self.poll_with(now, &mut Unsteered, services)
    }

    /// Does what [`poll`](Self::poll) does, with sockets that are somebody's own beside the
    /// stack's: those of a [`tcp::steered::Server`](crate::tcp::steered::Server).
    pub fn poll_with<S: Steering<'a>>(
        &mut self,
        now: Instant,
        steering: &mut S,
        mut services: impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
    ) -> Option<Duration> {
        self.rounds(now, steering, &mut services)
    }

    /// The device, for instance to wait for it.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device, to change it.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// The interface: its addresses, its routes.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The sockets, where servers and clients put theirs.
    pub fn sockets(&mut self) -> &mut Sockets<'a> {
        &mut self.sockets
    }

    /// What [`poll`](Self::poll) gives to the services, for calls between two polls.
    pub fn context(&mut self, now: Instant) -> Context<'_, 'a> {
        Context {
            now,
            sockets: &mut self.sockets,
            interface: self.interface.context(),
            link: &mut self.link,
        }
    }
}

/// The earlier of two moments, either of which may be missing.
pub fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}
