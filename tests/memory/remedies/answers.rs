//! Answers to datagrams, while forged frames arrive.

use smoltcp::phy::Medium;
use smoltcp::time::Duration;
use smoltcp::wire::IpEndpoint;
use uppercase::PORT;
use uppercase::simulation::{Conditions, Direction, Fate, Network, Random};

use super::clients::Asker;
use super::common::frames::{self, read_udp};
use super::common::network::{CLIENT, Link, NOBODY, SECOND};
use super::forged::{Flood, near_datagram, question};
use super::world::{CLIENTS, DELAY, Make, OTHER_PORT, World, server};

const REQUESTS: usize = 60;

/// How many of 60 requests are answered, one a second, if a datagram from an address that no host
/// has arrives after the fifth.
pub fn answered_after_one_forged_sender(link: Link, make: Make) -> usize {
    let mut world = World::new(link, make, 1);
    let (host, _) = world.host(CLIENTS.into());
    let mut asker = Asker::new(&world, host, PORT, REQUESTS, SECOND);
    let from = IpEndpoint::new(link.address(NOBODY), 40_000);
    let mut forged = Some(frames::udp(link, from, link.server(), b"catch me"));
    let lane = world.to_server.clone();
    world.run_for(SECOND * 90, |turn| {
        asker.poll(turn);
        if asker.answered() == 5
            && let Some(frame) = forged.take()
        {
            lane.inject(&frame);
        }
        // In the middle between two requests.
        turn.wake_in(Some(SECOND / 2));
    });
    asker.answered()
}

/// How many of 30 requests on the other port are answered, one a second, if a datagram from an
/// address that no host has arrives on the first; the server's host has forgotten where the client
/// is, the client's has not.
pub fn answered_on_the_other_port(link: Link, make: Make) -> usize {
    let mut world = World::new(link, make, 1);
    let (host, _) = world.host(CLIENTS.into());
    let mut asker = Asker::new(&world, host, OTHER_PORT, 31, SECOND);
    let lane = world.to_server.clone();
    let mut random = Random::new(1);
    let mut forged = Some(near_datagram(link, &mut random));
    world.run_for(SECOND * 60, |turn| {
        asker.poll(turn);
        if asker.answered() == 1
            && let Some(frame) = forged.take()
        {
            for _ in 0..2 * smoltcp::config::IFACE_NEIGHBOR_CACHE_COUNT {
                lane.inject(&question(link, &mut random));
            }
            lane.inject(&frame);
        }
    });
    assert_eq!(forged, None, "the first request is answered");
    asker.answered() - 1
}

/// How many datagrams two servers exchange in 10 seconds, a millisecond apart, after one that says
/// that it is from the other's port.
pub fn exchanged_by_two_servers(link: Link, makes: [Make; 2], port: u16) -> usize {
    let mut network = Network::new(link.medium, 1);
    let cables = ["one server", "the other server"].map(|name| network.link(name));
    let [one, other] = &cables;
    // The second one is where the clients are in other tests.
    let mut servers = [
        server(&mut network, one, link, makes[0], 1),
        super::world::server_at(&mut network, other, link, makes[1], 1, CLIENTS.into()),
    ];
    other.set(Conditions::default().with_delay(DELAY));
    let exchanged = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = exchanged.clone();
    network.watch(move |event| {
        let sent = (event.direction, event.fate) == (Direction::FromHost, Fate::Sent);
        if sent && read_udp(link, &event.frame).is_some() {
            count.set(count.get() + 1);
        }
    });
    let other = IpEndpoint::new(link.address(CLIENT), port);
    let forged = frames::udp(link, other, link.server(), b"ping");
    one.to_host.inject(&forged);
    let end = network.run_for(SECOND * 10, |turn| {
        for server in &mut servers {
            turn.wake_in(server.poll(turn.now));
        }
    });
    end.expect("a datagram takes its time");
    exchanged.get()
}

