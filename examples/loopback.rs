//! The exercise in memory: a stack joined to itself, both servers, both clients.
//!
//! Nothing here needs a heap or an operating system but the printing: the clock is a number that
//! jumps to the moment at which the stack wants to be called next.
//!
//! ```text
//! cargo run --example loopback
//! ```

use std::cell::Cell;
use std::task::Poll;

use smoltcp::phy::{Device, Medium};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::device::wire::{Port, Queue};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, Slots, from_fn};
use uppercase::transform::Unicode;
use uppercase::{Context, PORT, Servers, Stack, tcp, udp};

const ADDRESS: IpAddress = IpAddress::v4(127, 0, 0, 1);
const SERVER: IpEndpoint = IpEndpoint {
    addr: ADDRESS,
    port: PORT,
};
const TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // What is borrowed comes first: frames, buffers, socket slots.
    let queue = Queue::<8, 1514>::new();
    let mut pool = tcp::Pool::<1, 512, 512, Unicode>::new();
    let mut stream = tcp::ClientStorage::<512, 512>::new();
    let mut datagrams = [const { udp::Buffers::<2, 1472>::new() }; 2];
    let mut slots = Slots::<{ Servers::SLOTS + udp::Client::SLOTS }>::new();

    // One stack that receives its own frames.
    // A real program must not start with the same number twice.
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 42)
        .with_addresses(&[IpCidr::new(ADDRESS, 8)]);
    let clock = Cell::new(Instant::ZERO);
    let mut stack = Stack::new(
        Port::loopback(&queue, Medium::Ethernet),
        config,
        &mut slots,
        clock.get(),
    )?;

    // Two servers and two clients on it.
    let [of_server, of_client] = &mut datagrams;
    let sockets = stack.sockets();
    let config = tcp::Config::default();
    let mut servers = Servers::new(sockets, &mut pool, of_server, config)?;
    let mut udp = udp::Client::new(sockets, of_client, TIMEOUT)?;
    let mut tcp = tcp::Client::new(sockets, &mut stream, TIMEOUT)?;

    // UDP: a datagram, and its answer.
    let mut answer = [0; 512];
    udp.send(&mut stack.context(clock.get()), SERVER, b"hello over udp")?;
    let length = run(&mut stack, &mut servers, &clock, |context| {
        udp.receive(context, &mut answer)
    })?;
    println!("{}", String::from_utf8_lossy(&answer[..length]));

    // TCP: a text in one direction, its capitals in the other, until both sides have closed.
    let mut text = "hello over tcp, straße".as_bytes();
    tcp.connect(&mut stack.context(clock.get()), SERVER)?;
    run(&mut stack, &mut servers, &clock, |context| {
        let sent = tcp.send(context, text)?;
        text = &text[sent..];
        if text.is_empty() {
            tcp.finish(context);
        }
        match tcp.receive(context, &mut answer)? {
            Poll::Pending => Ok(Poll::Pending),
            // The answer has ended; the client has closed once both FINs are acknowledged.
            Poll::Ready(0) if tcp.is_closed(context)? => Ok(Poll::Ready(())),
            Poll::Ready(length) => {
                print!("{}", String::from_utf8_lossy(&answer[..length]));
                Ok::<_, tcp::Error>(Poll::Pending)
            }
        }
    })?;
    println!();
    Ok(())
}

/// Polls the stack until `step` is ready.
fn run<'a, D: Device, T, E>(
    stack: &mut Stack<'a, D>,
    servers: &mut Servers<'a, Unicode>,
    clock: &Cell<Instant>,
    mut step: impl FnMut(&mut Context<'_, 'a>) -> Result<Poll<T>, E>,
) -> Result<T, E> {
    loop {
        let mut result = Ok(Poll::Pending);
        let mut client = from_fn(|context| {
            result = step(context);
            Some(context.now + TIMEOUT)
        });
        let next = stack.poll(clock.get(), &mut (&mut *servers, &mut client));
        if let Poll::Ready(value) = result? {
            return Ok(value);
        }
        let pass = |time: Option<Duration>| clock.set(clock.get() + time.unwrap_or(TIMEOUT));
        next.wait(stack.device_mut(), || clock.get(), |_| {}, pass);
    }
}
