//! Groups of IPv6: what is reported of them (RFC 3810), and that datagrams to them arrive.

use super::common;

use smoltcp::time::Duration;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, Icmpv6Packet, IpAddress, IpCidr, IpEndpoint, IpProtocol,
    Ipv6Address, Ipv6Packet,
};
use uppercase::stack::{Config, JoinError, from_fn};
use uppercase::{PORT, Stack, udp};

use common::discovery::solicited_node;
use common::frames;
use common::network::{CLIENT, End, Fragments, Link, SECOND, SERVER, end, hardware_address};

const ROUTERS: Ipv6Address = Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16);
const GROUP: Ipv6Address = Ipv6Address::new(0xff05, 0, 0, 0, 0, 0, 0x1234, 0x5678);
/// The host's address, which ends unlike its link-local one.
const OWN: u8 = 33;
const TENTH: Duration = Duration::from_millis(100);

/// What a record says (RFC 3810, 5.2.12).
const LISTENS: u8 = 2;
const LEAVES: u8 = 3;
const JOINS: u8 = 4;

/// When a report was sent, its source, and the type and the group of each record.
type Report = (Duration, Ipv6Address, Vec<(u8, Ipv6Address)>);

/// A host, and what it sends.
struct Host {
    simulation: uppercase::simulation::Network,
    cable: uppercase::simulation::Link,
    stack: Stack<'static, End<'static>>,
    server: udp::Server<'static>,
}

impl Host {
    fn new(
        link: Link,
        change: impl FnOnce(Stack<'static, End<'static>>) -> Stack<'static, End<'static>>,
    ) -> Self {
        let mut simulation = uppercase::simulation::Network::new(link.medium, 1);
        let cable = simulation.link("host");
        let config = Config::new(hardware_address(SERVER).into(), 1)
            .with_addresses(&[IpCidr::new(link.address(OWN), 64)]);
        let device = end(cable.port(), Box::leak(Box::new(Fragments::new())));
        let stack = Stack::new(device, config, vec![], simulation.now());
        let mut stack = change(stack.expect("the configuration is right"));
        let parts = common::ask::parts(1000, 4);
        let server = udp::Server::from_parts(stack.sockets(), parts, PORT);
        Self {
            simulation,
            server: server.expect("there is room"),
            cable,
            stack,
        }
    }

    fn reporting() -> Self {
        Self::new(Link::ETHERNET_V6, Stack::with_group_reports)
    }

    /// The reports of some time.
    #[track_caller]
    fn reports(&mut self, time: Duration) -> Vec<Report> {
        let begin = self.simulation.now();
        let mut all = Vec::new();
        while self.simulation.now() < begin + time {
            self.cable.from_host.capture();
            let now = self.simulation.now();
            for _ in 0..3 {
                let _ = self.stack.poll(now, &mut self.server);
            }
            for frame in self.cable.from_host.captured() {
                if let Some((source, records)) = report(&frame) {
                    all.push((now - begin, source, records));
                }
            }
            self.simulation.sleep(TENTH / 10);
        }
        all
    }

    fn inject(&mut self, frame: &[u8]) {
        self.cable.to_host.inject(frame);
    }
}

/// What a report says. Each has the addresses, the hop limit and the option that it must have (RFC
/// 3810, 5 and 5.2.14).
fn report(frame: &[u8]) -> Option<(Ipv6Address, Vec<(u8, Ipv6Address)>)> {
    let frame = EthernetFrame::new_checked(frame).ok()?;
    if frame.ethertype() != EthernetProtocol::Ipv6 {
        return None;
    }
    let packet = Ipv6Packet::new_checked(frame.payload()).expect("a packet");
    if packet.next_header() != IpProtocol::HopByHop {
        return None;
    }
    assert_eq!(frame.dst_addr().as_bytes(), [0x33, 0x33, 0, 0, 0, 0x16]);
    assert_eq!((packet.dst_addr(), packet.hop_limit()), (ROUTERS, 1));
    assert_eq!(
        packet.payload()[..8],
        [58, 0, 5, 2, 0, 0, 1, 0],
        "Router Alert"
    );
    let message = &packet.payload()[8..];
    assert_eq!(message[0], 143, "version 2");
    let is_right = Icmpv6Packet::new_checked(message)
        .expect("a message")
        .verify_checksum(&packet.src_addr(), &packet.dst_addr());
    assert!(is_right);
    let count = usize::from(u16::from_be_bytes([message[6], message[7]]));
    let records: Vec<_> = message[8..].chunks(20).collect();
    assert_eq!(records.len(), count);
    let records = records.iter().map(|record| {
        assert_eq!(record[1..4], [0; 3], "no data and no sources");
        let group: [u8; 16] = record[4..].try_into().expect("16 bytes");
        (record[0], group.into())
    });
    Some((packet.src_addr(), records.collect()))
}

