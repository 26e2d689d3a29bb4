//! The options of a server.

#[cfg(all(feature = "tuntap", target_os = "linux"))]
use clap::Parser;
use smoltcp::time::Duration;
use uppercase::PORT;
use uppercase::tcp::UNSCALED_WINDOW;

#[cfg(all(feature = "tuntap", target_os = "linux"))]
use super::{Args, Command};
use super::{BUFFER, Link};
use crate::command::values::{backlog, connections, port, seconds};

/// The buffers of a connection with `--fast`.
const FAST_BUFFER: usize = UNSCALED_WINDOW << 4;

/// The options of which a server needs one.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const NETWORKS: [&str; 3] = ["cable", "tap", "tun"];
#[cfg(not(all(feature = "tuntap", target_os = "linux")))]
const NETWORKS: [&str; 1] = ["cable"];

/// That a server needs one of them.
pub fn needed() -> clap::ArgGroup {
    clap::ArgGroup::new("network").args(NETWORKS).required(true)
}

#[derive(clap::Args)]
pub struct Server {
    #[command(flatten)]
    pub link: Link,
    /// The port of both servers
    #[arg(long, default_value_t = PORT, value_parser = port())]
    pub port: u16,
    /// Answer what comes first over a TCP connection, then close it, as the server of the exercise
    /// does; without this, the client closes
    #[arg(long)]
    pub once: bool,
    /// Serve over TCP; over UDP only if --udp is given too
    #[arg(long)]
    tcp: bool,
    /// Serve over UDP; over TCP only if --tcp is given too
    #[arg(long)]
    udp: bool,
    /// How many TCP clients can be connected at a time; further ones wait (see --backlog)
    ///
    /// Each has two buffers of 256 KiB, one each way. Their memory is taken as they are used: for
    /// 512 clients at most 256 MiB. With more than 2048 clients the buffers are smaller, so that
    /// all take 1 GiB at most; but none is smaller than 4.5 KiB, so 1000000 clients can take 9 GB.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = connections())]
    pub connections: usize,
    /// Give each TCP connection buffers of 1 MiB each way instead of 256 KiB: long texts pass faster
    /// where an answer takes long to come. For 512 clients they take 1 GiB at most; with more
    /// --connections they are smaller
    #[arg(long, conflicts_with = "small")]
    fast: bool,
    /// Give each TCP connection buffers of 1 KiB each way, as the small boards do: to see how TCP
    /// manages with little room
    #[arg(long)]
    small: bool,
    /// Sleep after each frame, even while frames follow each other so soon that looking for the next
    /// one would be faster: answers come later, and the processor is less busy
    #[arg(long)]
    pub no_spin: bool,
    /// How many TCP clients can wait for a slot; further ones have to ask again
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = backlog())]
    pub backlog: usize,
    /// Seconds after which a connection on which no text moves is closed
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub timeout: Duration,
    /// Print reports as JSON, one object on each line
    ///
    /// `report` says what it is. `ready`: the servers can be reached at the endpoints of `tcp` and
    /// `udp`. `addresses`: what the network has given by now (with --dhcp and --slaac): `addresses`,
    /// `routers`, `lease`, and the `sentences` that are printed without this option. `counters`, after
    /// the signal USR1 and at the end: what was answered, and what was dropped and why, since the
    /// start. In a lab they go to standard error, as standard output is that of the shell.
    #[arg(long)]
    pub json: bool,
}

impl Server {
    /// What the arguments are if they name this TAP interface and nothing else.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn on_tap(name: &str) -> Self {
        match Args::parse_from(["uppercase", "serve", "--tap", name]).command {
            Some(Command::Serve(server)) => server,
            _ => unreachable!("the arguments say so"),
        }
    }

    pub fn serves_tcp(&self) -> bool {
        self.tcp || !self.udp
    }

    /// The buffers of a TCP connection, in bytes each way.
    pub fn buffer(&self) -> usize {
        match (self.fast, self.small) {
            (true, _) => FAST_BUFFER,
            (_, true) => 1 << 10,
            _ => BUFFER,
        }
    }

    pub fn serves_udp(&self) -> bool {
        self.udp || !self.tcp
    }
}
