//! What leaves: each frame passes here once, with the [`Control`] of its connection at hand.

use smoltcp::iface::{Interface, PollResult, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, TxToken};
use smoltcp::time::Instant;

use super::control::{Connection, Control};
use super::host::Host;
use super::service;
use crate::packet::Frame;

/// Room for a frame, which is looked at when it is filled.
pub(super) struct Outgoing<'o, T> {
    pub(super) token: T,
    pub(super) host: &'o Host,
    pub(super) control: Option<&'o mut Control>,
}

impl<T: TxToken> TxToken for Outgoing<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        self.token.consume(length, |frame| {
            let result = fill(frame);
            sent(self.host, frame, self.control);
            result
        })
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.token.set_meta(meta);
    }
}

/// A frame is about to leave.
fn sent(host: &Host, bytes: &mut [u8], control: Option<&mut Control>) {
    let frame = Frame::parse(host.addresses.medium, bytes);
    #[cfg(feature = "client")]
    host.reachability.transmitted(&frame);
    let Some(packet) = frame.packet() else {
        return;
    };
    if host.addresses.is_own(&packet.destination) {
        host.is_loopback.set(true);
    }
    if let Some(control) = control
        && let Some(segment) = packet.segment()
    {
        let start = bytes.len() - segment.header_len - segment.payload_len;
        control.transmitted(&segment, &mut bytes[start..], host.checksums.tcp.tx());
    }
}

/// The way out for one set of sockets at a time.
pub(super) struct Way<'w, D> {
    pub(super) interface: &'w mut Interface,
    pub(super) device: &'w mut D,
    pub(super) host: &'w Host,
    pub(super) now: Instant,
}

impl<D: Device> Way<'_, D> {
    /// Transmits one packet of each socket at most; returns whether there was any.
    pub(super) fn poll(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
    ) -> bool {
        let mut device = Transmitter {
            device: self.device,
            host: self.host,
            control,
        };
        self.interface.poll_egress(self.now, &mut device, sockets) != PollResult::None
    }
}

impl<D: Device> service::Egress for Way<'_, D> {
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

/// A device to transmit by.
struct Transmitter<'t, D> {
    device: &'t mut D,
    host: &'t Host,
    control: Option<&'t mut Control>,
}

impl<D: Device> Device for Transmitter<'_, D> {
    type RxToken<'t>
        = D::RxToken<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Outgoing<'t, D::TxToken<'t>>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        None
    }

    fn transmit(&mut self, now: Instant) -> Option<Self::TxToken<'_>> {
        Some(Outgoing {
            token: self.device.transmit(now)?,
            host: self.host,
            control: self.control.as_deref_mut(),
        })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.device.capabilities()
    }
}
