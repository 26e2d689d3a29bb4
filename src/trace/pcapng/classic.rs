//! Files of the older format, pcap (draft-ietf-opsawg-pcap): one interface, a header for each
//! packet. There are four kinds: with microseconds or nanoseconds, in either byte order. A fifth, of
//! some old systems, has a longer header for each packet.

use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use pcap_parser::pcap::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::error::Damage;
use super::interface::{Interface, Resolution};
use super::link::LinkType;
use super::packet::Packet;

/// The header of the file, in bytes.
pub(super) const HEADER: usize = 24;
const VERSION: u16 = 2;

/// What the header of the file says.
pub(super) struct Classic {
    header: PcapHeader,
    interface: Arc<Interface>,
}

impl Classic {
    pub(super) fn new(header: &[u8]) -> Result<Self, Damage> {
        let Ok((_, header)) = parse_pcap_header(header) else {
            return Err(Damage::NotACapture);
        };
        if header.version_major != VERSION {
            return Err(Damage::Version(header.version_major));
        }
        // The upper half says how long a frame check sequence is.
        let link = LinkType::of(header.network.0 as u16);
        let resolution = match header.is_nanosecond_precision() {
            true => Resolution::NANOSECONDS,
            false => Resolution::MICROSECONDS,
        };
        Ok(Self {
            header,
            interface: Arc::new(Interface {
                name: None,
                link,
                resolution,
                epoch: Duration::ZERO,
                index: 0,
            }),
        })
    }

    pub(super) fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// The header of a packet, in bytes.
    pub(super) fn packet_header(&self) -> usize {
        match self.header.is_modified_format() {
            true => 24,
            false => 16,
        }
    }

    /// How long the packet is that has this header, in bytes.
    pub(super) fn length(&self, header: &[u8]) -> u32 {
        let bytes = [header[8], header[9], header[10], header[11]];
        match self.header.is_bigendian() {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        }
    }

    /// A packet, with its header.
    pub(super) fn packet(&self, bytes: &[u8]) -> Result<Packet, Damage> {
        let parsed = match (self.header.is_modified_format(), self.header.is_bigendian()) {
            (true, _) => parse_pcap_frame_modified(bytes),
            (_, true) => parse_pcap_frame_be(bytes),
            (_, false) => parse_pcap_frame(bytes),
        };
        let (_, packet) = parsed.map_err(|_| Damage::Malformed)?;
        let bytes = packet.data.to_vec();
        Ok(Packet {
            direction: self.interface.link.direction(&bytes),
            time: self.time(&packet),
            original_length: original_length(packet.origlen, &bytes),
            interface: Arc::clone(&self.interface),
            bytes,
            comments: Vec::new(),
        })
    }

    fn time(&self, packet: &LegacyPcapBlock<'_>) -> Duration {
        let fraction = self.interface.resolution.time(packet.ts_usec.into());
        Duration::from_secs(packet.ts_sec.into()) + fraction
    }
}

/// Some programs leave the original length 0.
pub(super) fn original_length(said: u32, bytes: &[u8]) -> usize {
    bytes.len().max(said as usize)
}
