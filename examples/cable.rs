//! Both servers on a cable, on any system and without any rights.
//!
//! ```text
//! cargo run --example cable
//! cargo run -- tcp 192.168.69.1 --cable 9000    # in another terminal
//! ```

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::ControlFlow;

use uppercase::device::cable::Cable;
use uppercase::link::EthernetAddress;
use uppercase::smoltcp::time::Instant;
use uppercase::smoltcp::wire::{IpAddress, IpCidr};
use uppercase::stack::{Config, Slots};
use uppercase::{Servers, Stack, tcp, udp};

fn main() -> Result<(), Box<dyn Error>> {
    let mut pool = tcp::Pool::<4, 4096, 4096>::new();
    let mut datagrams = udp::Buffers::<4, 1472>::new();
    let mut slots = Slots::<{ Servers::SLOTS }>::new();

    let start = std::time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64);

    let seed = RandomState::new().build_hasher().finish();
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), seed)
        .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
    let mut stack = Stack::new(Cable::listen(9000)?, config, &mut slots, now())?;
    let config = tcp::Config::new();
    let mut servers = Servers::new(stack.sockets(), &mut pool, &mut datagrams, config)?;
    println!("The servers are ready to receive");
    let error = servers.run(&mut stack, now, |cable, next| {
        match cable.wait(next.delay(now())) {
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    });
    Err(error.into())
}
