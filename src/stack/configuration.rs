//! The addresses that the network gives: by DHCP, and by SLAAC.

#[cfg(feature = "dhcp")]
mod dhcp;
#[cfg(feature = "slaac")]
mod slaac;

use heapless::Vec;
use smoltcp::time::Instant;
use smoltcp::wire::IpAddress;

use crate::link::{Conflict, Link, Transmit};

#[cfg(feature = "dhcp")]
use {
    crate::dhcp::{Event, Lease},
    crate::link::EthernetAddress,
    crate::packet::Packet,
    dhcp::Dhcp,
    smoltcp::phy::ChecksumCapabilities,
};
#[cfg(feature = "slaac")]
use {crate::packet::RouterAdvertisement, slaac::Slaac};

#[cfg(feature = "dhcp")]
const OF_DHCP: usize = crate::dhcp::NAME_SERVERS;
#[cfg(not(feature = "dhcp"))]
const OF_DHCP: usize = 0;
#[cfg(feature = "slaac")]
const OF_SLAAC: usize = crate::slaac::NAME_SERVERS;
#[cfg(not(feature = "slaac"))]
const OF_SLAAC: usize = 0;

/// Name servers that the network has named.
pub type NameServers = Vec<IpAddress, { OF_DHCP + OF_SLAAC }>;

/// What is asked for, and what was obtained.
pub(super) struct Configuration {
    random_seed: u64,
    #[cfg(feature = "dhcp")]
    dhcp: Option<Dhcp>,
    #[cfg(feature = "slaac")]
    slaac: Option<Slaac>,
}

/// What has come of what was due.
#[derive(Clone, Copy, Default)]
pub(super) struct Outcome {
    /// An address or a gateway has come or gone.
    pub(super) has_changed: bool,
    /// There is an event.
    pub(super) has_news: bool,
}

impl Configuration {
    /// Nothing is asked for.
    pub(super) fn new(random_seed: u64) -> Self {
        Self {
            random_seed,
            #[cfg(feature = "dhcp")]
            dhcp: None,
            #[cfg(feature = "slaac")]
            slaac: None,
        }
    }

    /// The name servers that were named.
    pub(super) fn name_servers(&mut self) -> NameServers {
        let mut servers = NameServers::new();
        // There is room for all.
        #[cfg(feature = "dhcp")]
        if let Some(lease) = self.lease() {
            servers.extend(lease.name_servers.iter().copied().map(IpAddress::from));
        }
        #[cfg(feature = "slaac")]
        if let Some(slaac) = &mut self.slaac {
            servers.extend(slaac.name_servers().map(IpAddress::from));
        }
        servers
    }

    /// The link is back.
    pub(super) fn verify(&mut self) {
        #[cfg(feature = "dhcp")]
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.verify();
        }
        #[cfg(feature = "slaac")]
        if let Some(slaac) = &mut self.slaac {
            slaac.verify();
        }
    }

    /// Another host has an address of this host.
    pub(super) fn hear(&mut self, conflict: &Conflict) {
        if !conflict.is_given_up {
            return;
        }
        match conflict.address {
            #[cfg(feature = "dhcp")]
            IpAddress::Ipv4(address) => {
                if let Some(dhcp) = &mut self.dhcp {
                    dhcp.conflict(address);
                }
            }
            #[cfg(feature = "slaac")]
            IpAddress::Ipv6(address) => {
                if let Some(slaac) = &mut self.slaac {
                    slaac.conflict(address);
                }
            }
            #[allow(unreachable_patterns)] // where both are there
            _ => {}
        }
    }

    /// When something is due, by the program's clock.
    pub(super) fn due(&self) -> Option<Instant> {
        #[cfg(feature = "dhcp")]
        let dhcp = self.dhcp.as_ref().and_then(Dhcp::due);
        #[cfg(not(feature = "dhcp"))]
        let dhcp = None;
        #[cfg(feature = "slaac")]
        let slaac = self.slaac.as_ref().and_then(Slaac::due);
        #[cfg(not(feature = "slaac"))]
        let slaac = None;
        [dhcp, slaac].into_iter().flatten().min()
    }

    /// Does what is due, as far as there is room for frames.
    pub(super) fn tend(
        &mut self,
        link: &mut Link,
        now: Instant,
        transmit: &mut dyn Transmit,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        #[cfg(feature = "dhcp")]
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.tend(link, now, transmit, &mut outcome);
        }
        #[cfg(feature = "slaac")]
        if let Some(slaac) = &mut self.slaac {
            slaac.tend(link, now, transmit, &mut outcome);
        }
        outcome
    }
}

#[cfg(feature = "dhcp")]
impl Configuration {
    /// Asks for an IPv4 address from now on, on Ethernet.
    pub(super) fn start_dhcp(&mut self, link: &Link) {
        if link.is_ethernet() {
            self.dhcp = Some(Dhcp::new(self.random_seed, link));
        }
    }

    pub(super) fn lease(&mut self) -> Option<&Lease> {
        self.dhcp.as_mut()?.lease()
    }

    pub(super) fn take_dhcp_event(&mut self) -> Option<Event> {
        self.dhcp.as_mut()?.take_event()
    }

    /// Takes what a DHCP server has sent, by this card; returns whether it is for the client here.
    pub(super) fn receives_dhcp(
        &self,
        packet: &Packet<'_>,
        card: EthernetAddress,
        checksums: &ChecksumCapabilities,
    ) -> bool {
        let client = self.dhcp.as_ref().filter(|_| packet.is_dhcp_reply());
        if let Some(client) = client
            && let Some(reply) = packet.dhcp_reply(checksums.udp.rx())
        {
            client.receive(&reply, card);
        }
        client.is_some()
    }

    /// Whether a packet may be one from a DHCP server for an address that this host does not have yet.
    pub(super) fn awaits_dhcp(&self, packet: &Packet<'_>) -> bool {
        self.dhcp.is_some() && packet.is_dhcp_reply()
    }
}

#[cfg(feature = "slaac")]
impl Configuration {
    /// Asks for routers from now on, on Ethernet.
    pub(super) fn start_slaac(&mut self, link: &mut Link) {
        if link.is_ethernet() {
            self.slaac = Some(Slaac::new(self.random_seed, link));
        }
    }

    pub(super) fn take_slaac_event(&mut self) -> Option<crate::slaac::Event> {
        self.slaac.as_mut()?.take_event()
    }

    /// Takes what a router advertises; returns whether that is asked for here.
    pub(super) fn receives_router(&self, advertisement: &RouterAdvertisement<'_>) -> bool {
        if let Some(slaac) = &self.slaac {
            slaac.receive(advertisement);
        }
        self.slaac.is_some()
    }
}
