use clap::error::ErrorKind;
use clap::{ArgAction, CommandFactory, Parser, Subcommand};
use smoltcp::time::Duration;
use smoltcp::wire::{IpAddress, IpCidr};
use uppercase::PORT;
#[cfg(all(feature = "tuntap", target_os = "linux"))]
use uppercase::device::tuntap::Mode;
use uppercase::link::EthernetAddress;

use uppercase::tcp::UNSCALED_WINDOW;

use super::destination::{Destination, destination};
use super::drawing::{Drawing, Ladder};
use super::faults::Faults;
use super::record::Record;
use super::values::{
    address, backlog, buffer, cable, cidr, connections, duration, mac, port, seconds,
};

/// The buffers of a connection, in bytes each way: with as much under way, neither side waits for the
/// other.
pub const BUFFER: usize = UNSCALED_WINDOW << 2;
/// Those of one with `--fast`.
const FAST_BUFFER: usize = UNSCALED_WINDOW << 4;

/// The options of which a server needs one.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
const NETWORKS: [&str; 3] = ["cable", "tap", "tun"];
#[cfg(not(all(feature = "tuntap", target_os = "linux")))]
const NETWORKS: [&str; 1] = ["cable"];

/// That a server needs one of them.
fn needed() -> clap::ArgGroup {
    clap::ArgGroup::new("network").args(NETWORKS).required(true)
}

/// Upper-casing servers and clients with a network stack of their own.
///
/// Without a command: the dialogue of the classic exercise, client and server in one process,
/// joined by a wire in memory. With --cable they are two programs, joined by the loopback of this
/// host. Neither needs root.
///
/// At a terminal a client asks for one sentence and prints the answer. With a pipe or a file it is
/// a filter: standard input goes to the server, exactly its answer comes out.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Args {
    /// Log what happens on standard error; each further v logs more
    ///
    /// -v: interfaces, one line for each datagram that is served, and one for each connection that
    /// ends. -vv: also each step of a connection, each datagram that is not answered, and each packet
    /// that is refused, with the reason. -vvv: also when smoltcp sends again, or drops what does not
    /// fit. -vvvv: also every segment and datagram. In memory each line names its side, the client or the server. RUST_LOG,
    /// if set, decides instead.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    #[command(flatten)]
    pub record: Record,
    #[command(flatten)]
    pub drawing: Drawing,
    #[command(flatten)]
    pub faults: Faults,
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  uppercase                                            one sentence, all in memory
  uppercase --ladder                                   ... and each packet of it
  uppercase < book.txt > BOOK.txt                      a file, all in memory
  uppercase serve --cable 9000                         both servers, in one terminal
  uppercase tcp 192.168.69.1 --cable 9000              ... and a client, in another
  sudo uppercase serve --tap tap0                      both servers on a TAP interface
  echo hello | nc -N 192.168.69.1 12000                ... and another client, nc
  sudo uppercase serve --tap tap0 --dhcp --slaac       ... with addresses of the network that tap0
                                                       is in
  uppercase lab                                        ... without root: a shell that reaches the
                                                       servers, in a network of its own
  uppercase doctor                                     what `lab` and a TAP lack on this host
  sudo uppercase tcp 192.168.69.100 --tap tap0         the client on a TAP interface; the server
                                                       is another program on this host

Exit status: 0 if all went well (`serve` ends at Ctrl-C), 1 if not, 2 if the arguments are wrong,
130 if a client was ended by Ctrl-C, 141 if the reader of its output has closed it. `lab` ends with
the exit status of its command.";

#[derive(Subcommand)]
pub enum Command {
    /// Serve over TCP and UDP on a cable, or on a TAP or TUN interface
    ///
    /// Ctrl-C ends it. At the end, and whenever it gets the signal USR1 (`kill -USR1`), it prints
    /// what it has answered, and what it has dropped and why, if anything.
    #[command(group(needed()))]
    Serve(Server),
    /// Send a text over TCP; print the answer
    Tcp(TcpClient),
    /// Send lines as UDP datagrams; print the answers
    Udp(Client),
    /// Draw the packets of a capture file as a ladder diagram
    ///
    /// The states of connections are in parentheses: they follow from the segments. With --svg or
    /// --json the drawing goes into that file only, unless --ladder asks for the text as well.
    Ladder(Ladder),
    /// Serve on a TAP interface in a network of its own, and run a shell in it; without root
    ///
    /// The network has this interface, tap0, and a loopback, and no way to any other network. In the
    /// shell, or in COMMAND, `nc`, `ping`, Python and `tcpdump` reach the servers at 192.168.69.1 and
    /// fdaa::1. When the shell ends, the network and all programs in it end, too.
    ///
    /// Where the system does not permit this, `uppercase doctor` says what to do.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Lab(Lab),
    /// Check what `lab` and `serve --tap` need, step by step, and name the command that mends the
    /// first failure
    ///
    /// Without a command: `lab`, then `serve --tap tap0`. Each step is done as those commands do it,
    /// up to a line that goes to the servers and comes back. An interface that is made for that
    /// disappears again. Exit status: 0 if no step failed, 1 if one did.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Doctor(Doctor),
}

