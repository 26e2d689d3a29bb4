//! A simulated network for tests: any number of hosts, a virtual clock, and every fault that a
//! frame can meet, all from one seed.
//!
//! ```text
//!    host ── Port ══ Link ══╗               a Link is two Lanes, each with Conditions:
//!    host ── Port ══ Link ══╬═ hub or         delay, jitter, loss, bursts of loss, duplication,
//!    host ── Port ══ Link ══╝  switch         reordering, corruption, truncation, MTU, bandwidth,
//!                                             queue; with cuts, and a rule for single frames
//! ```
//!
//! A test makes a [`Network`], a [`Link`] for each host, and the hosts; then [`Network::run`] polls
//! them whenever a frame arrives or a host has something to do, until the test has what it waits for.
//! In between the clock jumps: an hour of virtual time takes as long as what happens in it. The same
//! seed and the same hosts give the same run, on each platform.
//!
//! A host is anything that runs on a [`Port`], which is a smoltcp [`Device`](smoltcp::phy::Device): a
//! [`Stack`](crate::Stack) of this package, or an [`Interface`](smoltcp::iface::Interface) and
//! sockets of your own. The hosts remain yours and need no heap; the network's own queues are on
//! the heap.
//!
//! # To test a smoltcp application of your own
//!
//! The simulation needs no threads, no real time and no privileges. It brings no other package than
//! smoltcp and those that smoltcp itself brings:
//!
//! ```toml
//! [dev-dependencies]
//! uppercase = { version = "0.1", features = ["simulation"] }
//! ```
//!
//! In this test the application is `echo`, on plain smoltcp. The link of its host loses every fifth
//! frame, and a rule loses the first SYN for certain. The run ends when the client has its answer, and
//! would fail after ten minutes of virtual time. A [`Host`] is the set-up of plain smoltcp; an
//! application that has a set-up of its own calls [`Turn::poll`], or tells [`Turn::wake_in`] when it
//! wants to be polled.
//!
//! ```
//! use std::task::Poll;
//!
//! use smoltcp::phy::Medium;
//! use smoltcp::socket::tcp::{Socket, SocketBuffer};
//! use smoltcp::time::Duration;
//! use smoltcp::wire::{IpAddress, IpCidr};
//! use uppercase::simulation::{Conditions, Host, Network, Probability, Verdict, seeds};
//!
//! /// The application: it sends back what it receives.
//! fn echo(socket: &mut Socket) {
//!     let mut bytes = vec![0; socket.send_capacity() - socket.send_queue()];
//!     if let Ok(length) = socket.recv_slice(&mut bytes) {
//!         socket.send_slice(&bytes[..length]).unwrap();
//!     }
//! }
//!
//! fn socket() -> Socket<'static> {
//!     Socket::new(SocketBuffer::new(vec![0; 1000]), SocketBuffer::new(vec![0; 1000]))
//! }
//!
//! for seed in seeds(0..20) {
//!     let mut network = Network::new(Medium::Ethernet, seed);
//!     let [near, far] = ["server", "client"].map(|name| network.link(name));
//!     let far_away = Conditions::PERFECT.with_delay(Duration::from_millis(10));
//!     near.set(far_away.with_loss(Probability::percent(20)));
//!     let mut is_first = true;
//!     far.from_host.decide(move |_, frame| {
//!         // The protocol in the header of IPv4, behind that of Ethernet.
//!         let is_tcp = frame.get(23) == Some(&6);
//!         match is_tcp && core::mem::take(&mut is_first) {
//!             true => Verdict::Lose,
//!             false => Verdict::Pass,
//!         }
//!     });
//!
//!     let address = IpAddress::v4(10, 0, 0, 1);
//!     let mut server = Host::new(&near, IpCidr::new(address, 8));
//!     let listener = server.sockets.add(socket());
//!     server.sockets.get_mut::<Socket>(listener).listen(7).unwrap();
//!     let mut client = Host::new(&far, IpCidr::new(IpAddress::v4(10, 0, 0, 2), 8));
//!     let mut caller = socket();
//!     caller.connect(client.interface.context(), (address, 7), 50_000).unwrap();
//!     let caller = client.sockets.add(caller);
//!
//!     let mut is_sent = false;
//!     let answer = network.run(Duration::from_secs(600), |turn| {
//!         server.poll(turn);
//!         client.poll(turn);
//!         echo(server.sockets.get_mut(listener));
//!         let socket = client.sockets.get_mut::<Socket>(caller);
//!         if socket.can_send() && !is_sent {
//!             is_sent = socket.send_slice(b"hello") == Ok(5);
//!         }
//!         let mut answer = [0; 5];
//!         match socket.recv_slice(&mut answer) {
//!             Ok(5) => Poll::Ready(answer),
//!             _ => Poll::Pending,
//!         }
//!     });
//!     assert_eq!(answer.as_ref(), Ok(b"hello"));
//!     assert_eq!(far.from_host.statistics().filtered, 1);
//! }
//! ```
//!
//! # A stack of this package
//!
//! A [`Stack`](crate::Stack) has no [`Host`]: it is made on the [`port`](Link::port) of a link, with a
//! seed of the [network's own](Network::random_seed), and polled at each turn. It tells
//! [`Turn::wake_in`] when it wants to be polled next.
//!
//! ```
//! use std::task::Poll;
//!
//! use smoltcp::phy::Medium;
//! use smoltcp::socket::tcp::{Socket, SocketBuffer};
//! use smoltcp::time::Duration;
//! use smoltcp::wire::{IpAddress, IpCidr};
//! use uppercase::link::EthernetAddress;
//! use uppercase::simulation::{Host, Network};
//! use uppercase::stack::{Config, Slots};
//! use uppercase::{PORT, Stack, tcp};
//!
//! let mut network = Network::new(Medium::Ethernet, 1);
//! let [near, far] = ["server", "client"].map(|name| network.link(name));
//!
//! let address = IpAddress::v4(10, 0, 0, 1);
//! let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), network.random_seed())
//!     .with_addresses(&[IpCidr::new(address, 8)]);
//! let (mut pool, mut slots) = (tcp::Pool::<2, 1024, 1024>::new(), Slots::<0>::new());
//! let mut stack = Stack::new(near.port(), config, &mut slots, network.now()).unwrap();
//! let config = tcp::Config::default();
//! let mut server: tcp::Server<'_> =
//!     tcp::Server::new(stack.sockets(), &mut pool, config).unwrap();
//!
//! let mut client = Host::new(&far, IpCidr::new(IpAddress::v4(10, 0, 0, 2), 8));
//! let mut socket = Socket::new(SocketBuffer::new(vec![0; 99]), SocketBuffer::new(vec![0; 99]));
//! socket.connect(client.interface.context(), (address, PORT), 50_000).unwrap();
//! let socket = client.sockets.add(socket);
//!
//! let mut is_sent = false;
//! let answer = network.run(Duration::from_secs(60), |turn| {
//!     let next = stack.poll(turn.now, &mut server);
//!     turn.wake_in(next.delay(turn.now));
//!     client.poll(turn);
//!     let socket = client.sockets.get_mut::<Socket>(socket);
//!     if socket.can_send() && !is_sent {
//!         is_sent = socket.send_slice(b"hello") == Ok(5);
//!         turn.wake_in(Some(Duration::ZERO)); // to be polled, so that it is transmitted
//!     }
//!     let mut answer = [0; 5];
//!     match socket.recv_slice(&mut answer) {
//!         Ok(5) => Poll::Ready(answer),
//!         _ => Poll::Pending,
//!     }
//! });
//! assert_eq!(answer.as_ref(), Ok(b"HELLO"));
//! ```
//!
//! A test that uses a socket or a client of this package after the poll of its host asks for another
//! turn with `wake_in(Some(Duration::ZERO))`, as here: what was sent is transmitted by the next poll.
//!
//! # Which hosts hear a frame
//!
//! [`Network::link`] connects a host to the hub that each network has: all others hear each frame.
//! [`Network::switch`] is a switch, which sends a frame to the link of its destination alone, so that
//! the slow link of a bystander is not filled with the frames of others. Each further
//! [`hub`](Network::hub) or switch is a [`Segment`] of its own, which only a host with links to two of
//! them connects with another one. With the feature `client` there is a `Router` between two of them,
//! for paths with an MTU.
//!
//! # What happens to a frame
//!
//! The [`Conditions`] of a lane say what happens by chance and how fast it is. A rule, set by
//! [`Lane::decide`], gives its [`Verdict`] on single frames before chance does. [`Link::cut`] is a
//! cable that is pulled out, and a dropped [`Port`] is a host that is switched off. The
//! [`Statistics`] of a lane say how many frames have arrived, and how many were dropped for which
//! reason.
//!
//! # One step at a time
//!
//! [`Network::step`] does what [`Network::run`] does, but stops after the next thing that happens: the
//! end of one frame, or one poll of the hosts. A page or a debugger shows it and goes on.
//!
//! # The log
//!
//! Each frame has a number. [`Network::watch`] gives each [`Event`] of a frame as it happens;
//! [`Network::log`] gives a [`Record`] once for each frame, with all its ends. The variable
//! `SIMULATION_LOG` prints these records, one line for each:
//!
//! | value | frames |
//! |---|---|
//! | `1` | all |
//! | `arp`, `icmp`, `tcp`, `udp` | of this protocol |
//! | `link=server` | that were sent on this link, or came to it |
//! | `tcp,udp,link=server` | of one of the protocols, and on one of the links |
//!
//! # When a test fails
//!
//! A [`Network`] prints its seed when it is dropped by a panic, and when a [`run`](Network::run) ends
//! with an error; and a command that runs the test with this seed alone and a line for each frame:
//!
//! ```text
//! the simulated network had the seed 17; to see every frame:
//! SIMULATION_SEED=17 SIMULATION_LOG=1 cargo test text_arrives -- --exact --nocapture
//! ```
//!
//! The test takes its seeds from [`seeds`] for that.

mod bursts;
mod bus;
mod conditions;
mod event;
mod frame;
mod headers;
mod host;
mod lane;
mod link;
mod network;
mod port;
mod probability;
mod random;
mod record;
mod replay;
#[cfg(feature = "client")]
mod router;
mod segment;
mod selection;
mod statistics;
mod switch;
mod turn;
mod verdict;

pub use bursts::Bursts;
pub use conditions::Conditions;
pub use event::{Alteration, Direction, Event, Fate};
pub use headers::Protocol;
pub use host::Host;
pub use link::{Lane, Link};
pub use network::Network;
pub use port::{Port, Receive, Transmit};
pub use probability::Probability;
pub use random::Random;
pub use record::Record;
pub use replay::seeds;
#[cfg(feature = "client")]
pub use router::Router;
pub use segment::Segment;
pub use statistics::Statistics;
pub use turn::{Step, Stuck, Turn};
pub use verdict::Verdict;
