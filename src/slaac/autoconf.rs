//! What routers have advertised, without a socket and without a clock: it is given advertisements, and
//! says what has to be done.

use heapless::Vec;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{Ipv6Address, Ipv6Cidr};

use super::lifetime::End;
use crate::chance::Chance;
use crate::logging::debug;
use crate::packet::{EthernetAddress, PrefixInformation, RouterAdvertisement};

/// Prefixes that addresses are formed with.
pub const PREFIXES: usize = 3;
/// Routers that are remembered.
pub const ROUTERS: usize = 2;
/// Name servers that are remembered.
pub const NAME_SERVERS: usize = 3;

/// RFC 4861, 10: MAX_RTR_SOLICITATION_DELAY.
const LONGEST_START: Duration = Duration::from_secs(1);
// RFC 7559, 2: IRT and MRT. Each delay is twice the one before, give or take a tenth.
const FIRST_DELAY: Duration = Duration::from_secs(4);
const LONGEST_DELAY: Duration = Duration::from_secs(3600);
/// The bits of an interface identifier on Ethernet (RFC 2464, 4).
const PREFIX_LENGTH: u8 = 64;

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Routers have to be asked for.
    Solicit,
    /// The host has to take the address, if it does not have it.
    Use(Ipv6Cidr),
    /// The host must not use the address any more.
    Remove(Ipv6Address),
}

/// An address that was formed with a prefix.
struct Formed {
    address: Ipv6Cidr,
    preferred: End,
    valid: End,
    stage: Stage,
    /// Whether the link was down since the prefix was advertised.
    is_suspect: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The host does not have it yet, or not with this prefix length.
    New,
    Used,
    /// Another host has it. It is formed anew when the link is back.
    Taken,
}

/// Something that counts for a time.
struct Known {
    address: Ipv6Address,
    end: End,
    is_suspect: bool,
}

/// The configuration of one card.
pub(crate) struct Autoconf {
    /// The last half of each address.
    identifier: [u8; 8],
    chance: Chance,
    /// When routers are asked for, and the delay after that.
    solicit: Option<Instant>,
    delay: Duration,
    formed: Vec<Formed, PREFIXES>,
    routers: Vec<Known, ROUTERS>,
    name_servers: Vec<Known, NAME_SERVERS>,
    /// Whether deprecated addresses, or the gateway, may have changed.
    has_changed: bool,
}

impl Autoconf {
    /// Routers are asked for soon.
    pub(crate) fn new(
        random_seed: u64,
        hardware: EthernetAddress,
        link_local: Ipv6Address,
    ) -> Self {
        let [.., a, b, c, d, e, f, g, h] = link_local.octets();
        Self {
            identifier: [a, b, c, d, e, f, g, h],
            chance: Chance::new(random_seed, hardware),
            // When it is tended first.
            solicit: Some(Instant::ZERO),
            delay: Duration::ZERO,
            formed: Vec::new(),
            routers: Vec::new(),
            name_servers: Vec::new(),
            has_changed: false,
        }
    }

    /// The router to all other networks.
    pub(crate) fn router(&self) -> Option<Ipv6Address> {
        self.routers.first().map(|router| router.address)
    }

    /// The name servers.
    pub(crate) fn name_servers(&self) -> impl Iterator<Item = Ipv6Address> {
        self.name_servers.iter().map(|server| server.address)
    }

    /// The addresses that this host should not begin anything with (RFC 4862, 5.5.4).
    pub(crate) fn deprecated(&self, now: Instant) -> impl Iterator<Item = Ipv6Address> {
        let formed = self.formed.iter();
        let deprecated = formed.filter(move |formed| formed.preferred.has_come(now));
        deprecated.map(|formed| formed.address.address())
    }

    /// Whether deprecated addresses, or the gateway, may have changed since this was asked last.
    pub(crate) fn take_change(&mut self) -> bool {
        core::mem::take(&mut self.has_changed)
    }

    /// The link was down: this may be another network.
    pub(crate) fn verify(&mut self) {
        self.solicit = Some(Instant::ZERO);
        self.delay = Duration::ZERO;
        for formed in &mut self.formed {
            formed.is_suspect = true;
            // The host that has it may be on another link.
            if formed.stage == Stage::Taken {
                formed.stage = Stage::New;
            }
        }
        let known = self.routers.iter_mut().chain(&mut self.name_servers);
        known.for_each(|known| known.is_suspect = true);
    }

    /// Another host has this address, which is not used any more.
    pub(crate) fn conflict(&mut self, address: Ipv6Address) {
        let mut formed = self.formed.iter_mut();
        if let Some(formed) = formed.find(|formed| formed.address.address() == address) {
            formed.stage = Stage::Taken;
        }
    }

    /// The host has no room for the address; the next advertisement forms it anew.
    pub(crate) fn has_no_room(&mut self, address: Ipv6Address) {
        self.formed
            .retain(|formed| formed.address.address() != address);
    }

    /// A valid advertisement has come.
    pub(crate) fn receive(&mut self, advertisement: &RouterAdvertisement<'_>, now: Instant) {
        self.doubt(advertisement.router);
        let lifetime = u32::from(advertisement.lifetime);
        note(&mut self.routers, advertisement.router, lifetime, now);
        if lifetime > 0 {
            // RFC 4861, 6.3.7: no more "Once the host sends a Router Solicitation, and receives a valid
            // Router Advertisement with a non-zero Router Lifetime".
            self.solicit = None;
        }
        for (server, lifetime) in advertisement.name_servers() {
            note(&mut self.name_servers, server, lifetime, now);
        }
        for prefix in advertisement.prefixes() {
            self.take(&prefix, now);
        }
        self.has_changed = true;
    }

