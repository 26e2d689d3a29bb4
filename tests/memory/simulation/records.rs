//! What a frame says of itself in the log: its protocol, where it was, whether it is intact.

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::phy::Medium;
use smoltcp::wire::{IpEndpoint, IpProtocol};
use uppercase::simulation::{Alteration, Fate, Network, Protocol, Record, Verdict};

use super::common::frames;
use super::common::network::{CLIENT, Link, SERVER};
use super::lanes::MILLISECOND;

/// The record of one frame between two hosts, the second of which has a rule.
fn record(medium: Medium, frame: &[u8], verdict: Verdict) -> Record {
    let mut network = Network::new(medium, 1);
    let records = Rc::new(RefCell::new(Vec::new()));
    let log = records.clone();
    network.log(move |record| log.borrow_mut().push(record.clone()));
    let links = ["a", "b"].map(|name| network.link(name));
    let _ports = links.each_ref().map(|link| link.port());
    links[1].to_host.decide(move |_, _| verdict.clone());
    links[0].from_host.inject(frame);
    network.sleep(MILLISECOND);
    let mut records = records.take();
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn protocol(link: Link, frame: &[u8]) -> Protocol {
    record(link.medium, frame, Verdict::Pass).sent.protocol()
}

#[test]
fn a_frame_has_the_protocol_of_its_packet_or_of_the_fragment_in_it() {
    for link in Link::ALL {
        let (client, server) = (link.address(CLIENT), link.address(SERVER));
        let (from, to) = (IpEndpoint::new(client, 1), IpEndpoint::new(server, 2));
        let segment = frames::segment(from, to);
        let segment = frames::tcp(link, client, server, &segment);
        assert_eq!(protocol(link, &segment), Protocol::Tcp, "{link:?}");
        let datagram = frames::udp(link, from, to, b"text");
        assert_eq!(protocol(link, &datagram), Protocol::Udp, "{link:?}");
        let packet = frames::packet(link, &datagram).expect("it has one");
        let message = frames::Unreachable::Port;
        let message = frames::unreachable(link, server, message, packet, packet.len());
        assert_eq!(protocol(link, &message), Protocol::Icmp, "{link:?}");
        let of =
            |protocol| frames::ip(link, client, server, protocol, 8, |payload| payload[0] = 17);
        let expected = if link.ipv6 {
            Protocol::Udp
        } else {
            Protocol::Other
        };
        assert_eq!(protocol(link, &of(IpProtocol::Ipv6Frag)), expected);
        assert_eq!(protocol(link, &of(IpProtocol::Igmp)), Protocol::Other);
        assert_eq!(protocol(link, &datagram[..5]), Protocol::Other);
    }
    let mut question = [0; 42];
    question[12..14].copy_from_slice(&[8, 6]);
    assert_eq!(protocol(Link::ETHERNET_V4, &question), Protocol::Arp);
}

#[test]
fn a_record_is_on_the_links_from_which_and_to_which_the_frame_went() {
    let record = record(Medium::Ip, b"frame", Verdict::Lose);
    let is_on = ["a", "b", "c"].map(|link| record.is_on(link));
    assert_eq!(is_on, [true, true, false]);
    assert_eq!(record.number(), 1);
}

#[test]
fn a_frame_is_intact_if_it_has_arrived_once_with_the_bytes_that_were_sent() {
    let ends = |verdict| {
        let record = record(Medium::Ip, b"frame", verdict);
        let ends = record
            .ends
            .iter()
            .map(|end| (end.fate, end.alteration, end.is_held_back));
        (record.is_intact(), ends.collect::<Vec<_>>())
    };
    let arrived = (Fate::Arrived, None, false);
    assert_eq!(ends(Verdict::Pass), (true, vec![arrived]));
    let late = (Fate::Arrived, None, true);
    assert_eq!(ends(Verdict::Delay(MILLISECOND)), (true, vec![late]));
    assert_eq!(
        ends(Verdict::Duplicate(MILLISECOND)),
        (false, vec![arrived; 2])
    );
    let lost = (Fate::Filtered, None, false);
    assert_eq!(ends(Verdict::Lose), (false, vec![lost]));
    let altered = |how| (false, vec![(Fate::Arrived, Some(how), false)]);
    assert_eq!(ends(Verdict::Corrupt(0)), altered(Alteration::Corrupted));
    assert_eq!(ends(Verdict::Truncate(1)), altered(Alteration::Truncated));
    let other = Verdict::Replace(b"other".to_vec());
    assert_eq!(ends(other), altered(Alteration::Replaced));
}
