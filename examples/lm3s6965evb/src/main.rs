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
mod network;
mod runtime;
#[cfg(any(debug_assertions, feature = "capture"))]
mod serial;
mod watchdog;

use core::panic::PanicInfo;

use static_cell::ConstStaticCell;
use uppercase::firmware::{Platform, Storage, run};
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};
use network::NETWORK;

/// What is lent for good: 9 kB. A TCP connection with a window of 1 KiB cannot overrun the 2 KiB of the
/// Ethernet controller. Datagrams have 256 bytes, one at a time. Two clients wait while both
/// connections are taken.
type Memory = Storage<Frames, tcp::Pool<'static, 2, 1024, 1024, Text>, udp::Buffers<1, 256, 0>, 2>;
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
    let (stack, servers) = &mut started;
    run(stack, servers, &clock)
}

/// A panic is a defect, of which none is known. The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
