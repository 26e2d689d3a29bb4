//! The stack: one device, one interface, its sockets and connections, driven by one call.
//!
//! ```text
//! loop {
//!     let next = stack.poll(now(), &mut servers);
//!     sleep(next); // until the device has a frame, or the moment has come
//! }
//! ```
//!
//! [`Stack::poll`] receives, lets the services work, transmits, and says when it wants to be
//! called again. It does a bounded amount of work: under a flood it returns, asks to be called at
//! once, and the program gets its turn.
//!
//! # The walk of a segment
//!
//! 1. The [device](crate::device) has a frame. `packet.rs` parses it: addresses, ports, sequence
//!    numbers, flags, window. The [link layer](crate::link) takes off its Ethernet header.
//! 2. `stack/ingress.rs` judges it: is it for this card, can its sender be a host, is it for one of
//!    this host's addresses? Each refusal of a packet is counted ([`Counters`]).
//! 3. The service that has its port is asked for its [`Table`], and the table for the connection
//!    with its [four-tuple](FourTuple). `stack/accept.rs` decides: it is delivered, refused by a
//!    reset, dropped; a SYN opens a connection, waits in the backlog, or is answered by a cookie.
//! 4. `stack/delivery.rs` gives the IP packet to its connection, unless its numbers cannot be those of
//!    the peer (`stack/challenge.rs`): to smoltcp by `stack/way.rs`, with the socket set of this
//!    connection only. The [`Control`] of the connection takes note of the card that it came from.
//!    `stack/window.rs` knows what smoltcp would make wrong of it by the window that was announced
//!    last, and what smoltcp is given beside it or instead; `stack/inject.rs` makes such segments.
//! 5. The service works with the bytes in the socket's buffers, at least once for each poll:
//!    [`tcp::Server`](crate::tcp::Server) and its [handler](crate::tcp::Handler), here
//!    [the upper-casing](crate::transform).
//! 6. `stack/way.rs` lets smoltcp transmit into `stack/port.rs`, and `stack/egress.rs` looks at each packet that leaves:
//!    the [`Control`] of the connection takes note of what was sent, and makes a scaled window one
//!    unit less (`stack/control.rs`). The link layer writes the Ethernet header, to the card of the
//!    peer. The device has the frame.
//!
//! # The walk of a datagram
//!
//! 1. As a segment, up to `stack/ingress.rs`. With `device::reassembly`, a datagram in fragments has been
//!    put together before. A message of ARP or neighbor discovery goes to the link layer.
//! 2. The port must be that of a UDP socket, or the message one of ICMP; else it is answered by an ICMP
//!    error, of which no more than 20 leave in a second. The link layer takes note of the card of the
//!    sender.
//! 3. `stack/way.rs` gives it to smoltcp with the stack's own sockets. smoltcp answers a ping at once; a
//!    datagram waits in its socket.
//! 4. The service takes it at its turn, and makes the answer:
//!    [`udp::Server`](crate::udp::Server). `stack/poll.rs` receives no more datagrams in a row than
//!    there is room for in the socket, and than cards are remembered.
//! 5. smoltcp writes the answer into `stack/port.rs`, and `stack/egress.rs` looks at it: to another network
//!    it leaves without DF, with an identification (`stack/identification.rs`). The link layer writes the
//!    Ethernet header, to the card of the sender.
//! 6. The device has the frame. What is longer than its path takes (`stack/path_mtu.rs`) is written into
//!    the buffer of `Stack::with_fragmentation` instead, and leaves in fragments as the device has room for
//!    them (`stack/fragmentation.rs`); until then no other datagram leaves, and no frame is received.
//!
//! # What it does beside smoltcp
//!
//! - A SYN that finds no room waits ([`Stack::with_backlog`]) instead of being refused. With the
//!   feature `syn-cookies`, a flood of SYNs keeps no other client from being served.
//! - A late copy of a SYN, and a FIN behind payload that does not fit, do no harm.
//! - A reset counts only at the very sequence number that is expected, a SYN in an open connection
//!   never, and an acknowledgement only of what was sent; where the peer may have sent such a
//!   segment all the same, it is asked by a challenge ACK (RFC 5961).
//! - An ICMP error ends a handshake only if it quotes the four-tuple and the sequence number of the
//!   SYN, and says that nothing takes it there; an open connection is ended by none (RFC 5927).
//! - Answers go to where the question came from, and wait for no neighbor to be found: smoltcp has
//!   no link layer here. With the feature `client`, a service that sends without a question calls
//!   `Context::resolve` first.
//! - With the feature `addressing`, addresses and gateways change while connections live. smoltcp ends
//!   a connection of an address that is gone, and tells neither its service nor its peer.
//! - With the features `dhcp` and `slaac`, the network gives them (`Stack::with_dhcp`,
//!   `Stack::with_slaac`).
//! - Acknowledgements from beyond a zero window are used (RFC 9293, 3.10.7.4), and bytes that were
//!   within a scaled window once are taken (RFC 7323, 2.4).
//! - A pause of this host is not taken for the silence of others: see [`Stack::poll`].
//! - Packets to other networks pass links with a smaller MTU (`stack/path_mtu.rs`): over IPv6 they have
//!   1280 bytes at most, over IPv4 routers may fragment them. With the feature `paths`, TCP
//!   learns what the path takes (RFC 1191).
//! - With the feature `paths`, duplicate acknowledgements are counted among segments with payload too,
//!   and a partial acknowledgement does not end a recovery (RFC 6582): `stack/control/flight.rs`.
//! - Once both payload and FIN are acknowledged, a zero window is not probed.
//! - Fragments, which `device::reassembly` puts together in front of the stack, and TCP segments behind an
//!   IPv6 hop-by-hop header are dropped.
//! - Packets for another host's IPv6 address, connections to a group of hosts, frames from a group of
//!   hosts, packets for one host in a frame for a group, and packets with a source route are dropped.
//! - No ICMP error is sent about a packet for a group, and of the others no more than 20 a second.
//!
//! `docs/conformance.md` has each rule of the RFCs that concerns receiving, answering and discarding,
//! and where it is kept.
//!
//! # Large datagrams
//!
//! With the feature `fragmentation` and `Stack::with_fragmentation`, what is larger than the link takes,
//! or the path beyond a router, leaves in fragments over both IP versions, from any socket: smoltcp
//! writes the packet into a buffer of the caller's, and `stack/fragmentation.rs` cuts it. The fragments
//! of a packet follow each other; smoltcp 0.14 has one place for an IPv4 datagram in fragments, which the
//! next socket overwrites, and drops what is too large over IPv6. What arrives in fragments is put
//! together in front of the stack, by `device::reassembly`.
//!
//! # A service of your own
//!
//! Over TCP it is a [`tcp::Handler`](crate::tcp::Handler): bytes in, bytes out. Over UDP it is
//! a function that works with a socket. This one tells the time of the stack's clock:
//!
//! ```
//! use smoltcp::phy::Device;
//! use smoltcp::socket::udp::{PacketBuffer, PacketMetadata, Socket};
//! use smoltcp::time::Instant;
//! use uppercase::stack::{Config, Next, Slots, Stack, from_fn};
//! use uppercase::udp;
//!
//! fn tell_the_time<D: Device>(
//!     device: D,
//!     config: Config,
//!     now: impl Fn() -> Instant,
//!     sleep: impl Fn(&mut D, Next),
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let (mut received, mut sent) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
//!     let (mut requests, mut answers) = ([0; 64], [0; 64]);
//!     let mut slots = Slots::<1>::new();
//!     let mut stack = Stack::new(device, config, &mut slots, now())?;
//!     let mut socket = Socket::new(
//!         PacketBuffer::new(&mut received[..], &mut requests[..]),
//!         PacketBuffer::new(&mut sent[..], &mut answers[..]),
//!     );
//!     socket.bind(37)?;
//!     let handle = stack.sockets().add(socket)?;
//!     let mut clock = from_fn(|context| {
//!         let socket = context.sockets.get_mut::<Socket<'_>>(handle);
//!         if let Ok((_, client)) = socket.recv() {
//!             if udp::refusal(context, 37, &client).is_none() {
//!                 let seconds = context.now.secs() as u32;
//!                 let socket = context.sockets.get_mut::<Socket<'_>>(handle);
//!                 let _ = socket.send_slice(&seconds.to_be_bytes(), client);
//!             }
//!             return Some(context.now); // there may be another one
//!         }
//!         None // nothing to do before a datagram arrives
//!     });
//!     loop {
//!         let next = stack.poll(now(), &mut clock);
//!         sleep(stack.device_mut(), next);
//!     }
//! }
//! ```

