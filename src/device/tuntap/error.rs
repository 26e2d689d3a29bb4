//! What can be wrong with an interface, and what to do about it.

use core::fmt;
use std::format;
use std::io;
use std::string::String;

use smoltcp::wire::IpCidr;

use super::Mode;

/// Why a TAP or TUN interface could not be opened.
///
/// Displayed, it is a sentence that tells what to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Linux does not take this as the name of an interface: 1 to 15 bytes, without spaces, `/`,
    /// `:` and `%`, and neither `.` nor `..`.
    Name(String),
    /// There is no `/dev/net/tun`, or there is no driver behind it.
    NoDriver(io::Error),
    /// There is a `/dev/net/tun`, but this user may not open it.
    DriverPermission(io::Error),
    /// This user may not create the interface, or the one that exists belongs to another user.
    Permission {
        /// The interface.
        name: String,
        /// What was asked for.
        mode: Mode,
        /// Whether the interface exists.
        exists: bool,
    },
    /// Another program is attached to the interface.
    Busy(String),
    /// The interface exists, and it is neither a TAP nor a TUN.
    NotTunTap(String),
    /// The interface exists, and it is of the other kind.
    WrongMode {
        /// The interface.
        name: String,
        /// What it is.
        found: Mode,
    },
    /// The interface exists, and it was made for programs that use several queues.
    MultiQueue(String),
    /// An address for the host's side of a new interface is on another interface already.
    AddressInUse {
        /// The address that was asked for.
        address: IpCidr,
        /// The interface that has it.
        interface: String,
    },
    /// The subnet of an address for the host's side of a new interface is that of another
    /// interface already, so what is sent to the new one would leave by the other.
    SubnetInUse {
        /// The address that was asked for.
        address: IpCidr,
        /// The interface that has the subnet.
        interface: String,
    },
    /// An IPv6 address was asked for, and IPv6 is switched off on this host.
    Ipv6Off {
        /// The address that was asked for.
        address: IpCidr,
        /// What the kernel said.
        source: io::Error,
    },
    /// Anything else the kernel refused.
    Io {
        /// The interface.
        name: String,
        /// What was being done to it.
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Name(name) => write!(
                f,
                "{name:?} cannot be the name of an interface: choose 1 to 15 letters and digits, \
                 such as tap0"
            ),
            OpenError::NoDriver(error) => write!(
                f,
                "/dev/net/tun cannot be opened ({error}): load the driver with `sudo modprobe \
                 tun`, or start the container with `--device /dev/net/tun --cap-add NET_ADMIN`"
            ),
            OpenError::DriverPermission(error) => write!(
                f,
                "/dev/net/tun cannot be opened ({error}): run this as root, or let every user \
                 open it with `sudo chmod 0666 /dev/net/tun`"
            ),
            OpenError::Permission {
                name,
                mode,
                exists: false,
            } => write!(
                f,
                "no right to create {name}, that takes CAP_NET_ADMIN: run this as root, or make \
                 the interface first with `sudo ip tuntap add dev {name} mode {mode} user $USER`, \
                 give it an address, and switch it on with `sudo ip link set {name} up`"
            ),
            OpenError::Permission {
                name,
                mode,
                exists: true,
            } => write!(
                f,
                "{name} belongs to another user: run this as root, or make an interface of your \
                 own, for instance with `sudo ip tuntap add dev {} mode {mode} user $USER`",
                another(name)
            ),
            OpenError::Busy(name) => write!(
                f,
                "another program is attached to {name}: stop that program, or choose another name"
            ),
            OpenError::NotTunTap(name) => write!(
                f,
                "{name} is neither a TAP nor a TUN interface: choose another name"
            ),
            OpenError::WrongMode { name, found } => write!(
                f,
                "{name} is a {found} interface: open it as that, or choose another name"
            ),
            OpenError::MultiQueue(name) => write!(
                f,
                "{name} was made for several queues: make it again without `multi_queue`, or \
                 choose another name"
            ),
            OpenError::AddressInUse { address, interface } => write!(
                f,
                "{} is already an address of this host, on {interface}: choose another address",
                address.address()
            ),
            OpenError::SubnetInUse { address, interface } => write!(
                f,
                "the subnet of {address} is already that of {interface}, which would take all \
                 its packets: choose another subnet"
            ),
            OpenError::Ipv6Off { address, .. } => write!(
                f,
                "IPv6 is switched off on this host: leave {address} out, or switch it on with \
                 `sudo sysctl net.ipv6.conf.all.disable_ipv6=0 \
                 net.ipv6.conf.default.disable_ipv6=0`"
            ),
            OpenError::Io {
                name,
                doing,
                source,
            } => write!(f, "{name}: {doing} failed: {source}"),
        }
    }
}

/// The name of another interface.
fn another(name: &str) -> String {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name[letters.len()..].parse::<u8>();
    // Too long for the kernel, in the worst case, which says so.
    format!(
        "{letters}{}",
        number.map_or(1, |number| u16::from(number) + 1)
    )
}

impl core::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            OpenError::NoDriver(source)
            | OpenError::DriverPermission(source)
            | OpenError::Ipv6Off { source, .. }
            | OpenError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
