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
mod watchdog;

use core::panic::PanicInfo;

use aarch32_rt::exception;
#[allow(unused_imports)] // where the network gives all addresses
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::firmware::{Platform, Port, Storage, run};
use uppercase::stack::Network;
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};

/// What the board has beside what the network gives; without the feature `dhcp`, put yours here. These
/// are what the emulator's network gives to its first machine.
const NETWORK: Network<'_> = Network::new(
    &[
        #[cfg(not(feature = "dhcp"))]
        IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24),
        #[cfg(all(feature = "ipv6", not(feature = "slaac")))]
        IpCidr::new(IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15), 64),
    ],
    &[
        #[cfg(not(feature = "dhcp"))]
        IpAddress::v4(10, 0, 2, 2),
    ],
);

// SAFETY: the section .dma of memory.x has room for it, and is loaded with the program.
#[unsafe(link_section = ".dma")]
static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
/// What else is lent for good, in cached memory. Four clients wait while both connections are taken.
type Memory = Storage<(), tcp::Pool<'static, 2, 1024, 1024, Text>, udp::Buffers<1, 256>, 4>;
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Storage::new(()));

#[aarch32_rt::entry]
fn main() -> ! {
    memory::start();
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start();
    let ethernet = Ethernet::start(FRAMES.take()).unwrap_or_else(|error| panic!("{error}"));
    let (address, seed) = (ethernet.hardware_address(), board::random_seed());
    let (device, servers) = (Port::new(ethernet), &mut MEMORY.take().servers);
    let (mut stack, mut servers) = servers.start(device, &NETWORK, address, seed, clock.now());
    run(&mut stack, &mut servers, &clock)
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
