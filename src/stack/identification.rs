//! IPv4 packets that routers may fragment: without DF, and with an identification (RFC 6864).
//!
//! RFC 6864, 4.3: "Sources emitting non-atomic datagrams MUST NOT repeat IPv4 ID values within one MDL
//! for a given source address/destination address/protocol tuple." They repeat after 65 536
//! packets to a host. With less than 6 Mbit/s of long packets to it, that takes more than two minutes.
//! A server that sends more than that runs on a host with an operating system, where segments leave
//! with DF (the feature `paths`).

use core::cell::Cell;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, Ipv4Address, checksum};

use crate::packet::ip::{IPV4_HEADER, ipv4};
use crate::packet::{half, put_half};
#[cfg(feature = "isn")]
use crate::secret::{Key, Purpose};

/// Destinations that share a counter tell each other how many packets were sent; so there are
/// several counters where there is a secret by which to choose one (RFC 7739, 5.2 for IPv6).
const COUNTERS: usize = if cfg!(feature = "isn") { 64 } else { 1 };

/// Draws identifications.
pub(super) struct Identifications {
    counters: [Cell<u16>; COUNTERS],
    #[cfg(feature = "isn")]
    key: Key,
}

impl Identifications {
    pub(super) fn new(random_seed: u64) -> Self {
        #[cfg(not(feature = "isn"))]
        let _ = random_seed;
        Self {
            counters: [const { Cell::new(0) }; COUNTERS],
            #[cfg(feature = "isn")]
            key: Key::new(random_seed, Purpose::Fragments),
        }
    }

    fn next(&self, destination: Ipv4Address) -> u16 {
        #[cfg(feature = "isn")]
        let (counter, first) = {
            let hash = self.key.hash(destination.to_bits().into());
            (hash as usize % COUNTERS, (hash >> 32) as u16)
        };
        #[cfg(not(feature = "isn"))]
        let (counter, first, _) = (0, 0_u16, destination);
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
        let destination = match *destination {
            IpAddress::Ipv4(destination) => destination,
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => return,
        };
        // A fragment has its identification already.
        if half(header, ipv4::FRAGMENT) != ipv4::DONT_FRAGMENT {
            return;
        }
        let identification = self.next(destination);
        put_half(header, ipv4::FRAGMENT, 0);
        put_half(header, ipv4::IDENTIFICATION, identification);
        if checksums.ipv4.tx() {
            put_half(header, ipv4::CHECKSUM, 0);
            let sum = !checksum::data(header);
            put_half(header, ipv4::CHECKSUM, sum);
        }
    }
}