    /// After the link was down: the first advertisement tells whether this is the network from before.
    fn doubt(&mut self, router: Ipv6Address) {
        let mut routers = self.routers.iter();
        let is_known = routers.any(|known| known.address == router);
        let is_suspect = |is_suspect: &mut bool| core::mem::take(is_suspect) && !is_known;
        self.routers
            .retain_mut(|known| !is_suspect(&mut known.is_suspect));
        self.name_servers
            .retain_mut(|known| !is_suspect(&mut known.is_suspect));
        for formed in &mut self.formed {
            if is_suspect(&mut formed.is_suspect) {
                formed.valid = End(Some(Instant::ZERO));
            }
        }
    }

    /// RFC 4862, 5.5.3.
    fn take(&mut self, prefix: &PrefixInformation, now: Instant) {
        let is_usable = prefix.is_autonomous
            && !prefix.prefix.is_unicast_link_local()
            && !prefix.prefix.is_multicast()
            && !prefix.prefix.is_unspecified()
            && prefix.preferred <= prefix.valid
            && prefix.length == PREFIX_LENGTH;
        if !is_usable {
            return;
        }
        let mut octets = prefix.prefix.octets();
        octets[8..].copy_from_slice(&self.identifier);
        // Where the prefix is not on the link, other hosts with it are reached by the router.
        let length = if prefix.is_on_link {
            PREFIX_LENGTH
        } else {
            128
        };
        let address = Ipv6Cidr::new(octets.into(), length);
        let valid = End::after(prefix.valid, now);
        let preferred = End::after(prefix.preferred, now);
        let mut known = self.formed.iter_mut();
        if let Some(formed) = known.find(|formed| formed.address.address() == address.address()) {
            formed.preferred = preferred;
            formed.valid = formed.valid.updated(valid, now);
            // RFC 4861, 6.3.4: an option without the flag says nothing about the link.
            if prefix.is_on_link && formed.address != address {
                formed.address = address;
                if formed.stage == Stage::Used {
                    formed.stage = Stage::New;
                }
            }
            return;
        }
        if prefix.valid > 0 {
            let formed = Formed {
                address,
                preferred,
                valid,
                stage: Stage::New,
                is_suspect: false,
            };
            if self.formed.push(formed).is_err() {
                debug!("SLAAC: no room for another prefix than {}", PREFIXES);
            }
        }
    }

    /// When something is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        let is_new = |formed: &Formed| formed.stage == Stage::New;
        if self.has_changed || self.formed.iter().any(is_new) {
            return Some(Instant::ZERO);
        }
        let preferred = self.formed.iter().map(|formed| formed.preferred);
        let ends = preferred
            .filter(|preferred| *preferred != DEPRECATED)
            .chain(self.formed.iter().map(|formed| formed.valid))
            .chain(self.routers.iter().map(|router| router.end))
            .chain(self.name_servers.iter().map(|server| server.end));
        ends.filter_map(|end| end.0).chain(self.solicit).min()
    }

    /// What has to be done now; called until it is nothing.
    pub(crate) fn step(&mut self, now: Instant) -> Option<Task> {
        let ended = |formed: &Formed| formed.valid.has_come(now);
        if let Some(index) = self.formed.iter().position(ended) {
            let formed = self.formed.swap_remove(index);
            if formed.stage != Stage::Taken {
                return Some(Task::Remove(formed.address.address()));
            }
        }
        for formed in &mut self.formed {
            if formed.stage == Stage::New {
                formed.stage = Stage::Used;
                return Some(Task::Use(formed.address));
            }
        }
        for formed in &mut self.formed {
            if formed.preferred.has_come(now) && formed.preferred != DEPRECATED {
                formed.preferred = DEPRECATED;
                self.has_changed = true;
            }
        }
        let before = self.routers.len();
        self.routers.retain(|router| !router.end.has_come(now));
        self.name_servers.retain(|server| !server.end.has_come(now));
        self.has_changed |= self.routers.len() < before;
        self.solicit(now)
    }

    fn solicit(&mut self, now: Instant) -> Option<Task> {
        if self.solicit.is_none_or(|solicit| solicit > now) {
            return None;
        }
        if self.delay == Duration::ZERO {
            // RFC 4861, 6.3.7: "a host SHOULD delay the transmission for a random amount of time".
            self.delay = FIRST_DELAY;
            self.solicit = Some(now + self.chance.within(LONGEST_START));
            return None;
        }
        let delay = self.delay - self.delay / 10 + self.chance.within(self.delay / 5);
        self.solicit = Some(now + delay);
        self.delay = (self.delay * 2).min(LONGEST_DELAY);
        Some(Task::Solicit)
    }
}

/// The end of a preferred lifetime that has been dealt with.
const DEPRECATED: End = End(Some(Instant::ZERO));

/// Takes note of what counts for so many seconds; for none, it is forgotten.
fn note<const N: usize>(
    known: &mut Vec<Known, N>,
    address: Ipv6Address,
    seconds: u32,
    now: Instant,
) {
    let end = End::after(seconds, now);
    match known.iter().position(|known| known.address == address) {
        Some(index) if seconds == 0 => {
            // The order stays: the first one is used.
            known.remove(index);
        }
        Some(index) => known[index].end = end,
        None if seconds > 0 => {
            let _ = known.push(Known {
                address,
                end,
                is_suspect: false,
            });
        }
        None => {}
    }
}
