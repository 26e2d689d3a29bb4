//! A Linux TAP or TUN interface: the kernel's network stack at one end, ours at the other.
//!
//! A TAP carries Ethernet frames, so it can be bridged to a real network; a TUN carries IP packets.
//! [`TunTap::open`] attaches to an interface that exists or makes one. Then poll, and sleep in
//! [`wait`] until a frame comes or the stack's own time is up:
//!
//! ```no_run
//! use smoltcp::phy::Device;
//! use smoltcp::time::Instant;
//! use uppercase::device::tuntap::{Fault, Mode, TunTap};
//!
//! // 192.168.69.1 is the kernel's address; ours would be another one of that subnet.
//! let mut device = TunTap::open("tap0", Mode::Tap, &["192.168.69.1/24".parse().unwrap()])?;
//! println!("{}: {} bytes", device.name(), device.mtu());
//! loop {
//!     let _frame = device.receive(Instant::ZERO);
//!     if let Some(fault @ Fault::Removed) = device.fault() {
//!         return Err(fault.into());
//!     }
//!     device.wait(None)?;
//! }
//! # #[allow(unreachable_code)]
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod health;
mod netlink;
mod open;
mod wait;

use core::fmt;
use std::boxed::Box;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::vec::Vec;

use rustix::io::Errno;
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::EthernetFrame;
use tun_rs::SyncDevice;

use self::health::Health;

pub use self::error::OpenError;
pub use self::health::{Fault, Statistics};
pub use self::open::owner;
pub use self::wait::wait;

/// What an interface carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Ethernet frames.
    Tap,
    /// IP packets.
    Tun,
}

impl Mode {
    /// What smoltcp calls it.
    pub fn medium(self) -> Medium {
        match self {
            Mode::Tap => Medium::Ethernet,
            Mode::Tun => Medium::Ip,
        }
    }

    /// How much longer than an IP packet a frame is, in bytes.
    fn header_len(self) -> usize {
        match self {
            Mode::Tap => EthernetFrame::<&[u8]>::header_len(),
            Mode::Tun => 0,
        }
    }
}

impl fmt::Display for Mode {
    /// The word that `ip tuntap` uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Tap => "tap",
            Mode::Tun => "tun",
        })
    }
}

/// A TAP or TUN interface, and the room for one frame in each direction.
///
/// - No memory is allocated after [`open`](TunTap::open), unless smoltcp is to send a frame larger
///   than any it should.
/// - Checksums are made and verified in both directions; the kernel completes those of its own
///   packets before it hands them out.
/// - A frame stays until its receive token is consumed: when the token is dropped, the next call of
///   `receive` offers the same frame again.
/// - A frame that cannot be sent is dropped, as on any network; [`statistics`](TunTap::statistics)
///   counts it and [`fault`](TunTap::fault) says why.
/// - Dropped, it detaches. An interface that it created disappears.
pub struct TunTap {
    device: SyncDevice,
    mode: Mode,
    mtu: usize,
    created: bool,
    /// One byte longer than the longest frame, so that a longer one does not look like it.
    incoming: Box<[u8]>,
    /// The length of the frame in `incoming`, zero if there is none.
    pending: usize,
    outgoing: Vec<u8>,
    health: Health,
}

impl TunTap {
    /// The name of the interface.
    pub fn name(&self) -> &str {
        &self.health.name
    }

    /// Whether it is a TAP or a TUN.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The longest IP packet, in bytes: what `ip link` calls `mtu`. The longest frame of a TAP is
    /// 14 bytes longer, for the Ethernet header. Read when the interface was opened; a later change
    /// is not noticed.
    pub fn mtu(&self) -> usize {
        self.mtu
    }

    /// Whether the interface did not exist before, so that it disappears with this value.
    pub fn was_created(&self) -> bool {
        self.created
    }

    /// What has passed so far.
    pub fn statistics(&self) -> Statistics {
        self.health.statistics
    }

    /// Why no frames pass at present, `None` if all is well as far as is known. After
    /// [`Fault::Removed`] no frame will ever pass, so a program should stop; anything else is over
    /// with the next frame that is sent.
    pub fn fault(&self) -> Option<Fault> {
        self.health.fault
    }

    /// Sleeps until there is a frame to receive, for `timeout` at most, or without limit. Returns
    /// whether there is one. [`wait`] also watches other files, the standard input for example.
    ///
    /// # Errors
    ///
    /// The interface was deleted.
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<bool> {
        if self.pending != 0 {
            return Ok(true);
        }
        let [ready] = wait([self.as_fd()], timeout)?;
        Ok(ready)
    }

    fn longest_frame(&self) -> usize {
        self.mode.header_len() + self.mtu
    }

    /// Reads a frame, if there is one.
    fn read(&mut self) {
        if self.health.fault == Some(Fault::Removed) {
            return;
        }
        let statistics = &mut self.health.statistics;
        match rustix::io::read(&self.device, &mut *self.incoming) {
            Ok(length) if length == self.incoming.len() => {
                statistics.received_oversize += 1;
                let (mtu, count) = (self.mtu, statistics.received_oversize);
                self.health.warn(
                    count,
                    format_args!("a frame longer than the MTU of {mtu} bytes came"),
                );
            }
            Ok(length) => {
                statistics.received_frames += 1;
                statistics.received_bytes += length as u64;
                self.pending = length;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => {
                statistics.receive_errors += 1;
                let count = statistics.receive_errors;
                self.health.failed(error, count);
            }
        }
    }
}

impl fmt::Debug for TunTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TunTap")
            .field("name", &self.name())
            .field("mode", &self.mode)
            .field("mtu", &self.mtu)
            .field("created", &self.created)
            .field("fault", &self.fault())
            .finish_non_exhaustive()
    }
}

impl AsFd for TunTap {
    /// Readable when there is a frame to receive. Do not read or write it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl phy::Device for TunTap {
    type RxToken<'a> = RxToken<'a>;
    type TxToken<'a> = TxToken<'a>;

    /// Reads one frame at most.
    fn receive(&mut self, _: Instant) -> Option<(RxToken<'_>, TxToken<'_>)> {
        if self.pending == 0 {
            self.read();
        }
        if self.pending == 0 {
            return None;
        }
        let longest = self.longest_frame();
        let received = RxToken {
            frame: &self.incoming[..self.pending],
            pending: &mut self.pending,
        };
        let reply = TxToken {
            device: &self.device,
            outgoing: &mut self.outgoing,
            longest,
            health: &mut self.health,
        };
        Some((received, reply))
    }

    /// Always has room. Even when no frame passes, so that the stack does not keep asking.
    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        Some(TxToken {
            longest: self.longest_frame(),
            device: &self.device,
            outgoing: &mut self.outgoing,
            health: &mut self.health,
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.mode.medium();
        capabilities.max_transmission_unit = self.longest_frame();
        capabilities
    }
}

/// A frame from the kernel.
pub struct RxToken<'a> {
    frame: &'a [u8],
    pending: &'a mut usize,
}

impl phy::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        *self.pending = 0;
        f(self.frame)
    }
}

/// Room for a frame to the kernel.
pub struct TxToken<'a> {
    device: &'a SyncDevice,
    outgoing: &'a mut Vec<u8>,
    longest: usize,
    health: &'a mut Health,
}

impl phy::TxToken for TxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        if self.outgoing.len() < length {
            self.outgoing.resize(length, 0);
        }
        let frame = &mut self.outgoing[..length];
        let result = f(frame);
        self.health.send(self.device, frame, self.longest);
        result
    }
}
