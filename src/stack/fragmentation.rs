//! Packets that are larger than their path takes: they leave in fragments (RFC 791, 2.3 and 3.2;
//! RFC 8200, 4.5), over both IP versions, from any socket.
//!
//! smoltcp 0.14 has one place for an IPv4 datagram in fragments, which the next one overwrites, and
//! drops what is too large over IPv6. So it is told of a larger MTU
//! ([`Interfaces`](super::interfaces::Interfaces)), writes such a packet into the caller's buffer, and
//! the packet is cut here. Until its last fragment has left, no socket is asked for another packet,
//! and no frame is received that may be answered by one: the sockets and the device keep theirs.
//!
//! Fragments are as long as the path takes, as far as that is known (`path_mtu.rs`), and always several:
//! "atomic" ones are not sent (RFC 8021). They have identifications that come again late (RFC 6864) and
//! cannot be foreseen (RFC 7739).

#[cfg(not(feature = "fragmentation"))]
use core::marker::PhantomData;

#[cfg(feature = "fragmentation")]
use managed::ManagedSlice;
#[cfg(feature = "fragmentation")]
use smoltcp::phy::PacketMeta;
#[cfg(feature = "fragmentation")]
use smoltcp::time::Duration;
use smoltcp::time::Instant;

use super::host::Host;
use crate::link::Transmit;
#[cfg(feature = "fragmentation")]
use crate::logging::debug;
#[cfg(feature = "fragmentation")]
use crate::packet::{ETHERNET_HEADER, Packet, UDP_HEADER, fill_checksum, ip::LONGEST_HEADER};

/// What the buffer of [`Stack::with_fragmentation`](super::Stack::with_fragmentation) needs besides
/// the payload of the largest UDP datagram, in bytes.
#[cfg(feature = "fragmentation")]
pub const FRAGMENTATION_OVERHEAD: usize = ETHERNET_HEADER + LONGEST_HEADER + UDP_HEADER;

/// The longest packet, in bytes: that of IPv6 has a header besides what its length says.
#[cfg(feature = "fragmentation")]
const LONGEST_PACKET: usize = u16::MAX as usize
    + if cfg!(feature = "ipv6") {
        LONGEST_HEADER
    } else {
        0
    };

/// How long a fragment waits for room at most. Where two hosts wait for each other to read, one of them
/// has to go on.
#[cfg(feature = "fragmentation")]
const PATIENCE: Duration = Duration::from_secs(3);

/// The packet that is leaving in fragments, if there is one, and the room for it.
#[cfg(feature = "fragmentation")]
pub(super) struct Fragmentation<'a> {
    buffer: ManagedSlice<'a, u8>,
    pending: Option<Pending>,
}

/// A frame of which not all has left.
#[cfg(feature = "fragmentation")]
#[derive(Clone, Copy)]
struct Pending {
    length: usize,
    /// How much of the payload of its packet has left.
    offset: usize,
    mtu: usize,
    identification: u32,
    /// When it had room last.
    since: Instant,
}

#[cfg(feature = "fragmentation")]
impl<'a> Fragmentation<'a> {
    pub(super) fn new() -> Self {
        Self {
            buffer: ManagedSlice::Borrowed(&mut []),
            pending: None,
        }
    }

    /// Takes the buffer; returns the longest packet that it has room for on this link.
    pub(super) fn set_buffer(&mut self, buffer: ManagedSlice<'a, u8>, host: &Host) -> usize {
        self.buffer = buffer;
        let room = self.buffer.len().saturating_sub(host.link.header_len());
        room.min(LONGEST_PACKET)
    }

    /// Puts itself in front of the room of a device.
    pub(super) fn before<'t, T: Transmit>(
        &'t mut self,
        inner: T,
        host: &'t Host,
        now: Instant,
    ) -> Fragmenter<'t, T> {
        Fragmenter {
            inner,
            buffer: &mut self.buffer,
            pending: &mut self.pending,
            host,
            now,
        }
    }

    /// Transmits what is left of a packet, as far as there is room; returns whether nothing is left.
    pub(super) fn finish(&mut self, inner: impl Transmit, host: &Host, now: Instant) -> bool {
        self.pending.is_none() || self.before(inner, host, now).finish()
    }

    /// Drops what is left of a packet that is from an address that is gone.
    #[cfg(feature = "addressing")]
    pub(super) fn forget_gone(&mut self, host: &Host) {
        let header_len = host.link.header_len();
        let is_from_own = |pending: &Pending| {
            let packet = Packet::parse(&self.buffer[header_len..pending.length]);
            packet.is_some_and(|packet| host.link.addresses.is_own(&packet.source))
        };
        self.pending = self.pending.filter(is_from_own);
    }
}

