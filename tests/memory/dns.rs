//! The look-up of names: which answers count, and which name server is asked when.

use super::common;

use std::net::IpAddr;
use std::task::Poll;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::Context;
use uppercase::dns::{
    self, ADDRESSES, ANSWER, Error, Failure, Parts, QUERY, QUESTIONS_AT_ONCE, Resolver, SetupError,
};

use common::chance::Chance;
use common::frames::{Unreachable, packet, read_udp, udp, unreachable};
use common::name_server::{
    A, AAAA, CNAME, FORMAT_ERROR, NO_ERROR, NO_SUCH_NAME, NOT_IMPLEMENTED, REFUSED, SAME_NAME,
    SERVER_FAILURE, addresses, answer, answer_addresses, encoded, kind, record,
};
use common::network::{Actor, Link, NOBODY, Network, SECOND, SERVER};

const TIMEOUT: Duration = Duration::from_secs(9);
const NAME: &str = "Server.Example";

type Reply = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>>>;

/// Name servers on one host, each at an address of its own.
struct NameServers {
    sockets: Vec<(SocketHandle, IpAddress, Reply)>,
    /// Which server was asked, in order, once for each question.
    asked: Vec<(u8, Vec<u8>)>,
}

/// The addresses of the name servers end in these.
const HOSTS: [u8; 4] = [SERVER, 11, 12, 13];

impl Actor for NameServers {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        for (handle, address, reply) in &mut self.sockets {
            let socket = context.sockets.get_mut::<Socket<'_>>(*handle);
            while let Ok((query, client)) = socket.recv() {
                let host = match *address {
                    IpAddress::Ipv4(address) => address.octets()[3],
                    IpAddress::Ipv6(address) => address.octets()[15],
                };
                let query = query.to_vec();
                if let Some(answer) = reply(&query) {
                    socket.send_slice(&answer, client).expect("there is room");
                }
                self.asked.push((host, query));
            }
        }
        None
    }
}

/// A look-up of a name.
struct LookUp {
    resolver: Resolver,
    outcome: Option<Result<Vec<IpAddress>, Error>>,
}

impl Actor for LookUp {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        if self.outcome.is_none() {
            self.outcome = match self.resolver.poll(context) {
                Ok(Poll::Pending) => None,
                Ok(Poll::Ready(found)) => Some(Ok(found.to_vec())),
                Err(error) => Some(Err(error)),
            };
        }
        self.resolver.deadline()
    }

    fn is_done(&self) -> bool {
        self.outcome.is_some()
    }
}

fn parts(answer: usize, query: usize, count: usize) -> Parts<'static> {
    let queue =
        |bytes| PacketBuffer::new(vec![PacketMetadata::EMPTY; count], vec![0; bytes * count]);
    Parts {
        receive: queue(answer),
        transmit: queue(query),
    }
}

struct Scene {
    network: Network,
    servers: NameServers,
    look_up: LookUp,
}

impl Scene {
    /// One name server for each of `replies`, asked in this order.
    fn new(link: Link, replies: Vec<Reply>) -> Self {
        let more = HOSTS[1..].iter().map(|host| {
            let length = if link.ipv6 { 64 } else { 24 };
            IpCidr::new(link.address(*host), length)
        });
        let mut network = Network::with(link, &more.collect::<Vec<_>>(), None);
        let mut sockets = Vec::new();
        let mut servers = Vec::new();
        for (host, reply) in HOSTS.into_iter().zip(replies) {
            let Parts { receive, transmit } = parts(ANSWER, 2 * ANSWER, 4);
            let mut socket = Socket::new(receive, transmit);
            let address = link.address(host);
            socket.bind((address, 53)).expect("it is free");
            let handle = network.server.sockets().add(socket);
            sockets.push((handle.expect("there is room"), address, reply));
            servers.push(address);
        }
        let resolver = resolver(&mut network, &servers);
        Self {
            network,
            servers: NameServers {
                sockets,
                asked: Vec::new(),
            },
            look_up: LookUp {
                resolver,
                outcome: None,
            },
        }
    }

