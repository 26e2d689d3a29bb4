//! The device as smoltcp sees it: one type for all devices and for both directions.
//!
//! So smoltcp is compiled once, and each frame that leaves passes here once, with the [`Control`]
//! of its connection at hand.

#[cfg(feature = "isn")]
use smoltcp::iface::Config;
use smoltcp::iface::{Interface, PollResult, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;

use super::control::{Connection, Control};
use super::egress;
use super::host::Host;
use super::service::Egress;
use crate::packet::{ETHERNET_HEADER, LONGEST_HEADERS};

/// Where frames leave.
pub(super) trait Transmit {
    /// Whether there is room for a frame.
    fn has_room(&mut self) -> bool;

    /// Transmits a frame that `fill` writes. Where there is no room, the frame is written and dropped.
    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8]));
}

/// The room that a device has at this moment.
pub(super) struct Room<'d, D> {
    pub(super) device: &'d mut D,
    pub(super) now: Instant,
}

impl<D: Device> Transmit for Room<'_, D> {
    fn has_room(&mut self) -> bool {
        self.device.transmit(self.now).is_some()
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        self.device.transmit(self.now).transmit(length, meta, fill);
    }
}

/// The room for one frame, or none.
impl<T: TxToken> Transmit for Option<T> {
    fn has_room(&mut self) -> bool {
        self.is_some()
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        match self.take() {
            Some(mut token) => {
                token.set_meta(meta);
                token.consume(length, fill);
            }
            None => Nowhere.transmit(length, meta, fill),
        }
    }
}

/// Where answers are dropped: those to segments without payload, which can only be headers.
pub(super) struct Nowhere;

impl Transmit for Nowhere {
    fn has_room(&mut self) -> bool {
        false
    }

    #[inline(never)] // The room for it is needed for as long as this takes only.
    fn transmit(&mut self, length: usize, _: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        fill(&mut [0; LONGEST_HEADERS][..length]);
    }
}

/// smoltcp, and the way to it and from it for one set of sockets at a time.
pub(super) struct Way<'w> {
    pub(super) interface: &'w mut Interface,
    pub(super) host: &'w Host,
    pub(super) now: Instant,
    pub(super) transmit: &'w mut dyn Transmit,
    /// Of what has been received.
    pub(super) meta: PacketMeta,
}

impl<'w> Way<'w> {
    pub(super) fn new(
        interface: &'w mut Interface,
        host: &'w Host,
        now: Instant,
        transmit: &'w mut dyn Transmit,
    ) -> Self {
        Self {
            interface,
            host,
            now,
            transmit,
            meta: PacketMeta::default(),
        }
    }

    /// Gives a frame to the sockets of a set; `control` belongs to its connection.
    #[inline(never)] // Many call it.
    pub(super) fn deliver(
        &mut self,
        sockets: &mut SocketSet<'_>,
        mut control: Option<&mut Control>,
        frame: &[u8],
    ) {
        self.look(sockets, control.as_deref_mut());
        let meta = self.meta;
        let mut port = Port {
            received: Some(Arrived { frame, meta }),
            transmit: self.transmit,
            host: self.host,
            control: control.as_deref_mut(),
        };
        self.interface
            .poll_ingress_single(self.now, &mut port, sockets);
        self.look(sockets, control);
    }

    /// Gives a synthetic frame; what smoltcp answers is dropped.
    #[inline(never)]
    pub(super) fn inject(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
        frame: &[u8],
    ) {
        let mut silent = Way {
            interface: self.interface,
            transmit: &mut Nowhere,
            ..*self
        };
        silent.deliver(sockets, control, frame);
    }

    /// Transmits one packet of each socket at most; returns whether there was any.
    pub(super) fn poll(
        &mut self,
        sockets: &mut SocketSet<'_>,
        mut control: Option<&mut Control>,
    ) -> bool {
        self.look(sockets, control.as_deref_mut());
        let mut port = Port {
            received: None,
            transmit: self.transmit,
            host: self.host,
            control: control.as_deref_mut(),
        };
        let result = self.interface.poll_egress(self.now, &mut port, sockets);
        self.look(sockets, control);
        result != PollResult::None
    }

