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
mod runtime;
#[cfg(any(debug_assertions, feature = "capture"))]
mod serial;
mod watchdog;

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

#[cfg(feature = "capture")]
use captured::ethernet;
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

/// What is lent for good: 9 kB. A TCP connection with a window of 1 KiB cannot overrun the 2 KiB of the
/// Ethernet controller. Datagrams have 256 bytes, one at a time. Two clients wait while both
/// connections are taken.
type Memory = Storage<Frames, tcp::Pool<'static, 2, 1024, 1024, Text>, udp::Buffers<1, 256>, 2>;
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Storage::new(Frames::new()));

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    #[cfg(all(debug_assertions, not(feature = "capture")))]
    console::start();
    let clock = Clock::start(core.SYST);
    let Storage { frames, servers } = MEMORY.take();
    let address = board::hardware_address();
    let device = Ethernet::start(address, frames);
    #[cfg(feature = "capture")]
    let device = captured::device(device);
    let seed = board::random_seed();
    // Not moved out of what it returns: both would be on the stack of `main` twice, for good.
    let mut started = servers.start(device, &NETWORK, address, seed, clock.now());
    #[cfg(feature = "dhcp")]
    {
        started.0 = started.0.with_dhcp();
    }
    #[cfg(feature = "slaac")]
    {
        started.0 = started.0.with_slaac();
    }
    let (stack, servers) = &mut started;
    log::info!("The server is ready to receive");
    run(stack, servers, &clock, |device| {
        ethernet(device).acknowledge();
    })
}

#[cfg(not(feature = "capture"))]
fn ethernet(device: &mut Ethernet) -> &mut Ethernet {
    device
}

/// A panic is a defect, of which none is known. The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
