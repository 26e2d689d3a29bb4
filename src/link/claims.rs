//! Whether another host has an address of this host: IPv4 address conflict detection (RFC 5227), and
//! duplicate address detection of IPv6 (RFC 4862, 5.4).
//!
//! An address is used once the link was asked for it, and no host has answered. An IPv4 address is
//! announced then, and defended once; after a second conflict within ten seconds it is given up
//! (RFC 5227, 2.4 (b)). An address that the program has chosen is asked for again when the link is back.
//! What becomes of two hosts that have had the same IPv6 address for longer is
//! "beyond the scope" of RFC 4862 (5.4.4).

use core::fmt;

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpCidr, Ipv4Address};

use super::addresses::Addresses;
use super::arp;
#[cfg(feature = "ipv6")]
use super::ndisc;
use super::random::Random;
use super::transmit::Transmit;
use crate::packet::EthernetAddress;

// RFC 5227, 1.1, and RFC 4862, 5.1.
const PROBE_WAIT: Duration = Duration::from_secs(1);
const PROBES: u8 = 3;
const PROBE_MINIMUM: Duration = Duration::from_secs(1);
const PROBE_SPREAD: Duration = Duration::from_secs(1);
const ANNOUNCE_WAIT: Duration = Duration::from_secs(2);
const ANNOUNCEMENTS: u8 = 2;
const ANNOUNCE_INTERVAL: Duration = Duration::from_secs(2);
const DEFEND_INTERVAL: Duration = Duration::from_secs(10);
/// DupAddrDetectTransmits.
const SOLICITATIONS: u8 = 1;
/// RetransTimer (RFC 4861, 10).
const RETRANSMIT: Duration = Duration::from_secs(1);

/// Another host uses an address of this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conflict {
    /// The address.
    pub address: IpAddress,
    /// The card of the other host.
    pub hardware: EthernetAddress,
    /// Whether this host has given the address up; else it has defended it.
    pub is_given_up: bool,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address, hardware, ..
        } = self;
        match self.is_given_up {
            true => write!(
                f,
                "{address} is not used: {hardware} has it; give this host another one"
            ),
            false => write!(f, "{hardware} uses {address}, which is this host's"),
        }
    }
}

/// How long the link is asked for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As the RFCs have it.
    Whole,
    /// A tenth of it: a DHCP server has asked, too, before it gave the address. RFC 2131, 4.4.1, only asks
    /// for a check, and other clients are as short.
    #[cfg(feature = "dhcp")]
    Tenth,
}

/// What has become of an address that the network gives.
#[cfg(any(feature = "dhcp", feature = "slaac"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// This host uses it once it is known that no other host does.
    Taken,
    /// The program has chosen the same address before, which stays as it is.
    Kept,
    /// There is no room for it.
    NoRoom,
}

/// The stage of the detection of conflicts about an address.
#[derive(Clone, Copy)]
enum Stage {
    /// How many probes are left to be sent.
    Probing(u8),
    /// How many announcements are left to be sent.
    Announcing(u8),
    Settled,
    /// Another host has it. The link is asked for it again when it is back.
    GivenUp,
}

/// An address that this host has, or wants to have.
struct Claim {
    address: IpCidr,
    /// Whether the network has given it, so that the network may take it back.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    is_given: bool,
    pace: Pace,
    stage: Stage,
    /// Whether this host has it: also while the link, which is [back](Claims::verify), is asked for it.
    is_in_use: bool,
    /// When the next message is due; `None` before the time is known, and where none is left.
    next: Option<Instant>,
    /// When it was defended.
    defended: Option<Instant>,
    /// The card of another host that uses it.
    rival: Option<EthernetAddress>,
}

/// What has to be done about an address.
enum Task {
    /// The link has to be asked for it.
    Probe(IpAddress),
    /// This host uses it from now on.
    Use(IpCidr),
    /// It has to be announced.
    Announce(IpAddress),
    /// Another host uses it: it has been given up, or has to be announced.
    Report(Conflict),
}

