//! Both servers on a Stellaris LM3S6965 evaluation board.
//!
//! ```text
//! cargo run --release                      # boots it in an emulator
//! echo hello | nc -N 127.0.0.1 12000       # in another terminal
//! ```
#![no_std]
#![no_main]

mod board;
#[cfg(feature = "capture")]
mod captured;
mod clock;
#[cfg(all(debug_assertions, not(feature = "capture")))]
mod console;
mod ethernet;
mod interrupts;
mod registers;
mod runtime;
#[cfg(any(debug_assertions, feature = "capture"))]
mod serial;

use core::convert::Infallible;
use core::ops::ControlFlow;
use core::panic::PanicInfo;

use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::stack::{Config, PendingSyn, Slots};
use uppercase::{Servers, Stack, tcp, udp};

#[cfg(feature = "capture")]
use captured::{Device, ethernet};
use clock::Clock;
use ethernet::{Ethernet, Frames};

/// What the emulator's network gives to its first machine; put yours here.
const ADDRESSES: &[IpCidr] = &[
    #[cfg(not(feature = "dhcp"))]
    IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24),
    #[cfg(all(feature = "ipv6", not(feature = "slaac")))]
    IpCidr::new(IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15), 64),
];
const GATEWAYS: &[IpAddress] = &[
    #[cfg(not(feature = "dhcp"))]
    IpAddress::v4(10, 0, 2, 2),
];

// A TCP connection with a window of 1 KiB cannot overrun the 2 KiB of the Ethernet controller.
// Datagrams have 256 bytes, one at a time: together it is 9 kB.
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: Frames::new(),
    pool: tcp::Pool::new(),
    datagrams: udp::Buffers::new(),
    slots: Slots::new(),
    backlog: [const { PendingSyn::EMPTY }; 2],
});

/// What is lent once, and for good.
struct Memory {
    frames: Frames,
    pool: tcp::Pool<'static, 2, 1024, 1024>,
    datagrams: udp::Buffers<256, 1>,
    slots: Slots<'static, 1>,
    /// Clients that come while both connections are taken. Without any, they would have to ask
    /// again, after 1 second, then 2, then 4, and sixteen at once would take two minutes.
    backlog: [PendingSyn; 2],
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    #[cfg(all(debug_assertions, not(feature = "capture")))]
    console::start();
    let clock = Clock::start(core.SYST);
    let Memory {
        frames,
        pool,
        datagrams,
        slots,
        backlog,
    } = MEMORY.take();
    let mut stack = stack(&clock, frames, slots, backlog);
    let mut servers = servers(&mut stack, pool, datagrams);
    log::info!("The server is ready to receive");
    let now = || clock.now();
    match servers.run(&mut stack, now, |device, next| {
        let acknowledge = |device: &mut Device| ethernet(device).acknowledge();
        next.wait(device, now, acknowledge, |limit| clock.nap(limit));
        ControlFlow::<Infallible>::Continue(())
    }) {}
}

/// What carries the frames.
#[cfg(not(feature = "capture"))]
type Device = Ethernet;

#[cfg(not(feature = "capture"))]
fn ethernet(device: &mut Device) -> &mut Ethernet {
    device
}

// What setting up needs of the stack would be `main`'s for ever, if these were part of it.

#[inline(never)]
fn stack(
    clock: &Clock,
    frames: &'static mut Frames,
    slots: &'static mut Slots<'static, 1>,
    backlog: &'static mut [PendingSyn; 2],
) -> Stack<'static, Device> {
    let hardware_address = board::hardware_address();
    let device = Ethernet::start(hardware_address, frames);
    #[cfg(feature = "capture")]
    let device = captured::device(device);
    let config = Config {
        hardware_address,
        addresses: ADDRESSES,
        gateways: GATEWAYS,
        random_seed: board::random_seed(),
    };
    let stack = Stack::new(device, config, slots.as_mut_slice(), clock.now());
    let stack = stack.unwrap_or_else(|error| panic!("{error}"));
    #[cfg(feature = "dhcp")]
    let stack = stack.with_dhcp();
    #[cfg(feature = "slaac")]
    let stack = stack.with_slaac();
    stack.with_backlog(&mut backlog[..])
}

#[inline(never)]
fn servers(
    stack: &mut Stack<'static, Device>,
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
