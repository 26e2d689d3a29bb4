//! What is drawn from the one secret number that a caller gives: for each purpose a key of its own.
//!
//! Each key is a one-way function of the number and of its purpose (SipHash-2-4). So what is sent
//! tells nothing about the number, and what is sent for one purpose tells nothing about what is sent
//! for another.

use siphasher::sip::SipHasher24;
use smoltcp::wire::IpAddress;

use crate::packet::FourTuple;

/// What a key is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// smoltcp's own generator for connections.
    Interface = 1,
    /// Initial sequence numbers (RFC 6528).
    SequenceNumbers,
    /// SYN cookies (RFC 4987).
    #[cfg(feature = "syn-cookies")]
    Cookies,
    /// Ports (RFC 6056).
    #[cfg(feature = "client")]
    Ports,
    /// The identifications of DNS (RFC 5452).
    #[cfg(feature = "client")]
    Identifications,
    /// Where connections are found in a hash table.
    Table,
    /// The identifications of packets that routers may fragment (RFC 6864).
    Fragments,
    /// The transactions of DHCP (RFC 2131), and when this host asks its network.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    Configuration,
    /// smoltcp's own generator for what does not belong to a connection.
    #[cfg(feature = "fragmentation")]
    Datagrams,
}

/// A key of a keyed hash.
#[derive(Clone, Copy)]
pub(crate) struct Key([u64; 2]);

impl Key {
    /// The key for a purpose.
    pub(crate) fn new(random_seed: u64, purpose: Purpose) -> Self {
        let seed = Self([random_seed, purpose as u64]);
        Self([seed.hash(0), seed.hash(1)])
    }

    /// The keyed hash of a number.
    pub(crate) fn hash(&self, number: u64) -> u64 {
        self.hash_bytes(&number.to_be_bytes())
    }

    /// The keyed hash of an address.
    pub(crate) fn hash_address(&self, address: &IpAddress) -> u64 {
        match address {
            IpAddress::Ipv4(address) => self.hash(address.to_bits().into()),
            #[cfg(feature = "ipv6")]
            IpAddress::Ipv6(address) => self.hash_bytes(&address.octets()),
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => 0,
        }
    }

    /// The keyed hash of a four-tuple and two numbers.
    pub(crate) fn hash_tuple(&self, tuple: &FourTuple, first: u32, second: u64) -> u32 {
        const ADDRESS: usize = 16;
        const PORTS: usize = 2 * ADDRESS;
        let mut bytes = [0; PORTS + 16];
        let mut put = |at: usize, field: &[u8]| bytes[at..][..field.len()].copy_from_slice(field);
        for (at, endpoint) in [(0, &tuple.remote), (ADDRESS, &tuple.local)] {
            match endpoint.addr {
                IpAddress::Ipv4(address) => put(at, &address.octets()),
                #[cfg(feature = "ipv6")]
                IpAddress::Ipv6(address) => put(at, &address.octets()),
                #[allow(unreachable_patterns)] // without IPv6 there is no other version
                _ => {}
            }
        }
        put(PORTS, &tuple.remote.port.to_be_bytes());
        put(PORTS + 2, &tuple.local.port.to_be_bytes());
        put(PORTS + 4, &first.to_be_bytes());
        put(PORTS + 8, &second.to_be_bytes());
        self.hash_bytes(&bytes) as u32
    }

    #[inline(never)] // A board has it once.
    fn hash_bytes(&self, bytes: &[u8]) -> u64 {
        SipHasher24::new_with_keys(self.0[0], self.0[1]).hash(bytes)
    }
}

/// One number for a purpose that needs no more.
pub(crate) fn draw(random_seed: u64, purpose: Purpose) -> u64 {
    Key::new(random_seed, purpose).hash(0)
}
