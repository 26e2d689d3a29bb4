//! Which hosts hear a frame: hubs, switches, segments.

use smoltcp::phy::Medium;
use smoltcp::time::Duration;
use uppercase::simulation::{Conditions, Fate, Link, Network, Port, Segment};

use super::lanes::{MILLISECOND, send, take};
use super::plain::{Exchange, exchange_on};

const ALL: u8 = 0xff;

/// A frame between two hosts, each named by the last byte of its hardware address.
fn frame(from: u8, to: u8) -> [u8; 60] {
    let mut frame = [0; 60];
    match to {
        ALL => frame[..6].fill(0xff),
        _ => frame[..6].copy_from_slice(&[2, 0, 0, 0, 0, to]),
    }
    frame[6..12].copy_from_slice(&[2, 0, 0, 0, 0, from]);
    frame
}

fn network() -> Network {
    Network::new(Medium::Ethernet, 1)
}

fn ports<const N: usize>(segment: &Segment) -> [Port; N] {
    core::array::from_fn(|index| segment.link(format!("{index}")).port())
}

/// Sends a frame from one port; returns which ones hear it.
fn heard<const N: usize>(ports: &mut [Port; N], from: usize, frame: &[u8]) -> Vec<usize> {
    assert!(send(&mut ports[from], frame));
    let heard = |(index, port): (usize, &mut Port)| take(port).is_some().then_some(index);
    ports.iter_mut().enumerate().filter_map(heard).collect()
}

#[test]
fn a_switch_sends_a_frame_only_to_the_link_where_it_has_learned_the_destination() {
    let mut ports = ports::<3>(&network().switch());
    // Not known yet: it is flooded.
    assert_eq!(heard(&mut ports, 0, &frame(0, 1)), [1, 2]);
    assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [0]);
    assert_eq!(heard(&mut ports, 0, &frame(0, 1)), [1]);
    assert_eq!(heard(&mut ports, 2, &frame(2, 0)), [0]);
}

#[test]
fn a_hub_sends_each_frame_to_all_others() {
    let mut ports = ports::<3>(&network().hub());
    for _ in 0..2 {
        assert_eq!(heard(&mut ports, 0, &frame(0, 1)), [1, 2]);
        assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [0, 2]);
    }
}

#[test]
fn a_switch_floods_frames_to_groups_and_those_without_a_header() {
    let mut ports = ports::<3>(&network().switch());
    let mut multicast = frame(0, 1);
    multicast[0] |= 1;
    for _ in 0..2 {
        assert_eq!(heard(&mut ports, 0, &frame(0, ALL)), [1, 2]);
        assert_eq!(heard(&mut ports, 0, &multicast), [1, 2]);
        assert_eq!(heard(&mut ports, 0, &frame(0, 1)[..13]), [1, 2]);
    }
}

#[test]
fn a_switch_does_not_learn_group_addresses() {
    let mut ports = ports::<3>(&network().switch());
    let mut from_group = frame(0, 1);
    from_group[6..12].fill(0xff);
    heard(&mut ports, 0, &from_group);
    assert_eq!(heard(&mut ports, 1, &frame(1, ALL)), [0, 2]);
}

#[test]
fn a_host_that_moves_is_found_as_soon_as_it_has_sent() {
    let mut ports = ports::<3>(&network().switch());
    heard(&mut ports, 0, &frame(0, ALL));
    assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [0]);
    // The same address from another link.
    heard(&mut ports, 2, &frame(0, ALL));
    assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [2]);
}

#[test]
fn a_switch_forgets_the_addresses_of_a_link_that_is_unplugged() {
    let mut network = network();
    let segment = network.switch();
    let [mut a, b, mut c] = ["a", "b", "c"].map(|name| segment.link(name).port());
    let mut b = b;
    assert!(send(&mut a, &frame(0, ALL)) && take(&mut b).is_some() && take(&mut c).is_some());
    drop(a);
    assert!(send(&mut b, &frame(1, 0)));
    assert!(take(&mut c).is_some());
}

#[test]
fn a_switch_forgets_an_address_that_sends_nothing_for_five_minutes() {
    let mut network = network();
    let mut ports = ports::<3>(&network.switch());
    heard(&mut ports, 0, &frame(0, ALL));
    network.sleep(Duration::from_secs(299));
    assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [0]);
    network.sleep(Duration::from_secs(1));
    assert_eq!(heard(&mut ports, 1, &frame(1, 0)), [0, 2]);
}

