//! A hardware address for an interface of this machine.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use uppercase::link::EthernetAddress;

use super::host::random_seed;

/// Names this machine, and no other (machine-id(5)).
const MACHINE: &str = "/etc/machine-id";

/// An address that is administered locally (IEEE 802) and follows from this machine and the name of the
/// interface; another one at each start where nothing names the machine.
pub fn card(interface: &str) -> EthernetAddress {
    // "This ID uniquely identifies the host. It should be considered \"confidential\"": it is not sent,
    // but a hash of it.
    let machine = fs::read(MACHINE).unwrap_or_else(|_| random_seed().to_be_bytes().into());
    let mut hasher = DefaultHasher::new();
    ("uppercase", machine, interface).hash(&mut hasher);
    let [a, b, c, d, e, ..] = hasher.finish().to_be_bytes();
    EthernetAddress([0x02, a, b, c, d, e])
}