mod accept;
#[cfg(feature = "addressing")]
mod addressing;
mod challenge;
#[cfg(feature = "client")]
mod clients;
mod clock;
mod config;
mod config_error;
#[cfg(any(feature = "dhcp", feature = "slaac"))]
mod configuration;
mod context;
mod control;
mod counters;
#[cfg(feature = "isn")]
mod credit;
mod delivery;
mod egress;
mod error_limit;
mod fragmentation;
mod host;
mod identification;
mod ingress;
#[cfg(feature = "isn")]
mod initial_sequence;
mod inject;
mod interfaces;
mod network;
mod next;
mod outlet;
mod path_mtu;
#[cfg(feature = "paths")]
mod paths;
mod poll;
mod port;
#[cfg(feature = "client")]
mod ports;
#[cfg(feature = "paths")]
mod recovery;
mod refusal;
#[cfg(feature = "client")]
mod returned;
#[cfg(feature = "isn")]
mod sequence_numbers;
mod service;
mod sockets;
mod table;
#[cfg(feature = "trace")]
mod transition;
#[cfg(feature = "trace")]
mod transmission;
#[cfg(feature = "client")]
mod unreachable;
mod way;
mod window;

pub use accept::PendingSyn;
#[cfg(feature = "client")]
pub use clients::ClientSlot;
pub use config::Config;
pub use config_error::ConfigError;
pub use context::Context;
#[cfg(feature = "mld")]
pub use context::JoinError;
pub use control::{Connection, Control, End, Event, Summary};
pub use counters::Counters;
#[cfg(feature = "fragmentation")]
pub use fragmentation::FRAGMENTATION_OVERHEAD;
#[cfg(feature = "client")]
pub(crate) use initial_sequence::connect;
pub use network::Network;
pub use next::Next;
pub use service::{Egress, FromFn, Service, earliest, from_fn};
pub(crate) use sockets::ServeError;
pub use sockets::{Slots, Sockets, SocketsFull};
pub use table::{Room, Slot, Table};
#[cfg(feature = "trace")]
pub use transition::Transition;
#[cfg(feature = "trace")]
pub use transmission::{Buffer, Cause, Transmission};
#[cfg(feature = "client")]
pub(crate) use unreachable::Unreachable;

