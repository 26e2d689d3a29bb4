//! Slow handshakes, as segments are lost, while other clients wait for the slot.

use super::common;

use std::task::Poll;

use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::simulation::{self, Conditions, Port, Probability, Turn, seeds};
use uppercase::stack::{self, PendingSyn, from_fn};
use uppercase::{Context, Stack, tcp};

use common::busy::{Busy, FIRST, controls, opened};
use common::network::{HOUR, Link, SECOND, hardware_address, poll_at};
use common::scene::{Server, client};

const SERVER: IpEndpoint = IpEndpoint::new(IpAddress::v4(10, 0, 0, 1), 7000);
const TEXT: &[u8] = b"hi\n";
const CLIENTS: u8 = 6;
const SLOTS: usize = 2;

type Host = Box<Stack<'static, Port>>;

fn host(device: Port, number: u8, random_seed: u64, backlog: usize) -> Host {
    let config = stack::Config {
        hardware_address: hardware_address(number),
        addresses: &[IpCidr::new(IpAddress::v4(10, 0, 0, number), 24)],
        gateways: &[],
        random_seed,
    };
    let slots = Vec::<SocketStorage<'_>>::new();
    let stack = Stack::new(device, config, slots, Instant::ZERO).expect("it is right");
    Box::new(stack.with_backlog(vec![PendingSyn::EMPTY; backlog]))
}

/// A client with one line to send, on a bad link.
struct Guest {
    host: Host,
    client: tcp::Client,
    sent: usize,
    answer: Vec<u8>,
    is_done: bool,
}

impl Guest {
    fn new(network: &mut simulation::Network, number: u8) -> Self {
        let link = network.link(format!("guest {number}"));
        link.set(Conditions {
            delay: Duration::from_millis(5),
            loss: Probability::percent(10),
            ..Conditions::default()
        });
        let mut host = host(link.port(), number, network.random_seed(), 0);
        let mut client = client(host.sockets(), 256, HOUR);
        let context = &mut host.context(Instant::ZERO);
        client.connect(context, SERVER).expect("there is a way");
        Self {
            host,
            client,
            sent: 0,
            answer: Vec::new(),
            is_done: false,
        }
    }

    fn poll(&mut self, turn: &mut Turn) -> Result<(), tcp::Error> {
        let mut failure = None;
        let mut steps = from_fn(|context| {
            let step = if self.is_done {
                Ok(())
            } else {
                Self::step(
                    &mut self.client,
                    &mut self.sent,
                    &mut self.answer,
                    &mut self.is_done,
                    context,
                )
            };
            failure = step.err().or(failure);
            self.client.deadline()
        });
        let delay = self.host.poll(turn.now, &mut steps).delay(turn.now);
        turn.wake_in(delay);
        // What becomes of a close that is lost again and again is another matter.
        self.is_done |= self.answer.len() == TEXT.len() && failure.is_some();
        match failure {
            Some(error) if !self.is_done => Err(error),
            _ => Ok(()),
        }
    }

    fn step(
        client: &mut tcp::Client,
        sent: &mut usize,
        answer: &mut Vec<u8>,
        is_done: &mut bool,
        context: &mut Context<'_, 'static>,
    ) -> Result<(), tcp::Error> {
        *sent += client.send(context, &TEXT[*sent..])?;
        if *sent == TEXT.len() {
            client.finish(context);
        }
        let mut bytes = [0; 100];
        while let Poll::Ready(length) = client.receive(context, &mut bytes)? {
            if length == 0 {
                *is_done = client.is_closed(context)?;
                break;
            }
            answer.extend_from_slice(&bytes[..length]);
        }
        Ok(())
    }
}

