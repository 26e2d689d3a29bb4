use std::net::IpAddr;

use clap::{ArgAction, Parser, Subcommand};
use smoltcp::time::Duration;
use smoltcp::wire::{self, IpAddress, IpCidr};
use uppercase::PORT;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use uppercase::device::tuntap::Mode;
use uppercase::link::EthernetAddress;

use uppercase::tcp::UNSCALED_WINDOW;

/// The buffers of a connection, in bytes each way: with as much under way, neither side waits for the
/// other.
pub const BUFFER: usize = UNSCALED_WINDOW << 2;
/// Those of one with `--fast`.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const FAST_BUFFER: usize = UNSCALED_WINDOW << 4;

/// Upper-casing servers and clients with a network stack of their own.
///
/// Without a command: the dialogue of the classic exercise, client and server in one process,
/// joined by a wire in memory. It needs no rights.
///
/// At a terminal a client asks for one sentence and prints the answer. With a pipe or a file it is
/// a filter: standard input goes to the server, exactly its answer comes out.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Args {
    /// Log what happens, on standard error; the more v, the more of it
    ///
    /// -v: interfaces, one line for each datagram that is served, and one for each connection that
    /// ends. -vv: also each step of a connection, and each datagram that is not answered. -vvv: also
    /// when smoltcp asks for a neighbor, sends again, or drops what does not fit. -vvvv: also every
    /// segment and datagram. In memory each line names its side, the client or the server. RUST_LOG,
    /// if set, decides instead.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  uppercase                                            one sentence, all in memory
  uppercase < book.txt > BOOK.txt                      a file, all in memory
  sudo uppercase serve --tap tap0                      both servers on a TAP interface
  echo hello | nc -N 192.168.69.1 12000                ... and a client of another make
  sudo uppercase tcp 192.168.69.100 --tap tap0         the client on a TAP interface, a server of
                                                       another make on this host

Exit status: 0 if all went well (`serve` ends at Ctrl-C), 1 if not, 2 if the arguments are wrong,
130 if a client was ended by Ctrl-C, 141 if nobody reads its output any more.";

#[derive(Subcommand)]
pub enum Command {
    /// Serve over TCP and UDP on a TAP or TUN interface
    ///
    /// Ctrl-C ends it. At the end, and whenever it gets the signal USR1 (`kill -USR1`), it prints
    /// what it has answered, and what it has dropped and why, if anything.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Serve(Server),
    /// Send a text over TCP; print the answer
    Tcp(Client),
    /// Send lines as UDP datagrams; print the answers
    Udp(Client),
}

#[derive(clap::Args)]
pub struct Link {
    /// The TAP interface (Ethernet) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME", conflicts_with = "tun")]
    tap: Option<String>,
    /// The TUN interface (plain IP) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME")]
    tun: Option<String>,
    /// An address of this program on the interface, with its prefix; can be repeated.
    /// Default: 192.168.69.1/24 and fdaa::1/64 for `serve`, .2 and ::2 for clients
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    ip: Vec<IpCidr>,
    /// An address of the kernel's side of an interface that is created; can be repeated. One that
    /// exists must have it already. Default: 192.168.69.100/24 and fdaa::100/64
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    pub host_ip: Vec<IpCidr>,
    /// Pass every TCP segment by itself and complete, as on a wire; slower, but a capture of the
    /// interface shows what a wire would
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long)]
    pub no_offload: bool,
    /// The router to all other networks; can be given once for IPv4 and once for IPv6
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub gateway: Vec<IpAddress>,
    /// The hardware address of this program on a TAP interface; follows from its first address
    /// unless given
    #[arg(long, value_name = "ADDRESS", value_parser = mac)]
    mac: Option<EthernetAddress>,
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("interface").args(["tap", "tun"]).required(true)))]
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
    /// Serve over TCP, and over UDP only if that is given too
    #[arg(long)]
    tcp: bool,
    /// Serve over UDP, and over TCP only if that is given too
    #[arg(long)]
    udp: bool,
    /// How many TCP clients can be connected at a time; further ones wait (see --backlog)
    ///
    /// Each has two buffers of 256 KiB, one each way. Their memory is taken as they are used: for
    /// 512 clients at most 256 MiB. With more than 2048 clients the buffers are smaller, so that
    /// all take 1 GiB at most; but none is smaller than 4.5 KiB, so 1000000 clients can take 9 GB.
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = connections())]
    pub connections: usize,
    /// Give each TCP connection buffers of 1 MiB each way instead of 256 KiB, for much text at a
    /// time. For 512 clients they take 1 GiB at most; with more --connections they are smaller
    #[arg(long, conflicts_with = "small")]
    fast: bool,
    /// Give each TCP connection buffers of 1 KiB each way, as the small boards do: to see how TCP
    /// manages with little room
    #[arg(long)]
    small: bool,
    /// After each frame, look for the next one for so many microseconds before sleeping, 0 to 1000:
    /// answers come sooner, and the processor is busy while it looks
    #[arg(long, value_name = "MICROSECONDS", default_value = "0", value_parser = microseconds)]
    pub spin: Duration,
    /// How many TCP clients can wait for a place; further ones have to ask again
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = backlog())]
    pub backlog: usize,
    /// Seconds after which a connection on which no text moves is closed
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub timeout: Duration,
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
impl Server {
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

#[derive(clap::Args)]
pub struct Client {
    /// The server: an address or a name. Without --tap or --tun there is but one, in memory
    #[arg(value_name = "HOST")]
    host: Option<String>,
    #[command(flatten)]
    pub link: Link,
    /// The port of the server
    #[arg(long, default_value_t = PORT, value_parser = port())]
    pub port: u16,
    /// A name server, to look HOST up; can be repeated, and the first four are asked in turn
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub dns: Vec<IpAddress>,
    /// Seconds to wait for the name servers, and then for each address of the server, before giving
    /// up
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub timeout: Duration,
}

impl Client {
    /// What the arguments are if there are none.
    pub fn in_memory() -> Self {
        match Args::parse_from(["uppercase", "tcp"]).command {
            Some(Command::Tcp(client)) => client,
            _ => unreachable!("the arguments say so"),
        }
    }

