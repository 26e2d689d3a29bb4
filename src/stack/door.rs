//! The door between the device and smoltcp: every frame passes it, and is looked at.

use core::cell::Cell;

use heapless::Vec;
use smoltcp::config::IFACE_MAX_ADDR_COUNT;
use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::IpCidr;

use super::closed_window::ClosedWindow;
use super::frame::{Frame, LONGEST_HEADERS, Packet};
use super::link::Link;
#[cfg(feature = "client")]
use super::observer::Observer;
use super::scaled_window::ScaledWindow;

/// What has to be known of the packets that were transmitted.
pub(super) struct Sent {
    pub(super) medium: Medium,
    /// Ours.
    pub(super) addresses: Vec<IpCidr, IFACE_MAX_ADDR_COUNT>,
    pub(super) closed_window: ClosedWindow,
    scaled_window: ScaledWindow,
    /// Whether the device is a loopback: some packet was from us to ourselves.
    pub(super) to_itself: Cell<bool>,
}

impl Sent {
    pub(super) fn new(capabilities: &DeviceCapabilities, addresses: &[IpCidr]) -> Self {
        Self {
            medium: capabilities.medium,
            addresses: addresses.iter().copied().collect(),
            closed_window: ClosedWindow::new(),
            scaled_window: ScaledWindow::new(capabilities.checksum.tcp.tx()),
            to_itself: Cell::new(false),
        }
    }

    /// Returns where in the frame the segment begins, if it has one.
    fn note(&self, packet: &Packet<'_>) -> Option<usize> {
        let mut own = self.addresses.iter();
        if own.any(|own| own.address() == packet.destination) {
            self.to_itself.set(true);
        }
        let segment = packet.segment()?;
        self.closed_window.transmitted(packet, &segment);
        Some(packet.payload_start)
    }
}

/// A device to transmit by.
pub(super) struct Door<'d, 'a, D> {
    pub(super) device: &'d mut D,
    pub(super) link: &'d mut Link<'a>,
}

impl<D: Device> Device for Door<'_, '_, D> {
    type RxToken<'t>
        = Arrived<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'t, D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        None
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        Some(Transmit {
            token: Some(self.device.transmit(now)?),
            sent: &self.link.sent,
            #[cfg(feature = "client")]
            observer: Some(&mut self.link.observer),
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.device.capabilities()
    }
}

/// A device that has received one frame, which smoltcp is to be given, and may transmit the reply.
pub(super) struct Given<'f, 'o, T> {
    pub(super) frame: Option<Arrived<'f>>,
    /// `None`: the reply goes nowhere.
    pub(super) reply: Option<T>,
    pub(super) sent: &'o Sent,
}

impl<'f, 'o, T> Given<'f, 'o, T> {
    /// A frame that has waited or is made up; an answer to it goes nowhere.
    pub(super) fn made_up(frame: &'f [u8], sent: &'o Sent) -> Self {
        Self {
            frame: Some(Arrived {
                frame,
                meta: PacketMeta::default(),
            }),
            reply: None,
            sent,
        }
    }
}

impl<'f, 'o, T: TxToken> Device for Given<'f, 'o, T> {
    type RxToken<'t>
        = Arrived<'f>
    where
        Self: 't;
    type TxToken<'t>
        = Transmit<'o, T>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let reply = Transmit {
            token: self.reply.take(),
            sent: self.sent,
            // It may have to ask for a neighbor too, but no client waits for that one.
            #[cfg(feature = "client")]
            observer: None,
        };
        Some((self.frame.take()?, reply))
    }

    fn transmit(&mut self, _: Instant) -> Option<Self::TxToken<'_>> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        // Not asked for: the interface knows its device's.
        DeviceCapabilities::default()
    }
}

/// A frame that was received, or made up.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'f> {
    pub(super) frame: &'f [u8],
    pub(super) meta: PacketMeta,
}

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.frame)
    }

    fn meta(&self) -> PacketMeta {
        self.meta
    }
}

/// Room for a frame, which is looked at when it is filled.
pub(super) struct Transmit<'o, T> {
    token: Option<T>,
    sent: &'o Sent,
    #[cfg(feature = "client")]
    observer: Option<&'o mut Observer>,
}

/// Of a reply to a frame without text, which is headers only.
#[inline(never)] // The room for it is needed for as long as this takes only.
fn nowhere<R>(length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
    fill(&mut [0; LONGEST_HEADERS][..length])
}

impl<T: TxToken> TxToken for Transmit<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let Some(token) = self.token else {
            return nowhere(length, fill);
        };
        token.consume(length, |frame| {
            let result = fill(frame);
            let seen = Frame::read(self.sent.medium, frame);
            let packet = seen.as_ref().and_then(Frame::packet);
            let segment = packet.and_then(|packet| self.sent.note(packet));
            #[cfg(feature = "client")]
            if let (Some(observer), Some(frame)) = (self.observer, &seen) {
                observer.transmitted(frame);
            }
            if let Some(start) = segment {
                self.sent.scaled_window.transmitted(&mut frame[start..]);
            }
            result
        })
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        if let Some(token) = &mut self.token {
            token.set_meta(meta);
        }
    }
}
