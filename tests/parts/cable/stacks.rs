//! Stacks on a cable, each in a thread of its own, as they would be in programs: they sleep in
//! `Cable::wait`, which every system has.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;

use smoltcp::iface::SocketStorage;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::device::cable::Cable;
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, from_fn};
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{Context, PORT, Servers, Stack, tcp, udp};

use super::ends::{LIMIT, connect, listen};

const SERVER: IpEndpoint = IpEndpoint {
    addr: IpAddress::v4(192, 168, 69, 1),
    port: PORT,
};
/// How long a server may not look whether it has to end.
const SLICE: Duration = Duration::from_millis(20);

fn clock() -> impl Fn() -> Instant {
    let start = std::time::Instant::now();
    move || Instant::from_micros(start.elapsed().as_micros() as i64)
}

/// A stack with the addresses that follow from the number of its end.
fn stack<'a>(cable: Cable, slots: &'a mut [SocketStorage<'a>], now: Instant) -> Stack<'a, Cable> {
    let number = cable.number() as u8;
    let config = Config::new(
        EthernetAddress([2, 0, 0, 0, 0, number]),
        1 + u64::from(number),
    )
    .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1 + number), 24)]);
    Stack::new(cable, config, slots, now).expect("a configuration that fits")
}

fn serve(cable: Cable, ended: &AtomicBool) {
    let mut pool = tcp::Pool::<4, 4096, 4096, Text>::new();
    let mut datagrams = udp::Buffers::<8, 1472>::new();
    let mut slots = [SocketStorage::EMPTY];
    let now = clock();
    let mut stack = stack(cable, &mut slots, now());
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config);
    servers
        .expect("room")
        .run(&mut stack, &now, |device, next| {
            let delay = next.delay(now()).unwrap_or(SLICE).min(SLICE);
            device.wait(Some(delay)).expect("a socket");
            match ended.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
}

/// Polls the stack until `step` is ready.
fn run<'a, T>(
    stack: &mut Stack<'a, Cable>,
    now: impl Fn() -> Instant,
    mut step: impl FnMut(&mut Context<'_, 'a>) -> Poll<T>,
) -> T {
    let end = now() + LIMIT.into();
    loop {
        let mut result = Poll::Pending;
        let next = stack.poll(
            now(),
            &mut from_fn(|context| {
                result = step(context);
                Some(end)
            }),
        );
        if let Poll::Ready(value) = result {
            return value;
        }
        assert!(now() < end, "no answer");
        let device = stack.device_mut();
        device.wait(next.delay(now())).expect("a socket");
    }
}

/// A line over UDP, then one text over TCP.
fn ask(cable: Cable, line: &str, text: &str) -> (String, String) {
    let mut stream = tcp::ClientStorage::<4096, 4096>::new();
    let mut datagrams = udp::Buffers::<2, 1472>::new();
    let mut slots = [const { SocketStorage::EMPTY }; 2];
    let (now, timeout) = (clock(), LIMIT.into());
    let mut stack = stack(cable, &mut slots, now());
    let sockets = stack.sockets();
    let mut udp = udp::Client::new(sockets, &mut datagrams, timeout).expect("room");
    let mut tcp = tcp::Client::new(sockets, &mut stream, timeout).expect("room");

    let mut bytes = [0; 1472];
    let context = &mut stack.context(now());
    udp.send(context, SERVER, line.as_bytes()).expect("a route");
    let length = run(&mut stack, &now, |context| {
        udp.receive(context, &mut bytes).expect("a server")
    });
    let line = String::from_utf8(bytes[..length].to_vec()).expect("text");

    let (mut unsent, mut answer) = (text.as_bytes(), Vec::new());
    let context = &mut stack.context(now());
    tcp.connect(context, SERVER).expect("a route");
    run(&mut stack, &now, |context| {
        unsent = &unsent[tcp.send(context, unsent).expect("a connection")..];
        if unsent.is_empty() {
            tcp.finish(context);
        }
        while let Poll::Ready(length) = tcp.receive(context, &mut bytes).expect("a connection") {
            if length == 0 {
                let is_closed = tcp.is_closed(context).expect("a connection");
                return if is_closed {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                };
            }
            answer.extend_from_slice(&bytes[..length]);
        }
        Poll::Pending
    });
    (line, String::from_utf8(answer).expect("text"))
}

#[test]
fn one_stack_serves_others_at_once() {
    let server = listen();
    let clients: Vec<_> = (0..4).map(|_| connect(&server)).collect();
    let ended = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || serve(server, ended));
        let clients = clients.into_iter().map(|client| {
            scope.spawn(move || {
                let line = format!("client {}", client.number());
                let text = format!("{line}\n").repeat(5000);
                let answers = ask(client, &line, &text);
                let expected = (line.to_ascii_uppercase(), text.to_ascii_uppercase());
                assert!(answers == expected, "{}", answers.0);
            })
        });
        let clients: Vec<_> = clients.collect();
        let results: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
        ended.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok));
    });
}
