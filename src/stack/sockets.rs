use core::fmt;
use core::mem::ManuallyDrop;

use heapless::Vec;
use managed::ManagedSlice;
use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
#[cfg(feature = "client")]
use smoltcp::socket::tcp;
use smoltcp::socket::{AnySocket, Socket, udp};

#[cfg(feature = "client")]
use super::clients::{ClientSlot, Clients};
#[cfg(feature = "client")]
use super::control::Connection;
use super::control::put;
#[cfg(feature = "client")]
use super::table::Slot;

/// Room for `N` sockets: all zeros, so that a static takes no flash on a board.
///
/// How many a server or client takes, it says by a constant:
///
/// ```
/// use uppercase::stack::{Slots, Sockets};
/// use uppercase::{Servers, udp};
///
/// let mut slots = Slots::<{ Servers::SLOTS + udp::Server::SLOTS }>::new(); // two servers over UDP
/// let sockets = Sockets::new(&mut slots);
/// # let _ = sockets;
/// ```
///
/// It is lent for as long as the stack lives, and does not drop the sockets in it: buffers that they have
/// from a heap are not freed. Where there is a heap, an empty `Vec` takes its place, and grows.
pub struct Slots<'a, const N: usize>(ManuallyDrop<Vec<SocketStorage<'a>, N>>);

impl<const N: usize> fmt::Debug for Slots<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("count", &N)
            .finish_non_exhaustive()
    }
}

impl<'a, const N: usize> Slots<'a, N> {
    /// Empty slots.
    #[must_use]
    pub const fn new() -> Self {
        Self(ManuallyDrop::new(Vec::new()))
    }
}

impl<'a, const N: usize> From<&'a mut Slots<'a, N>> for ManagedSlice<'a, SocketStorage<'a>> {
    fn from(Slots(slots): &'a mut Slots<'a, N>) -> Self {
        while slots.push(SocketStorage::default()).is_ok() {}
        Self::Borrowed(&mut slots[..])
    }
}

impl<const N: usize> Default for Slots<'_, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The most TCP servers of a stack.
const MOST_SERVERS: usize = 8;

/// The sockets of a stack that are not connections of a server, in one [`SocketSet`] that says
/// when it is full instead of panicking; the connections of its clients; and the ports of its
/// servers.
#[derive(Debug)]
pub struct Sockets<'a> {
    pub(super) set: SocketSet<'a>,
    /// `None` where the slots can grow.
    capacity: Option<usize>,
    #[cfg(feature = "client")]
    pub(super) clients: Clients<'a>,
    /// Those that are not 0 are taken.
    served: [u16; MOST_SERVERS],
}

impl<'a> Sockets<'a> {
    /// An empty set with room for as many sockets as there are `slots`.
    pub fn new(slots: impl Into<ManagedSlice<'a, SocketStorage<'a>>>) -> Self {
        let slots = slots.into();
        let capacity = match &slots {
            ManagedSlice::Borrowed(slots) => Some(slots.len()),
            // A `Vec`, wherever some crate of the program has given `managed` a heap.
            #[allow(unreachable_patterns)]
            _ => None,
        };
        Self {
            set: SocketSet::new(slots),
            capacity,
            #[cfg(feature = "client")]
            clients: Clients::default(),
            served: [0; MOST_SERVERS],
        }
    }