fn link_local(host: u8) -> Ipv6Address {
    Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, host.into())
}

fn own_groups() -> [Ipv6Address; 2] {
    let IpAddress::Ipv6(own) = Link::ETHERNET_V6.address(OWN) else {
        unreachable!("it is IPv6");
    };
    [solicited_node(own), solicited_node(link_local(SERVER))]
}

/// A query, which asks for an answer within so many milliseconds.
#[derive(Clone, Copy)]
struct Query {
    source: Ipv6Address,
    hop_limit: u8,
    has_alert: bool,
    is_intact: bool,
    group: Ipv6Address,
    code: u16,
}

const GENERAL: Query = Query {
    source: Ipv6Address::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x99),
    hop_limit: 1,
    has_alert: true,
    is_intact: true,
    group: Ipv6Address::UNSPECIFIED,
    code: 1000,
};

impl Query {
    fn frame(&self) -> Vec<u8> {
        let to = match self.group.is_unspecified() {
            true => Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
            false => self.group,
        };
        let mut message = [&[130, 0, 0, 0][..], &self.code.to_be_bytes(), &[0, 0]].concat();
        message.extend(self.group.octets());
        message.extend([2, 125, 0, 0]);
        let mut packet = Icmpv6Packet::new_unchecked(&mut message[..]);
        packet.fill_checksum(&self.source, &to);
        let sum = packet.checksum() ^ u16::from(!self.is_intact);
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        let (from, to) = (IpAddress::Ipv6(self.source), IpAddress::Ipv6(to));
        let option = if self.has_alert { 5 } else { 0x1e };
        let payload = [&[58, 0, option, 2, 0, 0, 1, 0][..], &message].concat();
        let length = payload.len();
        let protocol = IpProtocol::HopByHop;
        let mut frame = frames::ip(Link::ETHERNET_V6, from, to, protocol, length, |bytes| {
            bytes.copy_from_slice(&payload);
        });
        frame[14 + 7] = self.hop_limit;
        frame
    }
}

/// RFC 3810, 6.1: "the host transmits a State Change Report immediately", and "[Robustness Variable] - 1
/// more times, at intervals chosen at random from the range (0, [Unsolicited Report Interval])".
#[test]
fn the_groups_of_its_addresses_are_reported_twice() {
    let mut host = Host::reporting();
    let reports = host.reports(SECOND * 5);
    let [(first, source, records), (second, _, again)] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(*first, Duration::ZERO);
    assert!(*second <= SECOND + TENTH / 5, "{second}");
    assert_eq!(*source, link_local(SERVER), "RFC 3810, 5.2.13");
    assert_eq!(*records, own_groups().map(|group| (JOINS, group)));
    assert_eq!(again, records);
}

#[test]
fn nothing_is_reported_unless_that_is_asked_for_nor_without_a_link_layer() {
    let mut host = Host::new(Link::ETHERNET_V6, |stack| stack);
    assert_eq!(host.reports(SECOND * 3), []);
    let mut host = Host::new(Link::IP_V6, Stack::with_group_reports);
    host.cable.from_host.capture();
    for _ in 0..30 {
        let now = host.simulation.now();
        let _ = host.stack.poll(now, &mut host.server);
        host.simulation.sleep(TENTH);
    }
    assert_eq!(host.cable.from_host.captured(), Vec::<Vec<u8>>::new());
}

