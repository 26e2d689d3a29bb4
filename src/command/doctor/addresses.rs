//! Addresses that nothing else on this host has.

use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::tuntap::{Mode, OpenError, clash};

use crate::command::args::Link;
use crate::command::failure::Failure;
use crate::command::obstacle::{Obstacle, as_root, program};
use crate::command::sides::refuse_address_of_the_kernel;

/// Whether the servers and the kernel's side of the interface can have the addresses that the
/// arguments give.
pub fn check(interface: &str, mode: Mode, link: &Link) -> Result<(), Obstacle> {
    for own in link.addresses(1) {
        if let Err(Failure::Error(sentence)) = refuse_address_of_the_kernel(&own) {
            let what = sentence
                .rsplit_once(": ")
                .map_or(&*sentence, |(what, _)| what);
            return Err(Obstacle::new(what, others(interface, mode)));
        }
    }
    clash(interface, &link.host_addresses()).map_err(|error| match error {
        OpenError::AddressInUse { .. } | OpenError::SubnetInUse { .. } => {
            let sentence = error.to_string();
            let what = sentence
                .rsplit_once(": ")
                .map_or(&*sentence, |(what, _)| what);
            Obstacle::new(what, others(interface, mode))
        }
        error => Obstacle::of_sentence(&error.to_string()),
    })
}

/// The command with addresses in networks that nothing has.
fn others(interface: &str, mode: Mode) -> String {
    let ipv4 = |network, host| IpCidr::new(IpAddress::v4(192, 168, network, host), 24);
    let ipv6 = |network: u8, host| {
        let network = u16::from(network);
        IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, network, 0, 0, 0, host), 64)
    };
    let is_free = |host: &IpCidr| clash(interface, &[*host]).is_ok();
    let network =
        (69..=255).find(|&network| is_free(&ipv4(network, 100)) && is_free(&ipv6(network, 0x100)));
    let Some(network) = network else {
        return "give addresses of a network that this host does not have, with --ip and --host-ip"
            .into();
    };
    as_root(&format!(
        "{} serve --{mode} {interface} --ip {} --ip {} --host-ip {} --host-ip {}",
        program(),
        ipv4(network, 1),
        ipv6(network, 1),
        ipv4(network, 100),
        ipv6(network, 0x100)
    ))
}
