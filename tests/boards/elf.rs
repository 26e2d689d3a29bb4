//! What the sections of a firmware tell: as much of ELF (32 bits, little-endian) as that takes.

use std::fs;
use std::ops::Range;
use std::path::Path;

pub struct Elf {
    sections: Vec<Section>,
}

struct Section {
    kind: u32,
    flags: u32,
    address: u32,
    size: u32,
    bytes: Vec<u8>,
}

/// A section that takes memory, but is not in the file: what is zero at the start.
const NOBITS: u32 = 8;
/// A section that is in the board's memory.
const ALLOC: u32 = 2;
/// A section that changes while the firmware runs.
const WRITE: u32 = 1;

impl Elf {
    pub fn read(file: &Path) -> Self {
        let bytes = fs::read(file).expect("the firmware");
        assert_eq!(&bytes[..6], b"\x7fELF\x01\x01", "32 bits, little-endian");
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let section = |number: usize| {
            let header = word(0x20) as usize + number * usize::from(half(0x2e));
            let [kind, flags, address, offset, size] =
                [4, 8, 12, 16, 20].map(|field| word(header + field));
            let in_file = if kind == NOBITS { 0 } else { size as usize };
            Section {
                kind,
                flags,
                address,
                size,
                bytes: bytes[offset as usize..][..in_file].to_vec(),
            }
        };
        Self {
            sections: (0..half(0x30).into()).map(section).collect(),
        }
    }

    /// Bytes of flash: code, constants, and the values that variables begin with.
    pub fn flash(&self) -> u32 {
        let stored = |section: &&Section| section.flags & ALLOC != 0 && section.kind != NOBITS;
        self.sections.iter().filter(stored).map(|s| s.size).sum()
    }

    /// Bytes of static RAM: variables, with an initial value or without.
    pub fn ram(&self) -> u32 {
        let variable = |section: &&Section| section.flags & (ALLOC | WRITE) == ALLOC | WRITE;
        self.sections.iter().filter(variable).map(|s| s.size).sum()
    }

    /// Where the last section in this memory ends.
    pub fn end_within(&self, memory: &Range<u32>) -> u32 {
        let inside = |s: &&Section| s.flags & ALLOC != 0 && memory.contains(&s.address);
        let ends = self
            .sections
            .iter()
            .filter(inside)
            .map(|s| s.address + s.size);
        ends.max().unwrap_or(memory.start)
    }

    /// What the compiler calls itself.
    pub fn compiler(&self) -> String {
        let texts = self
            .sections
            .iter()
            .flat_map(|s| s.bytes.split(|byte| *byte == 0));
        let mut texts = texts.filter_map(|text| str::from_utf8(text).ok());
        let compiler = texts.find(|text| text.starts_with("rustc version"));
        compiler.unwrap_or("unknown compiler").to_owned()
    }
}
