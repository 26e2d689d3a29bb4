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

use core::panic::PanicInfo;

#[allow(unused_imports)] // where the network gives all addresses
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::firmware::{Platform, Storage, run};
use uppercase::stack::Network;
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};

/// What the emulator's network gives to its first machine; put yours here.
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

/// What is lent for good. Four clients wait while both connections are taken.
type Memory = Storage<Frames, tcp::Pool<'static, 2, 1024, 1024, Text>, udp::Buffers<1, 256>, 4>;
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Storage::new(Frames::new()));

#[riscv_rt::entry]
fn main() -> ! {
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start();
    let Storage { frames, servers } = MEMORY.take();
    let device = Ethernet::start(frames).unwrap_or_else(|error| panic!("{error}"));
    let (address, seed) = (device.hardware_address(), board::random_seed());
    let (mut stack, mut servers) = servers.start(device, &NETWORK, address, seed, clock.now());
    run(&mut stack, &mut servers, &clock)
}

/// A panic is a defect, of which none is known, or a machine without a network card. It starts
/// anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    board::restart()
}