/// The addresses that this host has, or wants to have.
pub(super) struct Claims {
    claims: Vec<Claim, IFACE_MAX_ADDR_COUNT>,
    /// Hosts that start together do not probe together.
    random: Random,
}

impl Claims {
    pub(super) fn new(card: EthernetAddress) -> Self {
        Self {
            claims: Vec::new(),
            random: Random::new(card),
        }
    }

    /// Begins to ask for an address that the program has chosen; returns whether there is room. It is the
    /// program's from now on, where the network has given it before.
    pub(super) fn begin(&mut self, address: IpCidr) -> bool {
        let Some(claim) = self.claim(Claim::new(address, Pace::Whole)) else {
            return false;
        };
        claim.address = address;
        #[cfg(any(feature = "dhcp", feature = "slaac"))]
        {
            claim.is_given = false;
        }
        true
    }

    /// Begins to ask for an address that the network has given, if there is room. One that the program
    /// has chosen stays as it is.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    pub(super) fn begin_given(&mut self, address: IpCidr, pace: Pace) -> Given {
        let mut new = Claim::new(address, pace);
        new.is_given = true;
        match self.claim(new) {
            None => Given::NoRoom,
            Some(claim) if claim.is_given => {
                claim.address = address;
                Given::Taken
            }
            Some(_) => Given::Kept,
        }
    }

    /// Whether the network has given an address.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    pub(super) fn is_given(&self, address: &IpAddress) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|claim| claim.address.address() == *address && claim.is_given)
    }

    /// The claim about this address, `new` where there is none; `None` if there is no room. One that was
    /// given up begins anew.
    fn claim(&mut self, new: Claim) -> Option<&mut Claim> {
        let (address, stage) = (new.address.address(), new.stage);
        let mut claims = self.claims.iter();
        let known = claims.position(|claim| claim.address.address() == address);
        if known.is_none() {
            if self.claims.is_full() {
                // This host has none of those, and the program may have chosen another one in their place.
                self.claims.retain(|claim| !claim.is_given_up());
            }
            self.claims.push(new).ok()?;
        }
        let index = known.unwrap_or(self.claims.len() - 1);
        let claim = self.claims.get_mut(index)?;
        if claim.is_given_up() {
            claim.stage = stage;
        }
        Some(claim)
    }

    /// The link is back, and may be another one: it is asked for each address, as at first, also for those
    /// that were given up.
    ///
    /// RFC 5227, 2.1: "Before beginning to use an IPv4 address [...], a host implementing this
    /// specification MUST test to see if the address is already in use [...]. This also applies when a
    /// network interface transitions from an inactive to an active state, [...] when a link-state change
    /// signals that an Ethernet cable has been connected".
    ///
    /// This host deviates from it: an address that it has is used while the link is asked for it. Most
    /// often the link is the same as before, and connections would end. So another host that asks for the
    /// address is answered, and an IPv4 address is defended once. An IPv6 address is given up when another
    /// host says that it has it, as at first.
    pub(super) fn verify(&mut self) {
        for claim in &mut self.claims {
            claim.stage = first_stage(&claim.address);
            claim.next = None;
        }
    }

    /// Removes an address, and the gateways that are on no network of this host any more; returns
    /// whether there was the address.
    pub(super) fn remove(&mut self, address: &IpAddress, addresses: &mut Addresses) -> bool {
        let before = self.claims.len();
        self.claims
            .retain(|claim| claim.address.address() != *address);
        let was_used = addresses.remove(address, |gateway| self.is_near(gateway));
        was_used || self.claims.len() < before
    }

    /// The addresses, those that are not used yet included, but none that was given up.
    #[cfg(feature = "mld")]
    pub(super) fn addresses(&self) -> impl Iterator<Item = &IpCidr> {
        let claims = self.claims.iter().filter(|claim| !claim.is_given_up());
        claims.map(|claim| &claim.address)
    }

    /// Whether a host is on one of this host's networks, those of addresses that were given up included:
    /// the gateway there waits for them, too.
    pub(super) fn is_near(&self, address: &IpAddress) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|claim| claim.address.contains_addr(address))
    }

    /// Whether an address is asked for.
    pub(super) fn is_probing(&self) -> bool {
        let mut claims = self.claims.iter();
        claims.any(|claim| matches!(claim.stage, Stage::Probing(_)))
    }

    /// A host has said that it has this address.
    pub(super) fn is_used(&mut self, address: &IpAddress, card: EthernetAddress) {
        if let Some(claim) = self.find(address)
            && !claim.is_given_up()
        {
            claim.rival = Some(card);
        }
    }

    /// A host has asked whether this address is free, which this host does not use yet: a conflict if both
    /// want to have it. Where this host uses it, it answers, and the other host gives it up.
    pub(super) fn is_probed(&mut self, address: &IpAddress, card: EthernetAddress) {
        if let Some(claim) = self.find(address)
            && matches!(claim.stage, Stage::Probing(_))
            && !claim.is_in_use
        {
            claim.rival = Some(card);
        }
    }

    fn find(&mut self, address: &IpAddress) -> Option<&mut Claim> {
        let mut claims = self.claims.iter_mut();
        claims.find(|claim| claim.address.address() == *address)
    }

    /// When there is something to do.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let due = |claim: &Claim| match (claim.rival, claim.stage) {
            (_, Stage::GivenUp) | (None, Stage::Settled) => None,
            (None, _) => Some(claim.next.unwrap_or(now)),
            (Some(_), _) => Some(now),
        };
        self.claims.iter().filter_map(due).min()
    }

    /// Does what is due, as far as there is room for frames; returns whether an address has come or
    /// gone.
    pub(super) fn tend(
        &mut self,
        addresses: &mut Addresses,
        card: EthernetAddress,
        now: Instant,
        transmit: &mut dyn Transmit,
        report: &mut dyn FnMut(Conflict),
    ) -> bool {
        let mut has_changed = false;
        while transmit.has_room()
            && let Some(task) = self.next(now)
        {
            match task {
                Task::Probe(address) => probe(&address, card, transmit),
                Task::Use(address) => has_changed |= addresses.add(address),
                Task::Announce(address) => announce(&address, card, transmit),
                Task::Report(conflict) => {
                    if conflict.is_given_up {
                        let is_near = |gateway: &IpAddress| self.is_near(gateway);
                        has_changed |= addresses.remove(&conflict.address, is_near);
                    } else {
                        announce(&conflict.address, card, transmit);
                    }
                    report(conflict);
                }
            }
        }
        has_changed
    }

    /// What has to be done now; called until it is nothing.
    fn next(&mut self, now: Instant) -> Option<Task> {
        for index in 0..self.claims.len() {
            if let Some(rival) = self.claims[index].rival.take() {
                return Some(Task::Report(self.conflict(index, rival, now)));
            }
            let random = self.random.number();
            if let Some(task) = self.claims[index].next(random, now) {
                return Some(task);
            }
        }
        None
    }

    /// RFC 5227, 2.4 (b): "If a host currently has active TCP connections or other reasons to prefer
    /// to keep the same IPv4 address, and it has not seen any other conflicting ARP packets within
    /// the last DEFEND_INTERVAL seconds, then it MAY elect to attempt to defend its address".
    fn conflict(&mut self, index: usize, hardware: EthernetAddress, now: Instant) -> Conflict {
        let claim = &mut self.claims[index];
        let address = claim.address.address();
        let is_recent = |defended: Instant| now < defended + DEFEND_INTERVAL;
        let is_given_up = match claim.address {
            IpCidr::Ipv4(_) => !claim.is_in_use || claim.defended.is_some_and(is_recent),
            // RFC 4862 leaves open what to do about one that the link is not asked for any more (5.4.4).
            #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
            _ => matches!(claim.stage, Stage::Probing(_)),
        };
        claim.defended = Some(now);
        if is_given_up {
            (claim.stage, claim.next) = (Stage::GivenUp, None);
            claim.is_in_use = false;
            // What the network has given, it may give again.
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            if claim.is_given {
                self.claims.swap_remove(index);
            }
        }
        Conflict {
            address,
            hardware,
            is_given_up,
        }
    }
}