/// Fails if a client's connection ends before its answer has come.
fn all_are_served(hashed: bool, backlog: usize, seed: u64) -> Result<(), String> {
    let mut network = simulation::Network::new(Medium::Ethernet, seed);
    let link = network.link("server");
    let mut host = host(link.port(), 1, network.random_seed(), backlog);
    let config = tcp::Config {
        port: SERVER.port,
        connections: SLOTS,
        ..tcp::Config::default()
    };
    let server = if hashed {
        Server::hashing_on
    } else {
        Server::scanning_on
    };
    let mut server = server(host.sockets(), SLOTS, 1024, config);
    let mut guests: Vec<_> = (0..CLIENTS)
        .map(|number| Guest::new(&mut network, 10 + number))
        .collect();
    let ended = network.run(HOUR, |turn| {
        turn.wake_in(poll_at(turn.now, &mut host, &mut [&mut server]));
        for (number, guest) in guests.iter_mut().enumerate() {
            if let Err(error) = guest.poll(turn) {
                return Poll::Ready(Err(format!("client {number}: {error} at {}", turn.now)));
            }
        }
        match guests.iter().all(|guest| guest.is_done) {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    });
    let seen = (host.counters(), server.counters());
    let ended = ended.unwrap_or_else(|stuck| Err(format!("{stuck}")));
    ended.map_err(|failure| format!("{failure}; {seen:?}"))?;
    for guest in &guests {
        assert_eq!(guest.answer, b"HI\n");
    }
    Ok(())
}

fn no_client_is_reset(hashed: bool) {
    let mut failures = Vec::new();
    for backlog in 0..=4 {
        for seed in seeds(0..300) {
            if let Err(failure) = all_are_served(hashed, backlog, seed) {
                failures.push(format!("backlog {backlog}, seed {seed}: {failure}"));
            }
        }
    }
    let (count, failures) = (failures.len(), failures.join("\n"));
    assert!(count == 0, "{count} runs failed:\n{failures}");
}

#[test]
fn no_client_is_reset_whose_handshake_is_slow_while_others_wait_for_its_slot() {
    no_client_is_reset(false);
}

#[test]
fn nor_is_it_by_the_server_for_many_connections() {
    no_client_is_reset(true);
}

/// A server without a free slot: the SYN of a client has taken the last one. Returns the server's
/// initial sequence number, which that client has not acknowledged.
fn half_open(link: Link) -> (Busy, TcpSeqNumber) {
    let mut busy = Busy::with_places(link, 2, 1, 0);
    let heard = busy.send(&busy.request(40_001));
    assert_eq!(opened(&heard), [40_001], "{link:?}");
    (busy, heard[0].number)
}

/// RFC 4987, 3.7: the number of every answer is a cookie, so that its acknowledgement is known
/// when the slot is another client's.
#[test]
fn a_client_that_acknowledges_after_its_slot_was_given_away_is_served_when_one_is_free() {
    for link in Link::ALL {
        let (mut busy, number) = half_open(link);
        let cookie = busy.cookie(40_002);
        busy.scene.pass(SECOND * 5);
        busy.hear();
        // The half-open connection gives way to the first one that acknowledges.
        let taken = busy.confirm(40_002, cookie);
        assert_eq!(controls(&taken), [TcpControl::None], "{link:?}");
        assert_eq!(busy.counters().proven, 1, "{link:?}");

        let late = TcpRepr {
            control: TcpControl::Psh,
            payload: b"it took me long",
            ..busy.confirmation(40_001, number)
        };
        let later = TcpRepr {
            seq_number: FIRST + 1 + late.payload.len(),
            payload: &[],
            ..late
        };
        for segment in [&later, &late, &later] {
            assert_eq!(controls(&busy.send(segment)), [], "no reset, {link:?}");
        }
        assert_eq!(controls(&busy.reset(40_002)), [], "{link:?}");
        busy.send(&late);
        assert_eq!(busy.counters().proven, 2, "{link:?}");
        let heard = busy.send(&late);
        assert_eq!(controls(&heard), [TcpControl::Psh], "{link:?}");
        assert_eq!(heard[0].text, b"IT TOOK ME LONG", "{link:?}");
        assert_eq!(heard[0].number, number + 1, "{link:?}");
    }
}

/// The client goes on with the number of the first answer; a second one with another number would
/// end in a reset.
#[test]
fn a_request_that_is_answered_with_a_cookie_does_not_wait_any_more() {
    for link in Link::ALL {
        let mut busy = Busy::new(link, 1);
        assert_eq!(controls(&busy.send(&busy.request(40_001))), [], "{link:?}");
        busy.cookie(40_002);
        // While requests find no room, all are answered with cookies.
        let cookie = busy.cookie(40_001);
        busy.scene.pass(SECOND * 5);
        assert_eq!(opened(&busy.leave()), [0; 0], "{link:?}");
        let heard = busy.confirm(40_001, cookie);
        assert_eq!(controls(&heard), [TcpControl::None], "{link:?}");
    }
}

/// A SYN-ACK is retransmitted after a second, and may then need another one to be acknowledged.
#[test]
fn a_half_open_connection_keeps_its_slot_for_two_seconds() {
    for link in Link::ALL {
        let proven_after = |time| {
            let (mut busy, _) = half_open(link);
            let cookie = busy.cookie(40_002);
            busy.scene.pass(time);
            busy.hear();
            busy.confirm(40_002, cookie);
            busy.counters().proven
        };
        assert_eq!(proven_after(SECOND), 0, "{link:?}");
        let almost = SECOND * 2 - Duration::from_millis(1);
        assert_eq!(proven_after(almost), 0, "{link:?}");
        assert_eq!(proven_after(SECOND * 2), 1, "{link:?}");
    }
}

/// What a client sends first may be lost, and tell more about it than its acknowledgement.
#[test]
fn for_four_seconds_after_a_half_open_connection_was_given_up_no_acknowledgement_is_reset() {
    for link in Link::ALL {
        let answers_after = |time| {
            let (mut busy, _) = half_open(link);
            let cookie = busy.cookie(40_002);
            busy.scene.pass(SECOND * 3);
            busy.confirm(40_002, cookie);
            assert_eq!(busy.counters().proven, 1, "{link:?}");
            busy.scene.pass(time);
            busy.hear();
            let unknown = busy.confirmation(40_003, cookie);
            controls(&busy.send(&unknown))
        };
        let almost = SECOND * 4 - Duration::from_millis(1);
        assert_eq!(answers_after(almost), [], "{link:?}");
        assert_eq!(answers_after(SECOND * 4), [TcpControl::Rst], "{link:?}");
    }
}