/// Ends the program, as `clap` does for wrong arguments.
fn refuse(kind: ErrorKind, message: &str) -> ! {
    Args::command().error(kind, message).exit()
}

impl Args {
    /// Ends the program, as for other wrong arguments, in three cases: there are no frames to record;
    /// both ends are wanted, but no file is given; both ends are wanted, but one of them is another
    /// program. (Options may stand before and after a command, so `clap` cannot tell.)
    pub fn require_both_ends(&self) {
        if let (Some(Command::Ladder(_)), Some(_)) = (&self.command, &self.record.capture) {
            let message = "--capture is for commands that send and receive; `uppercase ladder` only \
                           reads a file: for a picture of it, give --svg <FILE>";
            refuse(ErrorKind::ArgumentConflict, message);
        }
        if !self.record.capture_both {
            return;
        }
        let link = match &self.command {
            Some(Command::Serve(server)) => Some(&server.link),
            Some(Command::Tcp(TcpClient { client, .. }) | Command::Udp(client)) => {
                Some(&client.link)
            }
            None | Some(Command::Ladder(_)) => None,
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Some(Command::Lab(_) | Command::Doctor(_)) => None,
        };
        let has_both_ends = match &self.command {
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Some(Command::Lab(_) | Command::Doctor(_)) => false,
            _ => true,
        };
        let is_in_memory =
            has_both_ends && link.is_none_or(|link| matches!(link.network(), Network::Memory));
        let (kind, message) = match &self.record.capture {
            None => (
                ErrorKind::MissingRequiredArgument,
                "--capture-both needs --capture <FILE>",
            ),
            Some(_) if !is_in_memory => (
                ErrorKind::ArgumentConflict,
                "--capture-both is for client and server in one program; here the other end is \
                 another program, to which --capture can be given too",
            ),
            Some(_) => return,
        };
        refuse(kind, message);
    }
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
impl Args {
    /// Ends the program, as for other wrong arguments, if a network would be asked for addresses that
    /// has none, or that is not known.
    pub fn require_a_network_to_ask(&self) {
        let (server, message) = match &self.command {
            Some(Command::Lab(lab)) => (
                &lab.server,
                "--dhcp and --slaac are not for a lab, as its network has no DHCP server and no router: \
                 give --ip, or use `uppercase serve --tap`",
            ),
            Some(Command::Doctor(Doctor {
                patient: Some(Patient::Serve(server)),
            })) => (
                server,
                "the doctor tries the addresses of the servers, and with --dhcp or --slaac they are not \
                 known: leave these out here",
            ),
            _ => return,
        };
        if server.link.asks_network() {
            refuse(ErrorKind::ArgumentConflict, message);
        }
    }
}

impl Args {
    /// Ends the program, as for other wrong arguments, if faults are wanted where there are none.
    pub fn require_no_faults(&self) {
        if !self.faults.are_wanted() {
            return;
        }
        let network = match &self.command {
            None => Some(Network::Memory),
            Some(Command::Serve(server)) => Some(server.link.network()),
            Some(Command::Tcp(TcpClient { client, .. }) | Command::Udp(client)) => {
                Some(client.link.network())
            }
            Some(_) => None,
        };
        let message = match network {
            Some(Network::Memory) => return,
            Some(Network::Cable(_)) if self.faults.crash().is_none() => return,
            Some(Network::Cable(_)) => {
                "--crash is for client and server in memory; on a cable, end `serve` and start it again"
            }
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            Some(Network::Interface(..)) => {
                "faults are for memory and for a cable; on an interface the kernel makes them: \
                 sudo tc qdisc add dev tap0 root netem loss 20% delay 50ms"
            }
            None => {
                "faults are for `uppercase`, `tcp`, `udp` and `serve`, in memory and on a cable; \
                 `ladder` only reads a file, and in a lab the kernel makes them: \
                 tc qdisc add dev tap0 root netem loss 20% delay 50ms"
            }
        };
        refuse(ErrorKind::ArgumentConflict, message);
    }
}

/// What a stack is plugged into.
pub enum Network {
    /// A wire in memory, with the server at its other end.
    Memory,
    /// The cable with this UDP port at its first end.
    Cable(u16),
    /// The interface of this name.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    Interface(String, Mode),
}

#[derive(clap::Args)]
pub struct Link {
    /// A cable to other programs on this host; it does not need root. PORT is the UDP port of
    /// `serve` on it, such as 9000
    ///
    /// Frames pass in datagrams of 127.0.0.1, and no other host is reached. `serve` has the port
    /// itself; each client takes the first one of the 63 ports after it that is free. So several
    /// clients can run at a time: the one at 9001 has the addresses 192.168.69.2 and fdaa::2, the one
    /// at 9002 has 192.168.69.3 and fdaa::3, and so on. They reach each other, too. An emulated board
    /// can be at either end (`-netdev dgram` of QEMU).
    #[cfg_attr(
        all(feature = "tuntap", target_os = "linux"),
        arg(conflicts_with_all = ["tap", "tun", "host_ip"])
    )]
    #[arg(long, value_name = "PORT", value_parser = cable())]
    cable: Option<u16>,
    /// The TAP interface (Ethernet) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME", conflicts_with = "tun")]
    tap: Option<String>,
    /// The TUN interface (plain IP) to use; it is created if it does not exist
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "NAME")]
    tun: Option<String>,
    /// An address of this program, with its prefix; can be repeated.
    /// Default: 192.168.69.1/24 and fdaa::1/64 for `serve`, .2 and ::2 for clients (on a cable, for
    /// the first one)
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    ip: Vec<IpCidr>,
    /// An address of the kernel's side of an interface that is created; can be repeated. One that
    /// exists must have it already. Default: 192.168.69.100/24 and fdaa::100/64, and none with --dhcp
    /// or --slaac
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, value_name = "ADDRESS/PREFIX", value_parser = cidr)]
    pub host_ip: Vec<IpCidr>,
    /// Pass every TCP segment in its own packet, with its checksum, as on a wire; slower, but a
    /// capture of the interface shows what a wire would
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long)]
    pub no_offload: bool,
    /// Ask the DHCP server of the network that the TAP interface is in for an IPv4 address, a router
    /// (unless --gateway gives one) and name servers (unless --dns does)
    ///
    /// There are no default addresses then; those of --ip are used beside it. Each address is asked for
    /// on the link before it is used. What is obtained is printed, and what becomes of it.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, requires = "tap", conflicts_with_all = ["cable", "tun"])]
    pub dhcp: bool,
    /// Form IPv6 addresses with the prefixes that routers advertise in the network that the TAP interface
    /// is in (SLAAC), and take one of them for the router (unless --gateway gives one), and their name
    /// servers (unless --dns does); can be given beside --dhcp
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    #[arg(long, requires = "tap", conflicts_with_all = ["cable", "tun"])]
    pub slaac: bool,
    /// The router to all other networks; can be given once for IPv4 and once for IPv6
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub gateway: Vec<IpAddress>,
    /// The hardware address of this program on a TAP interface or a cable. Default: one made from
    /// its first address, and with --dhcp or --slaac from this machine and the name of the interface
    #[arg(long, value_name = "ADDRESS", value_parser = mac)]
    mac: Option<EthernetAddress>,
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
}

