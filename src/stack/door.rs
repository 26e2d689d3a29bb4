//! The door between the device and smoltcp: every frame passes it, and may be looked at.

use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;

use super::closed_window::ClosedWindow;
use super::context::Link;
#[cfg(feature = "client")]
use super::observer::Observer;

/// A device whose frames are looked at.
pub(super) struct Door<'d, D> {
    device: &'d mut D,
    link: &'d mut Link,
}

impl<'d, D: Device> Door<'d, D> {
    pub(super) fn new(device: &'d mut D, link: &'d mut Link) -> Self {
        Self { device, link }
    }
}

impl<D: Device> Device for Door<'_, D> {
    type RxToken<'t>
        = Receive<'t, D::RxToken<'t>>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t, D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, now: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let (receive, transmit) = self.device.receive(now)?;
        let receive = Receive {
            token: receive,
            closed_window: &self.link.closed_window,
            #[cfg(feature = "client")]
            observer: &mut self.link.observer,
        };
        let transmit = Transmit {
            token: transmit,
            closed_window: &self.link.closed_window,
            // It may have to ask for a neighbor too, but no client waits for that one.
            #[cfg(feature = "client")]
            observer: None,
        };
        Some((receive, transmit))
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        Some(Transmit {
            token: self.device.transmit(now)?,
            closed_window: &self.link.closed_window,
            #[cfg(feature = "client")]
            observer: Some(&mut self.link.observer),
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.device.capabilities()
    }
}

pub(super) struct Receive<'o, T> {
    token: T,
    closed_window: &'o ClosedWindow,
    #[cfg(feature = "client")]
    observer: &'o mut Observer,
}

impl<T: RxToken> RxToken for Receive<'_, T> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        self.token.consume(|frame| {
            #[cfg(feature = "client")]
            self.observer.received(frame);
            let result = read(frame);
            self.closed_window.received(frame);
            result
        })
    }

    fn meta(&self) -> PacketMeta {
        self.token.meta()
    }
}

pub(super) struct Transmit<'o, T> {
    token: T,
    closed_window: &'o ClosedWindow,
    #[cfg(feature = "client")]
    observer: Option<&'o mut Observer>,
}

impl<T: TxToken> TxToken for Transmit<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.token.consume(length, |frame| {
            let result = fill(frame);
            self.closed_window.transmitted(frame);
            #[cfg(feature = "client")]
            if let Some(observer) = self.observer {
                observer.transmitted(frame);
            }
            result
        })
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.token.set_meta(meta);
    }
}
