//! Both servers on a W5500-EVB-Pico, on Embassy. Built, not run.
//!
//! ```text
//! cargo run --release                          # flashes it through a debug probe
//! echo hello | nc -N 192.168.69.1 12000        # on a host with an address in that network
//! ```
#![no_std]
#![no_main]

mod board;
mod interrupt;

use defmt::info;
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_time::Timer;
use panic_probe as _;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::device::embassy::{Embassy, turn};
use uppercase::stack::{Config, PendingSyn, Slots};
use uppercase::{Servers, Stack, tcp, udp};

use board::Frames;

/// Put yours here.
const ADDRESSES: &[IpCidr] = &[
    IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24),
    #[cfg(feature = "ipv6")]
    IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, 1), 64),
];
const GATEWAYS: &[IpAddress] = &[];

static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
static POOL: ConstStaticCell<tcp::Pool<'_, 4, 4096, 4096>> = ConstStaticCell::new(tcp::Pool::new());
static DATAGRAMS: ConstStaticCell<udp::Buffers<1472, 2>> =
    ConstStaticCell::new(udp::Buffers::new());
static SLOTS: ConstStaticCell<Slots<'_, 1>> = ConstStaticCell::new(Slots::new());
// Clients that come while all connections are taken. Without any, they would have to ask again.
static BACKLOG: ConstStaticCell<[PendingSyn; 4]> =
    ConstStaticCell::new([const { PendingSyn::EMPTY }; 4]);

#[embassy_executor::main]
async fn main(spawner: Spawner) -> ! {
    let mut board = board::start(spawner, FRAMES.take()).await;
    let device = Embassy::new(board.ethernet).unwrap_or_else(|error| panic!("{error}"));
    let config = Config {
        hardware_address: device.hardware_address(),
        addresses: ADDRESSES,
        gateways: GATEWAYS,
        random_seed: board.random_seed,
    };
    let stack = Stack::new(device, config, SLOTS.take().as_mut_slice(), now());
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    // Its address is used when no other host of the network has answered for it, after some seconds.
    let mut stack = stack
        .with_backlog(&mut BACKLOG.take()[..])
        .with_conflict_detection();
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), POOL.take(), DATAGRAMS.take(), config);
    let mut servers = servers.unwrap_or_else(|error| panic!("{error}"));
    info!("The server is ready to receive");
    let mut link = false;
    loop {
        // The driver asks for the link twice a second, which wakes us. The light is on while there
        // is one.
        let up = stack.device_mut().is_link_up().await;
        if core::mem::replace(&mut link, up) != up {
            board.led.set_level(up.into());
            info!("The link is up: {}", up);
        }
        turn(&mut stack, now, sleep, &mut servers).await;
    }
}

fn now() -> Instant {
    Instant::from_micros(embassy_time::Instant::now().as_micros() as i64)
}

async fn sleep(delay: Duration) {
    Timer::after_micros(delay.total_micros()).await;
}