    /// The server, as it was given; that in memory unless it was.
    pub fn host(&self) -> &str {
        self.host.as_deref().unwrap_or("192.168.69.1")
    }

    /// Whether a server was given.
    pub fn names_host(&self) -> bool {
        self.host.is_some()
    }

    /// Ends the program, as for any other missing argument, if it is told an interface but no
    /// server.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn require_host(&self) {
        use clap::{CommandFactory, error::ErrorKind};
        if !self.names_host() {
            let message = "HOST is needed, the address or the name of the server";
            let mut command = Args::command();
            command
                .error(ErrorKind::MissingRequiredArgument, message)
                .exit();
        }
    }
}

impl Link {
    /// What the arguments are for the server at the other end of the wire in memory.
    pub fn of_server_in_memory() -> Self {
        Client::in_memory().link
    }

    /// The interface to use; `None` is the wire in memory.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn interface(&self) -> Option<(&str, Mode)> {
        let tap = self.tap.as_deref().map(|name| (name, Mode::Tap));
        tap.or(self.tun.as_deref().map(|name| (name, Mode::Tun)))
    }

    /// The addresses of the kernel's side of an interface that is created.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn host_addresses(&self) -> Vec<IpCidr> {
        match self.host_ip.is_empty() {
            true => default_addresses(100, 0x100),
            false => self.host_ip.clone(),
        }
    }

    /// Our own addresses; by default those that end in `host`.
    pub fn addresses(&self, host: u8) -> Vec<IpCidr> {
        if !self.ip.is_empty() {
            return self.ip.clone();
        }
        default_addresses(host, host.into())
    }

    /// Our hardware address. It follows from the first IP address, so that it is unique where that
    /// is, and the same at the next start, when neighbors may still remember it.
    pub fn hardware_address(&self, addresses: &[IpCidr]) -> EthernetAddress {
        self.mac.unwrap_or_else(|| {
            let [a, b, c, d] = match addresses.first().map(IpCidr::address) {
                Some(IpAddress::Ipv4(address)) => address.octets(),
                Some(IpAddress::Ipv6(address)) => *address.octets().last_chunk().unwrap_or(&[0; 4]),
                None => [0; 4],
            };
            EthernetAddress([0x02, 0, a, b, c, d])
        })
    }
}

/// The addresses in the default networks that end so.
fn default_addresses(ipv4: u8, ipv6: u16) -> Vec<IpCidr> {
    vec![
        IpCidr::new(IpAddress::v4(192, 168, 69, ipv4), 24),
        IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, ipv6), 64),
    ]
}

fn port() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..)
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
fn connections() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(1..=1_000_000)
        .map(|connections| connections as usize)
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
fn backlog() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u32)
        .range(0..=65_536)
        .map(|backlog| backlog as usize)
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
fn microseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(microseconds @ 0..=1000) => Ok(Duration::from_micros(microseconds)),
        _ => Err("a number of microseconds is needed, 0 to 1000".into()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=1e9).contains(&seconds) => {
            Ok(Duration::from_micros((seconds * 1e6) as u64))
        }
        _ => Err("a number of seconds is needed, 0.001 or more".into()),
    }
}

fn address(text: &str) -> Result<IpAddress, String> {
    let address = text.parse::<IpAddr>().map(IpAddress::from);
    address.map_err(|_| "an IPv4 or IPv6 address is needed, such as 192.168.69.1".into())
}

fn cidr(text: &str) -> Result<IpCidr, String> {
    let parsed = text.split_once('/').and_then(|(address, prefix)| {
        let address = IpAddress::from(address.parse::<IpAddr>().ok()?);
        let longest = if matches!(address, IpAddress::Ipv4(_)) {
            32
        } else {
            128
        };
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= longest)?;
        address.is_unicast().then(|| IpCidr::new(address, prefix))
    });
    parsed.ok_or_else(|| {
        "an address of one host and the length of its prefix are needed, such as 192.168.69.1/24"
            .into()
    })
}

fn mac(text: &str) -> Result<EthernetAddress, String> {
    match text
        .parse::<wire::EthernetAddress>()
        .map(EthernetAddress::from)
    {
        Ok(address) if address.is_unicast() => Ok(address),
        _ => Err("the hardware address of one host is needed, such as 02:00:00:00:00:01".into()),
    }
}
