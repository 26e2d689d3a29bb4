//! A client on this board, that of `examples/services`: it resolves the name of its server, connects,
//! sends a line each second, and writes the answers to the serial line. When the link or the server is
//! lost, it comes back.
//!
//! ```text
//! socat TCP-LISTEN:12000,bind=127.0.0.1,fork EXEC:cat &      # any server at port 12000 of this host
//! SERVER=10.0.2.2 cargo run --release --bin client --features client
//! ```
//!
//! In the emulator, 10.0.2.2 is this host; a name is resolved by the name servers of this host.
#![no_std]
#![no_main]

mod board;
mod clock;
#[cfg(debug_assertions)]
mod console;
mod ethernet;
mod interrupts;
mod network;
#[path = "../../services/reporter.rs"]
mod reporter;
mod runtime;
mod serial;
mod watchdog;

use core::panic::PanicInfo;

use smoltcp::time::Duration;
use smoltcp::wire::IpAddress;
use static_cell::ConstStaticCell;
use uppercase::firmware::{Platform, ask_for_addresses, run};
use uppercase::stack::Slots;
use uppercase::{PORT, Stack, dns, tcp};

use clock::Clock;
use ethernet::{Ethernet, Frames};
use network::NETWORK;
use reporter::Reporter;

/// The name of the server, or its address; put yours here.
const SERVER: &str = match option_env!("SERVER") {
    Some(server) => server,
    None => "uppercase.home.arpa",
};
/// The name server of the emulator's network.
const NAME_SERVER: IpAddress = IpAddress::v4(10, 0, 2, 3);
/// How long an answer is waited for: of the name server, and of the server.
const TIMEOUT: Duration = Duration::from_secs(4);

/// What is lent for good.
struct Memory {
    frames: Frames,
    client: tcp::ClientStorage<'static, 1024, 1024>,
    names: dns::Buffers,
    slots: Slots<'static, 1>,
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: Frames::new(),
    client: tcp::ClientStorage::new(),
    names: dns::Buffers::new(),
    slots: Slots::new(),
});

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    serial::open(115_200);
    #[cfg(debug_assertions)]
    console::start();
    let clock = Clock::start(core.SYST);
    let memory = MEMORY.take();
    let address = board::hardware_address();
    let device = Ethernet::start(address, &mut memory.frames);
    let (slots, seed) = (&mut memory.slots, board::random_seed());
    let mut stack = Stack::on_network(device, &NETWORK, address, seed, slots, clock.now());
    ask_for_addresses(&mut stack);
    let sockets = stack.sockets();
    let resolver = dns::Resolver::new(sockets, &mut memory.names, &[NAME_SERVER], TIMEOUT);
    let resolver = resolver.unwrap_or_else(|error| panic!("{error}"));
    let client = tcp::Client::new(sockets, &mut memory.client, TIMEOUT);
    let client = client.unwrap_or_else(|error| panic!("{error}"));
    // Not the stack's seed, which is secret: the pauses that follow from this one can be seen. Not 0: nothing
    // would follow from it but 0.
    let chance = board::random_seed() as u32 | 1;
    let mut reporter = Reporter::new(resolver, client, (SERVER, PORT), chance, serial::write);
    run(&mut stack, &mut reporter, &clock)
}

/// The board starts anew.
#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    log::error!("{panic}");
    cortex_m::peripheral::SCB::sys_reset()
}
