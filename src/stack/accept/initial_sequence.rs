//! A connection that begins with a sequence number of our choice.
//!
//! smoltcp 0.14 draws its numbers from a generator that belongs to the interface. So the SYN is
//! given to an interface that is made for it, with the seed that leads to the number.

use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpVersion, TcpSeqNumber};

use crate::link::Nowhere;
use crate::stack::control::Connection;
use crate::stack::host::Host;
use crate::stack::port::{Way, new_interface};

/// Gives the socket that listens the packet of a SYN and, if there is one, of the ACK that ends the
/// handshake, which are for `address`. The socket's own initial sequence number is `first`.
pub(super) fn begin(
    host: &Host,
    address: IpAddress,
    first: TcpSeqNumber,
    segments: &[&[u8]],
    now: Instant,
    connection: &mut Connection<'_>,
) {
    let mut interface = new_interface(host, seed_for(first), now);
    interface.update_ip_addrs(|addresses| {
        let prefix = match address.version() {
            IpVersion::Ipv4 => 32,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => 128,
        };
        let _ = addresses.push(IpCidr::new(address, prefix));
    });
    // What it answers is not sent: a reset, if the socket was not the right one.
    let mut nowhere = Nowhere;
    let mut way = Way::new(&mut interface, host, now, &mut nowhere);
    for segment in segments {
        way.deliver(&mut connection.set, None, segment);
    }
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
