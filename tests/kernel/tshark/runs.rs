//! Simulated talks of a client with a server: over TCP or UDP, IPv4 or IPv6, Ethernet or plain IP,
//! on a link that loses frames, repeats them and changes their order.

use std::io::Write;
use std::task::Poll;

use smoltcp::phy::{Device, Medium};
use smoltcp::socket::tcp::SocketBuffer;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, IpEndpoint};
use uppercase::device::capture::{Capture, Frame, Sink};
use uppercase::device::reassembly::{Buffers, OVERHEAD, Reassembly};
use uppercase::link::EthernetAddress;
use uppercase::simulation::{Conditions, Network, Probability, Random};
use uppercase::stack::{ClientSlot, Config, FRAGMENTATION_OVERHEAD, Service, from_fn};
use uppercase::tcp::UNSCALED_WINDOW;
use uppercase::trace::pcapng::{Interface, InterfaceSink, Writer};
use uppercase::transform::Unicode;
use uppercase::{Context, PORT, Servers, Stack, tcp, udp};

use crate::text::mixed;

/// How long a run may take, on its own clock; the next one begins then.
const LONGEST: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(60);
/// Late copies still come then.
const AFTERWARDS: Duration = Duration::from_secs(20);
const LONGEST_TEXT: u64 = 6000;
/// Longer than a packet; over IPv6 a line fits into one, as tshark reads a first fragment of IPv6 as
/// the datagram.
const LONGEST_LINE: u64 = 2500;
const LONGEST_LINE_IPV6: u64 = 1300;
const DATAGRAM: usize = LONGEST_LINE as usize + 100;
type Fragments = Buffers<4, { DATAGRAM + OVERHEAD }>;

/// Writes what the clients of `runs` runs send and receive into one file, with an interface for
/// each of these media.
pub fn write(file: impl Write, media: &[Medium], runs: u32) {
    let writer = Writer::new(file, "a test", None).expect("it can be written");
    let sink = |medium: &Medium| {
        let interface = Interface::new(&format!("{medium:?}"), (*medium).into());
        writer.interface(&interface).expect("it can be written")
    };
    let mut sinks: Vec<_> = media.iter().map(sink).collect();
    for number in 0..runs {
        let medium = number as usize % media.len();
        Run::new(number, media[medium]).run(&mut sinks[medium]);
    }
    writer.check().expect("it can be written");
}

/// A client and a server; each has addresses of its own in all runs.
struct Run {
    number: u32,
    medium: Medium,
    is_ipv6: bool,
    is_udp: bool,
    /// Else the client is refused.
    has_server: bool,
}

impl Run {
    fn new(number: u32, medium: Medium) -> Self {
        Self {
            number,
            medium,
            is_ipv6: number / 2 % 2 == 1,
            is_udp: number / 4 % 2 == 1,
            has_server: number % 11 != 10,
        }
    }

    fn address(&self, host: u16) -> IpAddress {
        let [.., high, low] = self.number.to_be_bytes();
        match self.is_ipv6 {
            true => IpAddress::v6(0xfdaa, 0, 0, 0, 0, 0, self.number as u16, host),
            false => IpAddress::v4(10, high, low, host as u8),
        }
    }