/// What is in a lab.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
#[derive(clap::Args)]
#[command(mut_arg("cable", |cable| cable.hide(true)))]
pub struct Lab {
    #[command(flatten)]
    pub server: Server,
    /// What runs in it instead of a shell; the exit status is that of this command
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<std::ffi::OsString>,
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
impl Lab {
    /// The interface in it. Ends the program, as for other wrong arguments, if there is a cable.
    pub fn network(&self) -> Network {
        match self.server.link.network() {
            Network::Memory => Network::Interface("tap0".into(), Mode::Tap),
            Network::Cable(_) => {
                let message = "--cable is not for a lab, which has an interface of its own; `serve \
                               --cable` needs no lab";
                refuse(ErrorKind::ArgumentConflict, message)
            }
            network => network,
        }
    }
}

/// What a doctor looks at.
#[cfg(all(feature = "tuntap", target_os = "linux"))]
#[derive(clap::Args)]
pub struct Doctor {
    #[command(subcommand)]
    pub patient: Option<Patient>,
}

#[cfg(all(feature = "tuntap", target_os = "linux"))]
#[derive(Subcommand)]
pub enum Patient {
    /// Check what `uppercase lab` needs
    Lab,
    /// Check what `uppercase serve` with these options needs
    #[command(group(needed()))]
    Serve(Server),
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
    client: Client,
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

