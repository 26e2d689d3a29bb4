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

mod attach;
mod check;
mod cut;
mod driver;
mod error;
mod gather;
mod header;
mod health;
mod netlink;
mod open;
mod options;
mod receive;
mod routes;
mod segment;
mod set_up;
mod transmit;
mod wait;

use core::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpCidr;

use self::health::Health;
use self::receive::Incoming;
use self::transmit::Outgoing;
use crate::packet::ETHERNET_HEADER;

pub use self::error::OpenError;
pub use self::health::{Fault, Statistics};
pub use self::options::Options;
pub use self::receive::RxToken;
pub use self::routes::{Route, addresses, clash, entrance, owner, route, switch_on};
pub use self::transmit::TxToken;
pub use self::wait::wait;

/// The longest packet that is cut into segments, or was made of some, in bytes.
const LONGEST_PACKET: usize = 65_535;

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
    #[must_use]
    pub fn medium(self) -> Medium {
        match self {
            Mode::Tap => Medium::Ethernet,
            Mode::Tun => Medium::Ip,
        }
    }

    /// How much longer than an IP packet a frame is, in bytes.
    fn header_len(self) -> usize {
        match self {
            Mode::Tap => ETHERNET_HEADER,
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
/// - A frame stays until its receive token is consumed: when the token is dropped, the next call of
///   `receive` offers the same frame again.
/// - A frame that cannot be sent is dropped, as on any network; [`statistics`](TunTap::statistics)
///   counts it and [`fault`](TunTap::fault) says why.
/// - Dropped, it detaches. An interface that it created disappears.
///
/// # Offload
///
/// With [`offload`](TunTap::offload), up to 64 KiB of a TCP stream pass in one frame and one system
/// call, both ways, and no checksum is computed for what never leaves this host:
///
/// - The kernel hands out such large frames as they are, and TCP segments and UDP datagrams of its
///   own without checksums. A segment without one is accepted where the kernel answers for it. All
///   others are verified here, and UDP, ICMP and IPv4 headers by smoltcp as ever.
/// - What smoltcp sends over TCP leaves without a checksum, and in frames of up to 64 KiB: over
///   IPv4 with the feature `segmentation`, else with [`Options::gather`]. Where it matters, on the
///   way to another host, the kernel or its network card sums up, and cuts to the size that smoltcp
///   asks for.
/// - With [`Options::gather`], datagrams of one length from one port to another leave together, up
///   to 64 in a frame, where the kernel can take them apart (Linux 6.2).
/// - A kernel that promises to cut large frames, and then refuses one, is not given another. That
///   one is cut here, so nothing is lost.
/// - TCP segments in IP fragments, which no checksum tells good from bad, are dropped and
///   [counted](Statistics::received_partial). TCP makes none by itself.
///
/// Without, every frame is complete and no longer than the MTU, and smoltcp makes and verifies all
/// checksums.
pub struct TunTap {
    driver: File,
    mode: Mode,
    mtu: usize,
    created: bool,
    offload: bool,
    incoming: Incoming,
    outgoing: Outgoing,
    health: Health,
}

impl TunTap {
    /// Attaches to the interface `name`, or makes it if there is none.
    ///
    /// An interface that exists is used as it is: its addresses, its MTU and whether it is switched
    /// on do not change, and `host` is not looked at. One that is switched off is opened all the
    /// same, with a warning and a [`fault`](TunTap::fault) from the start. Its owner needs no
    /// privilege.
    ///
    /// One that is made gets the addresses `host` at the kernel's side, with a route to the subnet
    /// of each. It can be used at once, for IPv6 too, and disappears with the returned value. It
    /// keeps its addresses when it is switched off and on, for IPv6 where its settings below
    /// `/proc/sys` may be changed. Making one takes the capability `CAP_NET_ADMIN`.
    ///
    /// With [offload](TunTap#offload) if the kernel has it, else without, and the log says so.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Nothing is left behind.
    pub fn open(name: &str, mode: Mode, host: &[IpCidr]) -> Result<TunTap, OpenError> {
        Self::open_with(name, mode, host, Options::new())
    }

    /// [Opens](TunTap::open) an interface with these options.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]. Nothing is left behind.
    pub fn open_with(
        name: &str,
        mode: Mode,
        host: &[IpCidr],
        options: Options,
    ) -> Result<TunTap, OpenError> {
        open::open(name, mode, host, options)
    }

    /// The name of the interface.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.health.name
    }

    /// Whether it is a TAP or a TUN.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The longest IP packet, in bytes: what `ip link` calls `mtu`. The longest frame of a TAP is
    /// 14 bytes longer, for the Ethernet header. Read when the interface was opened; a later change
    /// is not noticed.
    #[must_use]
    pub fn mtu(&self) -> usize {
        self.mtu
    }

    /// Whether the interface did not exist before, so that it disappears with this value.
    #[must_use]
    pub fn was_created(&self) -> bool {
        self.created
    }

    /// Whether the kernel and we leave checksums, and the cutting of TCP segments, to each other;
    /// see [Offload](TunTap#offload).
    #[must_use]
    pub fn offload(&self) -> bool {
        self.offload
    }

    /// What has passed so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.health.statistics
    }

    /// Why no frames pass at present, `None` if all is well as far as is known. After
    /// [`Fault::Removed`] no frame will ever pass, so a program should stop; anything else is over
    /// with the next frame that is sent.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.health.fault
    }

    /// Sends what waits for more of its kind, see [`Options::gather`].
    pub fn flush(&mut self) {
        self.outgoing.flush(&self.driver, &mut self.health);
    }

    /// Sleeps until there is a frame to receive, for `timeout` at most, or without limit. Returns
    /// whether there is one. [`wait`] also watches other files, the standard input for example.
    ///
    /// # Errors
    ///
    /// The interface was deleted.
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<bool> {
        if self.incoming.is_pending() {
            return Ok(true);
        }
        let [ready] = wait([self.as_fd()], timeout)?;
        Ok(ready)
    }
}

impl fmt::Debug for TunTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TunTap")
            .field("name", &self.name())
            .field("mode", &self.mode)
            .field("mtu", &self.mtu)
            .field("created", &self.created)
            .field("offload", &self.offload)
            .field("fault", &self.fault())
            .finish_non_exhaustive()
    }
}

impl AsFd for TunTap {
    /// Readable when there is a frame to receive. Do not read or write it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.driver.as_fd()
    }
}

impl Device for TunTap {
    type RxToken<'a> = RxToken<'a>;
    type TxToken<'a> = TxToken<'a>;

    /// Reads up to the next frame that can be used, and sends what [`flush`](TunTap::flush) would.
    fn receive(&mut self, _: Instant) -> Option<(RxToken<'_>, TxToken<'_>)> {
        self.flush();
        self.incoming.read(&self.driver, &mut self.health);
        let received = self.incoming.token()?;
        let reply = self.outgoing.token(&self.driver, &mut self.health);
        Some((received, reply))
    }

    /// Always has room. Even when no frame passes, so that the stack does not keep asking.
    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_>> {
        Some(self.outgoing.token(&self.driver, &mut self.health))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.mode.medium();
        capabilities.max_transmission_unit = self.mode.header_len() + self.mtu;
        if self.offload {
            capabilities.checksum.tcp = Checksum::None;
            // smoltcp 0.14 drops an IPv6 packet that the device has to cut.
            #[cfg(feature = "segmentation")]
            if self.outgoing.cuts_segments() {
                let longest = self.mode.header_len() + LONGEST_PACKET;
                capabilities.segmentation.tcpv4 = core::num::NonZeroUsize::new(longest);
            }
        }
        capabilities
    }
}
