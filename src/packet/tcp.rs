//! TCP segments (RFC 9293, 3.1).

use smoltcp::phy::ChecksumCapabilities;
#[cfg(any(feature = "ipv6", feature = "paths"))]
use smoltcp::wire::checksum;
use smoltcp::wire::{IpAddress, IpEndpoint, IpProtocol, TcpSeqNumber};

use super::ip::is_sum_right;
use super::{Packet, half, word};

/// The header of a TCP segment without options, in bytes.
pub(crate) const TCP_HEADER: usize = 20;
/// The header of a TCP segment with all the options that it can have, in bytes.
pub(super) const LONGEST_HEADER: usize = 60;

// Where the fields of a header are.
const SOURCE: usize = 0;
const DESTINATION: usize = 2;
pub(crate) const SEQUENCE: usize = 4;
const ACKNOWLEDGEMENT: usize = 8;
/// The length of the header, in the upper half of a byte.
const DATA_OFFSET: usize = 12;
pub(crate) const FLAGS: usize = 13;
pub(crate) const WINDOW: usize = 14;
pub(crate) const CHECKSUM: usize = 16;

// The kinds of options (RFC 9293, 3.2; RFC 7323, 2.2).
const END_OF_LIST: u8 = 0;
const NO_OPERATION: u8 = 1;
pub(crate) const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
#[cfg(feature = "paths")]
const SELECTIVE_ACKNOWLEDGEMENT: u8 = 5;

/// The four-tuple of a connection: the local and the remote address and port (RFC 9293, 3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FourTuple {
    /// This host's address and port.
    pub local: IpEndpoint,
    /// The peer's address and port.
    pub remote: IpEndpoint,
}

/// The flags of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const FIN: u8 = 0x01;
    pub(crate) const SYN: u8 = 0x02;
    pub(crate) const RST: u8 = 0x04;
    #[cfg(any(test, feature = "trace", all(feature = "tuntap", target_os = "linux")))]
    pub(crate) const PSH: u8 = 0x08;
    pub(crate) const ACK: u8 = 0x10;

    pub(crate) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// SYN, RST and ACK, the flags by which segments are told apart.
    pub(crate) const fn kind(self) -> u8 {
        self.0 & (Self::SYN | Self::RST | Self::ACK)
    }
}

/// The header of a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) source: IpEndpoint,
    pub(crate) destination: IpEndpoint,
    pub(crate) sequence: TcpSeqNumber,
    pub(crate) acknowledgement: TcpSeqNumber,
    pub(crate) flags: Flags,
    /// As it stands in the header: not scaled.
    pub(crate) window: u16,
    /// In bytes, options included.
    pub(crate) header_len: usize,
    /// In bytes.
    pub(crate) payload_len: usize,
}

impl Segment {
    /// Parses a segment between these addresses, which `bytes` is from its first byte to its last.
    #[cfg_attr(feature = "tuntap", inline)] // A host gives flash for speed.
    pub(crate) fn parse(source: IpAddress, destination: IpAddress, bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<TCP_HEADER>()?;
        let header_len = usize::from(header[DATA_OFFSET] >> 4) * 4;
        if header_len < TCP_HEADER || header_len > bytes.len() {
            return None;
        }
        Some(Self {
            source: IpEndpoint::new(source, half(header, SOURCE)),
            destination: IpEndpoint::new(destination, half(header, DESTINATION)),
            sequence: TcpSeqNumber(word(header, SEQUENCE) as i32),
            acknowledgement: TcpSeqNumber(word(header, ACKNOWLEDGEMENT) as i32),
            flags: Flags(header[FLAGS]),
            window: half(header, WINDOW),
            header_len,
            payload_len: bytes.len() - header_len,
        })
    }

    /// The four-tuple, of a segment that was received.
    pub(crate) fn four_tuple(&self) -> FourTuple {
        FourTuple {
            local: self.destination,
            remote: self.source,
        }
    }

    /// The sequence number behind the payload.
    pub(crate) fn end(&self) -> TcpSeqNumber {
        self.sequence + self.payload_len
    }

    /// Whether it carries an acknowledgement, and neither opens nor resets.
    pub(crate) fn acknowledges(&self) -> bool {
        self.flags.kind() == Flags::ACK
    }
}

