//! Each way in which a TCP client fails has its name.

use super::common;

mod route;
mod server;
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
