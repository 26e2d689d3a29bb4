//! What the configuration by routers wants is done here.

use core::cell::{Cell, RefCell};

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpCidr, IpVersion, Ipv6Address};

use super::Outcome;
use crate::link::{Given, Link, Pace, Transmit};
use crate::logging::{info, warn};
use crate::packet::{RouterAdvertisement, RouterSolicitation};
use crate::slaac::{Autoconf, Event, Task};

pub(super) struct Slaac {
    autoconf: RefCell<Autoconf>,
    /// Whether the program has chosen a gateway, which stays.
    has_gateway: bool,
    /// The router that is the gateway.
    router: Option<Ipv6Address>,
    /// The time of the latest poll, by the program's clock.
    now: Cell<Instant>,
    /// What has happened since it was asked for.
    event: Option<Event>,
}

impl Slaac {
    /// This host takes its link-local address.
    pub(super) fn new(random_seed: u64, link: &mut Link) -> Self {
        if !link.add_link_local() {
            warn!("there is no room for the link-local address");
        }
        let link_local = match link.link_local().address() {
            IpAddress::Ipv6(address) => address,
            IpAddress::Ipv4(_) => Ipv6Address::UNSPECIFIED,
        };
        let mut gateways = link.addresses.gateways().iter();
        Self {
            autoconf: RefCell::new(Autoconf::new(random_seed, link.hardware(), link_local)),
            has_gateway: gateways.any(|gateway| gateway.version() == IpVersion::Ipv6),
            router: None,
            now: Cell::new(Instant::ZERO),
            event: None,
        }
    }

    pub(super) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }

    pub(super) fn name_servers(&mut self) -> impl Iterator<Item = Ipv6Address> {
        self.autoconf.get_mut().name_servers()
    }

    pub(super) fn verify(&mut self) {
        self.autoconf.get_mut().verify();
    }

    pub(super) fn conflict(&mut self, address: Ipv6Address) {
        self.autoconf.get_mut().conflict(address);
    }

    pub(super) fn receive(&self, advertisement: &RouterAdvertisement<'_>) {
        let now = self.now.get();
        self.autoconf.borrow_mut().receive(advertisement, now);
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.autoconf.borrow().due()
    }

    pub(super) fn tend(
        &mut self,
        link: &mut Link,
        now: Instant,
        transmit: &mut dyn Transmit,
        outcome: &mut Outcome,
    ) {
        self.now.set(now);
        while self.due().is_some_and(|due| due <= now) && transmit.has_room() {
            let autoconf = self.autoconf.get_mut();
            match autoconf.step(now) {
                Some(Task::Solicit) => solicit(link, transmit),
                Some(Task::Use(address)) => {
                    match link.add_given(IpCidr::Ipv6(address), Pace::Whole) {
                        Given::Taken => {
                            outcome.has_changed = true;
                            info!("{} is formed with the prefix of a router", address);
                        }
                        Given::Kept => {}
                        Given::NoRoom => {
                            autoconf.has_no_room(address.address());
                            let event = Event::NoRoom(address.address());
                            warn!("{}", event);
                            (self.event, outcome.has_news) = (Some(event), true);
                        }
                    }
                }
                Some(Task::Remove(address)) => {
                    if link.remove_given(&address.into()) {
                        outcome.has_changed = true;
                        info!("{} is not valid any more", address);
                    }
                }
                None if autoconf.take_change() => {
                    let before: Vec<_, IFACE_MAX_ADDR_COUNT> =
                        link.addresses.own().iter().copied().collect();
                    for address in autoconf.deprecated(now).map(IpAddress::from) {
                        // One of the program has no lifetime.
                        if link.is_given(&address) {
                            link.addresses.put_last(&address);
                        }
                    }
                    let router = autoconf.router();
                    let has_followed = self.follow(router, link);
                    outcome.has_changed |= has_followed || link.addresses.own() != before;
                }
                None => break,
            }
        }
    }

    /// Takes this router for the gateway in place of the one before; returns whether that is another
    /// one. A gateway goes with the address by which it is near.
    fn follow(&mut self, router: Option<Ipv6Address>, link: &mut Link) -> bool {
        let gateways = link.addresses.gateways();
        let is_gateway = |router: Ipv6Address| gateways.contains(&router.into());
        if self.has_gateway || self.router == router && router.is_none_or(is_gateway) {
            return false;
        }
        if let Some(before) = self.router {
            link.addresses.remove_gateway(&before.into());
        }
        self.router = router;
        if let Some(router) = router {
            info!("{} is the router", router);
            // It is on the link, as its address says.
            if !link.addresses.set_gateway(router.into()) {
                warn!("there is no room for the router {}", router);
            }
        }
        true
    }
}

/// Asks for routers, from the link-local address if this host has it already (RFC 4861, 4.1).
fn solicit(link: &Link, transmit: &mut dyn Transmit) {
    let own = link.link_local().address();
    let (source, hardware) = match own {
        IpAddress::Ipv6(address) if link.addresses.is_own(&own) => (address, Some(link.hardware())),
        _ => (Ipv6Address::UNSPECIFIED, None),
    };
    let solicitation = RouterSolicitation { hardware };
    let to = RouterSolicitation::ALL_ROUTERS.into();
    let length = solicitation.packet_len();
    link.send(None, &to, length, transmit, &|bytes| {
        solicitation.put(bytes, source);
    });
}