    /// Ends the program, as for any other missing argument, if it is told an interface but no
    /// server.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn require_host(&self) {
        if !self.names_host() {
            let message = "HOST is needed, the address or the name of the server";
            refuse(ErrorKind::MissingRequiredArgument, message);
        }
    }
}

impl Link {
    /// What the arguments are for the server at the other end of the wire in memory.
    pub fn of_server_in_memory() -> Self {
        Client::in_memory().link
    }

    /// The network to use.
    pub fn network(&self) -> Network {
        if let Some(port) = self.cable {
            return Network::Cable(port);
        }
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        for (name, mode) in [(&self.tap, Mode::Tap), (&self.tun, Mode::Tun)] {
            if let Some(name) = name {
                return Network::Interface(name.clone(), mode);
            }
        }
        Network::Memory
    }

    /// The addresses of the kernel's side of an interface that is created.
    #[cfg(all(feature = "tuntap", target_os = "linux"))]
    pub fn host_addresses(&self) -> Vec<IpCidr> {
        match self.host_ip.is_empty() && !self.asks_network() {
            true => default_addresses(100),
            false => self.host_ip.clone(),
        }
    }

    /// Whether addresses were given.
    pub fn chooses_addresses(&self) -> bool {
        !self.ip.is_empty()
    }

    /// Our own addresses; by default those that end in `host`.
    pub fn addresses(&self, host: u8) -> Vec<IpCidr> {
        if self.asks_network() || !self.ip.is_empty() {
            return self.ip.clone();
        }
        default_addresses(host)
    }

    /// Whether the network is asked for addresses.
    pub fn asks_network(&self) -> bool {
        self.asks_dhcp() || self.asks_routers()
    }

    /// Whether routers are asked for prefixes.
    pub fn asks_routers(&self) -> bool {
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        return self.slaac;
        #[cfg(not(all(feature = "tuntap", target_os = "linux")))]
        false
    }

    /// Whether a DHCP server is asked for an address.
    pub fn asks_dhcp(&self) -> bool {
        #[cfg(all(feature = "tuntap", target_os = "linux"))]
        return self.dhcp;
        #[cfg(not(all(feature = "tuntap", target_os = "linux")))]
        false
    }

    /// Our hardware address. It follows from the first IP address, so that it is unique where that
    /// is, and the same at the next start, when neighbors may still remember it. Where the network is
    /// asked for addresses, it is the same for the same reason: a DHCP server gives the same one again.
    pub fn hardware_address(&self, addresses: &[IpCidr]) -> EthernetAddress {
        self.mac.unwrap_or_else(|| {
            #[cfg(all(feature = "tuntap", target_os = "linux"))]
            if self.asks_network()
                && let Network::Interface(name, _) = self.network()
            {
                return super::card::card(&name);
            }
            let [a, b, c, d] = match addresses.first().map(IpCidr::address) {
                Some(IpAddress::Ipv4(address)) => address.octets(),
                Some(IpAddress::Ipv6(address)) => *address.octets().last_chunk().unwrap_or(&[0; 4]),
                None => [0; 4],
            };
            EthernetAddress([0x02, 0, a, b, c, d])
        })
    }
}

/// The addresses in the default networks that end so; as the number is written, so that 100 is ::100.
fn default_addresses(host: u8) -> Vec<IpCidr> {
    let digits = u16::from(host);
    let ipv6 = digits / 100 * 0x100 + digits / 10 % 10 * 0x10 + digits % 10;
    vec![
        IpCidr::new(IpAddress::v4(192, 168, 69, host), 24),
        IpCidr::new(IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, 0, ipv6), 64),
    ]
}
