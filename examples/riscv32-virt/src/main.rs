//! Both servers on the 32-bit RISC-V machine that QEMU calls `virt`.
//!
//! ```text
//! cargo run --release                      # boots it in an emulator
//! echo hello | nc -N 127.0.0.1 12000       # in another terminal
//! ```
#![no_std]
#![no_main]

mod board;
mod clock;
#[cfg(debug_assertions)]
mod console;
mod ethernet;
mod interrupts;
mod memory;
mod registers;

use core::convert::Infallible;
use core::ops::ControlFlow;
use core::panic::PanicInfo;

use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::stack::{Config, PendingSyn, Slots};
use uppercase::{Servers, Stack, tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};

/// What the emulator's network gives to its first machine; put yours here.
const ADDRESSES: &[IpCidr] = &[
    IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24),
    #[cfg(feature = "ipv6")]
    IpCidr::new(IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15), 64),
];
const GATEWAYS: &[IpAddress] = &[IpAddress::v4(10, 0, 2, 2)];

static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
static POOL: ConstStaticCell<tcp::Pool<'_, 2, 1024, 1024>> = ConstStaticCell::new(tcp::Pool::new());
static DATAGRAMS: ConstStaticCell<udp::Buffers<256, 1>> = ConstStaticCell::new(udp::Buffers::new());
static SLOTS: ConstStaticCell<Slots<'_, 1>> = ConstStaticCell::new(Slots::new());
// Clients that come while all connections are taken. Without any, they would have to ask again.
static BACKLOG: ConstStaticCell<[PendingSyn; 4]> =
    ConstStaticCell::new([const { PendingSyn::EMPTY }; 4]);

#[riscv_rt::entry]
fn main() -> ! {
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start();
    let device = Ethernet::start(FRAMES.take()).unwrap_or_else(|error| panic!("{error}"));
    let config = Config {
        hardware_address: device.hardware_address(),
        addresses: ADDRESSES,
        gateways: GATEWAYS,
        random_seed: board::random_seed(),
    };
    let slots = SLOTS.take().as_mut_slice();
    let stack = Stack::new(device, config, slots, clock.now());
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    let mut stack = stack.with_backlog(&mut BACKLOG.take()[..]);
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), POOL.take(), DATAGRAMS.take(), config);
    let mut servers = servers.unwrap_or_else(|error| panic!("{error}"));
    log::info!("The server is ready to receive");
    let now = || clock.now();
    match servers.run(&mut stack, now, |device, next| {
        next.wait(device, now, Ethernet::acknowledge, |limit| clock.nap(limit));
        ControlFlow::<Infallible>::Continue(())
    }) {}
}

/// A panic is a defect, of which none is known, or a machine without a network card. It starts
/// anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    board::restart()
}
