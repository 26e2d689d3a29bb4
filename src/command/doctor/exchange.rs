//! A line that the kernel sends to the servers, and that comes back in capitals.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::Duration;

use smoltcp::wire::IpAddress;
use uppercase::device::tuntap::TunTap;
use uppercase::tcp;

use super::firewall::{self, Hook};
use crate::command::args::Server;
use crate::command::failure::Failure;
use crate::command::host::Host;
use crate::command::live::Live;
use crate::command::obstacle::Obstacle;
use crate::command::recorder::Recorder;
use crate::command::setup;

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
    let name = device.name().to_owned();
    let mut fragments = Box::new(setup::Fragments::new());
    let mut connections = setup::Connections::new(1, 1, args.buffer());
    let mut host = Live::new(device, &args.link, 1, 1, &mut fragments, recorder)?;
    let config = tcp::Config {
        port: args.port,
        ..tcp::Config::default()
    };
    let mut servers = setup::servers(host.sockets(), Some(&mut connections), true, config)?;
    for &address in addresses {
        for (protocol, is_served) in [
            (Protocol::Tcp, args.serves_tcp()),
            (Protocol::Udp, args.serves_udp()),
        ] {
            if !is_served {
                continue;
            }
            let endpoint = SocketAddr::new(address.into(), args.port);
            let (sender, answer) = channel();
            thread::spawn(move || sender.send(ask(protocol, endpoint)));
            let answered = |servers: &uppercase::Servers<'_, _>| {
                servers
                    .udp
                    .as_ref()
                    .map_or(0, |udp| udp.counters().answered)
            };
            let (before, mut has_arrived) = (answered(&servers), false);
            let result = loop {
                let delay = host.poll(&mut servers);
                has_arrived |= match protocol {
                    Protocol::Tcp => servers
                        .tcp
                        .as_ref()
                        .is_some_and(|tcp| tcp.connections() > 0),
                    Protocol::Udp => answered(&servers) != before,
                };
                match answer.try_recv() {
                    Ok(result) => break result,
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => break Err(io::ErrorKind::Other.into()),
                }
                host.wait(Some(delay.map_or(PAUSE, |delay| delay.min(PAUSE))), None)?;
            };
            if let Err(error) = result {
                return Ok(Err(obstacle(
                    &name,
                    protocol,
                    endpoint,
                    &error,
                    has_arrived,
                )));
            }
        }
    }
    Ok(Ok(()))
}

/// What lies between the kernel and the servers.
fn obstacle(
    interface: &str,
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
    Obstacle::new(
        format!("{what} ({error}), so a firewall drops it"),
        firewall::command(hook, interface),
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
