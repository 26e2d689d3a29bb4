//! The link of a stack: what the other files here know, put together.

use core::cell::RefCell;

use smoltcp::phy::{DeviceCapabilities, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;
#[cfg(any(
    feature = "addressing",
    all(feature = "simulation", feature = "client")
))]
use smoltcp::wire::IpCidr;
#[cfg(feature = "mld")]
use smoltcp::wire::Ipv6Address;

use super::addresses::Addresses;
#[cfg(any(
    feature = "addressing",
    all(feature = "simulation", feature = "client")
))]
use super::addresses::beside;
#[cfg(all(feature = "mld", feature = "conflict-detection"))]
use super::addresses::is_solicited;
#[cfg(feature = "slaac")]
use super::addresses::link_local;
#[cfg(feature = "conflict-detection")]
use super::claims::{Claims, Conflict};
#[cfg(any(feature = "dhcp", feature = "slaac"))]
use super::claims::{Given, Pace};
#[cfg(feature = "mld")]
use super::mld::Memberships;
#[cfg(feature = "ipv6")]
use super::ndisc;
use super::neighbors::Neighbors;
use super::transmit::Transmit;
use super::{arp, ethernet};
use crate::packet::{
    Arp, ETHERNET_HEADER, EthernetAddress, Frame, HardwareAddresses, Packet, is_ethernet,
    put_ethernet,
};

/// The longest IP packet that a device with these capabilities carries, in bytes.
pub(crate) fn ip_mtu(capabilities: &DeviceCapabilities) -> usize {
    let header = if is_ethernet(capabilities.medium) {
        ETHERNET_HEADER
    } else {
        0
    };
    capabilities.max_transmission_unit.saturating_sub(header)
}

/// The link of a stack: its own addresses there, and its neighbors.
pub(crate) struct Link {
    pub(crate) addresses: Addresses,
    medium: Medium,
    /// The card's, on Ethernet.
    hardware: EthernetAddress,
    neighbors: RefCell<Neighbors>,
    /// Whether other hosts have an address of this host, if the link is asked for that.
    #[cfg(feature = "conflict-detection")]
    claims: Option<RefCell<Claims>>,
    /// The groups that this host listens to.
    #[cfg(feature = "mld")]
    memberships: RefCell<Memberships>,
}

impl Link {
    /// A link on which this host has these addresses.
    pub(crate) fn new(medium: Medium, hardware: EthernetAddress, addresses: Addresses) -> Self {
        Self {
            addresses,
            medium,
            hardware,
            neighbors: RefCell::new(Neighbors::new()),
            #[cfg(feature = "conflict-detection")]
            claims: None,
            #[cfg(feature = "mld")]
            memberships: RefCell::new(Memberships::new(hardware)),
        }
    }

