//! Identifications of packets in fragments, and IPv4 packets that routers may fragment: without DF, and
//! with an identification (RFC 6864).
//!
//! RFC 6864, 4.3: "Sources emitting non-atomic datagrams MUST NOT repeat IPv4 ID values within one MDL
//! for a given source address/destination address/protocol tuple." They repeat after 65 536
//! packets to a host. With less than 6 Mbit/s of long packets to it, that takes more than two minutes.
//! A server that sends more than that runs on a host with an operating system, where segments leave
//! with DF (the feature `paths`). Those of IPv6 repeat after 2^32 packets.

use core::cell::Cell;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, checksum};

use crate::packet::ip::{IPV4_HEADER, ipv4};
use crate::packet::{half, put_half};
#[cfg(feature = "isn")]
use crate::secret::{Key, Purpose};

/// Destinations that share a counter tell each other how many packets were sent; so there are
/// several counters where there is a secret by which to choose one, and from which they begin (RFC 7739,
/// 5.3).
const COUNTERS: usize = if cfg!(feature = "isn") { 64 } else { 1 };

/// Draws identifications.
pub(super) struct Identifications {
    counters: [Cell<u32>; COUNTERS],
    /// Where there is no secret, at least not the same after a restart.
    #[cfg(not(feature = "isn"))]
    first: u32,
    #[cfg(feature = "isn")]
    key: Key,
}

impl Identifications {
    pub(super) fn new(random_seed: u64) -> Self {
        Self {
            counters: [const { Cell::new(0) }; COUNTERS],
            #[cfg(not(feature = "isn"))]
            first: (random_seed >> 32) as u32,
            #[cfg(feature = "isn")]
            key: Key::new(random_seed, Purpose::Fragments),
        }
    }

    /// The next one for a packet to `destination`; IPv4 has its lower half.
    pub(super) fn next(&self, destination: &IpAddress) -> u32 {
        #[cfg(feature = "isn")]
        let (counter, first) = {
            let hash = self.key.hash_address(destination);
            (hash as usize % COUNTERS, (hash >> 32) as u32)
        };
        #[cfg(not(feature = "isn"))]
        let (counter, first, _) = (0, self.first, destination);
        let counter = &self.counters[counter];
        counter.set(counter.get().wrapping_add(1));
        first.wrapping_add(counter.get())
    }

    /// Lets routers fragment a packet to `destination`.
    pub(super) fn permit_fragments(
        &self,
        packet: &mut [u8],
        destination: &IpAddress,
        checksums: &ChecksumCapabilities,
    ) {
        let Some(header) = packet.first_chunk_mut::<IPV4_HEADER>() else {
            return;
        };
        if !matches!(destination, IpAddress::Ipv4(_)) {
            return;
        }
        if half(header, ipv4::FRAGMENT) != ipv4::DONT_FRAGMENT {
            return;
        }
        let identification = self.next(destination);
        put_half(header, ipv4::FRAGMENT, 0);
        put_half(header, ipv4::IDENTIFICATION, identification as u16);
        if checksums.ipv4.tx() {
            put_half(header, ipv4::CHECKSUM, 0);
            let sum = !checksum::data(header);
            put_half(header, ipv4::CHECKSUM, sum);
        }
    }
}
