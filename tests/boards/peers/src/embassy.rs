//! Both servers of the exercise on embassy-net: Embassy's executor, and a task for each socket.
#![no_std]
#![no_main]

#[path = "../../../../examples/lm3s6965evb/src/board.rs"]
mod board;
#[path = "embassy/driver.rs"]
mod driver;
#[allow(dead_code, reason = "its controller is driven in another way")]
#[path = "../../../../examples/lm3s6965evb/src/ethernet.rs"]
mod ethernet;
#[path = "embassy/interrupts.rs"]
mod interrupts;
#[path = "../../../../examples/lm3s6965evb/src/runtime.rs"]
mod runtime;
#[path = "embassy/time.rs"]
mod time;
#[path = "../../../../examples/lm3s6965evb/src/watchdog.rs"]
mod watchdog;

use core::panic::PanicInfo;

use embassy_executor::{Executor, Spawner};
use embassy_net::tcp::TcpSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_time::Timer;
use static_cell::{ConstStaticCell, StaticCell};

use driver::{Frames, Mac};

const PORT: u16 = 12000;

/// What is lent for good: as much as the other firmware has for it.
struct Memory {
    frames: Frames,
    streams: [[[u8; 1024]; 2]; 2],
    datagrams: [[u8; 256]; 2],
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: Frames::ZERO,
    streams: [[[0; 1024]; 2]; 2],
    datagrams: [[0; 256]; 2],
});

// They do not begin with zeros: what they begin with would be in flash.
static METADATA: StaticCell<[[PacketMetadata; 1]; 2]> = StaticCell::new();
static RESOURCES: StaticCell<StackResources<3>> = StaticCell::new();
static EXECUTOR: StaticCell<Executor> = StaticCell::new();

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    time::start(core.SYST);
    watchdog::start();
    let Memory {
        frames,
        streams,
        datagrams,
    } = MEMORY.take();
    let mac = Mac::start(board::hardware_address(), frames);
    let config = Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    });
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(mac, config, resources, board::random_seed());
    let start = |spawner: Spawner| {
        // There is room for each.
        spawner.spawn(run(runner).unwrap_or_else(|_| panic!()));
        for stream in streams {
            spawner.spawn(serve(stack, stream).unwrap_or_else(|_| panic!()));
        }
        spawner.spawn(answer(stack, datagrams).unwrap_or_else(|_| panic!()));
        spawner.spawn(feed_watchdog().unwrap_or_else(|_| panic!()));
    };
    // SAFETY: no critical section is entered so far.
    unsafe { cortex_m::interrupt::enable() };
    EXECUTOR.init_with(Executor::new).run(start)
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Mac>) -> ! {
    runner.run().await
}

#[embassy_executor::task(pool_size = 2)]
async fn serve(stack: Stack<'static>, buffers: &'static mut [[u8; 1024]; 2]) -> ! {
    let [receive, transmit] = buffers;
    loop {
        let mut socket = TcpSocket::new(stack, &mut receive[..], &mut transmit[..]);
        socket.set_nagle_enabled(false);
        if socket.accept(PORT).await.is_err() {
            continue;
        }
        let mut text = [0; 256];
        while let Ok(length @ 1..) = socket.read(&mut text).await {
            text[..length].make_ascii_uppercase();
            let mut rest = &text[..length];
            while !rest.is_empty()
                && let Ok(sent) = socket.write(rest).await
            {
                rest = &rest[sent..];
            }
        }
        socket.close();
        let _ = socket.flush().await;
    }
}

#[embassy_executor::task]
async fn answer(stack: Stack<'static>, buffers: &'static mut [[u8; 256]; 2]) -> ! {
    let [receive, transmit] = buffers;
    let [received, transmitted] = METADATA.init_with(|| [[PacketMetadata::EMPTY; 1]; 2]);
    let mut socket = UdpSocket::new(stack, received, receive, transmitted, transmit);
    let _ = socket.bind(PORT);
    let mut text = [0; 256];
    loop {
        if let Ok((length, client)) = socket.recv_from(&mut text).await {
            text[..length].make_ascii_uppercase();
            let _ = socket.send_to(&text[..length], client).await;
        }
    }
}

#[embassy_executor::task]
async fn feed_watchdog() -> ! {
    loop {
        watchdog::feed();
        Timer::after_secs(1).await;
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}