    /// Adds an address of this host, or changes the prefix of one; returns whether there is room. One of
    /// IPv6 on Ethernet brings a link-local one.
    #[cfg(any(
        feature = "addressing",
        all(feature = "simulation", feature = "client")
    ))]
    pub(crate) fn add_address(&mut self, address: IpCidr) -> bool {
        let other = beside(&address, self.hardware).filter(|_| self.is_ethernet());
        self.take(address) && other.is_none_or(|other| self.take(other))
    }

    /// Takes an address, once it is known that no other host has it.
    #[cfg(any(
        feature = "addressing",
        all(feature = "simulation", feature = "client")
    ))]
    fn take(&mut self, address: IpCidr) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &mut self.claims {
            let has_room = claims.get_mut().begin(address);
            if !self.addresses.is_own(&address.address()) {
                return has_room;
            }
        }
        self.addresses.add(address)
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

    pub(crate) fn is_ethernet(&self) -> bool {
        is_ethernet(self.medium)
    }

    /// The room before each packet for the header of its frame, in bytes.
    pub(crate) fn header_len(&self) -> usize {
        if self.is_ethernet() {
            ETHERNET_HEADER
        } else {
            0
        }
    }

    /// Parses a frame of the device.
    pub(crate) fn parse<'f>(&self, frame: &'f [u8]) -> Frame<'f> {
        Frame::parse(self.medium, frame)
    }

    /// Whether a frame with these addresses is for this card, or for a group.
    pub(crate) fn is_for_us(&self, hardware: &HardwareAddresses) -> bool {
        !hardware.destination.is_unicast() || hardware.destination == self.hardware
    }

    /// Takes note of a message of ARP, and answers it.
    #[inline(never)] // The room for it is needed for as long as this takes only, as is that below.
    pub(crate) fn receive_arp(&self, message: &[u8], now: Instant, transmit: &mut dyn Transmit) {
        let Some(message) = Arp::parse(message) else {
            return;
        };
        #[cfg(feature = "conflict-detection")]
        self.hear_rival(&message);
        if !arp::is_from_host(&message, &self.addresses) {
            return;
        }
        if !arp::is_probe(&message) {
            let mut neighbors = self.neighbors.borrow_mut();
            neighbors.told(message.sender.into(), message.sender_hardware, true, now);
        }
        if message.is_request && self.addresses.is_own(&message.target.into()) {
            arp::reply(&message, self.hardware, transmit);
        }
    }

    /// Takes note of a message of neighbor discovery, and answers it; returns whether the packet is
    /// such a one.
    #[cfg(feature = "ipv6")]
    #[inline(never)]
    pub(crate) fn receive_discovery(
        &self,
        packet: &Packet<'_>,
        source: EthernetAddress,
        now: Instant,
        transmit: &mut dyn Transmit,
    ) -> bool {
        let Some(message) = packet.neighbor_message().filter(|_| self.is_ethernet()) else {
            return false;
        };
        if !ndisc::is_valid(packet, &message, &self.addresses) {
            return true;
        }
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &self.claims
            && source != self.hardware
        {
            let (mut claims, target) = (claims.borrow_mut(), message.target.into());
            if !message.is_solicitation {
                claims.is_used(&target, source);
            } else if packet.source.is_unspecified() {
                claims.is_probed(&target, source);
            }
        }
        let (address, hardware, corrects) = ndisc::told(packet, &message, source);
        if self.addresses.is_one_host(&address) && !self.addresses.is_own(&address) {
            let mut neighbors = self.neighbors.borrow_mut();
            neighbors.told(address, hardware, corrects, now);
        }
        if message.is_solicitation && self.addresses.is_own(&message.target.into()) {
            ndisc::advertise(packet, message.target, source, self.hardware, transmit);
        }
        true
    }

    /// A host has sent a datagram, from this card: its answer goes there.
    pub(crate) fn learn(&self, address: IpAddress, source: EthernetAddress, now: Instant) {
        if self.is_ethernet() && self.addresses.is_one_host(&address) {
            self.neighbors.borrow_mut().learn(address, source, now);
        }
    }

    /// Writes the header of a frame, if it has one. `known` is the card that its packet goes to
    /// where that is known.
    pub(crate) fn put_header(
        &self,
        header: &mut [u8],
        packet: &Packet<'_>,
        known: Option<EthernetAddress>,
        now: Instant,
    ) {
        if !self.is_ethernet() {
            return;
        }
        let found = known.or_else(|| self.find(&packet.destination, now));
        let destination = found.unwrap_or(self.hardware);
        let hardware = HardwareAddresses {
            source: self.hardware,
            destination,
        };
        put_ethernet(header, hardware, ethernet::ethertype(&packet.destination));
    }

    /// The card that a packet to `address` goes to; asks for it where that can be done.
    fn find(&self, address: &IpAddress, now: Instant) -> Option<EthernetAddress> {
        if self.addresses.is_own(address) {
            return Some(self.hardware);
        }
        if address.is_multicast() {
            return Some(ethernet::group(address));
        }
        if self.addresses.is_to_all(address) {
            return Some(EthernetAddress::BROADCAST);
        }
        #[cfg(feature = "client")]
        self.resolve(address, now);
        #[cfg(not(feature = "client"))]
        let _ = now;
        let neighbors = self.neighbors.borrow();
        let neighbor = neighbors
            .find(address)
            .or_else(|| neighbors.find(&self.addresses.next_hop(address)?));
        neighbor.map(|neighbor| neighbor.hardware)
    }
}

#[cfg(any(feature = "dhcp", feature = "slaac"))]
impl Link {
    /// Adds an address that the network has given. One that the program has chosen remains as it is.
    pub(crate) fn add_given(&mut self, address: IpCidr, pace: Pace) -> Given {
        let Some(claims) = &mut self.claims else {
            // The network gives addresses on Ethernet only, where each is asked for.
            return Given::NoRoom;
        };
        let given = claims.get_mut().begin_given(address, pace);
        if given == Given::Taken && self.addresses.is_own(&address.address()) {
            self.addresses.add(address); // its prefix may be another one
        }
        given
    }

    /// Whether the network has given an address, not the program.
    pub(crate) fn is_given(&self, address: &IpAddress) -> bool {
        let claims = self.claims.as_ref();
        claims.is_some_and(|claims| claims.borrow().is_given(address))
    }

    /// Removes an address that the network has given, and no other; returns whether it has.
    pub(crate) fn remove_given(&mut self, address: &IpAddress) -> bool {
        self.is_given(address) && self.remove_address(address)
    }

    /// The card of this host.
    pub(crate) fn hardware(&self) -> EthernetAddress {
        self.hardware
    }

