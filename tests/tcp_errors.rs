//! Each way in which a TCP client fails has its name.

mod common;

#[path = "tcp_errors/route.rs"]
mod route;
#[path = "tcp_errors/server.rs"]
mod server;
#[path = "tcp_errors/unreachable.rs"]
mod unreachable;

use smoltcp::wire::IpEndpoint;
use uppercase::tcp::Error;

use common::network::Network;
use common::talk::{TIMEOUT, Talk};

/// How a client ends that connects to `server`, where no server is.
fn outcome(network: &mut Network, server: IpEndpoint) -> Result<(), Error> {
    let mut talk = Talk::new(network, server, 512, b"hello?");
    network.run(TIMEOUT * 2, &mut [], &mut [&mut talk]);
    talk.outcome.expect("it has ended")
}