pub use crate::packet::FourTuple;

use core::fmt;

use managed::ManagedSlice;
use smoltcp::iface::{Interface, SocketStorage};
use smoltcp::phy::Device;
#[cfg(feature = "client")]
use smoltcp::time::Duration;
use smoltcp::time::Instant;

use crate::link::EthernetAddress;
use accept::Accept;
use clock::Clock;
use config::Setup;
use fragmentation::Fragmentation;
use host::Host;
use ingress::Judges;
use interfaces::{Interfaces, new_interface, set_addresses};
use poll::Poll;
#[cfg(feature = "client")]
use ports::Ports;

/// The longest that anything is waited for, 136 years: smoltcp's sums of longer ones wrap around.
#[cfg(feature = "client")]
pub(crate) const LONGEST_TIMEOUT: Duration = Duration::from_secs(1 << 32);

/// One device, one interface and its sockets.
///
/// It is `Send` if its device is, as [`Servers`](crate::Servers) are: another thread, or a task of an
/// executor that moves its tasks, can have it. With the feature `trace` the stack is not, as what
/// watches its connections need not be.
pub struct Stack<'a, D: Device> {
    device: D,
    interfaces: Interfaces,
    fragmentation: Fragmentation<'a>,
    sockets: Sockets<'a>,
    host: Host,
    judges: Judges<'a>,
    clock: Clock,
    #[cfg(feature = "client")]
    ports: Ports,
}

