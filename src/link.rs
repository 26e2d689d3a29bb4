//! The link layer, between the frames of a device and the IP packets that smoltcp is given:
//! Ethernet (RFC 894, RFC 2464), ARP (RFC 826) and neighbor discovery (RFC 4861).
//!
//! smoltcp has a link layer of its own, which is left out: it asks for one neighbor a second, and
//! everything behind waits; it knows eight neighbors; and one datagram with a forged source silences a
//! UDP server. Here nothing waits for a neighbor, and a device without neighbors, as a TUN interface,
//! is the same to the stack.
//!
//! # Where a packet goes
//!
//! - **An answer goes to where the question came from.** A host that is about to be answered has just
//!   sent a frame, and the frame says which card that was. A [connection](crate::stack::Connection)
//!   remembers it of its peer (8 bytes each), and so does a table of the hosts that have sent
//!   datagrams last: of 8, and of 64 with the feature `alloc`. The datagrams of a poll are
//!   answered before they can drive each other out. What is answered at once, as a ping, is in no
//!   table.
//! - **A neighbor is asked for** by what is sent without a question: clients, and services that call
//!   `Context::resolve`, with the feature `client`. They send when it is known. It is asked for at
//!   once and then each second, three times, or for as long as it is wished for. It is forgotten after
//!   a minute.
//! - **A packet to a neighbor that is not known is lost.** With the feature `client` the neighbor is asked
//!   for. The packet leaves, as a device that was asked for room cannot be left without a frame, but to
//!   this host's own card: no switch forwards it.
//! - Packets to a group of hosts leave to its hardware address (RFC 1112, RFC 2464). With the feature
//!   `mld`, the groups that this host listens to are reported (RFC 3810), so that switches forward them.
//!
//! # What is believed
//!
//! - The frame of a datagram or a segment for this host: until its next frame, a forged one
//!   redirects what is sent to that address, and no other.
//! - An answer to a request, and a message of a host that was asked for.
//! - What another message of ARP or neighbor discovery says about a host that is known. It adds
//!   none: a flood of such messages drives no host out.
//! - No frame and no message that names a group as its sender.
//!
//! A connection that has sent a segment again twice, and has heard nothing, asks for its peer anew,
//! with the feature `client`: it may have another card by now (RFC 1122, 2.3.2.1; RFC 4861, 7.3).
//!
//! # Which addresses this host has
//!
//! They have one owner here, which all that judges a packet asks. With the feature `addressing` they
//! change while connections live, and with `conflict-detection` a stack may ask for each of them
//! first: an address that is asked for is no address of this host yet. It is not answered for, and
//! nothing is sent from it.
//!
//! # The walk of a datagram
//!
//! 1. `packet.rs` parses the frame. One for another card is dropped; a message of ARP or neighbor
//!    discovery is answered here (`link/layer.rs`), as is a query for listeners (`link/mld.rs`), and
//!    goes no further.
//! 2. The stack judges the packet. If it is a datagram for this host, the table takes note of its
//!    sender.
//! 3. smoltcp is given the packet, and the service makes the answer.
//! 4. smoltcp writes the packet behind the room for an Ethernet header, which is filled in here:
//!    the card is the one that the table has for the destination, or for the gateway; the frame
//!    leaves. A datagram in fragments is written once, so all of them go to that card.
//!
//! # The walk of a segment
//!
//! 1. As that of a datagram, but the table takes note of nothing: a flood of SYNs drives no host
//!    out of it. The card that has sent a SYN waits with it in the backlog.
//! 2. The [connection](crate::stack::Control) that is given the segment takes note of the card. What
//!    it sends goes there, until a segment comes from another one.
//! 3. What is answered without a connection, as a reset or a SYN cookie, goes to the card that the
//!    segment came from.
//! 4. The first segment of a client has no such card. It leaves when the neighbor that its peer is
//!    reached by has answered; `Way::finds` in `stack/way.rs` asks for it.
//! 5. What is sent again twice without a sign of the peer goes to no card any more until the
//!    neighbor has been asked for anew.

mod addresses;
mod arp;
#[cfg(feature = "conflict-detection")]
mod claims;
mod ethernet;
mod layer;
#[cfg(feature = "mld")]
mod mld;
#[cfg(feature = "ipv6")]
mod ndisc;
mod neighbors;
#[cfg(any(feature = "conflict-detection", feature = "mld"))]
mod random;
mod transmit;

pub use crate::packet::EthernetAddress;

#[cfg(feature = "conflict-detection")]
pub use claims::Conflict;

#[cfg(any(feature = "dhcp", feature = "slaac"))]
pub(crate) use claims::{Given, Pace};

pub(crate) use addresses::Addresses;
#[cfg(feature = "mld")]
pub(crate) use mld::MOST_JOINED;
pub(crate) use neighbors::NEIGHBORS;
#[cfg(feature = "addressing")]
pub(crate) use transmit::Drain;
pub(crate) use transmit::{Nowhere, Room, Transmit};

pub(crate) use addresses::is_link_local;
pub(crate) use layer::{Link, ip_mtu};
