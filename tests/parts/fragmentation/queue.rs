//! The queue of fragments: what is taken, what is refused, and how fragments that no device takes
//! are discarded.

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::udp::fragmentation::{self, Fragmenter, LONGEST_PAYLOAD, SendError, bytes, packets};

use super::link::link;
use super::pair::{FROM, NOWHERE, Pair, TO};
use super::plain_host::{Host, PORT, ipv4, text};

#[test]
fn what_cannot_be_sent_is_refused_and_leaves_nothing_behind() {
    use SendError::{MtuTooSmall, NotNeeded, TooLarge, Unaddressable};

    let mut pair = Pair::new(Medium::Ip, 1500);
    let four = IpEndpoint::new(ipv4(2), PORT);
    let unspecified = IpEndpoint::new(IpAddress::v6(0, 0, 0, 0, 0, 0, 0, 0), PORT);
    let group = IpEndpoint::new(IpAddress::v6(0xff02, 0, 0, 0, 0, 0, 0, 1), PORT);
    let no_port = IpEndpoint::new(TO.addr, 0);
    for (from, to, length, ip_mtu, error) in [
        (four, TO, 2000, 1500, Unaddressable),
        (FROM, four, 2000, 1500, Unaddressable),
        (unspecified, TO, 2000, 1500, Unaddressable),
        (group, TO, 2000, 1500, Unaddressable),
        (FROM, unspecified, 2000, 1500, Unaddressable),
        (FROM, no_port, 2000, 1500, Unaddressable),
        (FROM, TO, 0, 1500, NotNeeded),
        (FROM, TO, 1452, 1500, NotNeeded),
        (FROM, TO, LONGEST_PAYLOAD, usize::MAX, NotNeeded),
        (FROM, TO, 2000, 55, MtuTooSmall),
        (FROM, TO, 2000, 0, MtuTooSmall),
        (FROM, TO, LONGEST_PAYLOAD + 1, 1500, TooLarge),
        (FROM, TO, LONGEST_PAYLOAD, 64, TooLarge),
    ] {
        let payload = text(length);
        let sent = pair
            .fragmenter
            .send(&mut pair.sender.sockets, from, to, &payload, ip_mtu);
        assert_eq!(sent, Err(error));
        assert_eq!(pair.queued(), 0);
    }
    assert!(pair.packets().is_empty());
    pair.send(group, &text(2000)).unwrap();
    assert_eq!(pair.packets().len(), 2);
}

#[test]
fn either_all_fragments_are_queued_or_none() {
    // Room for two datagrams of 2048 bytes, and a little more of the one or the other.
    fn check<const BYTES: usize, const PACKETS: usize>() {
        let (mut end, _) = link(Medium::Ip, 1500);
        let mut host = Host::new(&mut end, 1);
        let buffers = Box::leak(Box::new(fragmentation::Buffers::<BYTES, PACKETS>::new()));
        let mut fragmenter = Fragmenter::new(&mut host.sockets, buffers, 1).unwrap();
        let payload = text(2048);
        for round in 0..20 {
            let mut sent = 0;
            while fragmenter
                .send(&mut host.sockets, FROM, TO, &payload, 1500)
                .is_ok()
            {
                sent += 1;
            }
            assert_eq!(sent, 2, "round {round}");
            let sockets = &mut host.sockets;
            let refused = fragmenter.send(sockets, FROM, TO, &payload, 1500);
            assert_eq!(refused, Err(SendError::Full));
            assert_eq!(fragmenter.queued(sockets), 2 * bytes(2048, 1500));
            // While a part of it has been sent there is still no room.
            host.interface
                .poll_egress(Instant::ZERO, &mut end, &mut host.sockets);
            let refused = fragmenter.send(&mut host.sockets, FROM, TO, &payload, 1500);
            assert_eq!(refused, Err(SendError::Full));
            host.poll(&mut end, Instant::ZERO);
            assert_eq!(
                end.leaving.borrow_mut().drain(..).len(),
                2 * packets(2048, 1500)
            );
        }
    }
    check::<{ 2 * bytes(2048, 1500) }, { 2 * packets(2048, 1500) }>();
    check::<{ 2 * bytes(2048, 1500) }, 1000>();
    check::<{ 2 * bytes(2048, 1500) + 1500 }, 1000>();
    check::<100_000, { 2 * packets(2048, 1500) }>();
    check::<100_000, { 2 * packets(2048, 1500) + 1 }>();
}

#[test]
fn the_longest_payload_is_the_longest_that_is_taken() {
    for mtu in [1280, 1281, 1492, 1500, 9000] {
        let mut pair = Pair::new(Medium::Ip, mtu);
        let longest = pair.fragmenter.longest(&pair.sender.sockets, mtu);
        let too_long = pair.send(TO, &text(longest + 1));
        assert_eq!(too_long, Err(SendError::TooLarge), "an MTU of {mtu}");
        assert_eq!(pair.send(TO, &text(longest)), Ok(()), "an MTU of {mtu}");
    }
}

#[test]
fn fragments_that_no_device_takes_can_be_discarded() {
    let mut pair = Pair::new(Medium::Ethernet, 1500);
    pair.send(NOWHERE, &text(2000)).unwrap();
    pair.send(TO, &text(2000)).unwrap();
    assert!(pair.exchange().is_empty());
    assert!(
        pair.exchange().is_empty(),
        "it waits, and the one behind it too"
    );
    assert_eq!(pair.queued(), 2 * bytes(2000, 1500));

    // Another socket is gone meanwhile, and this one is put into its place.
    let removed = pair.sender.sockets.remove(pair.sender.socket);
    pair.fragmenter.discard(&mut pair.sender.sockets);
    pair.sender.socket = pair.sender.sockets.add(removed).unwrap();
    assert_eq!(pair.queued(), 0);
    pair.send(TO, &text(3000)).unwrap();
    pair.sender.socket().send_slice(b"SHORT", TO).unwrap();
    let received = pair.exchange();
    assert_eq!(received.len(), 2);
    assert!(received.contains(&text(3000)));
    pair.fragmenter.discard(&mut pair.sender.sockets);
    pair.send(TO, &text(4000)).unwrap();
    assert!(pair.exchange() == [text(4000)]);
}
