//! Both servers on a board with a W5500, on Embassy. Built, not run.
//!
//! ```text
//! cargo run --release                                       # flashes a W5500-EVB-Pico
//! cargo run --release --target thumbv7em-none-eabihf        # an nRF52840 DK with a W5500
//! echo hello | nc -N ADDRESS 12000          # the address that the log says, from a DHCP server
//! ```
#![no_std]
#![no_main]

mod board;
mod interrupt;

use defmt_rtt as _;
use embassy_executor::Spawner;
use panic_probe as _;
#[allow(unused_imports)] // where the network gives all addresses
use smoltcp::wire::{IpAddress, IpCidr};
use static_cell::ConstStaticCell;
use uppercase::device::embassy::{Embassy, now, run};
use uppercase::firmware::Storage;
use uppercase::stack::Network;
#[cfg(not(feature = "unicode"))]
use uppercase::transform::Ascii as Text;
#[cfg(feature = "unicode")]
use uppercase::transform::Unicode as Text;
use uppercase::{tcp, udp};

use board::{Board, Frames};

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

/// What is lent for good. Four clients wait while all four connections are taken.
type Memory = Storage<Frames, tcp::Pool<'static, 4, 4096, 4096, Text>, udp::Buffers<2, 1472>, 4>;
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Storage::new(Frames::new()));

#[embassy_executor::main]
async fn main(spawner: Spawner) -> ! {
    let Storage { frames, servers } = MEMORY.take();
    let mut board = Board::start(spawner, frames).await;
    let device = Embassy::new(board.ethernet).unwrap_or_else(|error| panic!("{error}"));
    let (address, seed) = (device.hardware_address(), board.random_seed);
    let (mut stack, mut servers) = servers.start(device, &NETWORK, address, seed, now());
    run(&mut stack, &mut servers, |has_link| {
        board.light.switch(has_link);
        board.watchdog.pet();
    })
    .await
}
