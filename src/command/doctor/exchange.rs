//! A line that the kernel sends to the servers, and that comes back in capitals.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use smoltcp::wire::IpAddress;
use uppercase::device::tuntap::{Mode, TunTap};
use uppercase::tcp;

use super::firewall::{self, Hook};
use crate::command::args::Server;
use crate::command::failure::Failure;
use crate::command::host::Host;
use crate::command::live::Live;
use crate::command::obstacle::Obstacle;
use crate::command::recorder::Recorder;
use crate::command::setup::{self, Servers};

/// How long an answer may take. It takes less than a millisecond.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked whether it has come.
const PAUSE: smoltcp::time::Duration = smoltcp::time::Duration::from_millis(2);
/// The line, and its answer.
const LINE: &[u8] = b"hello";
const ANSWER: &[u8] = b"HELLO";

/// How the kernel asks.
#[derive(Clone, Copy, Debug)]
enum Protocol {
    Tcp,
    Udp,
}

/// Asks the servers at these addresses on an interface of this name, over TCP and UDP as the arguments
/// say. An answer that does not come is an obstacle; a failure ends the program.
pub fn check(
    device: TunTap,
    args: &Server,
    addresses: &[IpAddress],
    recorder: &Recorder<'_>,
) -> Result<Result<(), Obstacle>, Failure> {
    let (name, mode) = (device.name().to_owned(), device.mode());
    let mut fragments = Box::new(setup::Fragments::new());
    let mut connections = setup::Connections::new(1, 1, args.buffer());
    let mut host = Live::new(device, &args.link, 1, 1, &mut fragments, recorder)?;
    let config = tcp::Config::default().with_port(args.port);
    let mut servers = setup::servers(host.sockets(), Some(&mut connections), true, config)?;
    for &address in addresses {
        let endpoint = SocketAddr::new(address.into(), args.port);
        for (protocol, is_served) in [
            (Protocol::Tcp, args.serves_tcp()),
            (Protocol::Udp, args.serves_udp()),
        ] {
            if !is_served {
                continue;
            }
            let (result, has_arrived) = exchange(&mut host, &mut servers, protocol, endpoint)?;
            if let Err(error) = result {
                let obstacle = obstacle((&name, mode), protocol, endpoint, &error, has_arrived);
                return Ok(Err(obstacle));
            }
        }
    }
    Ok(Ok(()))
}

/// Has a server asked. Returns what came of it, and whether it was seen that a packet has arrived.
fn exchange<'a>(
    host: &mut Live<'a, TunTap>,
    servers: &mut Servers<'a>,
    protocol: Protocol,
    endpoint: SocketAddr,
) -> Result<(io::Result<()>, bool), Failure> {
    let (sender, answer) = channel();
    thread::spawn(move || sender.send(ask(protocol, endpoint)));
    let mut has_arrived = false;
    let before = answered(servers);
    let result = loop {
        turn(host, servers)?;
        has_arrived |= match protocol {
            Protocol::Tcp => connections(servers) > 0,
            Protocol::Udp => answered(servers) != before,
        };
        match answer.try_recv() {
            Ok(result) => break result,
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break Err(io::ErrorKind::Other.into()),
        }
    };
    // The last acknowledgement, so that the next connection is not taken for this one.
    let start = Instant::now();
    while result.is_ok() && connections(servers) > 0 && start.elapsed() < PATIENCE {
        turn(host, servers)?;
    }
    Ok((result, has_arrived))
}

/// One poll, and a short pause if nothing is to do.
fn turn<'a>(host: &mut Live<'a, TunTap>, servers: &mut Servers<'a>) -> Result<(), Failure> {
    let delay = host.poll(servers);
    host.wait(Some(delay.map_or(PAUSE, |delay| delay.min(PAUSE))), None)?;
    Ok(())
}

fn connections(servers: &Servers<'_>) -> usize {
    servers.tcp.as_ref().map_or(0, tcp::Server::connections)
}

fn answered(servers: &Servers<'_>) -> u32 {
    let udp = servers.udp.as_ref();
    udp.map_or(0, |udp| udp.counters().answered)
}

/// What lies between the kernel and the servers.
fn obstacle(
    (interface, mode): (&str, Mode),
    protocol: Protocol,
    endpoint: SocketAddr,
    error: &io::Error,
    has_arrived: bool,
) -> Obstacle {
    let protocol = match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
    };
    let (what, hook) = match has_arrived {
        true => (
            format!("the answer of {endpoint} over {protocol} does not come to this host"),
            Hook::Input,
        ),
        false => (
            format!(
                "what this host sends to {endpoint} over {protocol} does not come to {interface}"
            ),
            Hook::Output,
        ),
    };
    let detail = match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => String::new(),
        _ => format!(" ({error})"),
    };
    Obstacle::new(
        format!("{what}{detail}, so a firewall drops it"),
        firewall::command(hook, interface, mode),
    )
}

/// Sends the line, and compares the answer.
fn ask(protocol: Protocol, server: SocketAddr) -> io::Result<()> {
    let answer = match protocol {
        Protocol::Tcp => {
            let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(LINE)?;
            stream.shutdown(Shutdown::Write)?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            answer
        }
        Protocol::Udp => {
            let any = match server {
                SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
                SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            };
            let socket = UdpSocket::bind(any)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.connect(server)?;
            socket.send(LINE)?;
            let mut answer = vec![0; 64];
            let length = socket.recv(&mut answer)?;
            answer.truncate(length);
            answer
        }
    };
    match answer == ANSWER {
        true => Ok(()),
        false => Err(io::Error::other("another answer came")),
    }
}