    #[track_caller]
    fn look_up(&mut self, name: &str) -> Result<Vec<IpAddress>, Error> {
        let context = &mut self.network.context();
        self.look_up.outcome = None;
        self.look_up.resolver.start(context, name)?;
        let limit = TIMEOUT + SECOND;
        let (servers, look_up) = (&mut self.servers, &mut self.look_up);
        self.network.run(limit, &mut [servers], &mut [look_up]);
        self.look_up.outcome.clone().expect("it is done")
    }

    fn failures(&self) -> Vec<Failure> {
        let failures = self.look_up.resolver.failures().iter();
        failures.map(|(_, failure)| *failure).collect()
    }

    /// The hosts that were asked, in order.
    fn asked(&self) -> Vec<u8> {
        self.servers.asked.iter().map(|(host, _)| *host).collect()
    }
}

fn resolver(network: &mut Network, servers: &[IpAddress]) -> Resolver {
    let parts = parts(ANSWER, QUERY, QUESTIONS_AT_ONCE);
    let sockets = network.client.sockets();
    Resolver::from_parts(sockets, parts, servers, TIMEOUT).expect("there is room")
}

fn refuses(code: u8) -> Reply {
    Box::new(move |query| Some(answer(query, code, &[])))
}

fn silent() -> Reply {
    Box::new(|_| None)
}

fn v4(host: u8) -> IpAddr {
    IpAddr::from([192, 168, 69, host])
}

fn v6(host: u16) -> IpAddr {
    IpAddr::from([0xfdaa, 0, 0, 0, 0, 0, 0, host])
}

fn knows(known: &[IpAddr]) -> Reply {
    let known = known.to_vec();
    Box::new(move |query| Some(answer_addresses(query, &known)))
}

fn found(addresses: &[IpAddr]) -> Result<Vec<IpAddress>, Error> {
    Ok(addresses.iter().map(|address| (*address).into()).collect())
}

#[test]
fn the_next_server_is_asked_where_one_cannot_answer() {
    for link in Link::ALL {
        for (code, failure) in [
            (FORMAT_ERROR, Failure::NotUnderstood),
            (SERVER_FAILURE, Failure::ServerFailed),
            (NOT_IMPLEMENTED, Failure::NotImplemented),
            (REFUSED, Failure::Refused),
            (9, Failure::Code(9)),
        ] {
            let mut scene = Scene::new(link, vec![refuses(code), knows(&[v4(7), v6(7)])]);
            let begin = scene.network.now();
            let near = if link.ipv6 {
                [v6(7), v4(7)]
            } else {
                [v4(7), v6(7)]
            };
            assert_eq!(scene.look_up(NAME), found(&near), "{link:?}");
            assert_eq!(scene.failures(), [failure], "{link:?}");
            assert!(scene.network.now() < begin + SECOND * 2, "it need not wait");
        }
    }
}

