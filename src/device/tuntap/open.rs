//! Attaching to an interface, and making one.

use core::net::IpAddr;
use std::fs::{self, File};
use std::io;
use std::string::String;
use std::time::{Duration, Instant};
use std::{format, thread};

use log::{debug, info, warn};
use rustix::io::Errno;
use smoltcp::wire::{IpAddress, IpCidr};

use super::health::{Fault, Health, Statistics};
use super::netlink::{Interface, Netlink};
use super::receive::Incoming;
use super::transmit::Outgoing;
use super::{Mode, OpenError, TunTap, driver, header};

/// For what takes a few milliseconds.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// How an interface is opened.
///
/// ```no_run
/// use uppercase::device::tuntap::{Mode, Options, TunTap};
///
/// let options = Options::new().without_offload();
/// let device = TunTap::open_with("tap0", Mode::Tap, &[], options)?;
/// assert!(!device.offload());
/// # Ok::<(), uppercase::device::tuntap::OpenError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    offload: bool,
    gather: bool,
}

impl Options {
    /// With [offload](TunTap#offload), if the kernel has it.
    pub const fn new() -> Self {
        Self {
            offload: true,
            gather: false,
        }
    }

    /// Makes every frame complete and no longer than the MTU, as on a wire: for a capture that
    /// shows what a wire would, or to compare.
    pub const fn without_offload(self) -> Self {
        Self {
            offload: false,
            ..self
        }
    }

    /// Gathers TCP segments that smoltcp sends one after the other in one large frame. That pays
    /// over IPv6, and without the feature `segmentation` over IPv4, where smoltcp itself does not.
    ///
    /// A segment that is not the last of its text then waits until another frame is sent or
    /// [`receive`](smoltcp::phy::Device::receive) is called; and so does a UDP datagram, for others
    /// to the same port, where the kernel can cut those (Linux 6.2). A program that sleeps in
    /// between calls [`TunTap::flush`] first.
    pub const fn gather(self) -> Self {
        Self {
            gather: true,
            ..self
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
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
    /// of each, can be used at once, for IPv6 too, and disappears with the returned value. Making
    /// one takes the capability `CAP_NET_ADMIN`.
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
        let failed = |doing: &'static str| {
            move |source| OpenError::Io {
                name: name.into(),
                doing,
                source,
            }
        };
        check_name(name)?;
        // First, because behind it an error could mean other things.
        open_driver()?;
        let mut netlink =
            Netlink::open().map_err(failed("asking the kernel for its interfaces"))?;
        let before = netlink
            .interface(name)
            .map_err(failed("looking for the interface"))?;
        match &before {
            Some(interface) => check_interface(name, mode, interface)?,
            None => check_addresses(name, &mut netlink, host)?,
        }

        let (driver, offload) = attach(name, mode, before.is_some(), options)?;
        let now = netlink
            .interface(name)
            .and_then(|interface| interface.ok_or(Errno::NODEV.into()))
            .map_err(failed("reading the MTU"))?;
        // It may have come or gone in between.
        let created = before.is_none_or(|before| before.index != now.index);
        if created {
            set_up(name, &mut netlink, now.index, host)?;
        } else if !host.is_empty() {
            debug!("{name} exists, so its addresses stay as they are");
        }
        let fault = (!created && !now.up).then_some(Fault::Down);
        match fault {
            Some(fault) => warn!("{name}: {fault}"),
            None => info!(
                "{name}: {}, MTU {}, offload {}",
                if created { "created" } else { "attached" },
                now.mtu,
                if offload.segments { "on" } else { "off" },
            ),
        }
        Ok(TunTap {
            driver,
            mode,
            mtu: now.mtu,
            created,
            offload: offload.segments,
            incoming: Incoming::new(mode, now.mtu, offload.segments),
            outgoing: Outgoing::new(mode, now.mtu, offload, options.gather),
            health: Health {
                name: name.into(),
                statistics: Statistics::default(),
                fault,
            },
        })
    }
}

/// The interface of this host that has `address`, if there is one.
///
/// Packets to such an address never leave the host, so it is no address for a stack of ours.
///
/// # Errors
///
/// The kernel cannot be asked.
pub fn owner(address: IpAddress) -> io::Result<Option<String>> {
    let mut netlink = Netlink::open()?;
    let addresses = netlink.addresses()?;
    let address = IpAddr::from(address);
    let owner = addresses.iter().find(|other| other.address == address);
    Ok(owner.map(|owner| netlink.name(owner.index)))
}

/// The kernel's rules, and no `%`, which it takes as a pattern for a name of its own choice.
fn check_name(name: &str) -> Result<(), OpenError> {
    let valid = (1..=15).contains(&name.len())
        && name != "."
        && name != ".."
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "/:%".contains(c));
    match valid {
        true => Ok(()),
        false => Err(OpenError::Name(name.into())),
    }
}

fn open_driver() -> Result<File, OpenError> {
    // A container's device rules give EPERM, the permissions of the file EACCES.
    driver::open().map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::ACCESS) => OpenError::DriverPermission(error),
        _ => OpenError::NoDriver(error),
    })
}

fn check_interface(name: &str, mode: Mode, interface: &Interface) -> Result<(), OpenError> {
    match interface.mode {
        None => Err(OpenError::NotTunTap(name.into())),
        Some(found) if found != mode => Err(OpenError::WrongMode {
            name: name.into(),
            found,
        }),
        Some(_) if interface.multi_queue => Err(OpenError::MultiQueue(name.into())),
        Some(_) => Ok(()),
    }
}

