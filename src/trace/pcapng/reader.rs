//! A capture file, read one packet at a time.

use core::fmt;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::vec::Vec;

use super::classic::{self, Classic};
use super::error::{Damage, ReadError};
use super::interface::Interface;
use super::packet::Packet;
use super::section::Section;

/// Longer blocks and packets are taken for damage, as by Wireshark.
const LONGEST: u32 = 16 << 20;

/// The type of a block and its length, which is there again at the end.
const SHORTEST_BLOCK: u32 = 12;
/// The start of each section: its type, its length, and a word that tells the byte order.
const SECTION_START: usize = 12;
/// The type of the block that begins a section; it reads the same in both byte orders.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];
const BYTE_ORDERS: [[u8; 4]; 2] = [[0x1a, 0x2b, 0x3c, 0x4d], [0x4d, 0x3c, 0x2b, 0x1a]];
/// What pcap files begin with, in both byte orders.
const CLASSIC: [[u8; 4]; 5] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0x34, 0xcd, 0xb2, 0xa1],
];
/// What files begin with that gzip, zstd, lz4 and xz make.
const COMPRESSED: [&[u8]; 4] = [
    &[0x1f, 0x8b],
    &[0x28, 0xb5, 0x2f, 0xfd],
    &[0x04, 0x22, 0x4d, 0x18],
    &[0xfd, 0x37, 0x7a, 0x58],
];

/// Reads a capture file: pcapng, or pcap with microseconds or nanoseconds, in either byte order.
///
/// It is an iterator over the packets, in the order of the file. It ends with an error where the
/// file is damaged or cut off; the packets before that are given. The memory that it takes is that of
/// the largest block that is there, 16 MiB at most, also where a length in the file says more; and a
/// little for each interface that the file describes.
///
/// Blocks that are not packets or interfaces are passed over. Packets may be of any link type; see
/// [`Packet::frame`].
pub struct Reader<R> {
    input: BufReader<R>,
    /// Where `block` begins in the file.
    offset: u64,
    block: Vec<u8>,
    format: Format,
    interfaces: Vec<Arc<Interface>>,
    has_ended: bool,
}

enum Format {
    Pcapng(Section),
    Classic(Classic),
}

impl<R: Read> Reader<R> {
    /// Reads the start of the file, which says what it is.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut input = BufReader::new(input);
        let mut block = Vec::new();
        let begun = begin(&mut input, &mut block);
        let format = begun.map_err(|damage| ReadError { offset: 0, damage })?;
        let interfaces = match &format {
            Format::Classic(classic) => [Arc::clone(classic.interface())].into(),
            Format::Pcapng(_) => Vec::new(),
        };
        Ok(Self {
            input,
            offset: 0,
            block,
            format,
            interfaces,
            has_ended: false,
        })
    }

    /// The interfaces so far; in pcapng each comes before its first packet.
    pub fn interfaces(&self) -> &[Arc<Interface>] {
        &self.interfaces
    }

    /// The next packet; `None` at the end of the file.
    fn read(&mut self) -> Result<Option<Packet>, Damage> {
        loop {
            self.offset += self.block.len() as u64;
            self.block.clear();
            let packet = match &mut self.format {
                Format::Classic(classic) => {
                    let header = classic.packet_header();
                    if !fill(&mut self.input, &mut self.block, header)? {
                        return Ok(None);
                    }
                    let length = classic.length(&self.block);
                    if length > LONGEST {
                        return Err(Damage::Length(length));
                    }
                    fill(&mut self.input, &mut self.block, header + length as usize)?;
                    return classic.packet(&self.block).map(Some);
                }
                Format::Pcapng(section) => {
                    if !fill(&mut self.input, &mut self.block, SHORTEST_BLOCK as usize)? {
                        return Ok(None);
                    }
                    if self.block.starts_with(&SECTION_HEADER) {
                        *section = read_section(&mut self.input, &mut self.block)?;
                        continue;
                    }
                    let length = section.word(word(&self.block, 4));
                    finish(&mut self.input, &mut self.block, length, |bytes| {
                        section.word(bytes)
                    })?;
                    section.take(&mut self.block, &mut self.interfaces)?
                }
            };
            if packet.is_some() {
                return Ok(packet);
            }
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Packet, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let result = self.read();
        self.has_ended = !matches!(result, Ok(Some(_)));
        let offset = self.offset;
        let result = result.map_err(|damage| ReadError { offset, damage });
        result.transpose()
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("offset", &self.offset)
            .field("interfaces", &self.interfaces)
            .finish_non_exhaustive()
    }
}

/// Finds out the format.
fn begin(input: &mut impl Read, block: &mut Vec<u8>) -> Result<Format, Damage> {
    match fill(input, block, 4) {
        Ok(true) => {}
        Ok(false) => return Err(Damage::Empty),
        Err(Damage::Truncated { .. }) => return Err(Damage::NotACapture),
        Err(damage) => return Err(damage),
    }
    if block[..] == SECTION_HEADER {
        fill(input, block, SECTION_START)?;
        if !BYTE_ORDERS.contains(&word(block, 8)) {
            return Err(Damage::NotACapture);
        }
        return read_section(input, block).map(Format::Pcapng);
    }
    if CLASSIC.contains(&word(block, 0)) {
        fill(input, block, classic::HEADER)?;
        return Classic::new(block).map(Format::Classic);
    }
    match COMPRESSED.iter().any(|start| block.starts_with(start)) {
        true => Err(Damage::Compressed),
        false => Err(Damage::NotACapture),
    }
}

/// Reads the rest of a block that begins a section.
fn read_section(input: &mut impl Read, block: &mut Vec<u8>) -> Result<Section, Damage> {
    let read = match word(block, 8) {
        [0x1a, 0x2b, 0x3c, 0x4d] => u32::from_be_bytes,
        [0x4d, 0x3c, 0x2b, 0x1a] => u32::from_le_bytes,
        _ => return Err(Damage::Malformed),
    };
    finish(input, block, read(word(block, 4)), read)?;
    Section::new(block)
}

/// Reads the rest of a block. Its length must be the same at its end.
fn finish(
    input: &mut impl Read,
    block: &mut Vec<u8>,
    length: u32,
    read: impl Fn([u8; 4]) -> u32,
) -> Result<(), Damage> {
    if !(SHORTEST_BLOCK..=LONGEST).contains(&length) {
        return Err(Damage::Length(length));
    }
    fill(input, block, length as usize)?;
    match read(word(block, block.len() - 4)) == length {
        true => Ok(()),
        false => Err(Damage::Length(length)),
    }
}

/// Reads until the block has this length. Returns false where it had nothing and the file has
/// ended.
fn fill(input: &mut impl Read, block: &mut Vec<u8>, length: usize) -> Result<bool, Damage> {
    let missing = length.saturating_sub(block.len()) as u64;
    // The room grows with what is there, not with what a length says.
    let read = input.take(missing).read_to_end(block);
    read.map_err(Damage::Io)?;
    match block.len() {
        present if present >= length => Ok(true),
        0 => Ok(false),
        present => Err(Damage::Truncated {
            length: length as u64,
            present: present as u64,
        }),
    }
}

/// Four bytes, which must be there.
fn word(block: &[u8], at: usize) -> [u8; 4] {
    [block[at], block[at + 1], block[at + 2], block[at + 3]]
}
