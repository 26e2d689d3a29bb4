//! What a client of DHCP wants is done here.

use core::cell::RefCell;

use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpVersion, Ipv4Address};

use super::Outcome;
use crate::dhcp::{Client, Event, Lease, Task};
use crate::link::{EthernetAddress, Given, Link, Pace, Transmit};
use crate::logging::{info, warn};
use crate::packet::{DhcpReply, DhcpRequest};

pub(super) struct Dhcp {
    client: RefCell<Client>,
    /// Whether the program has chosen a gateway, which stays.
    has_gateway: bool,
    /// The router of the lease, which is the gateway.
    router: Option<Ipv4Address>,
    /// What has happened since it was asked for.
    event: Option<Event>,
}

impl Dhcp {
    pub(super) fn new(random_seed: u64, link: &Link) -> Self {
        let mut gateways = link.addresses.gateways().iter();
        Self {
            client: RefCell::new(Client::new(random_seed, link.hardware())),
            has_gateway: gateways.any(|gateway| gateway.version() == IpVersion::Ipv4),
            router: None,
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
                    let own = link.addresses.own();
                    outcome.has_changed |= !own.contains(&IpCidr::Ipv4(address));
                    // The server has asked whether another host has it, too, before it gave it.
                    if link.add_given(IpCidr::Ipv4(address), Pace::Tenth) == Given::NoRoom {
                        client.has_no_room(now);
                        continue;
                    }
                    if !self.has_gateway {
                        outcome.has_changed |= self.router != router;
                        follow(&mut self.router, router, link);
                    }
                }
                Task::Remove(address) => {
                    outcome.has_changed = true;
                    follow(&mut self.router, None, link);
                    link.remove_given(&address.into());
                }
            }
        }
        if let Some(event) = client.take_event() {
            match event {
                Event::Unanswered | Event::NoRoom(_) | Event::Lost(..) => warn!("{}", event),
                _ => info!("{}", event),
            }
            self.event = Some(event);
            outcome.has_news = true;
        }
    }
}

/// Takes the router of a lease for the gateway in place of the one before.
fn follow(before: &mut Option<Ipv4Address>, router: Option<Ipv4Address>, link: &mut Link) {
    if let Some(before) = before.take().filter(|before| Some(*before) != router) {
        link.addresses.remove_gateway(&before.into());
    }
    if let Some(router) = router {
        let gateway = IpAddress::from(router);
        match gateway.is_unicast() && link.is_near(&gateway) {
            true if link.addresses.set_gateway(gateway) => *before = Some(router),
            _ => warn!(
                "the router {} cannot be used: it is on no network of this host",
                router
            ),
        }
    }
}
