//! IPv6 datagrams larger than the link's MTU, on their way out.
//!
//! smoltcp 0.14 cuts an IPv4 datagram into fragments, but drops an IPv6 datagram that is larger
//! than the MTU without a trace. A [`Fragmenter`] makes the fragments itself and sends each of
//! them as an IPv6 packet of its own, through a raw socket: it leaves as any other packet does.
//!
//! ```
//! use smoltcp::iface::SocketStorage;
//! use smoltcp::wire::IpEndpoint;
//! use uppercase::stack::Sockets;
//! use uppercase::udp::fragmentation::{Buffers, Fragmenter, SendError, bytes, packets};
//!
//! // Room for one datagram of 6144 bytes on a link that carries 1500.
//! let mut buffers = Buffers::<{ bytes(6144, 1500) }, { packets(6144, 1500) }>::new();
//! let mut storage = [SocketStorage::EMPTY; 4];
//! let mut sockets = Sockets::new(&mut storage[..]);
//! let random = 0x3b1f_90c4;
//! let mut fragmenter = Fragmenter::new(&mut sockets, &mut buffers, random).unwrap();
//!
//! let (from, to) = ("[fd00::1]:12000".parse::<IpEndpoint>(), "[fd00::2]:50000".parse());
//! let (from, to) = (from.unwrap(), to.unwrap());
//! assert_eq!(fragmenter.send(&mut sockets, from, to, &[b'A'; 6144], 1500), Ok(()));
//! // The next one has to wait until the interface has sent this one.
//! let next = fragmenter.send(&mut sockets, from, to, &[b'B'; 6144], 1500);
//! assert_eq!(next, Err(SendError::Full));
//! ```

mod error;
mod nowhere;
mod packet;
mod storage;

use core::iter;

use managed::ManagedSlice;
use smoltcp::iface::{SocketHandle, SocketSet, SocketStorage};
use smoltcp::socket::raw;
use smoltcp::wire::{
    IpAddress, IpEndpoint, IpProtocol, IpVersion, Ipv6FragmentHeader, Ipv6FragmentRepr, Ipv6Packet,
    Ipv6Repr,
};

use self::packet::{HEADERS, fragment, udp_header};
use crate::packet::{IPV6_FRAGMENT_HEADER, ip::IPV6_HEADER, udp::UDP_HEADER};
use crate::stack::{Sockets, SocketsFull};

pub use self::error::SendError;
pub use self::packet::{LONGEST_PAYLOAD, bytes, is_needed, packets};
pub use self::storage::Buffers;

const HOP_LIMIT: u8 = 64;

/// Sends IPv6 UDP datagrams in fragments.
///
/// It keeps a raw socket for the protocol "IPv6 fragment" in the socket set; its methods panic if
/// they are given another set. As a side effect smoltcp does not answer fragments that reach it
/// with a Parameter Problem any more; the socket has no receive buffer, so they are dropped. With
/// [`Reassembly`](crate::device::reassembly::Reassembly) in front none reach it.
///
/// Fragments leave in the order in which they were queued. Those to a host that is not known, or to
/// which there is no route, are lost; see [`link`](crate::link).
#[derive(Debug)]
pub struct Fragmenter<'a> {
    handle: SocketHandle,
    identification: u32,
    /// Bytes and packets queued since the queue was last empty. The queue is filled from the
    /// beginning, and not used again before it is empty: so whether all fragments of a datagram
    /// fit is known before the first of them is queued.
    bytes: usize,
    packets: usize,
    /// Where the socket is put to be emptied.
    aside: Sockets<'a>,
}

