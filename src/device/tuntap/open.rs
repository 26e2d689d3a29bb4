//! Opening an interface: attaching to one, or making it.

use log::{debug, info, warn};
use rustix::io::Errno;
use smoltcp::wire::IpCidr;

use super::attach::{attach, open_driver};
use super::health::{Advice, Fault, Health, Statistics};
use super::netlink::Netlink;
use super::receive::Incoming;
use super::set_up::set_up;
use super::transmit::Outgoing;
use super::{Mode, OpenError, Options, TunTap, check};

impl TunTap {
    /// Attaches to the interface `name`, or makes it if there is none.
    ///
    /// An interface that exists is used as it is: its addresses, its MTU and whether it is switched
    /// on do not change, and `host` is not looked at. One that is switched off is opened all the
    /// same, with a warning and a [`fault`](TunTap::fault) from the start. Its owner needs no
    /// privilege.
    ///
    /// One that is made gets the addresses `host` at the kernel's side, with a route to the subnet
    /// of each, can be used at once, for IPv6 too, and disappears with the returned value. It keeps
    /// them when it is switched off and on, for IPv6 where its settings below `/proc/sys` may be
    /// changed. Making one takes the capability `CAP_NET_ADMIN`.
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
        check::name(name)?;
        // First, because behind it an error could mean other things.
        open_driver()?;
        let mut netlink =
            Netlink::open().map_err(failed("asking the kernel for its interfaces"))?;
        let before = netlink
            .interface(name)
            .map_err(failed("looking for the interface"))?;
        match &before {
            Some(interface) => check::interface(name, mode, interface)?,
            None => check::addresses(name, &mut netlink, host)?,
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
            Some(fault) => warn!("{}", Advice(name, fault)),
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
