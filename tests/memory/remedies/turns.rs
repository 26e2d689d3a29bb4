//! Clients, each on a host of its own, that take turns.

use smoltcp::config::IFACE_NEIGHBOR_CACHE_COUNT;
use smoltcp::time::Duration;

use super::clients::Crowd;
use super::common::network::{Link, MINUTE, SECOND};
use super::world::{Make, World};

/// How many are more than smoltcp has neighbors: a build with the feature `command` has 256 of
/// them, others 8.
pub fn more_than_neighbors() -> [u16; 2] {
    match IFACE_NEIGHBOR_CACHE_COUNT {
        ..20 => [20, 200],
        neighbors => [neighbors as u16 + 4, neighbors as u16 + 44],
    }
}

/// How long it takes until each of `hosts` hosts has had a short session, one after the other. All
/// of them have had one before, so that they know where the server is.
pub fn turns(link: Link, make: Make, hosts: u16) -> Duration {
    let mut world = World::new(link, make, 2);
    let mut clients: Vec<_> = (0..hosts)
        .map(|host| {
            let (stack, cable) = world.host(100 + host);
            // As on a switch: a host hears only its own frames, and those to groups.
            let card = super::world::hardware(100 + host);
            cable
                .to_host
                .filter(move |frame| frame.starts_with(card.as_bytes()) || frame[0] & 1 == 1);
            Crowd::on(&world, stack, 0, Duration::ZERO, SECOND)
        })
        .collect();
    let mut begin = world.network.now();
    for round in 0..2 {
        begin = world.network.now();
        for number in 0..clients.len() {
            let (address, now) = (world.address(), world.network.now());
            clients[number].add(address, now, MINUTE);
            let done = world.run(MINUTE * 2, |turn| {
                for client in &mut clients {
                    client.poll(turn);
                }
                clients[number].is_done()
            });
            let outcome = clients[number].outcome();
            assert!(
                done && outcome.served == round + 1,
                "{link:?}, {number}: {outcome:?}"
            );
        }
    }
    world.network.now() - begin
}

#[test]
fn more_clients_than_neighbors_take_a_second_each_in_plain_smoltcp_and_no_longer_in_ours() {
    for link in Link::ETHERNET {
        let [hosts, _] = more_than_neighbors();
        let alone = turns(link, Make::OURS, 1);
        let stock = turns(link, Make::Stock, hosts);
        // After a minute the clients have forgotten where the server is, too. They ask, and are found.
        let waiting = SECOND * u32::from(hosts.min(60));
        assert!(stock > waiting * 9 / 10, "{link:?}: {stock}");
        let ours = turns(link, Make::OURS, hosts);
        assert_eq!(ours, alone * u32::from(hosts), "{link:?}");
    }
}