impl<D: Device> fmt::Debug for Stack<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("addresses", &self.host.link.addresses.own())
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}

impl<'a, D: Device> Stack<'a, D> {
    /// A stack on `device`, with room for as many sockets as there are `slots`.
    ///
    /// They are borrowed ([`Slots`]) or, where there is a heap, a `Vec` that grows. The connections of TCP
    /// servers and clients take none. On Ethernet with IPv6 the link-local address
    /// (RFC 4291, 2.5.6) is added to those in `config`.
    ///
    /// # Errors
    /// What smoltcp would refuse by a panic is a [`ConfigError`] here.
    pub fn new(
        device: D,
        config: Config,
        slots: impl Into<ManagedSlice<'a, SocketStorage<'a>>>,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        let setup = config.check(&device.capabilities())?;
        Ok(Self::build(device, &setup, slots.into(), now))
    }

    /// A stack on `device` of a network that was checked before, for firmware by the compiler. Else as
    /// [`new`](Self::new).
    ///
    /// # Panics
    /// If the device is for no stack: it carries neither Ethernet frames nor, with the feature
    /// `medium-ip`, IP packets, or packets that are too small for the IP versions of `network`, or its
    /// hardware address is that of a group. That is a defect of its driver. With the feature `medium-ip` also
    /// if the device is one of Ethernet, and there is no room for the link-local address (RFC 4291, 2.8).
    pub fn on_network(
        device: D,
        network: &Network<'_>,
        hardware_address: EthernetAddress,
        random_seed: u64,
        slots: impl Into<ManagedSlice<'a, SocketStorage<'a>>>,
        now: Instant,
    ) -> Self {
        let setup = Setup {
            hardware_address,
            addresses: network.addresses(),
            gateways: network.gateways(),
            random_seed,
        };
        let checked = setup.check_device(&device.capabilities());
        checked.unwrap_or_else(|error| panic!("{error}"));
        Self::build(device, &setup, slots.into(), now)
    }

    /// Of what has been checked.
    #[cfg_attr(feature = "slaac", inline(never))] // It needs much room, for as long as this takes only.
    fn build(
        device: D,
        setup: &Setup<'_>,
        slots: ManagedSlice<'a, SocketStorage<'a>>,
        now: Instant,
    ) -> Self {
        // A host may be large: what is made of its parts comes first, so that it is never moved.
        let capabilities = device.capabilities();
        let addresses = setup.addresses_on(capabilities.medium);
        let seed = setup.interface_seed();
        let mut interface = new_interface(&host::of_ip(&capabilities), seed, now);
        set_addresses(&mut interface, addresses.own());
        Self {
            sockets: Sockets::new(slots),
            host: Host::new(setup, &capabilities, addresses),
            judges: Judges {
                accept: Accept::new(setup.random_seed),
                counters: Counters::default(),
            },
            clock: Clock::new(now),
            #[cfg(feature = "client")]
            ports: Ports::new(setup.random_seed),
            interfaces: Interfaces::new(interface, setup),
            fragmentation: Fragmentation::new(),
            device,
        }
    }

    /// Lets SYNs wait while all servers of their port are full, as many as there are slots;
    /// [`PendingSyn::EMPTY`] fills them.
    ///
    /// One slot makes the `listen(1)` of the classic exercise. Without any, clients send their SYN
    /// again, as TCP does after 1 second, then 2, then 4.
    #[must_use]
    pub fn with_backlog(mut self, slots: impl Into<ManagedSlice<'a, PendingSyn>>) -> Self {
        self.judges.accept.set_backlog(slots.into());
        self
    }

