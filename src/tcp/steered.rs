//! The server for many connections: what it does for one does not depend on how many there are.
//!
//! smoltcp 0.14 looks at every socket for every segment, and a [`tcp::Server`](super::Server) at
//! every place. With a thousand connections that is most of what they do. Here each connection has
//! a set of sockets of its own. A hash table leads from the ends of a connection to its set, and a
//! heap of alarms to those whose time has come; nobody looks at the others.
//!
//! The price is memory: 48 bytes for each connection in the table and the heap, 100 in its place
//! beside the socket; and some kilobytes of code, which is why a board with a handful of
//! connections takes the other one. To clients there is no difference.
//!
//! # Example
//!
//! Such a server is given to [`Stack::poll_with`](crate::Stack::poll_with), which polls it.
//!
//! ```
//! # use smoltcp::phy::Device;
//! # use smoltcp::time::{Duration, Instant};
//! use uppercase::tcp::{self, steered};
//! use uppercase::Stack;
//!
//! fn serve<'a, D: Device>(
//!     mut stack: Stack<'a, D>, // its slots are for other sockets: this server has its own
//!     pool: &'a mut steered::Pool<'a, 8, 512, 512>,
//!     random_seed: u64,
//!     now: impl Fn() -> Instant,
//!     sleep: impl Fn(&D, Option<Duration>),
//! ) -> Result<(), tcp::SetupError> {
//!     let mut server = steered::Server::new(pool, tcp::Config::default(), random_seed)?;
//!     loop {
//!         let delay = stack.poll_with(now(), &mut server, |_| None);
//!         sleep(stack.device(), delay);
//!     }
//! }
//! ```
//!
//! # Limits
//!
//! A TCP segment in IPv4 fragments, or behind an IPv6 hop-by-hop header, is dropped, because its
//! ports are not found. `device::reassembly` (with the feature `fragmentation`) in front of the stack
//! puts the first kind together; the second is not used in practice.

mod alarms;
mod entry;
mod index;
mod list;
mod place;
mod server;
mod storage;

pub use entry::Entry;
pub use place::Place;
pub use server::Server;
pub use storage::Pool;
