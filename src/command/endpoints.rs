//! Where servers can be reached, in words.

use std::net::SocketAddr;

use smoltcp::wire::{IpAddress, IpCidr};

use super::args::Server;

/// An address and a port.
pub fn endpoint(address: IpAddress, port: u16) -> String {
    SocketAddr::new(address.into(), port).to_string()
}

/// Where the servers can be reached at these addresses, a line each.
pub fn endpoints(args: &Server, addresses: &[IpCidr]) -> String {
    let mut text = String::new();
    let protocols = [("TCP", args.serves_tcp()), ("UDP", args.serves_udp())];
    for (protocol, _) in protocols.iter().filter(|(_, served)| *served) {
        for address in addresses {
            let endpoint = endpoint(address.address(), args.port);
            text += &format!("  {protocol} {endpoint}\n");
        }
    }
    text
}
