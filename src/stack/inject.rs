//! Segments that no socket has made, and how smoltcp is given one packet.

use smoltcp::iface::{Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, PacketMeta, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpEndpoint, IpProtocol, TcpSeqNumber, checksum};

use super::control::Control;
use super::egress::Outgoing;
use super::host::Host;
use crate::packet::ip::{IPV4_HEADER, ipv4};
use crate::packet::{
    ETHERTYPE_IPV4, ETHERTYPE_IPV6, LONGEST_HEADERS, PROTOCOL_TCP, TCP_HEADER, put_half, tcp,
};

const TIME_TO_LIVE: u8 = 64;

/// A frame with a TCP segment: its headers, and one byte of payload at most.
pub(super) struct Synthetic {
    bytes: [u8; LONGEST_HEADERS + 1],
    length: usize,
}

/// The header of a [`Synthetic`] segment.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) source: IpEndpoint,
    pub(super) destination: IpEndpoint,
    pub(super) sequence: TcpSeqNumber,
    pub(super) acknowledgement: TcpSeqNumber,
    pub(super) flags: u8,
    pub(super) window: u16,
    pub(super) maximum_segment_size: Option<u16>,
    pub(super) payload: Option<u8>,
}

impl Synthetic {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// A frame with this segment; on Ethernet between these hardware addresses.
    pub(super) fn new(
        hardware: Option<(EthernetAddress, EthernetAddress)>,
        header: &Header,
    ) -> Self {
        let mut frame = Self {
            bytes: [0; LONGEST_HEADERS + 1],
            length: 0,
        };
        let (source, destination) = (header.source.addr, header.destination.addr);
        if let Some((from, to)) = hardware {
            frame.push(&to.0);
            frame.push(&from.0);
            let ethertype = match source {
                IpAddress::Ipv4(_) => ETHERTYPE_IPV4,
                #[allow(unreachable_patterns)] // IPv6, wherever smoltcp was given it
                _ => ETHERTYPE_IPV6,
            };
            frame.push(&ethertype.to_be_bytes());
        }
        let options = if header.maximum_segment_size.is_some() {
            4
        } else {
            0
        };
        let length = TCP_HEADER + options + usize::from(header.payload.is_some());
        frame.push_ip(source, destination, length as u16);

        let start = frame.length;
        frame.push(&header.source.port.to_be_bytes());
        frame.push(&header.destination.port.to_be_bytes());
        frame.push(&header.sequence.0.to_be_bytes());
        frame.push(&header.acknowledgement.0.to_be_bytes());
        frame.push(&[((TCP_HEADER + options) << 2) as u8, header.flags]);
        frame.push(&header.window.to_be_bytes());
        frame.push(&[0; 4]); // the checksum, which follows, and no urgent pointer
        if let Some(size) = header.maximum_segment_size {
            let [high, low] = size.to_be_bytes();
            frame.push(&[tcp::MAXIMUM_SEGMENT_SIZE, 4, high, low]);
        }
        frame.push(header.payload.as_slice());
        let sums = [
            checksum::pseudo_header(&source, &destination, IpProtocol::Tcp, length as u32),
            checksum::data(&frame.bytes[start..frame.length]),
        ];
        let sum = !checksum::combine(&sums);
        put_half(&mut frame.bytes, start + tcp::CHECKSUM, sum);
        frame
    }

    fn push_ip(&mut self, source: IpAddress, destination: IpAddress, length: u16) {
        let start = self.length;
        match (source, destination) {
            (IpAddress::Ipv4(source), IpAddress::Ipv4(destination)) => {
                let [high, low] = (IPV4_HEADER as u16 + length).to_be_bytes();
                let lifetime = TIME_TO_LIVE;
                self.push(&[
                    0x45,
                    0,
                    high,
                    low,
                    0,
                    0,
                    0x40,
                    0,
                    lifetime,
                    PROTOCOL_TCP,
                    0,
                    0,
                ]);
                self.push(&source.octets());
                self.push(&destination.octets());
                let sum = !checksum::data(&self.bytes[start..self.length]);
                put_half(&mut self.bytes, start + ipv4::CHECKSUM, sum);
            }
            #[cfg(feature = "ipv6")]
            (IpAddress::Ipv6(source), IpAddress::Ipv6(destination)) => {
                let [high, low] = length.to_be_bytes();
                self.push(&[0x60, 0, 0, 0, high, low, PROTOCOL_TCP, TIME_TO_LIVE]);
                self.push(&source.octets());
                self.push(&destination.octets());
            }
            #[allow(unreachable_patterns)] // without IPv6 there is no other version
            _ => {}
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        // There is room: the longest headers are those with 40 bytes of options.
        if let Some(room) = self.bytes[self.length..].get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }
}

/// Gives smoltcp one packet; what it answers at once is sent with `reply`, if there is one.
pub(super) struct Deliver<'d, T> {
    pub(super) interface: &'d mut Interface,
    pub(super) now: Instant,
    pub(super) host: &'d Host,
    pub(super) reply: Option<T>,
    pub(super) meta: PacketMeta,
}

impl<T: TxToken> Deliver<'_, T> {
    /// Gives a frame to the sockets of a set; `control` belongs to its connection.
    pub(super) fn to(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
        frame: &[u8],
    ) {
        let mut device = OnePacket {
            frame: Some(Arrived {
                frame,
                meta: self.meta,
            }),
            reply: Some(Outgoing {
                token: Reply(&mut self.reply),
                host: self.host,
                control,
            }),
        };
        self.interface
            .poll_ingress_single(self.now, &mut device, sockets);
    }

    /// Gives a frame that nobody sent; what smoltcp answers is dropped.
    pub(super) fn inject(
        &mut self,
        sockets: &mut SocketSet<'_>,
        control: Option<&mut Control>,
        frame: &[u8],
    ) {
        let reply = self.reply.take();
        self.to(sockets, control, frame);
        self.reply = reply;
    }
}

/// A device that has received one packet.
pub(super) struct OnePacket<'f, T> {
    pub(super) frame: Option<Arrived<'f>>,
    pub(super) reply: Option<T>,
}

impl<'f, T: TxToken> Device for OnePacket<'f, T> {
    type RxToken<'t>
        = Arrived<'f>
    where
        Self: 't;
    type TxToken<'t>
        = T
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Arrived<'f>, T)> {
        self.frame.take().zip(self.reply.take())
    }

    fn transmit(&mut self, _: Instant) -> Option<T> {
        None
    }

    fn capabilities(&self) -> DeviceCapabilities {
        // Not asked for: the interface knows those of its device.
        DeviceCapabilities::default()
    }
}

/// A frame that was received, or is synthetic.
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

/// The token of a reply, taken where there is an answer; without one the answer is dropped.
pub(super) struct Reply<'t, T>(pub(super) &'t mut Option<T>);

impl<T: TxToken> TxToken for Reply<'_, T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        match self.0.take() {
            Some(token) => token.consume(length, fill),
            None => drop_answer(length, fill),
        }
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        if let Some(token) = self.0 {
            token.set_meta(meta);
        }
    }
}

/// An answer to a segment without payload, which can only be headers.
#[inline(never)] // The room for it is needed for as long as this takes only.
pub(super) fn drop_answer<R>(length: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
    fill(&mut [0; LONGEST_HEADERS][..length])
}

#[cfg(all(test, feature = "ipv6"))]
mod tests;
