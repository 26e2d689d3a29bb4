//! Both servers on the Zynq-7000 (Cortex-A9).
//!
//! ```text
//! cargo run --release                      # boots it in an emulator
//! echo hello | nc -N 127.0.0.1 12000       # in another terminal
//! ```
//!
//! Clocks, pins and the DDR memory are as the boot loader has left them.
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

use aarch32_rt::exception;
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::stack::{Config, PendingSyn, Slots};
use uppercase::{Servers, Stack, tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames, LINK_CHECK};

/// What the emulator's network gives to its first machine; put yours here.
const ADDRESSES: &[IpCidr] = &[
    IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24),
    #[cfg(feature = "ipv6")]
    IpCidr::new(IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15), 64),
];
const GATEWAYS: &[IpAddress] = &[IpAddress::v4(10, 0, 2, 2)];

// SAFETY: the section .dma of memory.x has room for it, and is loaded with the program.
#[unsafe(link_section = ".dma")]
static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
static POOL: ConstStaticCell<tcp::Pool<'_, 2, 1024, 1024>> = ConstStaticCell::new(tcp::Pool::new());
static DATAGRAMS: ConstStaticCell<udp::Buffers<256, 1>> = ConstStaticCell::new(udp::Buffers::new());
static SLOTS: ConstStaticCell<Slots<'_, 1>> = ConstStaticCell::new(Slots::new());
// Clients that come while all connections are taken. Without any, they would have to ask again.
static BACKLOG: ConstStaticCell<[PendingSyn; 4]> =
    ConstStaticCell::new([const { PendingSyn::EMPTY }; 4]);

#[aarch32_rt::entry]
fn main() -> ! {
    memory::start();
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
        // The PHY has no line to the processor of its own: it is asked, however long the nap could be.
        let acknowledge = |device: &mut Ethernet| device.acknowledge(now());
        let nap = |limit: Option<_>| clock.nap(LINK_CHECK.min(limit.unwrap_or(LINK_CHECK)));
        next.wait(device, now, acknowledge, nap);
        ControlFlow::<Infallible>::Continue(())
    }) {}
}

/// A panic is a defect, of which none is known, or a chip without a PHY. The chip starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    board::restart()
}

/// An address that is not mapped, or an instruction that is none.
#[exception(DataAbort)]
fn data_abort(addr: usize) -> ! {
    panic!("data abort at {addr:#x}")
}

#[exception(PrefetchAbort)]
fn prefetch_abort(addr: usize) -> ! {
    panic!("prefetch abort at {addr:#x}")
}

#[exception(Undefined)]
fn undefined(addr: usize) -> ! {
    panic!("undefined instruction at {addr:#x}")
}
