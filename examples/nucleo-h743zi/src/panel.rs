//! A service of its own on this board, between tasks: that of `examples/services`, which has the red light
//! switched, and tells of the blue button. Built, not run.
//!
//! ```text
//! cargo run --release --bin panel --features panel    # flashes it through the board's own ST-LINK
//! nc -u ADDRESS 12000                                 # on, off; and what the button does
//! ```
#![no_std]
#![no_main]

mod board;
#[path = "../../services/panel.rs"]
mod service;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_stm32::exti::ExtiInput;
use embassy_stm32::gpio::Output;
use embassy_stm32::mode::Async;
use embassy_sync::blocking_mutex::raw::ThreadModeRawMutex;
use panic_probe as _;
#[allow(unused_imports)] // where the network gives all addresses
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::device::embassy::{Embassy, now, run_with};
use uppercase::firmware::ask_for_addresses;
use uppercase::stack::{Network, Slots};
use uppercase::{Stack, udp};

use board::{Board, Frames};
use service::{Desk, Panel};

/// What the board has beside what the network gives; without the feature `dhcp`, put yours here.
const NETWORK: Network<'_> = Network::new(
    &[
        #[cfg(not(feature = "dhcp"))]
        IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24),
        #[cfg(feature = "ipv6")]
        IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, 1), 64),
    ],
    &[],
);

/// What is lent for good.
struct Memory {
    frames: Frames,
    datagrams: udp::Buffers<4, 64>,
    slots: Slots<'static, 1>,
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: Frames::new(),
    datagrams: udp::Buffers::new(),
    slots: Slots::new(),
});

/// All tasks are of one executor, in thread mode.
static PANEL: Panel<ThreadModeRawMutex> = Panel::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) -> ! {
    let memory = MEMORY.take();
    let mut board = Board::start(&mut memory.frames);
    spawner.spawn(run_light(board.lamp).unwrap_or_else(|_| panic!("started twice")));
    spawner.spawn(run_button(board.button).unwrap_or_else(|_| panic!("started twice")));
    let device = Embassy::new(board.ethernet).unwrap_or_else(|error| panic!("{error}"));
    let (address, seed) = (device.hardware_address(), board.random_seed);
    let slots = &mut memory.slots;
    let mut stack = Stack::on_network(device, &NETWORK, address, seed, slots, now());
    ask_for_addresses(&mut stack);
    let desk = Desk::new(&PANEL, stack.sockets(), &mut memory.datagrams);
    let mut desk = desk.unwrap_or_else(|error| panic!("{error}"));
    let has_news = async || PANEL.has_news().await;
    run_with(&mut stack, &mut desk, has_news, |has_link| {
        board.light.set_level(has_link.into());
        board.watchdog.pet();
    })
    .await
}

#[embassy_executor::task]
async fn run_light(mut lamp: Output<'static>) -> ! {
    PANEL.run_light(|is_on| lamp.set_level(is_on.into())).await
}

#[embassy_executor::task]
async fn run_button(mut button: ExtiInput<'static, Async>) -> ! {
    // The button of this board pulls its pin up.
    PANEL
        .run_button(async || button.wait_for_rising_edge().await)
        .await
}
