//! Our server for boards, with a host's buffers: it looks at each of its connections for the one of
//! a segment, and for those that have something to do.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::iter::repeat_with;
use std::time::Instant as Clock;

use smoltcp::iface::SocketStorage;
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::device::tuntap::{Mode, Options, TunTap};
use uppercase::link::EthernetAddress;
use uppercase::stack::{Config, Stack};
use uppercase::tcp::{self, Mark, Scan, Session, UNSCALED_WINDOW};

use super::{PORT, READY};
use crate::network::{PREFIX, SERVER, TAP};

pub fn serve(places: usize) -> io::Result<()> {
    let options = Options::new().gather();
    let device = TunTap::open_with(TAP, Mode::Tap, &[], options).map_err(io::Error::other)?;
    let config = Config::new(
        EthernetAddress([2, 0, 0, 0, 0, 1]),
        RandomState::new().build_hasher().finish(),
    )
    .with_addresses(&[IpCidr::new(IpAddress::Ipv4(SERVER), PREFIX)]);
    let mut stack = Stack::new(device, config, vec![], Instant::ZERO).map_err(io::Error::other)?;
    let mut storage: Vec<_> = repeat_with(SocketStorage::default).take(places).collect();
    let buffer = || SocketBuffer::new(vec![0; UNSCALED_WINDOW]);
    let sessions = storage
        .iter_mut()
        .map(|storage| Session::new(storage, buffer(), buffer()));
    let sessions = sessions.collect::<Result<Vec<_>, _>>();
    let config = tcp::Config::default()
        .with_port(PORT)
        .with_congestion_control(tcp::CongestionControl::Cubic);
    let server: Result<tcp::Server<'_>, _> = tcp::Server::from_parts(
        stack.sockets(),
        sessions.map_err(io::Error::other)?,
        Scan::new(vec![Mark::EMPTY; places]),
        config,
    );
    let mut server = server.map_err(io::Error::other)?.with_chunk(vec![0; 8192]);
    println!("{READY}");
    let start = Clock::now();
    loop {
        let now = Instant::from_micros(start.elapsed().as_micros() as i64);
        let next = stack.poll(now, &mut server);
        let device = stack.device_mut();
        device.flush();
        device.wait(next.delay(now))?;
    }
}
