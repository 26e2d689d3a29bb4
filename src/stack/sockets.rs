use core::fmt;
use core::ops::{Deref, DerefMut};

use heapless::Vec;
use managed::ManagedSlice;
use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::AnySocket;

/// Room for `N` sockets, in a `static`: all zeros, so that it takes no flash on a board.
///
/// It is lent for good; what lives shorter is an array of [`SocketStorage::EMPTY`].
///
/// ```
/// use uppercase::stack::{Slots, Sockets};
///
/// // A board would take it from a `ConstStaticCell`.
/// let slots = Box::leak(Box::new(Slots::<3>::new()));
/// let sockets = Sockets::new(slots.as_mut_slice());
/// ```
pub struct Slots<'a, const N: usize>(Vec<SocketStorage<'a>, N>);

impl<'a, const N: usize> Slots<'a, N> {
    /// Empty slots.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// All of them, as a stack takes them.
    pub fn as_mut_slice(&mut self) -> &mut [SocketStorage<'a>] {
        while self.0.push(SocketStorage::EMPTY).is_ok() {}
        &mut self.0
    }
}

impl<const N: usize> Default for Slots<'_, N> {
    fn default() -> Self {
        Self::new()
    }
}

/// How many [`tcp::Server`](crate::tcp::Server)s a stack can have.
pub(crate) const MOST_SERVERS: usize = 4;

/// A [`SocketSet`] that says when it is full instead of panicking.
#[derive(Debug)]
pub struct Sockets<'a> {
    set: SocketSet<'a>,
    /// `None` where the slots can grow.
    capacity: Option<usize>,
    /// How many servers have sockets here.
    servers: usize,
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
            servers: 0,
        }
    }

    /// Whether another server may have sockets here.
    pub(crate) fn takes_server(&self) -> bool {
        self.servers < MOST_SERVERS
    }

    /// Another server has sockets here.
    pub(crate) fn add_server(&mut self) {
        self.servers += 1;
    }

    /// Adds a socket to the set and returns its handle.
    ///
    /// # Errors
    /// [`SocketsFull`] if every slot is taken; the socket is dropped then.
    pub fn add<T: AnySocket<'a>>(&mut self, socket: T) -> Result<SocketHandle, SocketsFull> {
        match self.capacity {
            Some(capacity) if self.set.iter().count() >= capacity => Err(SocketsFull { capacity }),
            _ => Ok(self.set.add(socket)),
        }
    }
}

impl<'a> Deref for Sockets<'a> {
    type Target = SocketSet<'a>;

    fn deref(&self) -> &Self::Target {
        &self.set
    }
}

impl DerefMut for Sockets<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.set
    }
}

/// There is no slot left for another socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
