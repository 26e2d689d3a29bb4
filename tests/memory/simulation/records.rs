//! What a frame says of itself in the log: its protocol, where it was, whether it is intact.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use smoltcp::phy::Medium;
use smoltcp::wire::{IpEndpoint, IpProtocol};
use uppercase::simulation::{
    Alteration, Bursts, Conditions, Fate, Network, Probability, Protocol, Record, Verdict, seeds,
};

use super::common::frames;
use super::common::network::{CLIENT, Link, SERVER};
use super::lanes::{MILLISECOND, send};

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

#[test]
fn each_frame_has_one_record_and_ends_on_each_link_as_often_as_there_are_copies() {
    for seed in seeds(0..50) {
        let mut network = Network::new(Medium::Ip, seed);
        let records = Rc::new(RefCell::new(Vec::new()));
        let log = records.clone();
        network.log(move |record: &Record| log.borrow_mut().push(record.clone()));
        let links = ["a", "b", "c"].map(|name| network.link(name));
        for link in &links {
            link.set(
                Conditions::PERFECT
                    .with_delay(MILLISECOND * 3)
                    .with_jitter(MILLISECOND * 5)
                    .with_loss(Probability::percent(10))
                    .with_bursts(Bursts::new(
                        Probability::percent(5),
                        Probability::percent(30),
                    ))
                    .with_duplication(Probability::percent(20))
                    .with_reordering(Probability::percent(20))
                    .with_corruption(Probability::percent(10)),
            );
        }
        let mut ports = links.each_ref().map(|link| link.port());
        for number in 0..60 {
            assert!(send(&mut ports[number % 3], &[number as u8; 30]));
            network.sleep(MILLISECOND);
        }
        network.sleep(MILLISECOND * 1000);
        let records = records.take();
        let numbers: Vec<_> = records.iter().map(Record::number).collect();
        assert_eq!(numbers, (1..=60).collect::<Vec<_>>(), "seed {seed}");
        let mut ends = BTreeMap::<(String, String), u64>::new();
        for record in &records {
            let (last, others) = record.ends.split_last().expect("it has ended");
            assert!(last.is_last && others.iter().all(|end| !end.is_last));
            let mut seen = BTreeSet::new();
            for end in &record.ends {
                *ends
                    .entry((end.link.to_string(), end.fate.to_string()))
                    .or_default() += 1;
                assert!(
                    seen.insert((end.link.clone(), end.copy)),
                    "seed {seed}: {record}"
                );
            }
        }
        for (link, name) in links.iter().zip(["a", "b", "c"]) {
            let end = |fate: Fate| {
                let count = ends.get(&(name.to_owned(), fate.to_string()));
                count.copied().unwrap_or_default()
            };
            let [out, into] = [&link.from_host, &link.to_host].map(|lane| lane.statistics());
            assert_eq!(end(Fate::Arrived), into.arrived, "seed {seed}");
            assert_eq!(end(Fate::Lost), out.lost + into.lost, "seed {seed}");
            let in_burst = out.lost_in_burst + into.lost_in_burst;
            assert_eq!(end(Fate::LostInBurst), in_burst, "seed {seed}");
        }
    }
}
