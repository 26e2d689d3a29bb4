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
mod registers;
mod runtime;
#[cfg(debug_assertions)]
mod serial;
#[path = "../../services/services.rs"]
mod services;

use core::panic::PanicInfo;

use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::stack::{Config, PendingSyn, Slots};
use uppercase::{Stack, tcp, udp};

use clock::Clock;
use ethernet::{Ethernet, Frames};
use services::{Reverser, Uptime};

/// What the emulator's network gives to its first machine; put yours here.
const ADDRESSES: &[IpCidr] = &[IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24)];
const GATEWAYS: &[IpAddress] = &[IpAddress::v4(10, 0, 2, 2)];

static FRAMES: ConstStaticCell<Frames> = ConstStaticCell::new(Frames::new());
static POOL: ConstStaticCell<tcp::Pool<'_, 2, 1024, 1024, Reverser>> =
    ConstStaticCell::new(tcp::Pool::new());
static DATAGRAMS: ConstStaticCell<udp::Buffers<64, 2>> = ConstStaticCell::new(udp::Buffers::new());
static SLOTS: ConstStaticCell<Slots<'_, 1>> = ConstStaticCell::new(Slots::new());
static BACKLOG: ConstStaticCell<[PendingSyn; 2]> =
    ConstStaticCell::new([const { PendingSyn::EMPTY }; 2]);

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start(core.SYST);
    let mut stack = stack(&clock);
    let (mut reverser, mut uptime) = services(&mut stack);
    let now = || clock.now();
    loop {
        let next = stack.poll(now(), &mut (&mut reverser, &mut uptime));
        let device = stack.device_mut();
        next.wait(device, now, Ethernet::acknowledge, |limit| clock.nap(limit));
    }
}

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
fn services(stack: &mut Stack<'static, Ethernet>) -> (tcp::Server<'static, Reverser>, Uptime) {
    let reverser = tcp::Server::new(stack.sockets(), POOL.take(), tcp::Config::default());
    let uptime = Uptime::new(stack.sockets(), DATAGRAMS.take());
    (
        reverser.unwrap_or_else(|error| panic!("{error}")),
        uptime.unwrap_or_else(|error| panic!("{error}")),
    )
}

/// The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
