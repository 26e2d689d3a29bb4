//! Both servers on a Stellaris LM3S6965 evaluation board.
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
mod registers;
mod runtime;

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

// A TCP connection with a window of 1 KiB cannot overrun the 2 KiB of the Ethernet controller.
// Datagrams have 256 bytes, one at a time: together it is 9 kB.
static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
static POOL: ConstStaticCell<tcp::Pool<'_, 2, 1024, 1024>> = ConstStaticCell::new(tcp::Pool::new());
static DATAGRAMS: ConstStaticCell<udp::Buffers<256, 1>> = ConstStaticCell::new(udp::Buffers::new());
static SLOTS: ConstStaticCell<Slots<'_, 1>> = ConstStaticCell::new(Slots::new());
// Clients that come while both connections are taken. Without any, they would have to ask again,
// after 1 second, then 2, then 4, and sixteen at once would take two minutes.
static BACKLOG: ConstStaticCell<[PendingSyn; 2]> =
    ConstStaticCell::new([const { PendingSyn::EMPTY }; 2]);

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start(core.SYST);
    let mut stack = stack(&clock);
    let mut servers = servers(&mut stack);
    log::info!("The server is ready to receive");
    let now = || clock.now();
    match servers.run(&mut stack, now, |device, next| {
        next.wait(device, now, Ethernet::acknowledge, |limit| clock.nap(limit));
        ControlFlow::<Infallible>::Continue(())
    }) {}
}

// What setting up needs of the stack would be `main`'s for ever, if these were part of it.

#[inline(never)]
fn stack(clock: &Clock) -> Stack<'static, Ethernet> {
    let hardware_address = board::hardware_address();
    let device = Ethernet::start(hardware_address, FRAMES.take());
    let config = Config {
        hardware_address,
        addresses: ADDRESSES,
        gateways: GATEWAYS,
        random_seed: board::random_seed(),
    };
    let slots = SLOTS.take().as_mut_slice();
    let stack = Stack::new(device, config, slots, clock.now());
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    stack.with_backlog(&mut BACKLOG.take()[..])
}

#[inline(never)]
fn servers(stack: &mut Stack<'static, Ethernet>) -> Servers<'static> {
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), POOL.take(), DATAGRAMS.take(), config);
    servers.unwrap_or_else(|error| panic!("{error}"))
}

/// A panic is a defect, of which none is known. The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
