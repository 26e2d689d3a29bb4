//! Why a capture file cannot be read on.

use core::fmt;
use std::io;

/// A capture file cannot be read from here on; what was read before holds.
#[derive(Debug)]
pub struct ReadError {
    /// Where the block begins that cannot be read, in bytes from the start of the file.
    pub offset: u64,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a capture file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Damage {
    /// The file cannot be read.
    Io(io::Error),
    /// It has nothing in it.
    Empty,
    /// It is not a capture file.
    NotACapture,
    /// It is compressed.
    Compressed,
    /// Its major version is another one than this package knows.
    Version(u16),
    /// It ends within a block, or within a packet of the older format.
    Truncated {
        /// The length of the block, in bytes.
        length: u64,
        /// How many of these bytes are there.
        present: u64,
    },
    /// A block is shorter than it can be, longer than 16 MiB, or says one length at its start and
    /// another one at its end.
    Length(u32),
    /// The fields of a block contradict each other.
    Malformed,
    /// A packet is of an interface that the file does not describe before.
    Interface(u32),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.damage {
            Damage::Io(error) => write!(f, "the capture cannot be read at byte {at}: {error}"),
            Damage::Empty => f.write_str("the file is empty: nothing was captured, or not yet"),
            Damage::NotACapture => f.write_str(
                "this is not a capture file: give one that begins as pcapng or pcap does, such as \
                 those that --capture, Wireshark and `tcpdump -w` write",
            ),
            Damage::Compressed => f.write_str("the file is compressed: decompress it first"),
            Damage::Version(major) => write!(
                f,
                "the capture has major version {major} at byte {at}, which cannot be read: let \
                 Wireshark save it as pcapng"
            ),
            Damage::Truncated { length, present } => write!(
                f,
                "the capture ends too early: of the {length} bytes that begin at byte {at}, \
                 {present} are there"
            ),
            Damage::Length(length) => write!(
                f,
                "the capture is damaged at byte {at}: what begins there cannot have the length {length}"
            ),
            Damage::Malformed => write!(
                f,
                "the capture is damaged at byte {at}: the fields of the block that begins there \
                 contradict each other"
            ),
            Damage::Interface(index) => write!(
                f,
                "the capture is damaged at byte {at}: a packet is of interface {index}, which was not \
                 described before"
            ),
        }
    }
}

impl core::error::Error for ReadError {}