/// The kernel would take an address twice, and then answer on one interface what is asked on the
/// other, or send to one what is meant for the other.
fn check_addresses(name: &str, netlink: &mut Netlink, host: &[IpCidr]) -> Result<(), OpenError> {
    let others = netlink.addresses().map_err(|source| OpenError::Io {
        name: name.into(),
        doing: "asking the kernel for its addresses",
        source,
    })?;
    for &address in host {
        let wanted = IpAddr::from(address.address());
        // These are one subnet on every interface: each may have an fe80::1.
        if matches!(wanted, IpAddr::V6(wanted) if wanted.is_unicast_link_local()) {
            continue;
        }
        for other in &others {
            let interface = || netlink.name(other.index);
            if other.address == wanted {
                return Err(OpenError::AddressInUse {
                    address,
                    interface: interface(),
                });
            }
            if subnet(other.address, other.prefix_len) == subnet(wanted, address.prefix_len()) {
                return Err(OpenError::SubnetInUse {
                    address,
                    interface: interface(),
                });
            }
            // The longer prefix wins. That can be what is wanted.
            let shorter = address.prefix_len().min(other.prefix_len);
            if subnet(wanted, shorter) == subnet(other.address, shorter) {
                let other = format!("{}/{} of {}", other.address, other.prefix_len, interface());
                warn!("{name}: the subnet of {address} overlaps with that of {other}");
            }
        }
    }
    Ok(())
}

/// Equal for addresses of one subnet.
fn subnet(address: IpAddr, prefix_len: u8) -> (bool, u8, u128) {
    let bits = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let host_len = 128_u32.saturating_sub(prefix_len.into());
    let mask = u128::MAX.checked_shl(host_len).unwrap_or(0);
    (address.is_ipv4(), prefix_len, bits & mask)
}

/// What the kernel does for us.
#[derive(Clone, Copy, Default)]
pub(super) struct Offload {
    /// Checksums, and the cutting of TCP segments.
    pub segments: bool,
    /// The cutting of UDP datagrams.
    pub datagrams: bool,
}

/// Attaches to the interface. Returns with which offload.
fn attach(
    name: &str,
    mode: Mode,
    exists: bool,
    options: Options,
) -> Result<(File, Offload), OpenError> {
    let failed = |error| match error {
        Errno::PERM => OpenError::Permission {
            name: name.into(),
            mode,
            exists,
        },
        Errno::BUSY => OpenError::Busy(name.into()),
        error => OpenError::Io {
            name: name.into(),
            doing: "attaching to the interface",
            source: error.into(),
        },
    };
    let driver = open_driver()?;
    let known = driver::knows_headers(&driver);
    if options.offload && known {
        driver::attach(&driver, name, mode, true).map_err(failed)?;
        let datagrams = driver::cuts_datagrams(&driver);
        let agreed = driver::set_header(&driver, header::LENGTH as i32)
            .and_then(|()| driver::set_offload(&driver, true));
        match agreed {
            Ok(()) => {
                let offload = Offload {
                    segments: true,
                    datagrams,
                };
                return Ok((driver, offload));
            }
            Err(error) => info!("{name}: no offload, the kernel does not agree: {error}"),
        }
        // Without the headers, if without offload; and that takes another file.
        drop(driver);
        return attach(name, mode, exists, options.without_offload());
    }
    if options.offload {
        info!("{name}: no offload, the kernel does not know it");
    }
    driver::attach(&driver, name, mode, false).map_err(failed)?;
    if known {
        // It would stay as the program before wanted it, and frames would come that are longer
        // than the MTU or lack their checksums.
        driver::set_offload(&driver, false).map_err(failed)?;
    }
    Ok((driver, Offload::default()))
}

/// Switches a new interface on and gives it its addresses.
fn set_up(name: &str, netlink: &mut Netlink, index: u32, host: &[IpCidr]) -> Result<(), OpenError> {
    // The link-local address that the kernel makes itself is not to wait either. Containers have
    // no right to this, and hardly need it.
    if let Err(error) = fs::write(format!("/proc/sys/net/ipv6/conf/{name}/accept_dad"), "0") {
        debug!("{name}: its link-local address can be used in two seconds only: {error}");
    }
    // A route to a subnet needs an interface that is on, so that comes first.
    netlink.set_up(index).map_err(|source| OpenError::Io {
        name: name.into(),
        doing: "switching it on",
        source,
    })?;
    for &address in host {
        netlink.add_address(index, address).map_err(|source| {
            match Errno::from_io_error(&source) {
                Some(Errno::ACCESS | Errno::OPNOTSUPP)
                    if IpAddr::from(address.address()).is_ipv6() =>
                {
                    OpenError::Ipv6Off { address, source }
                }
                _ => OpenError::Io {
                    name: name.into(),
                    doing: "giving it an address",
                    source,
                },
            }
        })?;
    }
    wait_until_reachable(netlink, host);
    Ok(())
}

/// Waits until packets to the new IPv6 addresses reach the kernel.
///
/// It joins the groups to which neighbor discovery speaks (RFC 4291, 2.7.1) and makes a route to
/// itself a moment after it has taken the addresses. What is sent to it before is lost.
fn wait_until_reachable(netlink: &mut Netlink, host: &[IpCidr]) {
    let start = Instant::now();
    let addresses = host.iter().map(|host| IpAddr::from(host.address()));
    for address in addresses.filter(IpAddr::is_ipv6) {
        while start.elapsed() < LONGEST_WAIT && matches!(netlink.is_local(address), Ok(false)) {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
