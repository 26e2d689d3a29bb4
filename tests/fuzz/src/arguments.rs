//! The command's arguments, one a line: the command can work with all that it accepts.

#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use clap::error::ErrorKind;
use smoltcp::iface::SocketStorage;
use smoltcp::phy::Medium;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpAddress;
use uppercase::Stack;
use uppercase::device::tuntap::Mode;
use uppercase::device::wire::{Port, Queue};
use uppercase::stack::{Config, from_fn};

use crate::command::args::{self, Args, Client, Command, Link, Network, Server};

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let given = input.split(|byte| *byte == b'\n').map(OsStr::from_bytes);
    let arguments = [OsStr::new("uppercase")].into_iter().chain(given);
    match args::parse(args::command(), arguments) {
        Ok(Args {
            command: None | Some(Command::Ladder(_) | Command::Lab(_) | Command::Doctor(_)),
            ..
        }) => {}
        Ok(Args {
            command: Some(Command::Serve(server)),
            ..
        }) => check_server(&server),
        Ok(Args {
            command: Some(Command::Tcp(mut tcp)),
            ..
        }) => check_client(tcp.client()),
        Ok(Args {
            command: Some(Command::Udp(client)),
            ..
        }) => check_client(&client),
        Err(error) => {
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            assert_eq!(error.exit_code(), if asked { 0 } else { 2 });
            assert!(asked || !error.to_string().is_empty());
        }
    }
}

fn check_server(server: &Server) {
    assert!(server.serves_tcp() || server.serves_udp());
    assert!((1..=1_000_000).contains(&server.connections));
    assert!(server.backlog <= 65_536);
    assert!(server.buffer() >= 1 << 10);
    assert!(
        !matches!(server.link.network(), Network::Memory),
        "it cannot do without"
    );
    check_common(&server.link, server.port, server.timeout);
}

fn check_client(client: &Client) {
    let default = IpAddress::v4(192, 168, 69, 1).into();
    assert!(client.names_host() || client.host() == default);
    check_common(&client.link, client.port(), client.timeout);
}

fn check_common(link: &Link, port: u16, timeout: Duration) {
    assert_ne!(port, 0);
    assert!((Duration::from_millis(1)..=Duration::from_secs(1_000_000_000)).contains(&timeout));
    let medium = match link.network() {
        Network::Interface(_, Mode::Tun) => Medium::Ip,
        _ => Medium::Ethernet,
    };
    let addresses = link.addresses(1);
    assert!(!addresses.is_empty());
    let hardware_address = link.hardware_address(&addresses);
    assert!(hardware_address.is_unicast());
    // It is set up, or there is a word about why not.
    let queue = Queue::<4, 1514>::new();
    let config = Config::new(hardware_address, 1)
        .with_addresses(&addresses)
        .with_gateways(&link.gateway);
    let slots: Vec<SocketStorage<'_>> = vec![];
    match Stack::new(Port::loopback(&queue, medium), config, slots, Instant::ZERO) {
        Ok(mut stack) => {
            let _ = stack.poll(Instant::ZERO, &mut from_fn(|_| None));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