#[test]
fn a_frame_to_the_link_that_it_came_from_goes_nowhere() {
    let mut network = network();
    let fates = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let told = fates.clone();
    network.watch(move |event| told.borrow_mut().push((event.fate, event.is_last)));
    let mut ports = ports::<2>(&network.switch());
    heard(&mut ports, 0, &frame(0, ALL));
    heard(&mut ports, 0, &frame(7, ALL));
    fates.take();
    // As from one host behind a hub to another one behind the same hub.
    assert_eq!(heard(&mut ports, 0, &frame(0, 7)), [0; 0]);
    let expected = [(Fate::Sent, false), (Fate::NotForwarded, true)];
    assert_eq!(fates.take(), expected);
}

#[test]
fn frames_stay_in_their_segment() {
    let mut network = network();
    let (hub, switch) = (network.hub(), network.switch());
    let outside = network.link("outside");
    let mut ports = [
        hub.link("a").port(),
        hub.link("b").port(),
        switch.link("c").port(),
        switch.link("d").port(),
        outside.port(),
    ];
    assert_eq!(heard(&mut ports, 0, &frame(0, ALL)), [1]);
    assert_eq!(heard(&mut ports, 2, &frame(2, ALL)), [3]);
    assert_eq!(heard(&mut ports, 4, &frame(4, ALL)), [0; 0]);
}

#[test]
#[should_panic(expected = "a switch needs Medium::Ethernet")]
fn a_switch_needs_ethernet() {
    Network::new(Medium::Ip, 1).switch();
}

/// How much of the frames between two hosts comes to the slow link of a third one: the frames that
/// were put on it, and those that found its queue full.
fn load(segment: impl FnOnce(&mut Network) -> Segment) -> (u64, u64) {
    let mut network = network();
    let segment = segment(&mut network);
    let links: [Link; 3] = ["a", "b", "bystander"].map(|name| segment.link(name));
    // 60 bytes in 60 ms.
    links[2].set(
        Conditions::PERFECT
            .with_bandwidth(Some(8_000))
            .with_queue(3),
    );
    let mut ports = links.each_ref().map(Link::port);
    for _ in 0..100 {
        for (from, to) in [(0, 1), (1, 0)] {
            assert!(send(&mut ports[usize::from(from)], &frame(from, to)));
            network.sleep(MILLISECOND);
            assert!(take(&mut ports[usize::from(to)]).is_some());
        }
    }
    let statistics = links[2].to_host.statistics();
    (statistics.sent, statistics.queue_full)
}

#[test]
fn a_slow_link_is_not_filled_with_the_frames_of_others_by_a_switch_as_it_is_by_a_hub() {
    let (sent, full) = load(Network::hub);
    assert_eq!(sent, 200);
    assert!(full > 190, "{full}");
    // The first frame alone: then both addresses are known.
    assert_eq!(load(Network::switch), (1, 0));
}

/// How many frames come to a bystander, of two hosts that exchange a text over TCP; and how many these
/// hosts have sent.
fn overheard(segment: impl FnOnce(&mut Network) -> Segment) -> (u64, u64) {
    let mut network = network();
    let segment = segment(&mut network);
    let links = ["server", "client"].map(|name| segment.link(name));
    let bystander = segment.link("bystander");
    let Exchange { mut network, hosts } = exchange_on(network, &links, &[7; 10_000], false);
    let done = network.run(Duration::from_secs(6000), hosts);
    assert_eq!(done, Ok(()));
    let sent = links.map(|link| link.from_host.statistics().sent);
    (bystander.to_host.statistics().sent, sent.iter().sum())
}

#[test]
fn a_bystander_hears_a_connection_of_others_on_a_hub_and_not_on_a_switch() {
    let (heard, sent) = overheard(Network::hub);
    // The link of the server loses some.
    assert!(heard > 100 && heard > sent / 2, "{heard} of {sent}");
    let (heard, sent) = overheard(Network::switch);
    // Questions of ARP.
    assert!(heard < 10 && sent > 100, "{heard} of {sent}");
}
