//! An interface without a link, through which a socket's queue is emptied.

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::HardwareAddress;

const MTU: usize = 1280;

/// Sends all that the sockets have queued; every packet is lost.
pub(super) fn send(sockets: &mut SocketSet<'_>) {
    // Without neighbors to discover nothing waits, neither for an answer nor for the time.
    let (now, config) = (Instant::ZERO, Config::new(HardwareAddress::Ip));
    Interface::new(config, &mut Nowhere, now).poll(now, &mut Nowhere, sockets);
}

/// A device without a link: everything can be sent and nothing arrives.
struct Nowhere;

impl Device for Nowhere {
    type RxToken<'t> = Nowhere;
    type TxToken<'t> = Nowhere;

    fn receive(&mut self, _: Instant) -> Option<(Nowhere, Nowhere)> {
        None
    }

    fn transmit(&mut self, _: Instant) -> Option<Nowhere> {
        Some(Nowhere)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

impl RxToken for Nowhere {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&[])
    }
}

impl TxToken for Nowhere {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        // smoltcp drops packets longer than the MTU by itself.
        fill(&mut [0; MTU][..length.min(MTU)])
    }
}