/// Cuts what is too large for its path, in front of the room of a device.
#[cfg(feature = "fragmentation")]
pub(super) struct Fragmenter<'t, T> {
    inner: T,
    buffer: &'t mut [u8],
    pending: &'t mut Option<Pending>,
    host: &'t Host,
    now: Instant,
}

#[cfg(feature = "fragmentation")]
impl<T: Transmit> Fragmenter<'_, T> {
    /// See [`Fragmentation::finish`].
    fn finish(&mut self) -> bool {
        while let Some(pending) = *self.pending {
            if !self.inner.has_room() {
                if self.now < pending.since + PATIENCE {
                    return false;
                }
                debug!("a packet in fragments is dropped, as the device has no room for the rest");
                *self.pending = None;
                return true;
            }
            *self.pending = self.transmit_fragment(pending);
        }
        true
    }

    /// Transmits the next fragment of a packet; returns what is left of it.
    fn transmit_fragment(&mut self, pending: Pending) -> Option<Pending> {
        let header_len = self.host.link.header_len();
        let (header, packet) = self.buffer[..pending.length].split_at(header_len);
        let packet = Packet::parse(packet)?;
        let fragment = packet.cut(pending.offset, pending.mtu, pending.identification);
        let length = header_len + packet.fragment_header_len() + fragment.data.len();
        let meta = PacketMeta::default();
        self.inner.transmit(length, meta, &mut |frame| {
            let (link, bytes) = frame.split_at_mut(header_len);
            link.copy_from_slice(header);
            packet.put_fragment(&fragment, bytes);
        });
        fragment.more.then_some(Pending {
            offset: pending.offset + fragment.data.len(),
            since: self.now,
            ..pending
        })
    }

    /// Begins to transmit the frame that is in the buffer.
    fn begin(&mut self, length: usize) {
        let header_len = self.host.link.header_len();
        let frame = &mut self.buffer[..length];
        let Some(packet) = Packet::parse(&frame[header_len..]) else {
            // Its length is more than its header can say.
            return self.host.drop_too_long();
        };
        let mtu = self.host.path_mtu(&packet.destination, self.now);
        if packet.bytes.len() <= mtu {
            let meta = PacketMeta::default();
            let copy = &mut |bytes: &mut [u8]| bytes.copy_from_slice(frame);
            return self.inner.transmit(length, meta, copy);
        }
        *self.pending = Some(Pending {
            length,
            offset: 0,
            mtu,
            identification: self.host.identifications.next(&packet.destination),
            since: self.now,
        });
        if self.host.lets_device_sum() {
            fill_checksum(&mut frame[header_len..]);
        }
        self.finish();
    }
}

#[cfg(feature = "fragmentation")]
impl<T: Transmit> Transmit for Fragmenter<'_, T> {
    /// Nothing else leaves between the fragments of a packet.
    fn has_room(&mut self) -> bool {
        self.finish() && self.inner.has_room()
    }

    fn transmit(&mut self, length: usize, meta: PacketMeta, fill: &mut dyn FnMut(&mut [u8])) {
        self.inner.transmit(length, meta, fill);
    }

    fn transmit_datagram(&mut self, length: usize, fill: &mut dyn FnMut(&mut [u8])) {
        let is_short = length <= self.host.link.header_len() + self.host.shortest_path_mtu();
        match self.buffer.get_mut(..length) {
            Some(buffer) if !is_short => {
                fill(buffer);
                self.begin(length);
            }
            // The link takes it: longer ones are made only where the buffer takes them.
            _ => self.inner.transmit(length, PacketMeta::default(), fill),
        }
    }
}

/// Nothing is larger than the link takes.
#[cfg(not(feature = "fragmentation"))]
pub(super) struct Fragmentation<'a>(PhantomData<&'a ()>);

#[cfg(not(feature = "fragmentation"))]
impl Fragmentation<'_> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub(super) fn before<T: Transmit>(&mut self, inner: T, _: &Host, _: Instant) -> T {
        inner
    }

    #[inline]
    pub(super) fn finish(&mut self, _: impl Transmit, _: &Host, _: Instant) -> bool {
        true
    }

    #[cfg(feature = "addressing")]
    pub(super) fn forget_gone(&mut self, _: &Host) {}
}
