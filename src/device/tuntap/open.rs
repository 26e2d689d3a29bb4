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

/// Attaches to an interface or makes one; see [`TunTap::open`].
pub(super) fn open(
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
    let mut netlink = Netlink::open().map_err(failed("asking the kernel for its interfaces"))?;
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