/// A flood of frames from addresses on the link that no host has.
#[derive(Clone, Copy, Debug)]
pub enum Forged {
    Nothing,
    /// They ask for the server's hardware address.
    Questions,
    /// They ask for capitals.
    Datagrams,
}

/// Of 50 requests in 2.5 seconds, while 10 000 forged frames a second arrive: how many are answered,
/// and how long the slowest of them took.
pub fn answered_in_a_flood(link: Link, make: Make, forged: Forged) -> (usize, Duration) {
    let mut world = World::new(link, make, 1);
    let (host, _) = world.host(CLIENTS.into());
    let mut asker = Asker::new(&world, host, PORT, 50, SECOND / 20);
    let (rate, frame): (_, fn(_, &mut _) -> _) = match forged {
        Forged::Nothing => (0, question),
        Forged::Questions => (10_000, question),
        Forged::Datagrams => (10_000, near_datagram),
    };
    let until = world.network.now() + SECOND * 3;
    let mut flood = Flood::new(link, &world.to_server, rate, until, frame);
    world.run_for(SECOND * 3, |turn| {
        asker.poll(turn);
        flood.poll(turn);
    });
    assert_eq!(asker.sent(), 50);
    let slowest = asker.answers.iter().flatten().max();
    (asker.answered(), slowest.copied().unwrap_or_default())
}

#[test]
fn one_forged_sender_silences_plain_smoltcp_and_not_us() {
    for link in Link::ETHERNET {
        assert_eq!(link.medium, Medium::Ethernet);
        let answered = |make| answered_after_one_forged_sender(link, make);
        assert_eq!(answered(Make::Stock), 5, "{link:?}");
        assert_eq!(answered(Make::OURS), 60, "{link:?}");
    }
}

#[test]
fn one_forged_sender_silences_the_other_socket_of_plain_smoltcp_and_not_ours() {
    for link in Link::ETHERNET {
        let answered = |make| answered_on_the_other_port(link, make);
        assert_eq!(answered(Make::Stock), 0, "{link:?}");
        assert_eq!(answered(Make::OURS), 30, "{link:?}");
    }
}

#[test]
fn one_forged_datagram_starts_an_endless_loop_of_two_plain_servers_and_not_of_ours() {
    for link in Link::ALL {
        let exchanged = |makes| exchanged_by_two_servers(link, makes, PORT);
        // One each millisecond, until the test ends.
        assert!(exchanged([Make::Stock; 2]) > 4_900, "{link:?}");
        assert_eq!(exchanged([Make::OURS; 2]), 0, "{link:?}");
        assert_eq!(exchanged([Make::OURS, Make::Stock]), 0, "{link:?}");
        assert_eq!(exchanged([Make::Stock, Make::OURS]), 1, "{link:?}");
    }
}

#[test]
fn floods_of_forged_neighbors_and_senders_delay_no_client() {
    for link in Link::ETHERNET {
        let undisturbed = answered_in_a_flood(link, Make::OURS, Forged::Nothing);
        // The first one has to wait until our client's host has found the server's.
        assert_eq!(undisturbed, (50, DELAY * 4), "{link:?}");
        for forged in [Forged::Questions, Forged::Datagrams] {
            let ours = answered_in_a_flood(link, Make::OURS, forged);
            assert_eq!(ours, undisturbed, "{link:?}, {forged:?}");
        }
        let (answered, slowest) = answered_in_a_flood(link, Make::Stock, Forged::Questions);
        assert!(
            answered < 50 || slowest >= SECOND / 2,
            "{link:?}: {answered}, {slowest}"
        );
        let (answered, _) = answered_in_a_flood(link, Make::Stock, Forged::Datagrams);
        assert!(answered < 5, "{link:?}: {answered}");
    }
}

#[test]
fn servers_on_different_ports_do_not_answer_each_other_without_end() {
    for link in Link::ALL {
        let exchanged = exchanged_by_two_servers(link, [Make::OURS; 2], OTHER_PORT);
        assert!(exchanged <= 2 * 64, "{link:?}: {exchanged}");
    }
}