#[test]
fn a_group_that_is_joined_or_left_is_reported_twice() {
    let mut host = Host::reporting();
    host.reports(SECOND * 3);
    for (is_joined, kind) in [(true, JOINS), (false, LEAVES), (true, JOINS)] {
        let now = host.simulation.now();
        let mut context = host.stack.context(now);
        match is_joined {
            true => assert_eq!(context.join_group(GROUP), Ok(())),
            false => assert!(context.leave_group(&GROUP)),
        }
        let reports = host.reports(SECOND * 3);
        let [(_, _, first), (_, _, second)] = &reports[..] else {
            panic!("{reports:?}");
        };
        assert_eq!(*first, [(kind, GROUP)]);
        assert_eq!(first, second);
    }
    let now = host.simulation.now();
    let mut context = host.stack.context(now);
    let one = "fdaa::1".parse().expect("an address");
    assert_eq!(context.join_group(one), Err(JoinError::NotAGroup(one)));
    for number in 1..8 {
        let group = Ipv6Address::new(0xff05, 0, 0, 0, 0, 0, 0, number);
        assert_eq!(context.join_group(group), Ok(()));
    }
    let more = Ipv6Address::new(0xff05, 0, 0, 0, 0, 0, 0, 9);
    assert_eq!(context.join_group(more), Err(JoinError::TooManyGroups));
    assert!(!context.leave_group(&more));
}

/// RFC 3810, 6.2: the answer comes at a random moment within the delay that the query gives. All nodes
/// of the link are never reported (6).
#[test]
fn a_query_is_answered_within_its_time() {
    let mut host = Host::reporting();
    let now = host.simulation.now();
    assert_eq!(host.stack.context(now).join_group(GROUP), Ok(()));
    host.reports(SECOND * 3);
    let all: Vec<_> = own_groups()
        .iter()
        .chain([&GROUP])
        .map(|group| (LISTENS, *group))
        .collect();
    let mut delays = Vec::new();
    for _ in 0..8 {
        host.inject(&GENERAL.frame());
        let reports = host.reports(SECOND * 2);
        let [(delay, _, records)] = &reports[..] else {
            panic!("{reports:?}");
        };
        let (mut records, mut expected) = (records.clone(), all.clone());
        records.sort();
        expected.sort();
        assert_eq!(records, expected);
        assert!(*delay <= SECOND + TENTH / 5, "{delay}");
        delays.push(*delay);
    }
    delays.dedup();
    assert!(delays.len() > 4, "they differ: {delays:?}");

    let of_one = Query {
        group: GROUP,
        ..GENERAL
    };
    host.inject(&of_one.frame());
    let reports = host.reports(SECOND * 2);
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].2, [(LISTENS, GROUP)]);
    let of_another = Query {
        group: Ipv6Address::new(0xff05, 0, 0, 0, 0, 0, 0, 1),
        ..GENERAL
    };
    host.inject(&of_another.frame());
    assert_eq!(host.reports(SECOND * 2), []);
}

/// RFC 3810, 5.1.3: a code from 32768 on is a floating-point number.
#[test]
fn a_long_time_to_answer_is_given_as_mantissa_and_exponent() {
    let mut host = Host::reporting();
    host.reports(SECOND * 3);
    let mut longest = Duration::ZERO;
    for _ in 0..6 {
        // (0x1000 | 0x388) << 3: 40 s.
        let code = 0x8388;
        host.inject(&Query { code, ..GENERAL }.frame());
        let reports = host.reports(SECOND * 42);
        assert_eq!(reports.len(), 1);
        longest = longest.max(reports[0].0);
    }
    assert!(longest > SECOND * 2 && longest <= SECOND * 40, "{longest}");
}

/// RFC 3810, 5.1.3: "If Maximum Response Code < 32768, Maximum Response Delay = Maximum Response Code", which may
/// be 0.
#[test]
fn queries_without_end_are_answered_ten_times_a_second() {
    let mut host = Host::reporting();
    let now = host.simulation.now();
    assert_eq!(host.stack.context(now).join_group(GROUP), Ok(()));
    host.reports(SECOND * 3);
    for group in [Ipv6Address::UNSPECIFIED, GROUP] {
        for code in [0, 1] {
            let query = Query {
                group,
                code,
                ..GENERAL
            };
            let mut answers = 0;
            for _ in 0..100 {
                host.inject(&query.frame());
                answers += host.reports(TENTH / 10).len();
            }
            assert!((8..=11).contains(&answers), "{group}, {code}: {answers}");
            assert_eq!(host.reports(SECOND).len(), 1, "the last one is answered");
        }
    }
}

