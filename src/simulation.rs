//! A simulated network for tests: any number of hosts, a virtual clock, and every fault that a
//! frame can meet, all from one seed.
//!
//! ```text
//!    host ══ Link ══╗            a Link is two Lanes, each with Conditions:
//!    host ══ Link ══╬═ bus         delay, jitter, loss, duplication, reordering, corruption,
//!    host ══ Link ══╝              truncation, MTU, bandwidth, queue, cuts
//! ```
//!
//! A host is whatever runs on a [`Port`], which is a smoltcp [`Device`](smoltcp::phy::Device): a
//! [`Stack`](crate::Stack), or an interface and sockets of your own. Every frame is heard by all
//! others, as on a hub. The hosts stay yours and need no heap; the network's own queues are on
//! the heap. The same seed and the same hosts give the same run, on every platform.
//!
//! # Example
//!
//! Two hosts of plain smoltcp; every fifth frame is lost, and the text arrives all the same.
//!
//! ```
//! use std::task::Poll;
//!
//! use smoltcp::iface::{Config, Interface, SocketSet};
//! use smoltcp::phy::{Device, Medium};
//! use smoltcp::socket::tcp::{Socket, SocketBuffer};
//! use smoltcp::time::{Duration, Instant};
//! use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
//! use uppercase::simulation::{Conditions, Network, Probability, seeds};
//!
//! fn host(device: &mut impl Device, number: u8, random_seed: u64) -> Interface {
//!     let mut config = Config::new(EthernetAddress([2, 0, 0, 0, 0, number]).into());
//!     config.random_seed = random_seed;
//!     let mut interface = Interface::new(config, device, Instant::ZERO);
//!     let address = IpCidr::new(IpAddress::v4(10, 0, 0, number), 8);
//!     interface.update_ip_addrs(|addresses| addresses.push(address).unwrap());
//!     interface
//! }
//!
//! fn socket() -> Socket<'static> {
//!     Socket::new(SocketBuffer::new(vec![0; 100]), SocketBuffer::new(vec![0; 100]))
//! }
//!
//! for seed in seeds(0..20) {
//!     let mut network = Network::new(Medium::Ethernet, seed);
//!     let mut alice = network.link("alice").port();
//!     let link = network.link("bob");
//!     link.set(Conditions {
//!         delay: Duration::from_millis(10),
//!         loss: Probability::percent(20),
//!         ..Conditions::default()
//!     });
//!     let mut bob = link.port();
//!
//!     let mut alices = host(&mut alice, 1, network.random_seed());
//!     let mut bobs = host(&mut bob, 2, network.random_seed());
//!     let (mut sends, mut hears) = (SocketSet::new(vec![]), SocketSet::new(vec![]));
//!     let (sender, hearer) = (sends.add(socket()), hears.add(socket()));
//!     hears.get_mut::<Socket>(hearer).listen(7).unwrap();
//!     let socket = sends.get_mut::<Socket>(sender);
//!     let bobs_port = (IpAddress::v4(10, 0, 0, 2), 7);
//!     socket.connect(alices.context(), bobs_port, 50_000).unwrap();
//!
//!     let heard = network.run(Duration::from_secs(600), |turn| {
//!         alices.poll(turn.now, &mut alice, &mut sends);
//!         bobs.poll(turn.now, &mut bob, &mut hears);
//!         turn.wake_in(alices.poll_delay(turn.now, &sends));
//!         turn.wake_in(bobs.poll_delay(turn.now, &hears));
//!
//!         let socket = sends.get_mut::<Socket>(sender);
//!         if socket.can_send() && socket.send_queue() == 0 {
//!             socket.send_slice(b"hello").unwrap();
//!             turn.wake_in(Some(Duration::ZERO));
//!         }
//!         let mut text = [0; 5];
//!         match hears.get_mut::<Socket>(hearer).recv_slice(&mut text) {
//!             Ok(5) => Poll::Ready(text),
//!             _ => Poll::Pending,
//!         }
//!     });
//!     assert_eq!(heard.as_ref(), Ok(b"hello"));
//! }
//! ```
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
//! The test takes its seeds from [`seeds`] for that. The log is a sum of [`Event`]s, which
//! [`Network::watch`] gives to a test that wants to keep them in another way.

mod bus;
mod conditions;
mod event;
mod lane;
mod link;
mod network;
mod port;
mod random;
mod replay;

pub use conditions::{Conditions, Probability};
pub use event::{Direction, Event, Fate};
pub use lane::Statistics;
pub use link::{Lane, Link};
pub use network::{Network, Stuck, Turn};
pub use port::{Port, Receive, Transmit};
pub use random::Random;
pub use replay::seeds;
