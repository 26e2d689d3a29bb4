//! Capture files: what is written, what is read, and what becomes of damaged ones.

mod damaged;
mod file;
mod origins;
mod written;

use uppercase::trace::pcapng::{Packet, ReadError, Reader};

/// All packets of a file, and the error at its end, if there is one.
fn read(file: &[u8]) -> (Vec<Packet>, Option<ReadError>) {
    let mut packets = Vec::new();
    let reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (packets, Some(error)),
    };
    for packet in reader {
        match packet {
            Ok(packet) => packets.push(packet),
            Err(error) => return (packets, Some(error)),
        }
    }
    (packets, None)
}

/// All packets of a file that is good.
fn read_good(file: &[u8]) -> Vec<Packet> {
    let (packets, error) = read(file);
    assert!(error.is_none(), "{error:?}");
    packets
}
