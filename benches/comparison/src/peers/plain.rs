//! Our server for boards, with a host's buffers: all its sockets are in one set, and smoltcp looks
//! at each of them for every segment.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::iter::repeat_with;
use std::time::Instant as Clock;

use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
use uppercase::device::tuntap::{Mode, Options, TunTap};
use uppercase::stack::{Config, Stack};
use uppercase::tcp::{self, Place, UNSCALED_WINDOW};

use super::{PORT, READY};
use crate::network::{PREFIX, SERVER, TAP};

pub fn serve(places: usize) -> io::Result<()> {
    let options = Options::new().gather();
    let device = TunTap::open_with(TAP, Mode::Tap, &[], options).map_err(io::Error::other)?;
    let config = Config {
        hardware_address: EthernetAddress([2, 0, 0, 0, 0, 1]),
        addresses: &[IpCidr::new(IpAddress::Ipv4(SERVER), PREFIX)],
        gateways: &[],
        random_seed: RandomState::new().build_hasher().finish(),
    };
    let mut stack = Stack::new(device, config, vec![], Instant::ZERO).map_err(io::Error::other)?;
    let buffer = || SocketBuffer::new(vec![0; UNSCALED_WINDOW]);
    let server = tcp::Server::from_parts(
        stack.sockets(),
        repeat_with(Place::new).take(places).collect::<Vec<_>>(),
        repeat_with(|| (buffer(), buffer())),
        tcp::Config {
            port: PORT,
            ..tcp::Config::default()
        },
    );
    let mut server = server.map_err(io::Error::other)?.with_chunk(vec![0; 8192]);
    println!("{READY}");
    let start = Clock::now();
    loop {
        let now = Instant::from_micros(start.elapsed().as_micros() as i64);
        let delay = stack.poll(now, |context| server.poll(context));
        let device = stack.device_mut();
        device.flush();
        device.wait(delay)?;
    }
}
