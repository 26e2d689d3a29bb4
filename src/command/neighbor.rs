//! An address beside another.

use std::net::IpAddr;

use smoltcp::wire::IpCidr;

/// The first address in the network of this one that is another; `None` if there is no other.
pub fn neighbor(own: IpCidr) -> Option<IpCidr> {
    let (bits, length) = match IpAddr::from(own.address()) {
        IpAddr::V4(address) => (address.to_bits().into(), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let network = |host_bits: u8| bits & u128::MAX.checked_shl(host_bits.into()).unwrap_or(0);
    let neighbor = match length - own.prefix_len() {
        0 => return None,
        1 => bits ^ 1,
        // Zero is the network itself.
        host_bits if network(host_bits) + 1 == bits => bits + 1,
        host_bits => network(host_bits) + 1,
    };
    let address = match length {
        32 => IpAddr::from((neighbor as u32).to_be_bytes()),
        _ => IpAddr::from(neighbor.to_be_bytes()),
    };
    Some(IpCidr::new(address.into(), own.prefix_len()))
}
