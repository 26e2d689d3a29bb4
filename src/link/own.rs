//! Which addresses this host has: they are added and removed here, and used once it is known that no
//! other host has them.

#[cfg(feature = "conflict-detection")]
use core::cell::RefCell;

#[cfg(feature = "conflict-detection")]
use smoltcp::time::Instant;
#[cfg(feature = "addressing")]
use smoltcp::wire::IpAddress;
use smoltcp::wire::IpCidr;

use super::Link;
#[cfg(feature = "ipv6")]
use super::addresses::link_local;
#[cfg(feature = "conflict-detection")]
use super::claims::{Claims, Conflict, Pace};
#[cfg(feature = "conflict-detection")]
use super::transmit::Transmit;

impl Link {
    /// Adds an address of this host, or changes the prefix of one; returns whether there is room. The
    /// first IPv6 address on Ethernet brings a link-local one ("Its required Link-Local address for
    /// each interface", RFC 4291, 2.8).
    pub(crate) fn add_address(&mut self, address: IpCidr) -> bool {
        let has_room = self.take(address);
        #[cfg(feature = "ipv6")]
        if matches!(address, IpCidr::Ipv6(_)) && self.is_ethernet() {
            return has_room && self.take(link_local(self.hardware));
        }
        has_room
    }

    /// Takes an address, once it is known that no other host has it.
    fn take(&mut self, address: IpCidr) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &mut self.claims {
            let has_room = claims.get_mut().begin(address, Pace::Whole);
            if !self.addresses.is_own(&address.address()) {
                return has_room;
            }
        }
        self.addresses.add(address)
    }

    /// Adds an address that a server of the network has given, as [`add_address`](Self::add_address).
    #[cfg(feature = "dhcp")]
    pub(crate) fn add_given(&mut self, address: IpCidr) -> bool {
        if let Some(claims) = &mut self.claims {
            // What begins here goes on below, or there is no room.
            claims.get_mut().begin(address, Pace::Tenth);
        }
        self.take(address)
    }

    /// Whether a host is on one of this host's networks.
    #[cfg(feature = "addressing")]
    pub(crate) fn is_near(&self, address: &IpAddress) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &self.claims {
            return claims.borrow().is_near(address);
        }
        self.addresses.is_near(address)
    }

    /// Removes an address; returns whether this host had it, or asked for it.
    #[cfg(feature = "addressing")]
    pub(crate) fn remove_address(&mut self, address: &IpAddress) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &mut self.claims {
            return claims.get_mut().remove(address, &mut self.addresses);
        }
        self.addresses.remove_alone(address)
    }

    /// Addresses or gateways have changed: forgets the neighbors that are not on the link now.
    #[cfg(feature = "addressing")]
    pub(crate) fn follow_addresses(&mut self) {
        let addresses = &self.addresses;
        let is_near = |address: &IpAddress| addresses.next_hop(address) == Some(*address);
        self.neighbors.get_mut().retain(is_near);
        #[cfg(feature = "mld")]
        {
            self.memberships.get_mut().is_stale = true;
        }
    }
}

#[cfg(feature = "conflict-detection")]
impl Link {
    /// Asks for each address of this host before it is used, from now on. Those that it has by now
    /// are not used meanwhile.
    pub(crate) fn detect_conflicts(&mut self) {
        if !self.is_ethernet() || self.claims.is_some() {
            return;
        }
        let mut claims = Claims::new(self.hardware);
        for address in self.addresses.own() {
            // Cannot fail: there is as much room.
            claims.begin(*address, Pace::Whole);
        }
        self.addresses.clear();
        self.claims = Some(RefCell::new(claims));
    }

    /// Does what is due about addresses; returns whether one has come or gone.
    pub(crate) fn tend_claims(
        &mut self,
        now: Instant,
        transmit: &mut dyn Transmit,
        report: &mut dyn FnMut(Conflict),
    ) -> bool {
        let Some(claims) = &mut self.claims else {
            return false;
        };
        let (addresses, card) = (&mut self.addresses, self.hardware);
        claims
            .get_mut()
            .tend(addresses, card, now, transmit, report)
    }

    /// When there is something to do about addresses.
    pub(crate) fn claims_due(&self, now: Instant) -> Option<Instant> {
        self.claims.as_ref()?.borrow().due(now)
    }

    /// Whether an address is asked for, and not used yet.
    pub(crate) fn is_probing(&self) -> bool {
        let claims = self.claims.as_ref();
        claims.is_some_and(|claims| claims.borrow().is_probing())
    }
}

#[cfg(feature = "slaac")]
impl Link {
    /// Adds the address of this host for the link alone (RFC 4862, 5.3); returns whether there is room.
    pub(crate) fn add_link_local(&mut self) -> bool {
        self.take(link_local(self.hardware))
    }

    /// That address, which this host may not have (yet).
    pub(crate) fn link_local(&self) -> IpCidr {
        link_local(self.hardware)
    }
}