impl Packet<'_> {
    /// The header of the TCP segment in it.
    pub(crate) fn segment(&self) -> Option<Segment> {
        if self.protocol != IpProtocol::Tcp || self.is_fragment {
            return None;
        }
        Segment::parse(self.source, self.destination, self.payload())
    }

    /// Whether the checksums of the segment, and of the IPv4 header in front of it, are right, as
    /// far as the device leaves that to its stack.
    pub(crate) fn is_intact(&self, checksums: &ChecksumCapabilities) -> bool {
        let segment = || {
            is_sum_right(
                &self.source,
                &self.destination,
                self.protocol,
                self.payload(),
            )
        };
        (!checksums.tcp.rx() || segment()) && (!checksums.ipv4.rx() || self.has_intact_header())
    }
}

/// The options of a segment: kind and value of each (RFC 9293, 3.2).
pub(crate) fn options<'f>(packet: &Packet<'f>, segment: &Segment) -> Options<'f> {
    Options::of(packet.payload(), segment.header_len)
}

/// The options of a segment; they end at the first that is malformed.
pub(crate) struct Options<'f>(&'f [u8]);

impl<'f> Options<'f> {
    /// Those of the segment in `bytes`, which has a header of this length; none if it is shorter.
    pub(crate) fn of(bytes: &'f [u8], header_len: usize) -> Self {
        Self(bytes.get(TCP_HEADER..header_len).unwrap_or_default())
    }

    /// The maximum segment size (RFC 9293, 3.7.1).
    #[cfg(any(
        feature = "syn-cache",
        feature = "syn-cookies",
        feature = "ipv6",
        feature = "client"
    ))]
    pub(crate) fn maximum_segment_size(mut self) -> Option<u16> {
        self.find_map(|(kind, value)| match (kind, value) {
            (MAXIMUM_SEGMENT_SIZE, [high, low]) => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        })
    }

    /// The number behind all that has arrived, as far as blocks say so (RFC 2018, 3).
    #[cfg(feature = "paths")]
    pub(crate) fn highest_acknowledged(self) -> Option<TcpSeqNumber> {
        let blocks = self.filter(|(kind, _)| *kind == SELECTIVE_ACKNOWLEDGEMENT);
        let edges = blocks.flat_map(|(_, value)| value.as_chunks::<8>().0);
        let ends = edges.map(|[.., a, b, c, d]| TcpSeqNumber(i32::from_be_bytes([*a, *b, *c, *d])));
        ends.reduce(|one, other| one.max(other))
    }

    /// The window scale (RFC 7323, 2.2).
    pub(crate) fn window_scale(mut self) -> Option<u8> {
        self.find_map(|(kind, value)| match (kind, value) {
            (WINDOW_SCALE, [shift]) => Some(*shift),
            _ => None,
        })
    }
}

/// Makes the maximum segment size of a SYN this one, if it has any.
#[cfg(any(feature = "ipv6", feature = "paths"))]
pub(crate) fn set_maximum_segment_size(bytes: &mut [u8], header_len: usize, size: u16) {
    let mut options = Options::of(bytes, header_len);
    let Some((_, value)) =
        options.find(|(kind, value)| *kind == MAXIMUM_SEGMENT_SIZE && value.len() == 2)
    else {
        return;
    };
    // The options behind it are left.
    let at = header_len - options.0.len() - value.len();
    let [high, low] = size.to_be_bytes();
    for (at, new) in [(at, high), (at + 1, low)] {
        let old = core::mem::replace(&mut bytes[at], new);
        // The sum has the first of two bytes eight bits higher.
        let bits = if at % 2 == 0 { 8 } else { 0 };
        // RFC 1624, 3: HC' = ~(~HC + ~m + m').
        let (old, new) = (u16::from(old) << bits, u16::from(new) << bits);
        let parts = [!half(bytes, CHECKSUM), !old, new];
        super::put_half(bytes, CHECKSUM, !checksum::combine(&parts));
    }
}

impl<'f> Iterator for Options<'f> {
    type Item = (u8, &'f [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&kind, rest) = self.0.split_first()?;
            match kind {
                END_OF_LIST => return None,
                NO_OPERATION => self.0 = rest,
                _ => {
                    let length = usize::from(*rest.first()?);
                    let value = self.0.get(2..length)?;
                    self.0 = &self.0[length..];
                    return Some((kind, value));
                }
            }
        }
    }
}
