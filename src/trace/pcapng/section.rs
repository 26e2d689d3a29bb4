//! A section of a pcapng file: its byte order, and the interfaces that it has described so far.

use std::borrow::ToOwned;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use pcap_parser::pcapng::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, OptionCode, PcapNGOption,
    SimplePacketBlock, parse_block_be, parse_block_le, parse_sectionheaderblock,
};
use pcap_parser::traits::PcapNGPacketBlock;

use super::classic::original_length;
use super::error::Damage;
use super::interface::{Interface, Resolution};
use super::link::LinkType;
use super::packet::Packet;
use crate::device::capture::Direction;
use crate::device::capture::block::{FLAGS_INBOUND, FLAGS_OUTBOUND, OPTION_FLAGS};

const MAJOR_VERSION: u16 = 1;
const ENHANCED_PACKET: u32 = 6;
/// The packet block that the enhanced one took the place of. It has 16 bits for the interface, then
/// 16 for how many packets were dropped, where the other one has 32 for the interface.
const OBSOLETE_PACKET: u32 = 2;

/// A section.
pub(super) struct Section {
    is_big_endian: bool,
    interfaces: Vec<Described>,
    /// The time of the last packet.
    last: Duration,
}

/// An interface, and how its packets are read.
struct Described {
    interface: Arc<Interface>,
    /// Added to times, in seconds.
    offset: i64,
    /// Packets are cut to that.
    limit: u32,
}

impl Section {
    /// The section that begins with this block.
    pub(super) fn new(block: &[u8]) -> Result<Self, Damage> {
        let Ok((_, header)) = parse_sectionheaderblock(block) else {
            return Err(Damage::Malformed);
        };
        if header.major_version != MAJOR_VERSION {
            return Err(Damage::Version(header.major_version));
        }
        Ok(Self {
            is_big_endian: header.big_endian(),
            interfaces: Vec::new(),
            last: Duration::ZERO,
        })
    }

    /// A number of the section, at this place.
    pub(super) fn word(&self, bytes: [u8; 4]) -> u32 {
        match self.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        }
    }

    /// Takes a block, which is whole. Interfaces are added to those of all sections; what is of no
    /// use here is passed over.
    pub(super) fn take(
        &mut self,
        block: &mut [u8],
        all: &mut Vec<Arc<Interface>>,
    ) -> Result<Option<Packet>, Damage> {
        self.renew(block);
        let parsed = match self.is_big_endian {
            true => parse_block_be(block),
            false => parse_block_le(block),
        };
        match parsed.map_err(|_| Damage::Malformed)?.1 {
            Block::InterfaceDescription(block) => {
                let described = self.describe(&block, all.len());
                all.push(Arc::clone(&described.interface));
                self.interfaces.push(described);
                Ok(None)
            }
            Block::EnhancedPacket(block) => self.packet(&block).map(Some),
            Block::SimplePacket(block) => self.simple_packet(&block).map(Some),
            _ => Ok(None),
        }
    }

    /// Makes an enhanced packet block of an obsolete one.
    fn renew(&self, block: &mut [u8]) {
        let Some((head, _)) = block.split_first_chunk_mut::<12>() else {
            return;
        };
        let order = |value: u32| match self.is_big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        if head[..4] != order(OBSOLETE_PACKET) {
            return;
        }
        let interface = match self.is_big_endian {
            true => u16::from_be_bytes([head[8], head[9]]),
            false => u16::from_le_bytes([head[8], head[9]]),
        };
        head[..4].copy_from_slice(&order(ENHANCED_PACKET));
        head[8..].copy_from_slice(&order(interface.into()));
    }

    fn describe(&self, block: &InterfaceDescriptionBlock<'_>, index: usize) -> Described {
        let resolution = option(&block.options, OptionCode::IfTsresol);
        let resolution = match resolution {
            Some([resolution]) => Resolution(*resolution),
            _ => Resolution::MICROSECONDS,
        };
        let offset = option(&block.options, OptionCode::IfTsoffset);
        let offset = offset.and_then(|bytes| bytes.try_into().ok());
        let offset = offset.map_or(0, |bytes| match self.is_big_endian {
            true => i64::from_be_bytes(bytes),
            false => i64::from_le_bytes(bytes),
        });
        let name = option(&block.options, OptionCode::IfName).map(text);
        Described {
            interface: Arc::new(Interface {
                name,
                link: LinkType::of(block.linktype.0 as u16),
                resolution,
                epoch: Duration::ZERO,
                index,
            }),
            offset,
            limit: block.snaplen,
        }
    }

    fn packet(&mut self, block: &EnhancedPacketBlock<'_>) -> Result<Packet, Damage> {
        let described = self.described(block.if_id)?;
        let ticks = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
        let time = described.time(ticks);
        let interface = Arc::clone(&described.interface);
        let bytes = block.packet_data().to_vec();
        let flags = option(&block.options, OptionCode(OPTION_FLAGS));
        let flags = flags.and_then(|flags| flags.try_into().ok());
        let flags = flags.map_or(0, |flags| self.word(flags));
        self.last = time;
        Ok(Packet {
            direction: direction(flags).or_else(|| interface.link.direction(&bytes)),
            interface,
            time,
            original_length: original_length(block.origlen, &bytes),
            bytes,
            comments: options(&block.options, OptionCode::Comment)
                .map(text)
                .collect(),
        })
    }

    /// It has no interface but the first, no time and no options, and its length is that on the
    /// link.
    fn simple_packet(&self, block: &SimplePacketBlock<'_>) -> Result<Packet, Damage> {
        let described = self.described(0)?;
        let limit = match described.limit {
            0 => usize::MAX,
            limit => limit as usize,
        };
        let bytes = block.packet_data();
        let bytes = bytes[..bytes.len().min(limit)].to_vec();
        Ok(Packet {
            direction: described.interface.link.direction(&bytes),
            interface: Arc::clone(&described.interface),
            time: self.last,
            original_length: original_length(block.origlen, &bytes),
            bytes,
            comments: Vec::new(),
        })
    }

    fn described(&self, index: u32) -> Result<&Described, Damage> {
        let described = self.interfaces.get(index as usize);
        described.ok_or(Damage::Interface(index))
    }
}

impl Described {
    fn time(&self, ticks: u64) -> Duration {
        let time = self.interface.resolution.time(ticks);
        let offset = Duration::from_secs(self.offset.unsigned_abs());
        match self.offset {
            0.. => time.saturating_add(offset),
            // A time before 1970 is none of a packet.
            _ => time.saturating_sub(offset),
        }
    }
}

/// The direction that the flags of a packet have.
fn direction(flags: u32) -> Option<Direction> {
    match flags & (FLAGS_INBOUND | FLAGS_OUTBOUND) {
        FLAGS_INBOUND => Some(Direction::Inbound),
        FLAGS_OUTBOUND => Some(Direction::Outbound),
        _ => None,
    }
}

fn options<'o>(
    options: &'o [PcapNGOption<'_>],
    code: OptionCode,
) -> impl Iterator<Item = &'o [u8]> {
    let options = options.iter();
    options
        .take_while(|option| option.code != OptionCode::EndOfOpt)
        .filter(move |option| option.code == code)
        .filter_map(|option| option.as_bytes().ok())
}

fn option<'o>(all: &'o [PcapNGOption<'_>], code: OptionCode) -> Option<&'o [u8]> {
    options(all, code).next()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .trim_end_matches('\0')
        .to_owned()
}
