//! The addresses that the network gives: what DHCP wants is done here.

use core::cell::RefCell;

use heapless::Vec;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpVersion, Ipv4Address, Ipv4Cidr};

use crate::dhcp::{Client, Event, Lease, NAME_SERVERS, Task};
use crate::link::{Conflict, EthernetAddress, Link, Transmit};
use crate::logging::{info, warn};
use crate::packet::{DhcpRequest, Packet};

/// Name servers that the network has named.
pub type NameServers = Vec<IpAddress, NAME_SERVERS>;

/// What is asked for, and what was obtained.
pub(super) struct Configuration {
    random_seed: u64,
    dhcp: Option<Dhcp>,
}

struct Dhcp {
    client: RefCell<Client>,
    /// Whether a gateway was chosen by the program, which stays.
    has_gateway: bool,
    /// What has happened since it was asked for.
    event: Option<Event>,
}

impl Configuration {
    /// Nothing is asked for.
    pub(super) fn new(random_seed: u64) -> Self {
        Self {
            random_seed,
            dhcp: None,
        }
    }

    /// Asks for an IPv4 address from now on, on Ethernet.
    pub(super) fn start_dhcp(&mut self, link: &Link) {
        if !link.is_ethernet() {
            return;
        }
        let mut gateways = link.addresses.gateways().iter();
        self.dhcp = Some(Dhcp {
            client: RefCell::new(Client::new(self.random_seed, link.hardware())),
            has_gateway: gateways.any(|gateway| gateway.version() == IpVersion::Ipv4),
            event: None,
        });
    }

    pub(super) fn lease(&mut self) -> Option<&Lease> {
        self.dhcp.as_mut()?.client.get_mut().lease()
    }

    pub(super) fn take_dhcp_event(&mut self) -> Option<Event> {
        self.dhcp.as_mut()?.event.take()
    }

    pub(super) fn name_servers(&mut self) -> NameServers {
        let lease = self.lease();
        let servers = lease.map_or(&[][..], |lease| &lease.name_servers);
        servers.iter().copied().map(IpAddress::from).collect()
    }

    /// The link is back.
    pub(super) fn verify(&mut self) {
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.client.get_mut().verify();
        }
    }

    /// Another host has an address of this host.
    pub(super) fn hear(&mut self, conflict: &Conflict) {
        if let Some(dhcp) = &mut self.dhcp
            && let IpAddress::Ipv4(address) = conflict.address
            && conflict.is_given_up
        {
            dhcp.client.get_mut().conflict(address);
        }
    }

    /// Takes what a DHCP server has sent, by this card; returns whether it is for the client here.
    pub(super) fn receives_dhcp(
        &self,
        packet: &Packet<'_>,
        card: EthernetAddress,
        checksums: &ChecksumCapabilities,
    ) -> bool {
        let Some(dhcp) = &self.dhcp else {
            return false;
        };
        if !packet.is_dhcp_reply() {
            return false;
        }
        if let Some(reply) = packet.dhcp_reply(checksums.udp.rx()) {
            dhcp.client.borrow_mut().receive(&reply, card);
        }
        true
    }

    /// Whether a packet may be one from a DHCP server for an address that this host does not have yet.
    pub(super) fn awaits_dhcp(&self, packet: &Packet<'_>) -> bool {
        self.dhcp.is_some() && packet.is_dhcp_reply()
    }

    /// When something is due, by the program's clock.
    pub(super) fn due(&self) -> Option<Instant> {
        self.dhcp.as_ref()?.client.borrow().due()
    }

    /// Does what is due, as far as there is room for frames; returns whether an address has come or
    /// gone, and whether there is an event.
    pub(super) fn tend(
        &mut self,
        link: &mut Link,
        now: Instant,
        transmit: &mut dyn Transmit,
    ) -> (bool, bool) {
        let Some(dhcp) = &mut self.dhcp else {
            return (false, false);
        };
        let client = dhcp.client.get_mut();
        let mut has_changed = false;
        while client.is_due(now) && transmit.has_room() {
            let addresses = &link.addresses;
            let Some(task) = client.step(now, |address| addresses.is_own(&address.into())) else {
                break;
            };
            match task {
                Task::Send(request, destination, card) => {
                    let length = DhcpRequest::PACKET;
                    let to = destination.into();
                    link.send(card, &to, length, transmit, &|bytes| {
                        request.put(bytes, destination);
                    });
                }
                Task::Use(address, router) => {
                    has_changed = true;
                    let router = router.filter(|_| !dhcp.has_gateway);
                    take(link, address, router);
                }
                Task::Remove(address) => {
                    has_changed = true;
                    link.remove_address(&address.into());
                }
            }
        }
        let event = client.take_event();
        if let Some(event) = event {
            match event {
                Event::Unanswered | Event::Lost(..) => warn!("{}", event),
                _ => info!("{}", event),
            }
            dhcp.event = Some(event);
        }
        (has_changed, event.is_some())
    }
}

/// Takes an address and a router of a lease.
fn take(link: &mut Link, address: Ipv4Cidr, router: Option<Ipv4Address>) {
    if !link.add_given(IpCidr::Ipv4(address)) {
        warn!("there is no room for {}", address);
    }
    if let Some(router) = router.map(IpAddress::from) {
        match router.is_unicast() && link.is_near(&router) {
            true if link.addresses.set_gateway(router) => {}
            _ => warn!(
                "the router {} cannot be used: it is not on {}",
                router, address
            ),
        }
    }
}
