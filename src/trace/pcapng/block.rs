//! Blocks of pcapng, as bytes (draft-ietf-opsawg-pcapng, sections 3 and 4). Always little-endian,
//! which a reader finds out from the section header.

use std::vec::Vec;

use super::interface::Interface;
use crate::device::capture::Direction;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Major version 1, minor version 0.
const VERSION: [u16; 2] = [1, 0];
const UNKNOWN_LENGTH: u64 = u64::MAX;
/// Packets are not cut.
const NO_LIMIT: u32 = 0;

const OPTION_END: u16 = 0;
const OPTION_COMMENT: u16 = 1;
const OPTION_USER_APPLICATION: u16 = 4;
const OPTION_INTERFACE_NAME: u16 = 2;
const OPTION_TIME_RESOLUTION: u16 = 9;
pub(super) const OPTION_FLAGS: u16 = 2;

const FLAGS_INBOUND: u32 = 1;
const FLAGS_OUTBOUND: u32 = 2;

/// Room for one block after the other.
#[derive(Debug, Default)]
pub(super) struct Block(Vec<u8>);

impl Block {
    /// The start of a section, with what wrote it.
    pub(super) fn section(&mut self, application: &str, comment: Option<&str>) -> &[u8] {
        self.begin(SECTION_HEADER)
            .word(BYTE_ORDER)
            .half(VERSION[0])
            .half(VERSION[1])
            .long(UNKNOWN_LENGTH)
            .comment(comment)
            .text(OPTION_USER_APPLICATION, application)
            .end()
    }

    /// An interface; its number is that of interfaces before it.
    pub(super) fn interface(&mut self, interface: &Interface) -> &[u8] {
        self.begin(INTERFACE_DESCRIPTION)
            .half(interface.link.number())
            .half(0)
            .word(NO_LIMIT);
        if let Some(name) = &interface.name {
            self.text(OPTION_INTERFACE_NAME, name);
        }
        self.option(OPTION_TIME_RESOLUTION, &[interface.resolution.0])
            .end()
    }

    /// A packet of an interface. `None` where it is too long for a block.
    pub(super) fn packet(
        &mut self,
        interface: u32,
        ticks: u64,
        direction: Direction,
        bytes: &[u8],
        comment: Option<&str>,
    ) -> Option<&[u8]> {
        // A block has a length of 32 bits, and holds the options too.
        let length = u32::try_from(bytes.len())
            .ok()
            .filter(|length| *length < u32::MAX / 2)?;
        let flags = match direction {
            Direction::Inbound => FLAGS_INBOUND,
            Direction::Outbound => FLAGS_OUTBOUND,
        };
        let block = self
            .begin(ENHANCED_PACKET)
            .word(interface)
            .word((ticks >> 32) as u32)
            .word(ticks as u32)
            .word(length)
            .word(length)
            .padded(bytes)
            .comment(comment)
            .option(OPTION_FLAGS, &flags.to_le_bytes())
            .end();
        Some(block)
    }

    fn begin(&mut self, kind: u32) -> &mut Self {
        self.0.clear();
        // The length is known at the end.
        self.word(kind).word(0)
    }

    fn end(&mut self) -> &[u8] {
        let length = (self.half(OPTION_END).half(0).0.len() + 4) as u32;
        self.word(length);
        self.0[4..8].copy_from_slice(&length.to_le_bytes());
        &self.0
    }

    fn half(&mut self, value: u16) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn word(&mut self, value: u32) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn long(&mut self, value: u64) -> &mut Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    fn padded(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    fn option(&mut self, code: u16, value: &[u8]) -> &mut Self {
        self.half(code).half(value.len() as u16).padded(value)
    }

    /// A text, cut to what an option can have.
    fn text(&mut self, code: u16, text: &str) -> &mut Self {
        let end = text.floor_char_boundary(usize::from(u16::MAX));
        self.option(code, &text.as_bytes()[..end])
    }

    fn comment(&mut self, comment: Option<&str>) -> &mut Self {
        match comment {
            Some(comment) => self.text(OPTION_COMMENT, comment),
            None => self,
        }
    }
}

/// The direction that the flags of a packet have.
pub(super) fn direction(flags: u32) -> Option<Direction> {
    match flags & (FLAGS_INBOUND | FLAGS_OUTBOUND) {
        FLAGS_INBOUND => Some(Direction::Inbound),
        FLAGS_OUTBOUND => Some(Direction::Outbound),
        _ => None,
    }
}
