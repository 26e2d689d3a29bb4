//! Both servers on a Linux TAP interface, as one would write one's own.
//!
//! ```text
//! sudo -E cargo run --example tap          # creates tap0; this host is 192.168.69.100 on it
//! echo hello | nc -N 192.168.69.1 12000    # in another terminal
//! ```
#![cfg_attr(not(target_os = "linux"), allow(unused_imports))]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::ControlFlow;

use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, Slots};
use uppercase::transform::Unicode;
use uppercase::{Servers, Stack, tcp, udp};

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    if let Err(error) = serve() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

#[cfg(target_os = "linux")]
fn serve() -> Result<(), Box<dyn std::error::Error>> {
    use uppercase::device::tuntap::{Mode, TunTap};

    let mut pool = tcp::Pool::<8, 16384, 16384, Unicode>::new();
    let mut datagrams = udp::Buffers::<8, 1472>::new();
    let mut slots = Slots::<{ Servers::SLOTS }>::new();

    let start = std::time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64);

    let kernel = IpCidr::new(IpAddress::v4(192, 168, 69, 100), 24);
    let device = TunTap::open("tap0", Mode::Tap, &[kernel])?;
    let config = Config::new(
        EthernetAddress([2, 0, 0, 0, 0, 1]),
        RandomState::new().build_hasher().finish(),
    )
    .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
    let mut stack = Stack::new(device, config, &mut slots, now())?;
    let config = tcp::Config::default();
    let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)?;
    println!("The server is ready to receive");
    let error = servers.run(&mut stack, now, |device, next| {
        match device.wait(next.delay(now())) {
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    });
    Err(error.into())
}