/// Each group has a moment of its own. What is due while no answer may be sent shares the next one.
#[test]
fn queries_about_many_groups_are_answered_ten_times_a_second() {
    let mut host = Host::reporting();
    let groups = (1..=8).map(|number| Ipv6Address::new(0xff05, 0, 0, 0, 0, 0, 0, number));
    let groups: Vec<_> = groups.collect();
    for group in &groups {
        let now = host.simulation.now();
        assert_eq!(host.stack.context(now).join_group(*group), Ok(()));
    }
    host.reports(SECOND * 3);
    let mut answers = Vec::new();
    for round in 0..10 {
        for group in groups.iter().chain([&Ipv6Address::UNSPECIFIED]) {
            let query = Query {
                group: *group,
                code: 100,
                ..GENERAL
            };
            host.inject(&query.frame());
        }
        let reports = host.reports(TENTH).into_iter();
        answers.extend(reports.map(|(delay, _, records)| (TENTH * round + delay, records)));
    }
    let rest = host.reports(SECOND).into_iter();
    answers.extend(rest.map(|(delay, _, records)| (SECOND + delay, records)));
    for pair in answers.windows(2) {
        let apart = pair[1].0 - pair[0].0;
        assert!(apart >= TENTH, "{apart} after {}", pair[0].0);
    }
    assert!((5..=12).contains(&answers.len()), "{}", answers.len());
    let answered = answers.iter().flat_map(|(_, records)| records);
    for group in groups {
        let mut answered = answered.clone();
        assert!(answered.any(|record| *record == (LISTENS, group)));
    }
}

/// RFC 3810, 6.2: a link-local source, a hop limit of 1 and the Router Alert option; RFC 4443, 2.3: the
/// checksum.
#[test]
fn a_query_that_is_not_valid_is_not_answered() {
    let mut host = Host::reporting();
    host.reports(SECOND * 3);
    let far = Ipv6Address::new(0xfdaa, 0, 0, 0, 0, 0, 0, 0x99);
    let wrong = [
        Query {
            source: far,
            ..GENERAL
        },
        Query {
            hop_limit: 64,
            ..GENERAL
        },
        Query {
            has_alert: false,
            ..GENERAL
        },
        Query {
            is_intact: false,
            ..GENERAL
        },
    ];
    for (number, query) in wrong.iter().enumerate() {
        host.inject(&query.frame());
        assert_eq!(host.reports(SECOND * 2), [], "{number}");
    }
    host.inject(&GENERAL.frame());
    assert_eq!(host.reports(SECOND * 2).len(), 1);
}

/// RFC 4862, 5.4.2: "Before sending a Neighbor Solicitation, an interface MUST join the all-nodes
/// multicast address and the solicited-node multicast address of the tentative address."
#[cfg(feature = "conflict-detection")]
#[test]
fn the_group_of_an_address_that_is_asked_for_is_reported_before_the_solicitation() {
    let mut host = Host::new(Link::ETHERNET_V6, |stack| {
        stack.with_conflict_detection().with_group_reports()
    });
    host.cable.from_host.capture();
    let now = host.simulation.now();
    let _ = host.stack.poll(now, &mut host.server);
    let captured = host.cable.from_host.captured();
    let reports: Vec<_> = captured.iter().filter_map(|frame| report(frame)).collect();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].0, Ipv6Address::UNSPECIFIED, "it has no address");
    assert_eq!(reports[0].1, own_groups().map(|group| (JOINS, group)));
    let is_first = report(&captured[0]).is_some();
    assert!(is_first, "a solicitation comes after it");
    // It is heard there, too: another host that asks for the same address.
    host.reports(SECOND * 4);
    let now = host.simulation.now();
    assert!(
        host.stack
            .context(now)
            .is_own(&Link::ETHERNET_V6.address(OWN))
    );
}

