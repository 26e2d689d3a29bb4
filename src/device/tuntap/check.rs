//! What must be true of an interface and its addresses before it is opened.

use core::net::IpAddr;
use std::format;

use log::warn;
use smoltcp::wire::IpCidr;

use super::netlink::{Interface, Netlink};
use super::{Mode, OpenError};

/// The kernel's rules, and no `%`, which it takes as a pattern for a name of its own choice.
pub(super) fn name(name: &str) -> Result<(), OpenError> {
    let valid = (1..=15).contains(&name.len())
        && name != "."
        && name != ".."
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "/:%".contains(c));
    match valid {
        true => Ok(()),
        false => Err(OpenError::Name(name.into())),
    }
}

pub(super) fn interface(name: &str, mode: Mode, interface: &Interface) -> Result<(), OpenError> {
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
pub(super) fn addresses(
    name: &str,
    netlink: &mut Netlink,
    host: &[IpCidr],
) -> Result<(), OpenError> {
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