    fn stack<D: Device>(
        &self,
        device: D,
        host: u16,
        random_seed: u64,
    ) -> Stack<'_, Reassembly<'static, D>> {
        let length = if self.is_ipv6 { 64 } else { 8 };
        let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, host as u8]), random_seed)
            .with_addresses(&[IpCidr::new(self.address(host), length)]);
        // Lent for as long as the test runs.
        let fragments = Box::leak(Box::new(Fragments::new()));
        let device = Reassembly::new(device, fragments);
        let stack = Stack::new(device, config, vec![], Instant::ZERO);
        let stack = stack.expect("the configuration is right");
        stack.with_fragmentation(vec![0; DATAGRAM + FRAGMENTATION_OVERHEAD])
    }

    /// Runs until the client has its answer, or has given up, and some time more.
    fn run<W: Write>(&self, sink: &mut InterfaceSink<W>) {
        let seed = u64::from(self.number) + 1;
        let mut random = Random::new(seed);
        let mut network = Network::new(self.medium, seed);
        let conditions = Conditions::default()
            .with_delay(Duration::from_millis(1 + random.below(20)))
            .with_jitter(Duration::from_millis(random.below(5)))
            .with_loss(Probability::percent(random.below(15) as u32))
            .with_duplication(Probability::percent(random.below(10) as u32))
            .with_reordering(Probability::percent(random.below(15) as u32))
            .with_hold(Duration::from_millis(30));
        let link = network.link("client");
        link.set(conditions);
        let start = LONGEST * self.number;
        let port = Capture::new(link.port(), |frame: Frame<'_>| {
            let time = frame.time + start;
            sink.frame(Frame { time, ..frame });
        });

        let mut pool = tcp::Pool::<2, 1000, 1000, Unicode>::new();
        let mut slot = ClientSlot::new();
        let mut datagrams = [const { udp::Buffers::<4, DATAGRAM>::new() }; 2];
        let [of_server, of_client] = &mut datagrams;
        let server = network.link("server").port();
        let mut server = self.stack(server, 1, network.random_seed());
        let mut client = self.stack(port, 2, network.random_seed());
        let config = tcp::Config::default();
        let mut servers = self.has_server.then(|| {
            let servers = Servers::new(server.sockets(), &mut pool, of_server, config);
            servers.expect("there is room")
        });
        let endpoint = IpEndpoint::new(self.address(1), PORT);
        let mut talk = match self.is_udp {
            true => {
                let client = udp::Client::new(client.sockets(), of_client, PATIENCE);
                Talk::Udp(client.expect("there is room"))
            }
            false => {
                // A window of the longer ones is scaled.
                let size = [1000, UNSCALED_WINDOW << 2][random.below(2) as usize];
                let buffer = || SocketBuffer::new(vec![0; size]);
                let (receive, transmit) = (buffer(), buffer());
                let sockets = client.sockets();
                let client =
                    tcp::Client::from_parts(sockets, &mut slot, receive, transmit, PATIENCE);
                let text = mixed(random.below(LONGEST_TEXT) as usize);
                Talk::Tcp(client.expect("there is room"), text)
            }
        };
        let longest = match self.is_ipv6 {
            true => LONGEST_LINE_IPV6,
            false => LONGEST_LINE,
        };
        let line = mixed(random.below(longest) as usize);
        talk.start(&mut client.context(Instant::ZERO), endpoint, &line);
        let mut end = None;
        let ended = network.run(LONGEST, |turn| {
            let mut is_done = false;
            let mut step = from_fn(|context| {
                is_done = talk.step(context);
                talk.deadline()
            });
            turn.wake_in(client.poll(turn.now, &mut step).delay(turn.now));
            let served: &mut dyn Service<'_> = match &mut servers {
                Some(servers) => servers,
                None => &mut from_fn(|_| None),
            };
            turn.wake_in(server.poll(turn.now, served).delay(turn.now));
            if is_done {
                end.get_or_insert(turn.now + AFTERWARDS);
            }
            match end {
                Some(end) if turn.now >= end => Poll::Ready(()),
                _ => {
                    turn.wake_in(end.map(|end| end - turn.now));
                    Poll::Pending
                }
            }
        });
        ended.unwrap_or_else(|stuck| panic!("run {}: {stuck}", self.number));
    }
}

/// What the client does.
enum Talk<'a> {
    Udp(udp::Client<'a>),
    /// It sends the rest of the text.
    Tcp(tcp::Client, Vec<u8>),
}

impl<'a> Talk<'a> {
    fn start(&mut self, context: &mut Context<'_, 'a>, server: IpEndpoint, line: &[u8]) {
        match self {
            Self::Udp(client) => client.send(context, server, line).expect("there is room"),
            Self::Tcp(client, _) => client.connect(context, server).expect("there is a route"),
        }
    }

    /// Whether it has come to an end, good or bad.
    fn step(&mut self, context: &mut Context<'_, 'a>) -> bool {
        let mut answer = [0; DATAGRAM];
        match self {
            Self::Udp(client) => !matches!(client.receive(context, &mut answer), Ok(Poll::Pending)),
            Self::Tcp(client, rest) => {
                let Ok(sent) = client.send(context, rest) else {
                    return true;
                };
                rest.drain(..sent);
                if rest.is_empty() {
                    client.finish(context);
                }
                loop {
                    match client.receive(context, &mut answer) {
                        Ok(Poll::Pending) => return false,
                        Ok(Poll::Ready(0)) => return client.is_closed(context) != Ok(false),
                        Ok(Poll::Ready(_)) => {}
                        Err(_) => return true,
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Udp(client) => client.deadline(),
            Self::Tcp(client, _) => client.deadline(),
        }
    }
}