/// The switches of another link know no group of this host before it reports them.
#[test]
fn all_groups_are_reported_again_when_the_link_is_back() {
    let mut host = Host::reporting();
    let now = host.simulation.now();
    assert_eq!(host.stack.context(now).join_group(GROUP), Ok(()));
    assert_eq!(host.reports(SECOND * 3).len(), 2);
    let now = host.simulation.now();
    host.stack.context(now).link_is_back();
    let reports = host.reports(SECOND * 5);
    let [(first, source, records), (second, _, again)] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(*first, Duration::ZERO);
    assert!(*second <= SECOND + TENTH / 5, "{second}");
    assert_eq!(*source, link_local(SERVER));
    let mut records = records.clone();
    assert_eq!(*again, records);
    records.sort();
    let mut expected = own_groups().map(|group| (JOINS, group)).to_vec();
    expected.push((JOINS, GROUP));
    expected.sort();
    assert_eq!(records, expected);
}

/// RFC 4862, 5.4.2, as above.
#[cfg(feature = "conflict-detection")]
#[test]
fn the_groups_are_reported_before_addresses_are_asked_for_again() {
    let mut host = Host::new(Link::ETHERNET_V6, |stack| {
        stack.with_conflict_detection().with_group_reports()
    });
    host.reports(SECOND * 5);
    let now = host.simulation.now();
    host.stack.context(now).link_is_back();
    host.cable.from_host.capture();
    for _ in 0..200 {
        let now = host.simulation.now();
        let _ = host.stack.poll(now, &mut host.server);
        host.simulation.sleep(TENTH / 10);
    }
    let captured = host.cable.from_host.captured();
    let is_solicitation = |frame: &Vec<u8>| frame[12..14] == [0x86, 0xdd] && frame[54] == 135;
    let first = captured.iter().position(is_solicitation);
    let first = first.expect("the link is asked");
    let reports = captured[..first].iter().filter_map(|frame| report(frame));
    let mut reported: Vec<_> = reports.flat_map(|(_, records)| records).collect();
    reported.sort();
    reported.dedup();
    let mut expected = own_groups().map(|group| (JOINS, group));
    expected.sort();
    assert_eq!(reported, expected);
}

/// Routers ask for listeners at any time, and hosts report: that is no packet that was refused.
#[test]
fn messages_of_other_hosts_about_their_groups_are_not_counted() {
    let mut host = Host::reporting();
    host.reports(SECOND * 3);
    for to in [
        ROUTERS,
        Ipv6Address::new(0xff02, 0, 0, 0, 0, 0, 0, 2),
        GROUP,
    ] {
        let (from, to) = (Link::ETHERNET_V6.address(CLIENT), to.into());
        host.inject(&frames::echo_request(Link::ETHERNET_V6, from, to, 8));
    }
    assert_eq!(host.reports(SECOND), []);
    assert_eq!(host.stack.counters().misdirected, 0);
}

#[test]
fn datagrams_to_a_group_arrive_while_it_is_joined() {
    for link in Link::V6 {
        let mut host = Host::new(link, |stack| stack);
        let from = IpEndpoint::new(link.address(CLIENT), 40_000);
        let to = IpEndpoint::new(GROUP.into(), 7);
        let socket = {
            let parts = common::ask::parts(100, 4);
            let mut socket = smoltcp::socket::udp::Socket::new(parts.receive, parts.transmit);
            socket.bind(7).expect("a port");
            host.stack.sockets().add(socket).expect("room")
        };
        let arrives = |host: &mut Host| {
            host.inject(&frames::udp(link, from, to, b"all"));
            let mut texts = Vec::new();
            let now = host.simulation.now();
            for _ in 0..3 {
                let _ = host.stack.poll(
                    now,
                    &mut from_fn(|context| {
                        let socket = context
                            .sockets
                            .get_mut::<smoltcp::socket::udp::Socket<'_>>(socket);
                        while let Ok((text, meta)) = socket.recv() {
                            assert_eq!(meta.local_address, Some(to.addr));
                            texts.push(text.to_vec());
                        }
                        None
                    }),
                );
            }
            texts == [b"all"]
        };
        assert!(!arrives(&mut host), "{link:?}");
        assert_eq!(host.stack.counters().misdirected, 1, "{link:?}");
        let now = host.simulation.now();
        assert_eq!(host.stack.context(now).join_group(GROUP), Ok(()));
        assert!(arrives(&mut host), "{link:?}");
        let now = host.simulation.now();
        assert!(host.stack.context(now).leave_group(&GROUP));
        assert!(!arrives(&mut host), "{link:?}");
        assert_eq!(host.stack.counters().misdirected, 2, "{link:?}");
    }
}
