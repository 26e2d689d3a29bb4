//! A connection that begins with a sequence number of our choice.
//!
//! smoltcp 0.14 draws its numbers from a generator that belongs to the interface: three of them give
//! its state, and so all that follow. So a SYN is given to an interface that is made for it, with the
//! seed that leads to the number, and a client's socket connects with one.

use smoltcp::iface::Interface;
#[cfg(feature = "client")]
use smoltcp::socket::tcp::ConnectError;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, TcpSeqNumber};

#[cfg(feature = "client")]
use super::context::Context;
use super::control::Connection;
use super::host::Host;
use super::interfaces::{Interfaces, new_interface, set_address};
#[cfg(feature = "client")]
use super::table::Slot;
use super::way::Way;
use crate::link::Nowhere;
#[cfg(feature = "client")]
use crate::packet::FourTuple;

/// Gives the socket that listens the packet of a SYN and, if there is one, of the ACK that ends the
/// handshake, which are for `address`. The socket's own initial sequence number is `first`.
#[inline(never)] // An interface is large, and not needed for long.
pub(super) fn begin(
    host: &Host,
    address: IpAddress,
    first: TcpSeqNumber,
    segments: &[&[u8]],
    now: Instant,
    connection: &mut Connection<'_>,
) {
    let mut interface = interface(host, first, now);
    set_address(&mut interface, address);
    // What it answers is not sent: a reset, if the socket was not the right one.
    let mut nowhere = Nowhere;
    let mut interfaces = Interfaces::one(interface);
    let mut way = Way::new(&mut interfaces, host, now, &mut nowhere);
    for segment in segments {
        way.deliver(&mut connection.set, None, segment);
    }
}

/// Begins to open the connection of a client, with an initial sequence number that tells nothing
/// about others.
#[cfg(feature = "client")]
#[inline(never)] // As above.
pub(crate) fn connect(
    context: &mut Context<'_, '_>,
    slot: Slot,
    tuple: FourTuple,
) -> Result<(), ConnectError> {
    let (host, now) = (&*context.host, context.now);
    let mut interface = interface(host, host.sequence_numbers.next(&tuple, now), now);
    let connection = context.sockets.client(slot);
    let socket = connection.socket_mut();
    socket.connect(interface.context(), tuple.remote, tuple.local)?;
    connection.begin(tuple, now);
    Ok(())
}

/// An interface that draws this number first.
fn interface(host: &Host, first: TcpSeqNumber, now: Instant) -> Interface {
    new_interface(&host.capabilities, seed_for(first), now)
}

/// The seed with which an interface draws this number first, after the one that it draws for
/// itself: the generator (sPCG32) backwards.
fn seed_for(number: TcpSeqNumber) -> u64 {
    const FACTOR: u64 = 0xbb2e_fcec_3c39_611d;
    const STEP: u64 = 0x7590_ef39;
    let before = |state: u64| state.wrapping_sub(STEP).wrapping_mul(inverse(FACTOR));
    // With its highest three bits clear, a state gives bits 29 to 60; the lower ones are free.
    let state = u64::from(number.0 as u32) << 29;
    (state..)
        .map(before)
        // Of the state before, 16 bits must not be zero, or the interface draws once more.
        .find(|state| {
            let drawn = (state >> (29 - (state >> 61))) as u32;
            (drawn ^ drawn >> 16) as u16 != 0
        })
        .map(before)
        .unwrap_or_default()
}

/// The inverse of an odd number modulo 2^64: each step doubles the bits that are right.
const fn inverse(number: u64) -> u64 {
    let mut inverse = number;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(number.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

#[cfg(test)]
mod tests;