    /// Lets packets leave in fragments that are larger than the link takes, or the path beyond a router,
    /// over both IP versions, from every socket. They are put into this buffer, one at a time, as the
    /// device has room for their fragments; what waits meanwhile stays in its socket.
    ///
    /// The buffer takes the longest datagram that a service sends, and
    /// [`FRAGMENTATION_OVERHEAD`] bytes; without it, or where it is shorter than a frame, services are
    /// told that such a datagram is too large. Pings are answered up to that length, too. A longer
    /// packet that a socket sends all the same is dropped, logged and counted
    /// ([`Counters::too_long`]).
    ///
    /// ```
    /// use uppercase::stack::FRAGMENTATION_OVERHEAD;
    ///
    /// // Answers to the 2048 bytes of the classic exercise may be three times as long.
    /// type Buffer = [u8; 3 * 2048 + FRAGMENTATION_OVERHEAD];
    /// # fn run<'a, D: smoltcp::phy::Device>(stack: uppercase::Stack<'a, D>, buffer: &'a mut Buffer) {
    ///
    /// let mut stack = stack.with_fragmentation(&mut buffer[..]);
    /// # let _ = stack.sockets();
    /// # }
    /// ```
    #[cfg(feature = "fragmentation")]
    #[must_use]
    pub fn with_fragmentation(mut self, buffer: impl Into<ManagedSlice<'a, u8>>) -> Self {
        let longest = self.fragmentation.set_buffer(buffer.into(), &self.host);
        self.host.longest_cut = longest;
        self.interfaces.cut(&self.host);
        self
    }

    /// Uses an address only when the link was asked whether another host has it, and none has
    /// answered: the addresses that the stack has by now, and those that are added later. On
    /// Ethernet only.
    ///
    /// An IPv4 address is asked for three times, announced, and defended once in ten seconds
    /// (RFC 5227): that takes 4 to 7 seconds before it is used. An IPv6 address is asked for once, for
    /// up to 2 seconds (RFC 4862, 5.4). Meanwhile [`Context::is_probing`] is true. A conflict is
    /// counted, logged, and told by [`Context::take_conflict`]; an address that is given up ends its
    /// connections as one that is removed. So any host of the link can take the address from this one,
    /// as RFC 5227 has it. An address that the program has chosen is asked for again each time that the link
    /// is back ([`Context::link_is_back`]).
    #[cfg(feature = "conflict-detection")]
    #[must_use]
    pub fn with_conflict_detection(mut self) -> Self {
        self.host.detect_conflicts();
        self
    }

    /// Asks the network for an IPv4 address, and for a gateway unless there is one already; see
    /// [`dhcp`](crate::dhcp). On Ethernet only.
    ///
    /// [`with_conflict_detection`](Self::with_conflict_detection) is part of it.
    #[cfg(feature = "dhcp")]
    #[must_use]
    pub fn with_dhcp(mut self) -> Self {
        self.host.start_dhcp();
        self
    }

    /// Takes the IPv6 link-local address, forms addresses with the prefixes that routers advertise, and
    /// takes a router for the gateway unless there is one already; see [`slaac`](crate::slaac). On
    /// Ethernet only, and where the MTU is that of IPv6 at least.
    ///
    /// [`with_conflict_detection`](Self::with_conflict_detection) is part of it.
    #[cfg(feature = "slaac")]
    #[must_use]
    pub fn with_slaac(mut self) -> Self {
        self.host.start_slaac();
        self
    }

    /// As [`with_backlog`](Self::with_backlog), for a board, which has no room to move a stack.
    pub(crate) fn set_backlog(&mut self, slots: &'a mut [PendingSyn]) {
        self.judges.accept.set_backlog(slots.into());
    }

    /// Asks for addresses by all means that the features give. A board has no room to move a stack, as the
    /// methods above do.
    pub(crate) fn ask_for_addresses(&mut self) {
        #[cfg(feature = "conflict-detection")]
        self.host.detect_conflicts();
        #[cfg(feature = "dhcp")]
        self.host.start_dhcp();
        #[cfg(feature = "slaac")]
        self.host.start_slaac();
    }