    /// Adds a socket to the set and returns its handle.
    ///
    /// # Errors
    /// [`SocketsFull`] if every slot is taken; the socket is dropped then.
    pub fn add<T: AnySocket<'a>>(&mut self, socket: T) -> Result<SocketHandle, SocketsFull> {
        match self.capacity {
            Some(capacity) if self.set.iter().count() >= capacity => Err(SocketsFull { capacity }),
            _ => Ok(put(&mut self.set, socket.upcast())),
        }
    }

    /// The socket with this handle.
    ///
    /// # Panics
    /// If the handle is of other sockets than these, or of one of another type, or was removed.
    #[must_use]
    pub fn get<T: AnySocket<'a>>(&self, handle: SocketHandle) -> &T {
        self.set.get(handle)
    }

    /// The socket with this handle, to work with it.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_mut<T: AnySocket<'a>>(&mut self, handle: SocketHandle) -> &mut T {
        self.set.get_mut(handle)
    }

    /// Removes the socket with this handle, the slot of which is free then.
    ///
    /// # Panics
    /// If the handle is of other sockets than these, or was removed.
    pub fn remove(&mut self, handle: SocketHandle) -> Socket<'a> {
        self.set.remove(handle)
    }

    /// The sockets that have been added, each with its handle.
    pub fn iter(&self) -> impl Iterator<Item = (SocketHandle, &Socket<'a>)> {
        self.set.iter()
    }

    /// Whether a UDP socket has this port.
    pub(super) fn has_udp(&self, port: u16) -> bool {
        let mut sockets = self.udp();
        sockets.any(|socket| socket.endpoint().port == port)
    }

    /// The bytes that have arrived and wait in the UDP sockets of this port.
    pub(super) fn queued_for(&self, port: u16) -> usize {
        let sockets = self.udp().filter(|socket| socket.endpoint().port == port);
        sockets.map(udp::Socket::recv_queue).sum()
    }

    /// Whether a TCP server or a UDP socket has this port.
    #[cfg(feature = "client")]
    pub(super) fn has(&self, port: u16) -> bool {
        self.served.contains(&port) || self.has_udp(port)
    }

    /// The UDP sockets.
    pub(super) fn udp(&self) -> impl Iterator<Item = &udp::Socket<'a>> {
        let sockets = self.set.iter();
        sockets.filter_map(|(_, socket)| udp::Socket::downcast(socket))
    }

    /// The TCP ports of servers.
    #[cfg(feature = "addressing")]
    pub(super) fn served(&self) -> impl Iterator<Item = u16> + use<> {
        self.served.into_iter().take_while(|port| *port != 0)
    }

    /// Takes a TCP port for a server; it is not 0.
    ///
    /// # Errors
    /// If another server has it, or there are too many of them.
    pub(crate) fn serve(&mut self, port: u16) -> Result<(), ServeError> {
        for served in &mut self.served {
            if *served == port {
                return Err(ServeError::PortTaken);
            }
            if *served == 0 {
                *served = port;
                return Ok(());
            }
        }
        Err(ServeError::TooManyServers)
    }

    /// Adds the connection of a client.
    #[cfg(feature = "client")]
    pub(crate) fn add_client(
        &mut self,
        slot: &'a mut ClientSlot<'a>,
        socket: tcp::Socket<'a>,
    ) -> Slot {
        self.clients.add(slot, socket)
    }

    /// Calls this with the connection of each client: to look at it, or to choose how its socket
    /// sends.
    #[cfg(feature = "client")]
    pub fn for_each_client(&mut self, each: impl FnMut(&mut Connection<'a>)) {
        self.clients.for_each(each);
    }

    /// The connection of a client.
    ///
    /// # Panics
    /// If it was added to other sockets than these.
    #[cfg(feature = "client")]
    pub(crate) fn client(&mut self, slot: Slot) -> &mut Connection<'a> {
        let connection = self.clients.get_mut(slot);
        connection.expect("a client is used with the stack that it was made for")
    }
}

/// Why a TCP server cannot be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServeError {
    /// Another server has the port.
    PortTaken,
    /// There are [`MOST_SERVERS`] already.
    TooManyServers,
}

/// There is no slot left for another socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketsFull {
    /// How many slots there are.
    pub capacity: usize,
}

impl fmt::Display for SocketsFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "all {} socket slots are taken; give the stack more of them",
            self.capacity
        )
    }
}

impl core::error::Error for SocketsFull {}