impl Claim {
    /// That of the program about an address that the link has not been asked for yet.
    fn new(address: IpCidr, pace: Pace) -> Self {
        Self {
            address,
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            is_given: false,
            pace,
            stage: first_stage(&address),
            is_in_use: false,
            next: None,
            defended: None,
            rival: None,
        }
    }

    fn is_given_up(&self) -> bool {
        matches!(self.stage, Stage::GivenUp)
    }

    fn next(&mut self, random: u32, now: Instant) -> Option<Task> {
        let pace = self.pace;
        let paced = |time: Duration| match pace {
            Pace::Whole => time,
            #[cfg(feature = "dhcp")]
            Pace::Tenth => time / 10,
        };
        let within = |spread: Duration| paced(spread) * (random >> 22) / 1024;
        let is_ipv4 = matches!(self.address, IpCidr::Ipv4(_));
        let address = self.address.address();
        let Some(next) = self.next else {
            if matches!(self.stage, Stage::Probing(_)) {
                self.next = Some(now + within(PROBE_WAIT));
            }
            return None;
        };
        if now < next {
            return None;
        }
        match self.stage {
            Stage::Probing(0) => {
                self.stage = match is_ipv4 {
                    true => Stage::Announcing(ANNOUNCEMENTS),
                    false => Stage::Settled,
                };
                self.is_in_use = true;
                Some(Task::Use(self.address))
            }
            Stage::Probing(left) => {
                self.stage = Stage::Probing(left - 1);
                let wait = match (is_ipv4, left) {
                    (false, _) => RETRANSMIT,
                    (true, 1) => paced(ANNOUNCE_WAIT),
                    (true, _) => paced(PROBE_MINIMUM) + within(PROBE_SPREAD),
                };
                self.next = Some(now + wait);
                Some(Task::Probe(address))
            }
            Stage::Announcing(0) | Stage::Settled => {
                self.stage = Stage::Settled;
                self.next = None;
                None
            }
            Stage::Announcing(left) => {
                self.stage = Stage::Announcing(left - 1);
                self.next = Some(now + ANNOUNCE_INTERVAL);
                Some(Task::Announce(address))
            }
            Stage::GivenUp => None,
        }
    }
}

/// How the detection of conflicts about an address begins.
fn first_stage(address: &IpCidr) -> Stage {
    Stage::Probing(match address {
        IpCidr::Ipv4(_) => PROBES,
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => SOLICITATIONS,
    })
}

/// Asks the link for an address, in the name of no host.
fn probe(address: &IpAddress, card: EthernetAddress, transmit: &mut dyn Transmit) {
    match *address {
        IpAddress::Ipv4(target) => arp::request(target, Ipv4Address::UNSPECIFIED, card, transmit),
        #[cfg(feature = "ipv6")]
        IpAddress::Ipv6(target) => ndisc::probe(target, card, transmit),
        #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
        _ => {}
    }
}

/// Tells the link that this host has an address: "an ARP Announcement is identical to the ARP Probe
/// described above, except that now the sender and target IP addresses are both set to the host's
/// newly selected IPv4 address" (RFC 5227, 2.3).
fn announce(address: &IpAddress, card: EthernetAddress, transmit: &mut dyn Transmit) {
    #[allow(irrefutable_let_patterns)] // what a host says of an IPv6 address, it says when asked
    if let IpAddress::Ipv4(address) = *address {
        arp::request(address, address, card, transmit);
    }
}