#[test]
fn a_server_that_cannot_read_the_question_need_not_repeat_it() {
    let header_only: Reply = Box::new(|query| {
        let mut answer = answer(&query[..12], FORMAT_ERROR, &[]);
        answer[5] = 0;
        Some(answer)
    });
    let mut scene = Scene::new(Link::IP_V4, vec![header_only, knows(&[v4(7)])]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    assert_eq!(scene.failures(), [Failure::NotUnderstood]);
}

#[test]
fn a_server_that_answers_for_its_own_names_only_is_no_witness() {
    let lame: Reply = Box::new(|query| {
        let mut answer = answer(query, NO_ERROR, &[]);
        answer[3] = 0;
        Some(answer)
    });
    let mut scene = Scene::new(Link::IP_V4, vec![lame, knows(&[v4(7)])]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    assert_eq!(scene.failures(), [Failure::NotRecursive]);
}

#[test]
fn the_first_server_that_answers_is_believed() {
    for link in Link::ALL {
        for code in [NO_ERROR, NO_SUCH_NAME] {
            let mut scene = Scene::new(link, vec![refuses(code), knows(&[v4(7)])]);
            assert_eq!(scene.look_up(NAME), Err(Error::NotFound), "{link:?}");
            assert!(scene.asked().iter().all(|host| *host == SERVER), "{link:?}");
            assert!(scene.failures().is_empty());
        }
    }
}

#[test]
fn one_address_is_enough_where_the_other_question_fails() {
    for failing in [A, AAAA] {
        let half: Reply = Box::new(move |query| {
            Some(match kind(query) == failing {
                true => answer(query, SERVER_FAILURE, &[]),
                false => answer_addresses(query, &[v4(7), v6(7)]),
            })
        });
        let mut scene = Scene::new(Link::IP_V4, vec![half, silent()]);
        let known = if failing == A { v6(7) } else { v4(7) };
        assert_eq!(scene.look_up(NAME), found(&[known]));
    }
}

#[test]
fn one_address_is_enough_where_the_other_question_is_not_answered() {
    let half: Reply = Box::new(|query| match kind(query) {
        A => Some(answer_addresses(query, &[v4(7)])),
        _ => None,
    });
    let mut scene = Scene::new(Link::IP_V4, vec![half]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
}

#[test]
fn what_one_server_has_answered_the_next_is_not_asked() {
    let half: Reply = Box::new(|query| {
        let code = if kind(query) == AAAA {
            NO_ERROR
        } else {
            REFUSED
        };
        Some(answer(query, code, &[]))
    });
    let mut scene = Scene::new(Link::IP_V4, vec![half, knows(&[v4(7), v6(7)])]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    assert_eq!(scene.asked(), [SERVER, SERVER, 11]);
}

#[test]
fn each_server_gets_its_share_of_the_time() {
    // No time is needed to find a neighbor there.
    for link in [Link::IP_V4, Link::IP_V6] {
        let mut scene = Scene::new(link, vec![silent(), refuses(REFUSED), silent()]);
        let begin = scene.network.now();
        assert_eq!(scene.look_up(NAME), Err(Error::NoAnswer), "{link:?}");
        assert_eq!(
            scene.failures(),
            [Failure::TimedOut, Failure::Refused, Failure::TimedOut]
        );
        assert_eq!(scene.network.now(), begin + TIMEOUT, "{link:?}");
        // The first is asked at 0 and 1 s of its 3 s; the last at 0, 1 and 3 s of what is left.
        let of = |host| scene.asked().iter().filter(|asked| **asked == host).count();
        assert_eq!([of(HOSTS[0]), of(HOSTS[1]), of(HOSTS[2])], [4, 2, 6]);
    }
}

#[test]
fn a_server_that_is_not_there_is_told_from_one_that_is_silent() {
    for link in Link::ETHERNET {
        let mut network = Network::new(link);
        let servers = [
            link.address(NOBODY),
            link.far_address(),
            link.address(SERVER),
        ];
        let mut look_up = LookUp {
            resolver: resolver(&mut network, &servers),
            outcome: None,
        };
        let context = &mut network.context();
        assert_eq!(look_up.resolver.start(context, NAME), Ok(()));
        network.run(TIMEOUT + SECOND, &mut [], &mut [&mut look_up]);
        assert_eq!(look_up.outcome, Some(Err(Error::NoAnswer)));
        let expected = [
            Failure::NoNeighbor,
            Failure::NoRoute,
            Failure::NothingListens,
        ];
        let failures = servers.into_iter().zip(expected);
        assert!(look_up.resolver.failures().iter().copied().eq(failures));
    }
}

#[test]
fn a_router_says_that_the_server_is_unreachable() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, vec![silent(), knows(&[v4(7), v6(7)])]);
        let context = &mut scene.network.context();
        scene.look_up.resolver.start(context, NAME).expect("a name");
        scene.network.to_server.capture();
        let look_up = &mut scene.look_up;
        scene.network.run_for(SECOND / 2, &mut [], &mut [look_up]);
        let sent = scene.network.to_server.captured();
        let query = sent.iter().find(|frame| read_udp(link, frame).is_some());
        let query = packet(link, query.expect("it was sent")).expect("in a packet");
        let router = link.address(SERVER);
        let message = unreachable(link, router, Unreachable::Host, query, 500);
        scene.network.to_client.inject(&message);
        let (servers, look_up) = (&mut scene.servers, &mut scene.look_up);
        scene.network.run(SECOND, &mut [servers], &mut [look_up]);
        assert_eq!(scene.failures(), [Failure::Unreachable], "{link:?}");
    }
}

#[test]
fn names_are_compared_without_letter_case() {
    for whole in [false, true] {
        let small: Reply = Box::new(move |query| {
            let name = encoded(&NAME.to_lowercase());
            let records = addresses(&name, kind(query), &[v4(7)]);
            let mut answer = answer(query, NO_ERROR, &records);
            if whole {
                answer[12..12 + name.len()].copy_from_slice(&name);
            }
            Some(answer)
        });
        let mut scene = Scene::new(Link::IP_V4, vec![small]);
        assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    }
}

#[test]
fn aliases_are_followed_in_any_order() {
    let chain = |query: &[u8]| {
        let (first, second) = (encoded("one.EXAMPLE"), encoded("two.example"));
        vec![
            record(&SAME_NAME, CNAME, &encoded("ONE.example")),
            record(&first, CNAME, &second),
            addresses(&encoded("Two.Example"), kind(query), &[v4(7)]).concat(),
        ]
    };
    for reverse in [false, true] {
        let reply: Reply = Box::new(move |query| {
            let mut records = chain(query);
            if reverse {
                records.reverse();
            }
            records.retain(|record| !record.is_empty());
            Some(answer(query, NO_ERROR, &records))
        });
        let mut scene = Scene::new(Link::IP_V4, vec![reply]);
        assert_eq!(scene.look_up(NAME), found(&[v4(7)]), "{reverse}");
    }
}

#[test]
fn aliases_that_lead_in_a_circle_lead_nowhere() {
    let circle: Reply = Box::new(|query| {
        let other = encoded("other.example");
        let records = [
            record(&SAME_NAME, CNAME, &other),
            record(&other, CNAME, &encoded(NAME)),
        ];
        Some(answer(query, NO_ERROR, &records))
    });
    let mut scene = Scene::new(Link::IP_V4, vec![circle]);
    assert_eq!(scene.look_up(NAME), Err(Error::NotFound));
}

#[test]
fn addresses_of_other_names_and_of_the_other_version_are_not_taken() {
    let other: Reply = Box::new(|query| {
        let wrong = addresses(&encoded("other.example"), kind(query), &[v4(66), v6(66)]);
        let swapped = addresses(&SAME_NAME, A + AAAA - kind(query), &[v4(67), v6(67)]);
        let right = addresses(&SAME_NAME, kind(query), &[v4(7)]);
        Some(answer(query, NO_ERROR, &[wrong, swapped, right].concat()))
    });
    let mut scene = Scene::new(Link::IP_V4, vec![other]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
}

#[test]
fn all_addresses_are_found_once_and_those_with_a_route_come_first() {
    let far = IpAddr::from([10, 0, 0, 99]);
    let mut scene = Scene::new(
        Link::ETHERNET_V4,
        vec![knows(&[far, v4(7), v4(7), v4(8), v6(7)])],
    );
    assert_eq!(scene.look_up(NAME), found(&[v4(7), v4(8), v6(7), far]));
    let many: Vec<IpAddr> = (1..30).map(v4).collect();
    let mut scene = Scene::new(Link::IP_V4, vec![knows(&many)]);
    assert_eq!(scene.look_up(NAME), found(&many[..ADDRESSES]));
}

/// Those of both versions take turns (RFC 8305, 4).
#[test]
fn addresses_of_both_versions_take_turns() {
    let far = |number| IpAddr::from([10, 0, 0, number]);
    let known = [far(1), far(2), far(3), v6(1), v6(2)];
    let mut scene = Scene::new(Link::ETHERNET_V4, vec![knows(&known)]);
    let expected = [v6(1), far(1), v6(2), far(2), far(3)];
    assert_eq!(scene.look_up(NAME), found(&expected));
}

/// RFC 2181, 9: "When a DNS client receives a reply with TC set, it should ignore that response".
#[test]
fn an_answer_that_was_cut_is_used_only_if_no_server_has_a_whole_one() {
    let cut = |known: &[IpAddr]| -> Reply {
        let known = known.to_vec();
        Box::new(move |query| {
            let mut answer = answer_addresses(query, &known);
            answer[2] |= 2;
            Some(answer)
        })
    };
    for beginning in [&[][..], &[v4(66)]] {
        let mut scene = Scene::new(Link::IP_V4, vec![cut(beginning), knows(&[v4(7)])]);
        assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
        assert_eq!(scene.failures(), [Failure::Truncated]);
    }
    for others in [
        vec![],
        vec![silent()],
        vec![refuses(REFUSED), cut(&[v4(8)])],
    ] {
        let mut servers = vec![cut(&[v4(7)])];
        servers.extend(others);
        let mut scene = Scene::new(Link::IP_V4, servers);
        assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    }
    let mut scene = Scene::new(Link::IP_V4, vec![cut(&[])]);
    assert_eq!(scene.look_up(NAME), Err(Error::NoAnswer));
    assert_eq!(scene.failures(), [Failure::Truncated]);
}

#[test]
fn an_answer_that_cannot_be_read_leads_to_the_next_server() {
    let broken: Reply = Box::new(|query| {
        let mut answer = answer_addresses(query, &[v4(66), v6(66)]);
        answer.truncate(answer.len() - 2);
        Some(answer)
    });
    let mut scene = Scene::new(Link::IP_V4, vec![broken, knows(&[v4(7)])]);
    assert_eq!(scene.look_up(NAME), found(&[v4(7)]));
    assert_eq!(scene.failures(), [Failure::Malformed]);
}

/// RFC 5452, 9.1: each of these fields is checked.
#[test]
fn only_an_answer_to_this_question_from_the_server_that_was_asked_counts() {
    for link in Link::ALL {
        let mut scene = Scene::new(link, vec![silent()]);
        let context = &mut scene.network.context();
        scene.look_up.resolver.start(context, NAME).expect("a name");
        scene.network.to_server.capture();
        let look_up = &mut scene.look_up;
        scene.network.run_for(SECOND / 2, &mut [], &mut [look_up]);
        let sent = scene.network.to_server.captured();
        let queries: Vec<(IpEndpoint, Vec<u8>)> = sent
            .iter()
            .filter_map(|frame| read_udp(link, frame))
            .map(|(from, _, query)| (from, query.to_vec()))
            .collect();
        let [(port, query), (_, other)] = &queries[..] else {
            panic!("two questions, {queries:?}");
        };
        let server = IpEndpoint::new(link.address(SERVER), 53);
        let true_answer = answer_addresses(query, &[v4(7), v6(7)]);
        let changed = |index: usize, bits: u8| {
            let mut answer = true_answer.clone();
            answer[index] ^= bits;
            answer
        };
        let another_name = answer_addresses(
            &[
                &query[..12],
                &encoded("another.name"),
                &query[query.len() - 4..],
            ]
            .concat(),
            &[v4(66), v6(66)],
        );
        let another_id = [&other[..2], &true_answer[2..]].concat();
        let end_of_question = query.len();
        for (from, to, forged) in [
            (
                IpEndpoint::new(link.address(66), 53),
                *port,
                true_answer.clone(),
            ),
            (
                IpEndpoint::new(server.addr, 5353),
                *port,
                true_answer.clone(),
            ),
            (
                server,
                IpEndpoint::new(port.addr, port.port ^ 1),
                true_answer.clone(),
            ),
            (server, *port, changed(0, 1)),
            (server, *port, changed(1, 1)),
            // A query, another operation, no question, another type, another class.
            (server, *port, changed(2, 0x80)),
            (server, *port, changed(2, 0x08)),
            (server, *port, changed(5, 1)),
            (server, *port, changed(end_of_question - 4, 1)),
            (server, *port, changed(end_of_question - 1, 1)),
            (server, *port, another_name),
            (server, *port, another_id),
            (server, *port, vec![]),
            (server, *port, true_answer[..11].to_vec()),
        ] {
            scene
                .network
                .to_client
                .inject(&udp(link, from, to, &forged));
            scene.network.settle(&mut [], &mut [&mut scene.look_up]);
            assert_eq!(
                scene.look_up.outcome, None,
                "{link:?} {from} {to} {forged:?}"
            );
        }
        for (port, query) in &queries {
            let answer = answer_addresses(query, &[v4(7), v6(7)]);
            let frame = udp(link, server, *port, &answer);
            scene.network.to_client.inject(&frame);
        }
        scene.network.settle(&mut [], &mut [&mut scene.look_up]);
        let near = if link.ipv6 {
            [v6(7), v4(7)]
        } else {
            [v4(7), v6(7)]
        };
        assert_eq!(scene.look_up.outcome, Some(found(&near)), "{link:?}");
    }
}

/// Starts to look a name up, and returns the questions and where they come from.
fn questions(scene: &mut Scene, link: Link, name: &str) -> Vec<(IpEndpoint, Vec<u8>)> {
    let context = &mut scene.network.context();
    scene.look_up.outcome = None;
    scene.look_up.resolver.start(context, name).expect("a name");
    scene.network.to_server.capture();
    let (servers, look_up) = (&mut scene.servers, &mut scene.look_up);
    let time = Duration::from_millis(100);
    scene.network.run_for(time, &mut [servers], &mut [look_up]);
    let sent = scene.network.to_server.captured();
    let queries = sent.iter().filter_map(|frame| read_udp(link, frame));
    queries
        .map(|(from, _, query)| (from, query.to_vec()))
        .collect()
}

/// In the name of another host, from another port, to another port or address, about another
/// question, or late: the attacker knows everything else.
#[test]
fn none_of_ten_thousand_forged_answers_counts() {
    for link in [Link::IP_V4, Link::ETHERNET_V6] {
        let mut chance = Chance::new(7);
        let mut scene = Scene::new(link, vec![knows(&[v4(7), v6(7)]), silent()]);
        let earlier = questions(&mut scene, link, "earlier.example");
        assert!(scene.look_up.is_done());
        // From now on, no answer is true.
        scene.servers.sockets[0].2 = silent();
        let asked = questions(&mut scene, link, NAME);
        assert_eq!((earlier.len(), asked.len()), (2, 2), "{link:?}");
        let server = IpEndpoint::new(link.address(SERVER), 53);
        for number in 0..10_000 {
            let (to, query) = &asked[number % 2];
            let mut answer = answer_addresses(query, &[v4(66), v6(66)]);
            let (mut from, mut to) = (server, *to);
            match number / 2 % 6 {
                0 => from.addr = link.address(3 + chance.below(250) as u8),
                1 => from.port = [chance.below(53), 54 + chance.below(65_000)][number % 2] as u16,
                2 => to.port ^= 1 + chance.below(0x3fff) as u16,
                3 => to.addr = link.address(3 + chance.below(250) as u8),
                4 => {
                    // One byte of the question is another one, and no other case of its letter.
                    let at = 13 + chance.below(query.len() - 14);
                    let bits = [1, 2, 4, 0x1f][chance.below(4)];
                    answer[at] ^= bits;
                }
                _ => {
                    let (late, query) = &earlier[number % 2];
                    to = *late;
                    answer = answer_addresses(query, &[v4(66), v6(66)]);
                }
            }
            let frame = udp(link, from, to, &answer);
            scene.network.to_client.inject(&frame);
            scene.network.settle(&mut [], &mut [&mut scene.look_up]);
            assert_eq!(scene.look_up.outcome, None, "{link:?}, {number}");
        }
        for (to, query) in &asked {
            let answer = answer_addresses(query, &[v4(7), v6(7)]);
            let frame = udp(link, server, *to, &answer);
            scene.network.to_client.inject(&frame);
        }
        scene.network.settle(&mut [], &mut [&mut scene.look_up]);
        assert!(scene.look_up.outcome.is_some(), "a true one counts");
    }
}

/// RFC 5452, 9.2: no two questions share an identification and a port.
#[test]
fn each_server_is_asked_from_another_port_with_other_identifications() {
    let mut scene = Scene::new(Link::IP_V4, vec![refuses(REFUSED), silent()]);
    scene.network.to_server.capture();
    assert_eq!(scene.look_up(NAME), Err(Error::NoAnswer));
    let sent = scene.network.to_server.captured();
    let mut seen: Vec<(u16, [u8; 2], u16)> = sent
        .iter()
        .filter_map(|frame| read_udp(Link::IP_V4, frame))
        .map(|(from, _, query)| (from.port, [query[0], query[1]], kind(query)))
        .collect();
    seen.sort();
    // What is sent again is the same.
    seen.dedup();
    assert_eq!(seen.len(), 4, "{seen:?}");
    let mut ports: Vec<u16> = seen.iter().map(|(port, ..)| *port).collect();
    let mut ids: Vec<[u8; 2]> = seen.iter().map(|(_, id, _)| *id).collect();
    ports.dedup();
    ids.sort();
    ids.dedup();
    assert_eq!((ports.len(), ids.len()), (2, 4), "{seen:?}");
}

#[test]
fn what_cannot_be_a_name_is_not_asked_for() {
    let mut scene = Scene::new(Link::IP_V4, vec![knows(&[v4(7)])]);
    let label = "x".repeat(63);
    let longest = format!("{}.{}", [&*label; 3].join("."), "x".repeat(61));
    for name in [&*longest, &label, "a", "a.b."] {
        assert_eq!(scene.look_up(name), found(&[v4(7)]), "{name}");
    }
    for name in ["", ".", "a..b", ".a", &(label + "x"), &(longest + "x")] {
        assert_eq!(scene.look_up(name), Err(Error::BadName), "{name}");
    }
}

#[test]
fn without_a_name_server_nothing_is_asked() {
    let mut scene = Scene::new(Link::IP_V4, vec![]);
    assert_eq!(scene.look_up(NAME), Err(Error::NoServer));
    assert_eq!(scene.look_up.resolver.deadline(), None);
}

#[test]
fn a_second_name_forgets_the_first() {
    let mut scene = Scene::new(Link::ETHERNET_V4, vec![knows(&[v4(7)])]);
    let context = &mut scene.network.context();
    scene
        .look_up
        .resolver
        .start(context, "first.example")
        .expect("a name");
    assert_eq!(scene.look_up("second.example"), found(&[v4(7)]));
    let asked = &scene.servers.asked;
    let names = asked.iter().map(|(_, query)| query[13..19].to_vec());
    assert!(names.clone().count() == 2 && names.into_iter().all(|name| name == b"second"));
}

#[test]
fn nothing_of_an_earlier_query_is_left_in_the_next() {
    let mut scene = Scene::new(Link::IP_V4, vec![knows(&[v4(7)])]);
    let names = [
        "x.".repeat(100),
        "y".repeat(63),
        "short".into(),
        "q.".repeat(9),
    ];
    for name in names {
        scene.servers.asked.clear();
        assert_eq!(scene.look_up(&name), found(&[v4(7)]));
        for (_, query) in &scene.servers.asked {
            // A query, recursion desired, one question and nothing else.
            assert_eq!(query[2..12], [1, 0, 0, 1, 0, 0, 0, 0, 0, 0], "{name}");
            assert_eq!(query[12..query.len() - 4], encoded(&name), "{name}");
        }
    }
}

#[test]
fn buffers_without_room_are_an_error() {
    let mut network = Network::new(Link::IP_V4);
    let sockets = network.client.sockets();
    for parts in [
        parts(ANSWER - 1, QUERY, QUESTIONS_AT_ONCE),
        parts(ANSWER, QUERY - 1, QUESTIONS_AT_ONCE),
        parts(ANSWER * 2, QUERY * 2, QUESTIONS_AT_ONCE - 1),
    ] {
        let resolver = Resolver::from_parts(sockets, parts, &[], TIMEOUT);
        assert_eq!(resolver.err(), Some(SetupError::NoBuffer));
    }
    let buffers = Box::leak(Box::new(dns::Buffers::new()));
    assert!(Resolver::new(sockets, buffers, &[], TIMEOUT).is_ok());
}
