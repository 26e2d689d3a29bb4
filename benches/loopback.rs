//! What both ends of a connection cost in memory, without a kernel:
//! `cargo bench --bench loopback`.
//!
//! One stack that receives its own frames, with the TCP server and a client, on a virtual clock.
//! All work of both sides is in the time: text, TCP, IP, Ethernet, checksums.

use std::cell::Cell;
use std::task::Poll;

use divan::Bencher;
use divan::counter::{BytesCount, IntoCounter, ItemsCount};
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::device::wire::{Port, Queue};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, from_fn};
use uppercase::{Context, PORT, Stack, tcp};

const ADDRESS: IpAddress = IpAddress::v4(127, 0, 0, 1);
const SERVER: IpEndpoint = IpEndpoint {
    addr: ADDRESS,
    port: PORT,
};
const TIMEOUT: Duration = Duration::from_secs(10);
const MEBIBYTE: usize = 1 << 20;
/// More would mean that the two wait for each other without end.
const MOST_POLLS: usize = 1_000_000;

type Wire = Queue<64, 1514>;
type Pool<'a> = tcp::Pool<'a, 4, 65_535, 65_535>;
type ClientStorage<'a> = tcp::ClientStorage<'a, 65_535, 65_535>;

fn main() {
    divan::main();
}

/// A mebibyte there and back over one connection.
#[divan::bench]
fn bulk_echo(bencher: Bencher) {
    let text: Vec<u8> = (0..MEBIBYTE)
        .map(|place| b'a' + (place % 26) as u8)
        .collect();
    bench(bencher, BytesCount::new(MEBIBYTE), &text);
}

/// Connect, a line, its answer, close on both sides.
#[divan::bench]
fn short_session(bencher: Bencher) {
    bench(bencher, ItemsCount::new(1usize), b"hello, straight\n");
}

fn bench(bencher: Bencher, counter: impl IntoCounter, text: &[u8]) {
    let queue = Box::new(Wire::new());
    let mut pool = Box::new(Pool::new());
    let mut storage = Box::new(ClientStorage::new());
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 42)
        .with_addresses(&[IpCidr::new(ADDRESS, 8)]);
    let device = Port::loopback(&queue, Medium::Ethernet);
    let clock = Cell::new(Instant::ZERO);
    let now = || clock.get();
    let mut stack = Stack::new(device, config, &mut [][..], now()).expect("a stack");
    let sockets = stack.sockets();
    let config = tcp::Config::default();
    let mut server = tcp::Server::new(sockets, &mut pool, config).expect("a server");
    let mut client = tcp::Client::new(sockets, &mut storage, TIMEOUT).expect("a client");
    let expected = text.to_ascii_uppercase();
    let mut answer = Vec::with_capacity(text.len());

    bencher.counter(counter).bench_local(|| {
        answer.clear();
        client
            .connect(&mut stack.context(now()), SERVER)
            .expect("no other connection");
        let mut session = Session {
            text,
            answer: &mut answer,
        };
        let mut polls = 0..MOST_POLLS;
        loop {
            let mut result = Ok(Poll::Pending);
            let mut step = from_fn(|context| {
                result = session.step(&mut client, context);
                Some(context.now + TIMEOUT)
            });
            let next = stack.poll(now(), &mut (&mut server, &mut step));
            if let Poll::Ready(()) = result.expect("a connection") {
                break;
            }
            let pass = |time: Option<Duration>| clock.set(now() + time.unwrap_or(TIMEOUT));
            next.wait(stack.device_mut(), now, |_| {}, pass);
            polls.next().expect("the end of the session");
        }
        assert!(answer == expected);
    });
}

/// A dialogue from the connection to the end of it on both sides.
struct Session<'t> {
    text: &'t [u8],
    answer: &'t mut Vec<u8>,
}

impl Session<'_> {
    fn step(
        &mut self,
        client: &mut tcp::Client,
        context: &mut Context<'_, '_>,
    ) -> Result<Poll<()>, tcp::Error> {
        let sent = client.send(context, self.text)?;
        self.text = &self.text[sent..];
        if self.text.is_empty() {
            client.finish(context);
        }
        let mut piece = [0; 16_384];
        while let Poll::Ready(length) = client.receive(context, &mut piece)? {
            self.answer.extend_from_slice(&piece[..length]);
            if length == 0 {
                let closed = client.is_closed(context)?;
                return Ok(if closed {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                });
            }
        }
        Ok(Poll::Pending)
    }
}
