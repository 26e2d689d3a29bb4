//! The options of a client.

use clap::Parser;
use smoltcp::time::Duration;
use smoltcp::wire::IpAddress;
use uppercase::PORT;

use super::{Args, BUFFER, Command, Link};
use crate::command::destination::{Destination, destination};
use crate::command::values::{address, buffer, duration, port, seconds};

#[derive(clap::Args)]
pub struct Client {
    /// The server: an address or a name, and :PORT behind either, as 192.168.69.1, [fdaa::1]:12000,
    /// fe80::1%tap0 or name.example. On a cable it is 192.168.69.1 unless given; without --cable,
    /// --tap and --tun there is only one, in memory
    #[arg(value_name = "HOST", value_parser = destination)]
    host: Option<Destination>,
    #[command(flatten)]
    pub link: Link,
    /// The port of the server. Default: that in HOST, or 12000
    #[arg(long, value_parser = port())]
    port: Option<u16>,
    /// A name server, to look HOST up; can be repeated, and the first four are asked in turn
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub dns: Vec<IpAddress>,
    /// Seconds to wait for the name servers, and then for the server, before giving up. The addresses
    /// of a server are tried one after the other, each for its share of the time
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
    /// Nothing is chosen over UDP.
    #[arg(skip)]
    pub over_tcp: OverTcp,
}

#[derive(clap::Args)]
pub struct TcpClient {
    #[command(flatten)]
    pub(super) client: Client,
    #[command(flatten)]
    over_tcp: OverTcp,
}

impl TcpClient {
    /// The client, with what was chosen for its connection.
    pub fn client(&mut self) -> &Client {
        self.client.over_tcp = self.over_tcp.clone();
        &self.client
    }
}

/// What can be chosen for a connection.
#[derive(Clone, Default, clap::Args)]
pub struct OverTcp {
    /// Give the connection buffers of BYTES each way; in memory, at both ends
    #[arg(long, value_name = "BYTES", value_parser = buffer())]
    buffer: Option<usize>,
    /// Read nothing of the answer for TIME, 3 s unless given; with a small --buffer the window
    /// becomes 0
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "3s")]
    pub stop_reading: Option<Duration>,
    /// Let a segment that is not full wait while payload is not acknowledged (Nagle's
    /// algorithm, RFC 9293, 3.7.4)
    #[arg(long)]
    pub nagle: bool,
    /// Let an acknowledgement wait for payload to go with, for TIME at most, 200 ms unless given
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "200ms")]
    pub delayed_ack: Option<Duration>,
    /// In memory: let the server answer what comes first, and close, as the server of the exercise does
    #[arg(long)]
    pub once: bool,
}

impl Client {
    /// The buffers of a TCP connection, in bytes each way.
    pub fn buffer(&self) -> usize {
        let wanted = self.over_tcp.buffer.map(uppercase::tcp::window_within);
        wanted.unwrap_or(BUFFER)
    }

    /// What the arguments are if there are none.
    pub fn in_memory() -> Self {
        match Args::parse_from(["uppercase", "tcp"]).command {
            Some(Command::Tcp(tcp)) => tcp.client,
            _ => unreachable!("the arguments say so"),
        }
    }

    /// The server, as it was given; that in memory or at the first end of the cable unless it was.
    pub fn host(&self) -> Destination {
        let default = || Destination::from(IpAddress::v4(192, 168, 69, 1));
        self.host.clone().unwrap_or_else(default)
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        let of_host = self.host.as_ref().and_then(|host| host.port);
        self.port.or(of_host).unwrap_or(PORT)
    }

    /// The two ports, where HOST has another one than --port.
    pub fn two_ports(&self) -> Option<(u16, u16)> {
        let of_host = self.host.as_ref()?.port?;
        let port = self.port.filter(|port| *port != of_host)?;
        Some((of_host, port))
    }

    /// Whether a server was given.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn names_host(&self) -> bool {
        self.host.is_some()
    }
}
