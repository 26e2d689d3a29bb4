//! A cable between programs on one host: frames in UDP datagrams over the loopback.
//!
//! It needs no rights and no kernel interface, and works wherever the standard library has UDP
//! sockets. One program [listens](Cable::listen) on a port, the others [connect](Cable::connect)
//! to it; each datagram is one Ethernet frame, without its checksum and without any other header.
//! That is the format of QEMU's backends `-netdev dgram` and `-netdev socket,udp=`, so an emulated
//! board can be either end.
//!
//! ```
//! use smoltcp::phy::{Device, RxToken, TxToken};
//! use smoltcp::time::Instant;
//! use uppercase::device::cable::Cable;
//!
//! let mut server = Cable::listen(0)?; // any port that is free; 9000, say, where it has to be known
//! let mut client = Cable::connect(server.port())?;
//!
//! let token = client.transmit(Instant::ZERO).expect("room");
//! token.consume(60, |frame| frame[..6].fill(0xff)); // to all stations
//! server.wait(None)?;
//! let (frame, _answer) = server.receive(Instant::ZERO).expect("a frame");
//! frame.consume(|frame| assert_eq!(frame.len(), 60));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! - Sockets are bound to 127.0.0.1 and take datagrams from there only. Any program on this host can
//!   send to them, as any station on an Ethernet can.
//! - Frames that a program does not receive in time are lost when the kernel's buffer for its socket
//!   is full, as in a real switch.
//! - Up to [`CLIENTS`] programs connect to one port.

mod error;
mod line;
mod switch;

use core::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use smoltcp::phy::{Device, DeviceCapabilities, Medium};
use smoltcp::time::{Duration, Instant};

use self::line::{Incoming, KNOCK, Line};
use self::switch::Switch;

pub use self::error::OpenError;
pub use self::line::{MTU, RxToken, Statistics, TxToken};
pub use self::switch::CLIENTS;

/// The loopback takes microseconds, on a busy host milliseconds.
const PATIENCE: core::time::Duration = core::time::Duration::from_secs(1);

/// One end of a cable; see the [module](self).
///
/// The end that listens is a small switch (IEEE 802.1D): it learns from each frame which station is
/// at which end, sends a frame for one station there, and any other frame to all ends that have sent
/// something. So programs that are connected also reach each other.
///
/// - No memory is allocated after it was opened, unless smoltcp is to send a frame longer than
///   [`MTU`], which is dropped.
/// - A frame stays until its receive token is consumed.
/// - While the socket takes nothing more, one frame waits and [`transmit`](Device::transmit) has no
///   room for another.
/// - Datagrams that are no Ethernet frame, or longer than [`MTU`], are dropped and
///   [counted](Statistics::received_dropped).
/// - A program at the other end may end, and start again, at any time.
pub struct Cable {
    port: u16,
    number: u16,
    line: Line,
    incoming: Incoming,
}

impl Cable {
    /// The first end: binds the UDP port `port` of 127.0.0.1, or any that is free if it is 0.
    ///
    /// # Errors
    ///
    /// The port is in use, the system refuses it, or the loopback interface is switched off.
    pub fn listen(port: u16) -> Result<Self, OpenError> {
        let socket = bind(port).map_err(OpenError::of(port))?;
        let own = socket.local_addr().map_err(OpenError::of(port))?.port();
        probe(own)?;
        Self::new(socket, own, 0, Some(Switch::new()))
    }

    /// A further end of the cable that has the UDP port `port` at its first end: binds the first
    /// free one of the [`CLIENTS`] ports after it.
    ///
    /// It succeeds as well where no program listens. To find that out it sends a datagram of one
    /// byte, which is no frame and is dropped: [`is_refused`](Self::is_refused) is set once
    /// [`wait`](Self::wait) or [`receive`](Device::receive) has seen what the system says of it.
    ///
    /// # Errors
    ///
    /// All of those ports are in use, the system refuses one, or the loopback interface is switched off.
    pub fn connect(port: u16) -> Result<Self, OpenError> {
        probe(port)?;
        let last = port.saturating_add(CLIENTS);
        for own in port.saturating_add(1)..=last {
            let socket = match bind(own) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => continue,
                socket => socket.map_err(OpenError::of(own))?,
            };
            let connected = socket.connect((Ipv4Addr::LOCALHOST, port));
            connected.map_err(OpenError::of(port))?;
            // An empty one would end QEMU's backend. It need not arrive.
            let _ = socket.send(&KNOCK);
            return Self::new(socket, port, own - port, None);
        }
        Err(OpenError::Full { port, last })
    }

    fn new(
        socket: UdpSocket,
        port: u16,
        number: u16,
        switch: Option<Switch>,
    ) -> Result<Self, OpenError> {
        let own = port + number;
        socket.set_nonblocking(true).map_err(OpenError::of(own))?;
        Ok(Self {
            port,
            number,
            line: Line::new(socket, switch),
            incoming: Incoming::new(),
        })
    }

    /// The UDP port of the first end, by which the cable is known.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Which end this is: 0 for the one that listens, else from 1 to [`CLIENTS`]. Its own UDP port
    /// is that of the first end plus this number. No two programs on a cable have the same number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Whether the system said that no program has the port of the first end, and nothing has come
    /// from there since. An end that listens is never refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.line.is_refused
    }

    /// What has passed so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.line.statistics
    }

    /// Sleeps until there is a frame to receive, for `timeout` at most, or without limit. Returns
    /// whether there may be one. On Unix, a `Cable` can also be given to `poll` and the like.
    ///
    /// # Errors
    ///
    /// The system cannot wait.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        if self.incoming.is_pending() {
            return Ok(true);
        }
        self.line.wait(timeout)
    }
}

fn bind(port: u16) -> io::Result<UdpSocket> {
    UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// Sends a datagram to itself, for a cable on this port: a port can be bound, and a datagram be sent,
/// though the loopback interface is switched off.
fn probe(port: u16) -> Result<(), OpenError> {
    let passes = || {
        let socket = bind(0)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.send_to(&KNOCK, socket.local_addr()?)?;
        socket.recv(&mut [0])
    };
    match passes().map_err(|error| (error.kind(), error)) {
        Ok(_) => Ok(()),
        Err((ErrorKind::WouldBlock | ErrorKind::TimedOut, _)) => Err(OpenError::NoLoopback),
        Err((_, error)) => Err(OpenError::of(port)(error)),
    }
}

impl fmt::Debug for Cable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cable")
            .field("port", &self.port)
            .field("number", &self.number)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Cable {
    /// Readable when there may be a frame to receive. Do not read or write it.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.line.socket.as_fd()
    }
}

impl Device for Cable {
    type RxToken<'a> = RxToken<'a>;
    type TxToken<'a> = TxToken<'a>;

    fn receive(&mut self, _: Instant) -> Option<(RxToken<'_>, TxToken<'_>)> {
        // An answer must have room.
        if !self.line.has_room() {
            return None;
        }
        self.line.receive(&mut self.incoming);
        Some((self.incoming.token()?, TxToken(&mut self.line)))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        self.line.has_room().then_some(TxToken(&mut self.line))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::default(); // Ethernet
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}
