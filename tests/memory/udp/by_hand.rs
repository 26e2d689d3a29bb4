//! Datagrams that are put in front of the server by hand.

use smoltcp::wire::IpEndpoint;
use uppercase::PORT;
use uppercase::udp;

use super::common::Text;
use super::common::ask::ask;
use super::common::frames::{self, read_udp};
use super::common::network::{CLIENT, Link, Network};

/// Puts datagrams in front of the server at once and returns what it sends back: from where, the
/// text.
pub fn answers_to(
    link: Link,
    network: &mut Network,
    server: &mut udp::Server<'static, Text>,
    datagrams: &[(IpEndpoint, IpEndpoint, &[u8])],
) -> Vec<(IpEndpoint, Vec<u8>)> {
    network.to_client.capture();
    for (from, to, text) in datagrams {
        let frame = frames::udp(link, *from, *to, text);
        network.to_server.inject(&frame);
    }
    network.settle(&mut [server], &mut []);
    let kept = network.to_client.captured();
    let answers = kept.iter().filter_map(|frame| read_udp(link, frame));
    answers
        .filter(|(from, _, _)| from.port == PORT)
        .map(|(from, _, text)| (from, text.to_vec()))
        .collect()
}

/// A port of the client's host, which is made known to the server's.
pub fn known_client(
    link: Link,
    network: &mut Network,
    server: &mut udp::Server<'static, Text>,
) -> IpEndpoint {
    assert_eq!(
        ask(network, Some(server), link.server(), b"hi"),
        Ok(b"HI".to_vec())
    );
    IpEndpoint::new(link.address(CLIENT), 40_000)
}
