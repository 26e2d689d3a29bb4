//! The network of the board.

#[allow(unused_imports)] // where the network gives all addresses
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::stack::Network;

/// What the emulator's network gives to its first machine; put yours here.
pub const NETWORK: Network<'_> = Network::new(
    &[
        #[cfg(not(feature = "dhcp"))]
        IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24),
        #[cfg(all(feature = "ipv6", not(feature = "slaac")))]
        IpCidr::new(IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15), 64),
    ],
    &[
        #[cfg(not(feature = "dhcp"))]
        IpAddress::v4(10, 0, 2, 2),
    ],
);
