//! Where servers can be reached, in words.

use std::net::SocketAddr;

use smoltcp::wire::{IpAddress, IpCidr};

use uppercase::trace::json::{Object, array, string};

use super::args::Server;

/// An address and a port.
pub fn endpoint(address: IpAddress, port: u16) -> String {
    SocketAddr::new(address.into(), port).to_string()
}

/// The protocols that are served, and where they can be reached at these addresses.
fn served(args: &Server, addresses: &[IpCidr]) -> Vec<(&'static str, Vec<String>)> {
    let protocols = [("TCP", args.serves_tcp()), ("UDP", args.serves_udp())];
    let served = protocols.iter().filter(|(_, is_served)| *is_served);
    let endpoints = || {
        addresses
            .iter()
            .map(|own| endpoint(own.address(), args.port))
    };
    served
        .map(|(name, _)| (*name, endpoints().collect()))
        .collect()
}

/// Where the servers can be reached at these addresses, a line each.
pub fn endpoints(args: &Server, addresses: &[IpCidr]) -> String {
    let mut text = String::new();
    for (protocol, endpoints) in served(args, addresses) {
        for endpoint in endpoints {
            text += &format!("  {protocol} {endpoint}\n");
        }
    }
    text
}

/// The same as members of an object.
pub fn add_endpoints(object: &mut Object, args: &Server, addresses: &[IpCidr]) {
    for (protocol, endpoints) in served(args, addresses) {
        let endpoints = array(endpoints.iter().map(|endpoint| string(endpoint)));
        object.raw(&protocol.to_lowercase(), &endpoints);
    }
}
