//! Making a new interface usable.

use core::net::IpAddr;
use std::time::{Duration, Instant};
use std::{format, fs, thread};

use log::debug;
use rustix::io::Errno;
use smoltcp::wire::IpCidr;

use super::OpenError;
use super::netlink::Netlink;

/// For what takes a few milliseconds.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Settings of the kernel for an interface, and how it is without them.
const SETTINGS: [(&str, &str, &str); 2] = [
    (
        "accept_dad",
        "0",
        "its link-local address can be used in two seconds only",
    ),
    (
        "keep_addr_on_down",
        "1",
        "it loses its IPv6 addresses when it is switched off",
    ),
];

/// Switches a new interface on and gives it its addresses.
pub(super) fn set_up(
    name: &str,
    netlink: &mut Netlink,
    index: u32,
    host: &[IpCidr],
) -> Result<(), OpenError> {
    for (setting, value, otherwise) in SETTINGS {
        let path = format!("/proc/sys/net/ipv6/conf/{name}/{setting}");
        // Containers have no right to this.
        if let Err(error) = fs::write(path, value) {
            debug!("{name}: {otherwise}: {error}");
        }
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
