//! Two services of your own on a Linux TAP interface: see `services.rs`.
//!
//! ```text
//! sudo -E cargo run --example services     # creates tap0; this host is 192.168.69.100 on it
//! nc 192.168.69.1 12000                    # in another terminal: greets, then reverses each line
//! echo | nc -u -w 1 192.168.69.1 12000     # how long it has been up, in milliseconds
//! ```

#[cfg(target_os = "linux")]
mod services;

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
    use std::hash::{BuildHasher, Hasher, RandomState};

    use services::{Reverser, Uptime};
    use smoltcp::time::Instant;
    use smoltcp::wire::{IpAddress, IpCidr};
    use uppercase::device::tuntap::{Mode, TunTap};
    use uppercase::link::EthernetAddress;
    use uppercase::stack::{Config, PendingSyn, Slots};
    use uppercase::{Stack, tcp, udp};

    let mut pool = tcp::Pool::<4, 1024, 1024, Reverser>::new();
    let mut datagrams = udp::Buffers::<8, 64>::new();
    let mut slots = Slots::<1>::new(); // for the socket of `Uptime`
    let mut backlog = [PendingSyn::EMPTY; 8];

    let start = std::time::Instant::now();
    let now = || Instant::from_micros(start.elapsed().as_micros() as i64);

    let kernel = IpCidr::new(IpAddress::v4(192, 168, 69, 100), 24);
    let device = TunTap::open("tap0", Mode::Tap, &[kernel])?;
    let config = Config::new(
        EthernetAddress([2, 0, 0, 0, 0, 1]),
        RandomState::new().build_hasher().finish(),
    )
    .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
    let mut stack = Stack::new(device, config, &mut slots, now())?.with_backlog(&mut backlog[..]);
    let mut reverser = tcp::Server::new(stack.sockets(), &mut pool, tcp::Config::default())?;
    let mut uptime = Uptime::new(stack.sockets(), &mut datagrams)?;
    println!("The services are ready");
    loop {
        let next = stack.poll(now(), &mut (&mut reverser, &mut uptime));
        stack.device_mut().wait(next.delay(now()))?;
    }
}