impl<'a> Fragmenter<'a> {
    /// Adds its socket to the set.
    ///
    /// Datagrams are numbered from `identification`, which must be a random number: otherwise
    /// fragments from before and after a restart are taken for parts of the same datagram.
    ///
    /// # Errors
    /// If every slot of the set is taken.
    pub fn new<const BYTES: usize, const PACKETS: usize>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut Buffers<'a, BYTES, PACKETS>,
        identification: u32,
    ) -> Result<Self, SocketsFull> {
        let queue = raw::PacketBuffer::new(&mut buffers.packets[..], &mut buffers.bytes[..]);
        Self::from_parts(sockets, queue, &mut buffers.aside[..], identification)
    }

    /// A fragmenter with a queue of a size that is known at run time only.
    ///
    /// `aside` is one more slot, which is not in the set; an empty `Vec` will do.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if there is no slot in `aside`.
    pub fn from_parts(
        sockets: &mut Sockets<'a>,
        queue: raw::PacketBuffer<'a>,
        aside: impl Into<ManagedSlice<'a, SocketStorage<'a>>>,
        identification: u32,
    ) -> Result<Self, SocketsFull> {
        let nothing = raw::PacketBuffer::new(&mut [][..], &mut [][..]);
        let (version, protocol) = (IpVersion::Ipv6, IpProtocol::Ipv6Frag);
        let socket = raw::Socket::new(Some(version), Some(protocol), nothing, queue);
        let mut aside = Sockets::new(aside);
        // By way of the slot where it will have to fit later.
        let handle = aside.add(socket)?;
        Ok(Self {
            handle: sockets.add(aside.remove(handle))?,
            identification,
            bytes: 0,
            packets: 0,
            aside,
        })
    }

    /// How many bytes wait to be sent.
    pub fn queued(&self, sockets: &SocketSet<'_>) -> usize {
        sockets.get::<raw::Socket<'_>>(self.handle).send_queue()
    }

    /// The longest payload there is ever room for on a link with this MTU, in bytes.
    pub fn longest(&self, sockets: &SocketSet<'_>, ip_mtu: usize) -> usize {
        let socket = sockets.get::<raw::Socket<'_>>(self.handle);
        let (room, slots) = (
            socket.payload_send_capacity(),
            socket.packet_send_capacity(),
        );
        let size = fragment(ip_mtu);
        let full = slots.min(room / (HEADERS + size));
        let last = if full < slots {
            room.saturating_sub(full * (HEADERS + size) + HEADERS)
        } else {
            0
        };
        (full * size + last)
            .saturating_sub(UDP_HEADER)
            .min(LONGEST_PAYLOAD)
    }

    /// Queues a datagram, as fragments for a link that carries IP packets of `ip_mtu` bytes.
    ///
    /// They are sent when the interface is polled.
    ///
    /// # Errors
    /// Either all fragments are queued, or none of them and there is an error.
    pub fn send(
        &mut self,
        sockets: &mut SocketSet<'_>,
        source: IpEndpoint,
        destination: IpEndpoint,
        payload: &[u8],
        ip_mtu: usize,
    ) -> Result<(), SendError> {
        let (IpAddress::Ipv6(from), IpAddress::Ipv6(to)) = (source.addr, destination.addr) else {
            return Err(SendError::Unaddressable);
        };
        let sender = !from.is_unspecified() && !from.is_multicast();
        if !sender || to.is_unspecified() || destination.port == 0 {
            return Err(SendError::Unaddressable);
        }
        if !is_needed(payload.len(), ip_mtu) {
            return Err(SendError::NotNeeded);
        }
        if ip_mtu < HEADERS + 8 {
            return Err(SendError::MtuTooSmall);
        }
        let length = u16::try_from(UDP_HEADER + payload.len()).map_err(|_| SendError::TooLarge)?;

        let socket = sockets.get_mut::<raw::Socket<'_>>(self.handle);
        let (bytes, packets) = (bytes(payload.len(), ip_mtu), packets(payload.len(), ip_mtu));
        let (room, slots) = (
            socket.payload_send_capacity(),
            socket.packet_send_capacity(),
        );
        if bytes > room || packets > slots {
            return Err(SendError::TooLarge);
        }
        if socket.send_queue() == 0 {
            (self.bytes, self.packets) = (0, 0);
        }
        if self.bytes + bytes > room || self.packets + packets > slots {
            return Err(SendError::Full);
        }

        let header = udp_header(source, destination, length, payload);
        let size = fragment(ip_mtu);
        let (first, others) = payload.split_at(size - UDP_HEADER);
        let others = others.chunks(size).map(|part| (&[][..], part));
        let parts = iter::once((&header[..], first)).chain(others);
        for (index, (header, part)) in parts.enumerate() {
            let ip = Ipv6Repr {
                src_addr: from,
                dst_addr: to,
                next_header: IpProtocol::Ipv6Frag,
                payload_len: IPV6_FRAGMENT_HEADER + header.len() + part.len(),
                hop_limit: HOP_LIMIT,
            };
            let fragment = Ipv6FragmentRepr {
                frag_offset: (index * size / 8) as u16,
                more_frags: index + 1 < packets,
                ident: self.identification,
            };
            let packet = socket.send(IPV6_HEADER + ip.payload_len);
            let packet = packet.map_err(|_| SendError::Full)?;
            ip.emit(&mut Ipv6Packet::new_unchecked(&mut *packet));
            let (ours, rest) = packet[IPV6_HEADER..].split_at_mut(IPV6_FRAGMENT_HEADER);
            ours[..2].copy_from_slice(&[IpProtocol::Udp.into(), 0]);
            fragment.emit(&mut Ipv6FragmentHeader::new_unchecked(&mut ours[2..]));
            let (place, rest) = rest.split_at_mut(header.len());
            place.copy_from_slice(header);
            rest.copy_from_slice(part);
        }
        self.bytes += bytes;
        self.packets += packets;
        self.identification = self.identification.wrapping_add(1);
        Ok(())
    }

    /// Drops all fragments that have not been sent.
    ///
    /// smoltcp cannot take back what a raw socket has queued. So the socket is taken out of the
    /// set, its packets are sent through an interface to nowhere, and it is put back. That
    /// interface is on the stack meanwhile: about 6 KiB, or 80 KiB with the feature `command`,
    /// mostly for the buffers of smoltcp's own fragmentation.
    pub fn discard(&mut self, sockets: &mut SocketSet<'a>) {
        if self.queued(sockets) == 0 {
            return;
        }
        let handle = SocketSet::add(&mut self.aside, sockets.remove(self.handle));
        nowhere::send(&mut self.aside);
        self.handle = sockets.add(self.aside.remove(handle));
    }
}
