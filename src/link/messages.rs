//! What messages of ARP and of neighbor discovery say, and their answers.

use smoltcp::time::Instant;

use super::Link;
use super::arp;
#[cfg(feature = "ipv6")]
use super::ndisc;
use super::transmit::Transmit;
use crate::packet::Arp;
#[cfg(feature = "ipv6")]
use crate::packet::{EthernetAddress, Packet};

impl Link {
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

    /// Takes note of what a message of ARP says about addresses of this host: "a conflicting ARP
    /// packet" (RFC 5227, 2.1.1 and 2.4).
    #[cfg(feature = "conflict-detection")]
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
}
