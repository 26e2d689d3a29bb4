//! Both servers of the exercise as plain smoltcp has them: sockets that listen, and a loop around them.
#![no_std]
#![no_main]

#[path = "../../../../examples/lm3s6965evb/src/board.rs"]
mod board;
#[path = "../../../../examples/lm3s6965evb/src/clock.rs"]
mod clock;
#[path = "../../../../examples/lm3s6965evb/src/ethernet.rs"]
mod ethernet;
#[path = "../../../../examples/lm3s6965evb/src/interrupts.rs"]
mod interrupts;
#[path = "../../../../examples/lm3s6965evb/src/runtime.rs"]
mod runtime;
#[path = "../../../../examples/lm3s6965evb/src/watchdog.rs"]
mod watchdog;

use core::panic::PanicInfo;

use smoltcp::iface::{Config, Interface, SocketSet, SocketStorage};
use smoltcp::phy::Device;
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, Ipv4Address};
use static_cell::{ConstStaticCell, StaticCell};
use uppercase::firmware::{Driver, Platform};

use clock::Clock;
use ethernet::{Ethernet, Frames};

const PORT: u16 = 12000;

/// What is lent for good: as much as the other firmware has for it.
struct Memory {
    frames: Frames,
    streams: [[[u8; 1024]; 2]; 2],
    datagrams: [[u8; 256]; 2],
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory {
    frames: Frames::new(),
    streams: [[[0; 1024]; 2]; 2],
    datagrams: [[0; 256]; 2],
});

// They do not begin with zeros: what they begin with would be in flash.
static SOCKETS: StaticCell<[SocketStorage<'static>; 3]> = StaticCell::new();
static METADATA: StaticCell<[[udp::PacketMetadata; 1]; 2]> = StaticCell::new();

#[cortex_m_rt::entry]
fn main() -> ! {
    let core = board::start();
    let clock = Clock::start(core.SYST);
    let memory = MEMORY.take();
    let address = board::hardware_address();
    let mut device = Ethernet::start(address, &mut memory.frames);
    let mut config = Config::new(EthernetAddress(address.0).into());
    config.random_seed = board::random_seed();
    let mut interface = Interface::new(config, &mut device, clock.now());
    interface.update_ip_addrs(|addresses| {
        let _ = addresses.push(IpCidr::new(IpAddress::v4(10, 0, 2, 15), 24));
        #[cfg(feature = "ipv6")]
        let _ = addresses.push(IpCidr::new(
            IpAddress::v6(0xfec0, 0, 0, 0, 0, 0, 0, 0x15),
            64,
        ));
    });
    let gateway = Ipv4Address::new(10, 0, 2, 2);
    let _ = interface.routes_mut().add_default_ipv4_route(gateway);
    let mut sockets = SocketSet::new(&mut SOCKETS.init_with(Default::default)[..]);
    let streams = memory.streams.each_mut().map(|[receive, transmit]| {
        let receive = tcp::SocketBuffer::new(&mut receive[..]);
        let mut socket = tcp::Socket::new(receive, tcp::SocketBuffer::new(&mut transmit[..]));
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        sockets.add(socket)
    });
    let [receive, transmit] = &mut memory.datagrams;
    let [received, transmitted] = METADATA.init_with(|| [[udp::PacketMetadata::EMPTY; 1]; 2]);
    let mut socket = udp::Socket::new(
        udp::PacketBuffer::new(&mut received[..], &mut receive[..]),
        udp::PacketBuffer::new(&mut transmitted[..], &mut transmit[..]),
    );
    let _ = socket.bind(PORT);
    let datagrams = sockets.add(socket);
    loop {
        interface.poll(clock.now(), &mut device, &mut sockets);
        for handle in streams {
            serve(sockets.get_mut(handle));
        }
        answer(sockets.get_mut(datagrams));
        clock.feed_watchdog();
        let delay = interface.poll_delay(clock.now(), &sockets);
        let limit = delay.unwrap_or(Clock::LONGEST_NAP).min(Clock::LONGEST_NAP);
        device.acknowledge(clock.now());
        if limit.total_micros() > 0 && device.receive(clock.now()).is_none() {
            clock.nap(limit);
        }
    }
}

fn serve(socket: &mut tcp::Socket<'_>) {
    if !socket.is_open() {
        let _ = socket.listen(PORT);
    }
    while socket.can_recv() && socket.can_send() {
        let mut text = [0; 256];
        let room = socket.send_capacity() - socket.send_queue();
        let length = room.min(text.len());
        let length = socket.recv_slice(&mut text[..length]).unwrap_or(0);
        text[..length].make_ascii_uppercase();
        let _ = socket.send_slice(&text[..length]);
    }
    if socket.may_send() && !socket.may_recv() {
        socket.close();
    }
}

fn answer(socket: &mut udp::Socket<'_>) {
    let mut text = [0; 256];
    while socket.can_send()
        && let Ok((length, client)) = socket.recv_slice(&mut text)
    {
        text[..length].make_ascii_uppercase();
        let _ = socket.send_slice(&text[..length], client.endpoint);
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}
