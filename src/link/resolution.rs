//! Asking for neighbors: what is sent without a question waits until its next hop is known.

use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;

use super::Link;
use super::arp;
#[cfg(feature = "ipv6")]
use super::ndisc;
use super::transmit::Transmit;

impl Link {
    /// Whether the card that a packet to `address` goes to is known; else it is asked for. Where
    /// there is no route, there is nothing to wait for.
    pub(crate) fn resolve(&self, address: &IpAddress, now: Instant) -> bool {
        if !self.is_ethernet() {
            return true;
        }
        let mut neighbors = self.neighbors.borrow_mut();
        let is_fresh = |address: &IpAddress| {
            let neighbor = neighbors.find(address);
            neighbor.is_some_and(|neighbor| neighbor.is_fresh(now))
        };
        if is_fresh(address) {
            return true;
        }
        let addresses = &self.addresses;
        if addresses.is_own(address) || !addresses.is_one_host(address) {
            return true;
        }
        match addresses.next_hop(address) {
            Some(next_hop) if next_hop != *address && is_fresh(&next_hop) => true,
            Some(next_hop) => {
                neighbors.ask(next_hop, now);
                false
            }
            None => true,
        }
    }

    /// A host does not answer: it may have another card by now, or the gateway has.
    pub(crate) fn look_again(&self, address: &IpAddress, now: Instant) {
        let next_hop = self.addresses.next_hop(address);
        for suspect in [Some(*address), next_hop].into_iter().flatten() {
            self.neighbors.borrow_mut().forget(&suspect);
        }
        self.resolve(address, now);
    }

    /// Whether the host that a packet to `address` is handed to was asked for, and has not answered.
    pub(crate) fn is_silent(&self, address: &IpAddress) -> bool {
        let next_hop = self.addresses.next_hop(address);
        next_hop.is_some_and(|next_hop| self.neighbors.borrow().is_asked(&next_hop))
    }

    /// When a neighbor has to be asked for.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.neighbors.borrow().due()
    }

    /// Asks for the neighbors that are wished for, as far as there is room.
    pub(crate) fn ask(&self, now: Instant, transmit: &mut dyn Transmit) {
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        while transmit.has_room() {
            let request = self.neighbors.borrow_mut().next_request(now);
            let Some(target) = request else {
                return;
            };
            match (target, self.addresses.source_for(&target)) {
                (IpAddress::Ipv4(target), Some(IpAddress::Ipv4(source))) => {
                    arp::request(target, source, self.hardware, transmit);
                }
                #[cfg(feature = "ipv6")]
                (IpAddress::Ipv6(target), Some(IpAddress::Ipv6(source))) => {
                    ndisc::solicit(target, source, self.hardware, transmit);
                }
                #[allow(unreachable_patterns)]
                // there is an address of each version that is asked for
                _ => {}
            }
        }
    }
}
