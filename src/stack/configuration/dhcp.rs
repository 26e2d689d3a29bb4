//! What a client of DHCP wants is done here.

use core::cell::RefCell;

use log::{info, warn};
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpVersion, Ipv4Address, Ipv4Cidr};

use super::Outcome;
use crate::dhcp::{Client, Event, Lease, Task};
use crate::link::{EthernetAddress, Link, Transmit};
use crate::packet::{DhcpReply, DhcpRequest};

pub(super) struct Dhcp {
    client: RefCell<Client>,
    /// Whether the program has chosen a gateway, which stays.
    has_gateway: bool,
    /// What has happened since it was asked for.
    event: Option<Event>,
}

impl Dhcp {
    pub(super) fn new(random_seed: u64, link: &Link) -> Self {
        let mut gateways = link.addresses.gateways().iter();
        Self {
            client: RefCell::new(Client::new(random_seed, link.hardware())),
            has_gateway: gateways.any(|gateway| gateway.version() == IpVersion::Ipv4),
            event: None,
        }
    }

    pub(super) fn lease(&mut self) -> Option<&Lease> {
        self.client.get_mut().lease()
    }

    pub(super) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    pub(super) fn verify(&mut self) {
        self.client.get_mut().verify();
    }

    pub(super) fn conflict(&mut self, address: Ipv4Address) {
        self.client.get_mut().conflict(address);
    }

    pub(super) fn receive(&self, reply: &DhcpReply, card: EthernetAddress) {
        self.client.borrow_mut().receive(reply, card);
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.client.borrow().due()
    }

    pub(super) fn tend(
        &mut self,
        link: &mut Link,
        now: Instant,
        transmit: &mut dyn Transmit,
        outcome: &mut Outcome,
    ) {
        let client = self.client.get_mut();
        while client.is_due(now) && transmit.has_room() {
            let addresses = &link.addresses;
            let Some(task) = client.step(now, |address| addresses.is_own(&address.into())) else {
                break;
            };
            match task {
                Task::Send(request, to, card) => {
                    let length = DhcpRequest::PACKET;
                    link.send(Some(card), &to.into(), length, transmit, &|bytes| {
                        request.put(bytes, to);
                    });
                }
                Task::Use(address, router) => {
                    outcome.has_changed = true;
                    take(link, address, router.filter(|_| !self.has_gateway));
                }
                Task::Remove(address) => {
                    outcome.has_changed = true;
                    link.remove_address(&address.into());
                }
            }
        }
        if let Some(event) = client.take_event() {
            match event {
                Event::Unanswered | Event::Lost(..) => warn!("{event}"),
                _ => info!("{event}"),
            }
            self.event = Some(event);
            outcome.has_news = true;
        }
    }
}

/// Takes an address and a router of a lease.
fn take(link: &mut Link, address: Ipv4Cidr, router: Option<Ipv4Address>) {
    if !link.add_given(IpCidr::Ipv4(address)) {
        warn!("there is no room for {address}");
    }
    if let Some(router) = router.map(IpAddress::from) {
        match router.is_unicast() && link.is_near(&router) {
            true if link.addresses.set_gateway(router) => {}
            _ => warn!("the router {router} cannot be used: it is not on {address}"),
        }
    }
}