    /// Transmits an IP packet of this length to a card; without one, to that of a group.
    pub(crate) fn send(
        &self,
        destination: Option<EthernetAddress>,
        to: &IpAddress,
        length: usize,
        transmit: &mut dyn Transmit,
        put: &dyn Fn(&mut [u8]),
    ) {
        let hardware = HardwareAddresses {
            source: self.hardware,
            destination: destination.unwrap_or_else(|| ethernet::group(to)),
        };
        let ethertype = ethernet::ethertype(to);
        ethernet::send(transmit, hardware, ethertype, length, put);
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
        // Filled where they stay, as there may be many.
        let claims = Claims::new(self.hardware);
        let claims = self.claims.insert(RefCell::new(claims)).get_mut();
        for address in self.addresses.own() {
            // Cannot fail: there is as much room.
            claims.begin(*address);
        }
        self.addresses.clear();
    }

    /// Takes note of what a message of ARP says about addresses of this host: "a conflicting ARP
    /// packet" (RFC 5227, 2.1.1 and 2.4).
    fn hear_rival(&self, message: &Arp) {
        let Some(claims) = &self.claims else {
            return;
        };
        if message.sender_hardware == self.hardware {
            return;
        }
        let (mut claims, card) = (claims.borrow_mut(), message.sender_hardware);
        if arp::is_probe(message) {
            claims.is_probed(&message.target.into(), card);
        } else {
            claims.is_used(&message.sender.into(), card);
        }
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

    /// The link is back: asks for each address of this host again, while it is used.
    pub(crate) fn verify_addresses(&mut self) {
        if let Some(claims) = &mut self.claims {
            claims.get_mut().verify();
        }
    }

    /// Whether an address is asked for.
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

#[cfg(feature = "mld")]
impl Link {
    /// Joins a group; returns whether there is room.
    pub(crate) fn join(&mut self, group: Ipv6Address) -> bool {
        self.memberships.get_mut().join(group)
    }

    /// Leaves a group; returns whether it was joined.
    pub(crate) fn leave(&mut self, group: &Ipv6Address) -> bool {
        self.memberships.get_mut().leave(group)
    }

    /// Whether packets for a group are for this host.
    pub(crate) fn is_member(&self, group: &IpAddress) -> bool {
        self.memberships.borrow().has(group, &self.addresses) || self.is_probed_in(group)
    }

    /// Whether a group is that of an address that this host asks for.
    fn is_probed_in(&self, group: &IpAddress) -> bool {
        #[cfg(feature = "conflict-detection")]
        if let (Some(claims), IpAddress::Ipv6(group)) = (&self.claims, group) {
            return is_solicited(claims.borrow().addresses(), group);
        }
        let _ = group;
        false
    }

    /// Reports the groups that this host listens to, from now on, on Ethernet.
    pub(crate) fn report_groups(&mut self) {
        self.memberships.get_mut().is_reporting = self.is_ethernet();
    }

    /// The link is back: reports all groups of this host again.
    pub(crate) fn report_groups_anew(&mut self, now: Instant) {
        self.memberships.get_mut().report_anew(now);
    }

    /// Takes note of a query for listeners; returns whether the packet is such a one.
    pub(crate) fn receive_query(&self, packet: &Packet<'_>, now: Instant) -> bool {
        let query = packet.listener_query();
        if let Some(query) = &query {
            self.memberships.borrow_mut().hear(query, now);
        }
        query.is_some()
    }

    /// When there is something to report about groups.
    pub(crate) fn memberships_due(&self, now: Instant) -> Option<Instant> {
        self.memberships.borrow().due(now)
    }

    /// Reports what is due about groups.
    pub(crate) fn report_memberships(&mut self, now: Instant, transmit: &mut dyn Transmit) {
        if self.memberships_due(now).is_none_or(|due| due > now) {
            return;
        }
        let own = self.addresses.own();
        // RFC 3810, 5.2.13: the unspecified address, before there is a link-local one.
        let source = own.iter().find_map(|own| match own.address() {
            IpAddress::Ipv6(own) => own.is_unicast_link_local().then_some(own),
            IpAddress::Ipv4(_) => None,
        });
        let source = source.unwrap_or(Ipv6Address::UNSPECIFIED);
        let memberships = self.memberships.get_mut();
        #[cfg(feature = "conflict-detection")]
        if let Some(claims) = &mut self.claims {
            let addresses = claims.get_mut().addresses().chain(own);
            return memberships.tend(addresses, source, now, transmit);
        }
        memberships.tend(own.iter(), source, now, transmit);
    }
}

#[cfg(feature = "client")]
impl Link {
    /// Whether the card that a packet to `address` goes to is known; else it is asked for. Where
    /// there is no route, there is nothing to wait for.
    pub(crate) fn resolve(&self, address: &IpAddress, now: Instant) -> bool {
        if !self.is_ethernet() {
            return true;
        }
        let mut neighbors = self.neighbors.borrow_mut();
        neighbors.resolve(address, &self.addresses, now)
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
