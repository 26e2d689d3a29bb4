//! Services of another kind on this board: those of `examples/services`, from the same file.
//!
//! ```text
//! cargo run --release --bin services       # boots it in an emulator
//! nc 127.0.0.1 12000                       # in another terminal: greets, then reverses each line
//! ```
#![no_std]
#![no_main]

mod board;
mod clock;
#[cfg(debug_assertions)]
mod console;
mod ethernet;
mod interrupts;
mod network;
mod runtime;
#[cfg(debug_assertions)]
mod serial;
#[path = "../../services/services.rs"]
mod services;
mod watchdog;

use core::panic::PanicInfo;

use static_cell::ConstStaticCell;
use uppercase::firmware::{Platform, ask_for_addresses, run};
use uppercase::stack::{PendingSyn, Slots};
use uppercase::{Stack, tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};
use network::NETWORK;
use services::{Reverser, Uptime};

/// What is lent for good.
struct Memory {
    frames: Frames,
    pool: tcp::Pool<'static, 2, 1024, 1024, Reverser>,
    datagrams: udp::Buffers<2, 64>,
    slots: Slots<'static, 1>, // for the socket of `Uptime`
    backlog: [PendingSyn; 2],
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
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
    let memory = MEMORY.take();
    let address = board::hardware_address();
    let device = Ethernet::start(address, &mut memory.frames);
    let (slots, seed) = (&mut memory.slots, board::random_seed());
    let stack = Stack::on_network(device, &NETWORK, address, seed, slots, clock.now());
    let mut stack = stack.with_backlog(&mut memory.backlog[..]);
    ask_for_addresses(&mut stack);
    let config = tcp::Config::default();
    let reverser = tcp::Server::new(stack.sockets(), &mut memory.pool, config);
    let mut reverser = reverser.unwrap_or_else(|error| panic!("{error}"));
    let uptime = Uptime::new(stack.sockets(), &mut memory.datagrams);
    let mut uptime = uptime.unwrap_or_else(|error| panic!("{error}"));
    let services = &mut (&mut reverser, &mut uptime);
    run(&mut stack, services, &clock)
}

/// The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