    /// Reports the IPv6 groups that this host listens to, so that switches and routers forward their
    /// packets to it (MLD version 2, RFC 3810): those that services join, and the solicited-node group of
    /// each address. A change is reported at once and once more, and queries are answered. On Ethernet
    /// only.
    ///
    /// A switch with MLD snooping and a querier forwards no neighbor solicitation to a host without
    /// reports.
    #[cfg(feature = "mld")]
    #[must_use]
    pub fn with_group_reports(mut self) -> Self {
        self.host.link.report_groups();
        self
    }

    /// Calls `watcher` with each change of the state of a connection, of a server's and of a
    /// client's. It takes the place of the one before.
    ///
    /// It is called within [`poll`](Self::poll).
    #[cfg(feature = "trace")]
    pub fn watch(&mut self, watcher: impl FnMut(&Transition) + 'static) {
        self.host.watcher.set(std::boxed::Box::new(watcher));
    }

    /// Calls `watcher` with each TCP segment that is sent, and with what the stack knows of the reason.
    /// It takes the place of the one before.
    ///
    /// It is called within [`poll`](Self::poll), before the device is given the segment.
    #[cfg(feature = "trace")]
    pub fn watch_transmissions(&mut self, watcher: impl FnMut(&Transmission) + 'static) {
        let watcher = std::boxed::Box::new(watcher);
        self.host.watcher.set_transmissions(watcher);
    }

    /// What was kept from the sockets since the stack was made.
    pub fn counters(&self) -> Counters {
        #[cfg(feature = "fragmentation")]
        return Counters {
            too_long: self.host.too_long.get(),
            ..self.judges.counters
        };
        #[cfg(not(feature = "fragmentation"))]
        self.judges.counters
    }

    /// Receives, lets the services work, and transmits; returns what to do next.
    ///
    /// Several services are a tuple: `&mut (&mut servers, &mut other)`.
    ///
    /// The stack has a clock of its own, which follows the one that `now` is read from, and neither
    /// goes back nor counts a pause. If a poll comes more than a second later than it was asked for,
    /// the program was stopped, its machine was suspended, or its clock was set: that counts as one
    /// second, and only when all that waits in the device has been received. So a pause of this host is
    /// not taken for the silence of others. What a service is told ([`Context::now`]), and the moments
    /// that services return, are by the stack's clock; what is returned here is by the program's.
    pub fn poll(&mut self, now: Instant, service: &mut dyn Service<'a>) -> Next {
        let poll = Poll {
            clock: &mut self.clock,
            device: &mut self.device,
            interfaces: &mut self.interfaces,
            fragmentation: &mut self.fragmentation,
            sockets: &mut self.sockets,
            host: &mut self.host,
            judges: &mut self.judges,
            #[cfg(feature = "client")]
            ports: &mut self.ports,
            program: now,
            now,
        };
        poll.run(service)
    }

    /// The device, for instance to wait for it.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device, to change it.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// smoltcp's interface. Neighbors and routes are not its work, but that of the
    /// [link layer](crate::link), and addresses are a copy, made at each poll, of those of the stack
    /// (`Context::addresses`).
    pub fn interface(&self) -> &Interface {
        &self.interfaces.segments
    }

    /// The sockets, where servers and clients put theirs.
    pub fn sockets(&mut self) -> &mut Sockets<'a> {
        &mut self.sockets
    }

    /// What [`poll`](Self::poll) gives to the services, for calls between two polls.
    pub fn context(&mut self, now: Instant) -> Context<'_, 'a> {
        Context {
            now: self.clock.at(now),
            sockets: &mut self.sockets,
            interface: self.interfaces.segments.context(),
            host: &mut self.host,
            #[cfg(feature = "client")]
            ports: &mut self.ports,
        }
    }
}

/// What the documentation of [`Stack`] says of `Send`.
#[cfg(not(feature = "trace"))]
#[allow(dead_code, reason = "it only has to compile")]
fn is_send<D: Device + Send>() {
    fn check<T: Send>() {}
    check::<Stack<'static, D>>();
}
