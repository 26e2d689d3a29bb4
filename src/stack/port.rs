//! The device as smoltcp sees it: one type for all devices and for both directions, which carries
//! IP packets.
//!
//! So smoltcp is compiled once, and each packet that leaves passes here once, with the [`Control`]
//! of its connection at hand.

use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;

use super::control::Control;
use super::egress::{self, Leaving};
use super::host::Host;
use crate::link::{EthernetAddress, Nowhere, Transmit};
use crate::packet::LONGEST_HEADERS;

/// The device that smoltcp is given: one packet that was received, or none, and room.
pub(super) struct Port<'p> {
    pub(super) received: Option<Arrived<'p>>,
    pub(super) transmit: &'p mut dyn Transmit,
    pub(super) host: &'p Host,
    /// Of the connection that has the packets.
    pub(super) control: Option<&'p mut Control>,
    /// The card that has sent what has been received.
    pub(super) asker: Option<EthernetAddress>,
    /// Whether what is answered is dropped.
    pub(super) is_silent: bool,
    /// Whether its interface takes less than the link, so that smoltcp drops what is longer.
    #[cfg(feature = "fragmentation")]
    pub(super) is_narrow: bool,
    pub(super) now: Instant,
}

impl<'p> Port<'p> {
    /// One without a received packet, of no connection.
    pub(super) fn new(host: &'p Host, transmit: &'p mut dyn Transmit, now: Instant) -> Self {
        Self {
            received: None,
            transmit,
            host,
            control: None,
            asker: None,
            is_silent: false,
            #[cfg(feature = "fragmentation")]
            is_narrow: false,
            now,
        }
    }

    /// Room for a packet that a socket has, or may have.
    fn outgoing(&mut self, is_wanted: bool) -> Outgoing<'_, 'p> {
        #[cfg(not(feature = "fragmentation"))]
        let _ = is_wanted;
        Outgoing {
            #[cfg(feature = "fragmentation")]
            is_wanted: is_wanted && !self.is_narrow,
            port: self,
            meta: PacketMeta::default(),
        }
    }
}

impl<'p> Device for Port<'p> {
    type RxToken<'t>
        = Arrived<'p>
    where
        Self: 't;
    type TxToken<'t>
        = Outgoing<'t, 'p>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'p>, Outgoing<'_, 'p>)> {
        let received = self.received.take()?;
        Some((received, self.outgoing(false)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Outgoing<'_, 'p>> {
        let has_room = self.transmit.has_room();
        has_room.then(|| self.outgoing(true))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.host.capabilities.clone()
    }
}

/// A packet that was received, or is synthetic.
#[derive(Clone, Copy)]
pub(super) struct Arrived<'f> {
    pub(super) packet: &'f [u8],
    pub(super) meta: PacketMeta,
}

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.packet)
    }

    fn meta(&self) -> PacketMeta {
        self.meta
    }
}

/// Room for a packet, which is looked at when it is filled.
pub(super) struct Outgoing<'o, 'p> {
    port: &'o mut Port<'p>,
    meta: PacketMeta,
    /// Whether a socket has a packet for it: smoltcp drops one that is too long without a word.
    #[cfg(feature = "fragmentation")]
    is_wanted: bool,
}

#[cfg(feature = "fragmentation")]
impl Drop for Outgoing<'_, '_> {
    fn drop(&mut self) {
        if self.is_wanted {
            self.port.host.drop_too_long();
        }
    }
}

impl Outgoing<'_, '_> {
    /// Whether the packet does not leave: enough was sent to a peer that has acknowledged nothing.
    fn is_dropped(&self) -> bool {
        #[cfg(feature = "isn")]
        return self
            .port
            .control
            .as_deref()
            .is_some_and(|control| control.credit.is_spent());
        #[cfg(not(feature = "isn"))]
        false
    }
}

impl TxToken for Outgoing<'_, '_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(
        #[cfg_attr(not(feature = "fragmentation"), allow(unused_mut))] mut self,
        length: usize,
        fill: F,
    ) -> R {
        let (mut fill, mut result) = (Some(fill), None);
        #[cfg(feature = "fragmentation")]
        {
            self.is_wanted = false;
        }
        let header_len = self.port.host.link.header_len();
        let length = header_len + length;
        #[cfg(feature = "paths")]
        let segment_size = segment_size(&self.meta);
        let is_datagram = cfg!(feature = "fragmentation") && self.port.control.is_none();
        #[cfg(feature = "segmentation")]
        let is_datagram = is_datagram && self.meta.segmentation_offload_size.is_none();
        let mut nowhere = Nowhere;
        // `Nowhere` has room for headers only.
        let is_dropped = length <= LONGEST_HEADERS && self.is_dropped();
        let is_silent = self.port.is_silent;
        let Port {
            host,
            control,
            asker,
            now,
            transmit,
            ..
        } = &mut *self.port;
        let transmit = match is_dropped || is_silent {
            true => &mut nowhere as &mut dyn Transmit,
            false => &mut **transmit,
        };
        let mut write = |frame: &mut [u8]| {
            let (header, packet) = frame.split_at_mut(header_len);
            result = fill.take().map(|fill| fill(packet));
            if is_dropped {
                return;
            }
            egress::sent(
                host,
                Leaving {
                    header,
                    packet,
                    #[cfg(feature = "paths")]
                    segment_size,
                    control: control.as_deref_mut(),
                    asker: *asker,
                    now: *now,
                },
            );
        };
        match is_datagram {
            true => transmit.transmit_datagram(length, &mut write),
            false => transmit.transmit(length, self.meta, &mut write),
        }
        result.expect("a packet is written, with room and without")
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.meta = meta;
    }
}

/// How many bytes each segment of a packet has that the device cuts.
#[cfg(feature = "paths")]
fn segment_size(meta: &PacketMeta) -> Option<usize> {
    #[cfg(feature = "segmentation")]
    return meta
        .segmentation_offload_size
        .map(|size| usize::from(size.get()));
    #[cfg(not(feature = "segmentation"))]
    {
        let _ = meta;
        None
    }
}
