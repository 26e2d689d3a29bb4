//! The classic socket exercise (a client sends a line, the server returns it in capitals; UDP and
//! TCP, port 12000) as network software on [`smoltcp`], without a heap and without an operating
//! system.
//!
//! ```text
//!    a line, a file                                   a line, a file, in capitals
//!         │                                                     ▲
//! ┌───────▼─────────────────────────────────────────────────────┴────────┐
//! │ programs    the command, examples, your firmware                     │ clocks, sleeping, printing
//! ├──────────────────────────────────────────────────────────────────────┤
//! │ services    tcp::{Server, Client}   udp::{Server, Client}   dns      │ sockets, no clock
//! │             transform: the upper-casing itself                       │ bytes in, bytes out
//! ├──────────────────────────────────────────────────────────────────────┤
//! │ stack       one device, one interface, its sockets                   │ poll(now) -> how long to sleep
//! ├──────────────────────────────────────────────────────────────────────┤
//! │ link        Ethernet, ARP, neighbor discovery                        │ frames <-> IP packets
//! ├──────────────────────────────────────────────────────────────────────┤
//! │ device      wire (memory)  cable  tuntap (Linux)  embassy  yours      │ frames
//! │             wrappers: reassembly   capture                           │ each is a device itself
//! └──────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! - **Time is an argument.** Nothing here reads a clock or sleeps: [`Stack::poll`] is told the
//!   time and returns how long it can be left alone.
//! - **Storage is the caller's.** Buffers are structs with a `const fn new()`, declared first;
//!   when something is full, an error says what.
//! - **smoltcp is used as published.** What it does not do for a service is done here, next to the
//!   reason: see [`stack`], [`link`], `device::reassembly` (with the feature `fragmentation`) and
//!   `udp::Client` (with the feature `client`).
//!
//! # Example
//!
//! A TCP server on any device; `now`, `sleep` and the device are the program's.
//!
//! ```
//! use uppercase::link::EthernetAddress;
//! use uppercase::smoltcp::phy::Device;
//! use uppercase::smoltcp::time::Instant;
//! use uppercase::smoltcp::wire::{IpAddress, IpCidr};
//! use uppercase::stack::{Config, Next};
//! use uppercase::{Stack, tcp};
//!
//! fn serve<D: Device>(
//!     device: D,
//!     random_seed: u64,
//!     now: impl Fn() -> Instant,
//!     sleep: impl Fn(&D, Next),
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut pool = tcp::Pool::<2, 1024, 1024>::new();
//!     let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), random_seed)
//!         .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
//!     let mut stack = Stack::new(device, config, &mut [][..], now())?;
//!     let config = tcp::Config::default();
//!     let mut server: tcp::Server<'_> = tcp::Server::new(stack.sockets(), &mut pool, config)?;
//!     loop {
//!         let next = stack.poll(now(), &mut server);
//!         sleep(stack.device(), next);
//!     }
//! }
//! ```
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | `ipv6` | IPv6 beside IPv4 |
//! | `fragmentation` | datagrams larger than the link's MTU |
//! | `addressing` | addresses and gateways that change while the stack runs |
//! | `conflict-detection` | another host with the same address is looked for; enables `addressing` |
//! | `paths` | path MTU discovery, and recovery from several lost segments; enables `client` |
//! | `unicode` | upper case of all of Unicode, beside that of ASCII |
//! | `client` | the clients and the name look-up |
//! | `alloc` | storage may also be a `Vec` |
//! | `cubic` | congestion control by Cubic, beside Reno; it needs the standard library |
//! | `dhcp` | an IPv4 address from a server of the network (RFC 2131); enables `conflict-detection` |
//! | `slaac` | IPv6 addresses with the prefixes of routers (RFC 4862); enables `conflict-detection` and `ipv6` |
//! | `mld` | the groups that the host listens to are reported to switches and routers (RFC 3810), and services join groups; enables `ipv6` |
//! | `isn` | initial sequence numbers that do not follow from others (RFC 6528), and no amplification of what a host that has acknowledged nothing sends; `client` and `syn-cookies` enable it |
//! | `syn-cache` | half-open connections that give way are remembered in the backlog, and one source keeps no other out (RFC 4987, 3.5) |
//! | `syn-cookies` | connections for clients that answer, during a flood of SYNs that are never acknowledged |
//! | `medium-ip` | devices that carry IP packets without Ethernet headers |
//! | `cable` | a cable between programs on one host, of any system; it needs the standard library |
//! | `tuntap` | the Linux TAP and TUN device |
//! | `segmentation` | 64 KiB of a TCP stream at a time, to a device that cuts them |
//! | `log` | the log by the crate `log` |
//! | `defmt` | the log by `defmt`, for boards with a debug probe; without it and `log` nothing is logged, and no text of the log is in the program |
//! | `embassy` | Embassy's network drivers as devices |
//! | `embassy-time` | the loop around them by Embassy's clock; enables `embassy` |
//! | `simulation` | a simulated network, for tests |
//! | `trace` | capture files and ladder diagrams; enables `alloc`, `client`, `fragmentation` and `ipv6` |
//! | `command` | the program `uppercase`; enables all of the above but `tuntap`, `syn-cache`, `defmt` and those of Embassy |
//!
//! None of them is on by default: without any, there are the two servers over IPv4, for ASCII, the stack
//! and the in-memory wire, on any target, also one that has no heap.
//!
//! Features are united where several crates of a program use this library. What another crate has turned
//! on does not alter what a server or a client answers: `unicode` and `cubic` are for those that ask for
//! them. It does alter which addresses a board has, where its firmware leaves that to the features
//! ([`firmware::ask_for_addresses`], which [`firmware::Storage`] calls): with `dhcp` and `slaac` the network
//! gives them, and with `conflict-detection` each is verified before it is used. Firmware that does not want
//! that begins with [`Stack::on_network`].
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(
    test,
    feature = "cable",
    feature = "simulation",
    feature = "trace",
    all(feature = "tuntap", target_os = "linux")
))]
extern crate std;

#[cfg(any(feature = "dhcp", feature = "slaac"))]
mod chance;
pub mod device;
#[cfg(feature = "dhcp")]
pub mod dhcp;
#[cfg(feature = "client")]
pub mod dns;
pub mod firmware;
pub mod link;
mod logging;
mod packet;
#[cfg(feature = "isn")]
mod secret;
pub mod servers;
mod setters;
#[cfg(feature = "simulation")]
pub mod simulation;
#[cfg(feature = "slaac")]
pub mod slaac;
pub mod stack;
pub mod tcp;
#[cfg(feature = "trace")]
pub mod trace;
pub mod transform;
pub mod udp;

/// smoltcp. The types of addresses, devices, sockets and times in this library are its types.
pub use smoltcp;

pub use servers::Servers;
pub use stack::{Context, Stack};

/// The port of the classic exercise, for UDP and TCP.
pub const PORT: u16 = 12000;
