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
struct Storage {
    frames: Frames,
    pool: tcp::Pool<'static, 2, 1024, 1024>,
    datagrams: udp::Buffers<256, 1>,
    slots: Slots<'static, 1>,
    // Clients that come while both connections are taken. Without any, they would have to ask again,
    // after 1 second, then 2, then 4, and sixteen at once would take two minutes.
    backlog: [PendingSyn; 2],
}
static STORAGE: ConstStaticCell<Storage> = ConstStaticCell::new(Storage {
    frames: Frames::new(),
    pool: tcp::Pool::new(),
    datagrams: udp::Buffers::new(),
    slots: Slots::new(),
    backlog: [const { PendingSyn::EMPTY }; 2],
});

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start(core.SYST);
    let storage = STORAGE.take();
    let mut stack = stack(
        &clock,
        &mut storage.frames,
        &mut storage.slots,
        &mut storage.backlog,
    );
    let mut servers = servers(&mut stack, &mut storage.pool, &mut storage.datagrams);
    log::info!("The server is ready to receive");
    let now = || clock.now();
    match servers.run(&mut stack, now, |device, next| {
        next.wait(device, now, Ethernet::acknowledge, |limit| clock.nap(limit));
        ControlFlow::<Infallible>::Continue(())
    }) {}
}

// What setting up needs of the stack would be `main`'s for ever, if these were part of it.

#[inline(never)]
fn stack(
    clock: &Clock,
    frames: &'static mut Frames,
    slots: &'static mut Slots<'static, 1>,
    backlog: &'static mut [PendingSyn],
) -> Stack<'static, Ethernet> {
    let hardware_address = board::hardware_address();
    let device = Ethernet::start(hardware_address, frames);
    let config = Config {
        hardware_address,
        addresses: ADDRESSES,
        gateways: GATEWAYS,
        random_seed: board::random_seed(),
    };
    let stack = Stack::new(device, config, slots.as_mut_slice(), clock.now());
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    stack.with_backlog(backlog)
}

#[inline(never)]
fn servers(
    stack: &mut Stack<'static, Ethernet>,
    pool: &'static mut tcp::Pool<'static, 2, 1024, 1024>,
    datagrams: &'static mut udp::Buffers<256, 1>,
) -> Servers<'static> {
    let config = tcp::Config::default();
    let servers = Servers::new(stack.sockets(), pool, datagrams, config);
    servers.unwrap_or_else(|error| panic!("{error}"))
}

/// A panic is a defect, of which none is known. The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
