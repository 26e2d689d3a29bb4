//! What a server has given, and how long it may be used.

use heapless::Vec;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{Ipv4Address, Ipv4Cidr};

use crate::chance::Chance;
use crate::packet::{DhcpReply, EthernetAddress, NAME_SERVERS};

/// What a DHCP server has given to this host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The address, with the length of its network's prefix.
    pub address: Ipv4Cidr,
    /// The server.
    pub server: Ipv4Address,
    /// The first router that it names.
    pub router: Option<Ipv4Address>,
    /// The first of the name servers that it names.
    pub name_servers: Vec<Ipv4Address, NAME_SERVERS>,
    /// How long the address may be used, from the request on; `None` if there is no end.
    pub duration: Option<Duration>,
}

/// A lease, and when something has to be done about it.
pub(super) struct Grant {
    pub(super) lease: Lease,
    /// Where the server, or the router in front of it, is on the link.
    pub(super) hardware: EthernetAddress,
    /// T1, T2 and the end of the lease (RFC 2131, 4.4.5); `None` for never.
    pub(super) times: Option<Times>,
}

#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) renew: Instant,
    pub(super) rebind: Instant,
    pub(super) end: Instant,
}

impl Grant {
    /// What a reply gives that has come from this card, to a request that was sent first at this moment.
    /// `None` if it gives no address of a host, or for no time.
    ///
    /// RFC 2131, 4.4.1: "The client computes the lease expiration time as the sum of the time at which
    /// the client sent the DHCPREQUEST message and the duration of the lease".
    pub(super) fn new(
        reply: &DhcpReply,
        hardware: EthernetAddress,
        sent: Instant,
        chance: &mut Chance,
    ) -> Option<Self> {
        let seconds = reply.lease_time.filter(|seconds| *seconds > 0)?;
        let (times, duration) = match seconds {
            // RFC 2131, 3.3: "A time value of 0xffffffff ... will represent 'infinity'".
            u32::MAX => (None, None),
            _ => {
                let times = Times::new(reply, seconds, sent, chance);
                (Some(times), Some(Duration::from_secs(seconds.into())))
            }
        };
        Some(Self {
            lease: Lease {
                address: address(reply)?,
                server: reply.server,
                router: reply.router,
                name_servers: reply.name_servers.clone(),
                duration,
            },
            hardware,
            times,
        })
    }

    pub(super) fn address(&self) -> Ipv4Address {
        self.lease.address.address()
    }

    /// When the lease has to be renewed.
    pub(super) fn renew(&self) -> Option<Instant> {
        self.times.map(|times| times.renew)
    }

    /// When the lease ends.
    pub(super) fn end(&self) -> Option<Instant> {
        self.times.map(|times| times.end)
    }
}

impl Times {
    /// RFC 2131, 4.4.5: "T1 MUST be earlier than T2, which, in turn, MUST be earlier than the time at
    /// which the client's lease will expire." "T1 defaults to (0.5 * duration_of_lease). T2 defaults to
    /// (0.875 * duration_of_lease)", "with some random 'fuzz' around a fixed value".
    fn new(reply: &DhcpReply, seconds: u32, sent: Instant, chance: &mut Chance) -> Self {
        let all = Duration::from_secs(seconds.into());
        let given = (reply.renewal_time).zip(reply.rebinding_time);
        let (renew, rebind) = match given {
            Some((renew, rebind)) if 0 < renew && renew < rebind && rebind < seconds => (
                Duration::from_secs(renew.into()),
                Duration::from_secs(rebind.into()),
            ),
            _ => {
                let fuzz = chance.within(all / 32);
                (all / 2 - fuzz, all * 7 / 8 - fuzz)
            }
        };
        Self {
            renew: sent + renew,
            rebind: sent + rebind,
            end: sent + all,
        }
    }
}

/// The address that a reply gives, if a host can have it.
fn address(reply: &DhcpReply) -> Option<Ipv4Cidr> {
    let address = reply.address;
    let given = reply.subnet_mask.and_then(prefix_len);
    let prefix_len = given.unwrap_or(match address.octets()[0] {
        // Of a server that leaves it out: that of the address's class (RFC 791, 2.3).
        0..128 => 8,
        128..192 => 16,
        _ => 24,
    });
    let is_unicast = !address.is_unspecified()
        && !address.is_loopback()
        && !address.is_multicast()
        && !address.is_broadcast();
    let cidr = Ipv4Cidr::new(address, prefix_len);
    let is_all = cidr.broadcast() == Some(address);
    (is_unicast && !is_all).then_some(cidr)
}

/// How many ones a mask begins with, if zeros follow.
fn prefix_len(mask: Ipv4Address) -> Option<u8> {
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    (ones > 0 && bits.count_ones() == ones).then_some(ones as u8)
}