    /// Reports the state that a connection has come to, if states are watched.
    #[inline]
    fn look(&self, sockets: &SocketSet<'_>, control: Option<&mut Control>) {
        #[cfg(feature = "trace")]
        self.host.watcher.look(sockets, control, self.now);
        #[cfg(not(feature = "trace"))]
        let _ = (sockets, control);
    }

    /// Transmits what is left of a fragmented datagram; returns whether all of it is out.
    ///
    /// smoltcp 0.14 has one place for a datagram in fragments and overwrites it with the next one,
    /// so everything else waits until it is empty. (Two sockets that send one each in the same
    /// pass still get into each other's way, as the stack's documentation says.)
    pub(super) fn finish_fragments(&mut self) -> bool {
        if cfg!(not(feature = "fragmentation")) {
            return true;
        }
        let mut nothing = SocketSet::new(&mut [][..]);
        // Enough for the largest datagram at an MTU of 576 bytes; smaller ones take a few polls.
        for _ in 0..128 {
            if self.interface.poll_at(self.now, &nothing).is_none() {
                return true;
            }
            if !self.transmit.has_room() {
                break;
            }
            self.poll(&mut nothing, None);
        }
        false
    }
}

impl Egress for Way<'_> {
    fn now(&self) -> Instant {
        self.now
    }

    fn transmit(&mut self, connection: &mut Connection<'_>) -> bool {
        self.poll(&mut connection.set, Some(&mut connection.control))
    }

    fn due(&mut self, connection: &Connection<'_>) -> Option<Instant> {
        self.interface.poll_at(self.now, &connection.set)
    }
}

/// The device that smoltcp is given: one frame that was received, or none, and room.
struct Port<'p> {
    received: Option<Arrived<'p>>,
    transmit: &'p mut dyn Transmit,
    host: &'p Host,
    control: Option<&'p mut Control>,
}

impl Port<'_> {
    fn outgoing(&mut self) -> Outgoing<'_> {
        Outgoing {
            transmit: self.transmit,
            host: self.host,
            control: self.control.as_deref_mut(),
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
        = Outgoing<'t>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'p>, Outgoing<'_>)> {
        let received = self.received.take()?;
        Some((received, self.outgoing()))
    }

    fn transmit(&mut self, _: Instant) -> Option<Outgoing<'_>> {
        self.transmit.has_room().then(|| self.outgoing())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let medium = self.host.addresses.medium;
        let header = if medium == Medium::Ethernet {
            ETHERNET_HEADER
        } else {
            0
        };
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = medium;
        capabilities.max_transmission_unit = self.host.ip_mtu + header;
        capabilities.checksum = self.host.checksums.clone();
        capabilities
    }
}

/// Another interface of this host, beside that of the stack: frames are given to it by a [`Way`].
/// With a host's sizes it takes about 2 µs, most of them for the room of smoltcp's fragments.
#[cfg(feature = "isn")]
pub(super) fn new_interface(host: &Host, config: Config, now: Instant) -> Interface {
    let mut port = Port {
        received: None,
        transmit: &mut Nowhere,
        host,
        control: None,
    };
    Interface::new(config, &mut port, now)
}

/// A frame that was received, or is synthetic.
#[derive(Clone, Copy)]
struct Arrived<'f> {
    frame: &'f [u8],
    meta: PacketMeta,
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
struct Outgoing<'o> {
    transmit: &'o mut dyn Transmit,
    host: &'o Host,
    control: Option<&'o mut Control>,
    meta: PacketMeta,
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, length: usize, fill: F) -> R {
        let (mut fill, mut result) = (Some(fill), None);
        self.transmit.transmit(length, self.meta, &mut |frame| {
            result = fill.take().map(|fill| fill(frame));
            egress::sent(self.host, frame, self.control.as_deref_mut());
        });
        result.expect("a frame is written, with room and without")
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.meta = meta;
    }
}
