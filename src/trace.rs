//! Packets that passed: as a capture file.

pub mod pcapng;
