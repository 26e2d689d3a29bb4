//! Proof that nothing in the library needs a heap: a static library that uses its servers, clients
//! and in-memory wire, and has no allocator. rustc refuses to make one as soon as any crate in it
//! wants to allocate; the feature `alloc` of the library lets one in, to show that.
//!
//! ```text
//! cargo heapless                     # is built
//! cargo heapless --features alloc    # is refused: no global memory allocator found
//! ```
//!
//! Where a panic unwinds, as in the builds of the other examples, the standard library is needed, which
//! brings an allocator: it is a proof where a panic aborts only.
#![cfg_attr(panic = "abort", no_std)]

use core::cell::Cell;
#[cfg(panic = "abort")]
use core::panic::PanicInfo;

use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::device::capture::{Capture, Pcapng};
use uppercase::device::reassembly::{self, Reassembly};
use uppercase::device::wire::{Port, Queue};
use uppercase::dns::{self, Resolver};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, FRAGMENTATION_OVERHEAD, PendingSyn, Slots, earliest, from_fn};
use uppercase::transform::Unicode;
use uppercase::{PORT, Servers, Stack, tcp, udp};

const TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Everything the library offers, in use. Returns whether it went well.
#[allow(unsafe_code, reason = "the linker is told the name")]
#[unsafe(no_mangle)]
pub extern "C" fn run(polls: u32) -> bool {
    serve(polls).is_some() && serve_many(polls).is_some()
}

/// The server for many connections, with a capture file of what passes.
fn serve_many(polls: u32) -> Option<()> {
    let queue = Queue::<8, 1514>::new();
    let mut pool = tcp::HashPool::<4, 512, 512, Unicode>::new();
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 42)
        .with_addresses(&[IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8)]);
    let mut now = Instant::ZERO;
    let length = Cell::new(0);
    let file = Pcapng::new(Medium::default(), |bytes| {
        length.set(length.get() + bytes.len())
    });
    let device = Capture::new(Port::loopback(&queue, Medium::default()), file);
    let mut stack = Stack::new(device, config, &mut [][..], now).ok()?;
    let config = tcp::Config::default();
    let mut server: tcp::Server<'_, Unicode, tcp::Hash<'_>> =
        tcp::Server::hashed(stack.sockets(), &mut pool, config, 42).ok()?;
    for _ in 0..polls {
        now = stack.poll(now, &mut server).due(now)?;
    }
    (length.get() > 0).then_some(())
}

fn serve(polls: u32) -> Option<()> {
    let queue = Queue::<8, 1514>::new();
    let mut fragments = reassembly::Buffers::<2, { 2048 + reassembly::OVERHEAD }>::new();
    let mut fragmented = [0; 6144 + FRAGMENTATION_OVERHEAD];
    let mut pool = tcp::Pool::<2, 512, 512, Unicode>::new();
    let mut of_server = udp::Buffers::<1, 6144>::new();
    let mut of_client = udp::Buffers::<1, 6144>::new();
    let mut stream = tcp::ClientStorage::<512, 512>::new();
    let mut of_resolver = dns::Buffers::new();
    let mut slots = Slots::<{ Servers::SLOTS + udp::Client::SLOTS + Resolver::SLOTS }>::new();
    let mut backlog = [const { PendingSyn::EMPTY }; 2];

    let address = IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, 1);
    let server = IpEndpoint::new(address, PORT);
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 42).with_addresses(&[
        IpCidr::new(address, 64),
        IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8),
    ]);
    let clock = Cell::new(Instant::ZERO);
    let now = || clock.get();
    let device = Reassembly::new(Port::loopback(&queue, Medium::default()), &mut fragments);
    let stack = Stack::new(device, config, &mut slots, now()).ok()?;
    let mut stack = stack
        .with_backlog(&mut backlog[..])
        .with_fragmentation(&mut fragmented[..]);

    let sockets = stack.sockets();
    let of_server = udp::Server::new(sockets, &mut of_server, PORT).ok()?;
    let of_server = of_server.with_transform::<Unicode>();
    let mut servers = Servers {
        tcp: Some(tcp::Server::new(sockets, &mut pool, tcp::Config::default()).ok()?),
        udp: Some(of_server),
    };
    let mut tcp = tcp::Client::new(sockets, &mut stream, TIMEOUT).ok()?;
    let mut udp = udp::Client::new(sockets, &mut of_client, TIMEOUT).ok()?;
    let mut resolver = Resolver::new(sockets, &mut of_resolver, &[address], TIMEOUT).ok()?;

    let context = &mut stack.context(now());
    tcp.connect(context, server).ok()?;
    udp.send(context, server, b"hello").ok()?;
    resolver.start(context, "example.org").ok()?;
    let mut answer = [0; 512];
    for _ in 0..polls {
        let mut clients = from_fn(|context| {
            let _ = tcp.send(context, b"hello");
            tcp.finish(context);
            let _ = tcp.receive(context, &mut answer);
            let _ = udp.receive(context, &mut answer);
            let _ = resolver.poll(context);
            let clients = earliest(tcp.deadline(), udp.deadline());
            earliest(clients, Some(context.now + TIMEOUT))
        });
        let next = stack.poll(now(), &mut (&mut servers, &mut clients));
        let pass = |time: Option<Duration>| clock.set(now() + time.unwrap_or(TIMEOUT));
        next.wait(stack.device_mut(), now, |_| {}, pass);
    }
    Some(())
}
