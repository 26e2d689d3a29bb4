//! Capture files: each is read to its end, or to an error that says where. What was read can be
//! written, and is read again.

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use uppercase::device::capture::Frame;
use uppercase::trace::pcapng::{Interface, LinkType, Packet, Reader, Writer};

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let mut reader = match Reader::new(input) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(error.offset == 0 && !error.to_string().is_empty());
            return;
        }
    };
    let mut packets = Vec::new();
    while let Some(result) = reader.next() {
        match result {
            Ok(packet) => packets.push(packet),
            Err(error) => {
                assert!(error.offset <= input.len() as u64);
                assert!(!error.to_string().is_empty());
                assert!(reader.next().is_none());
            }
        }
    }
    let bytes: usize = packets.iter().map(|packet| packet.bytes.len()).sum();
    assert!(bytes <= input.len());
    for packet in &packets {
        let interfaces = reader.interfaces();
        assert_eq!(interfaces[packet.interface.index], packet.interface);
        assert!(packet.original_length >= packet.bytes.len());
        if let Some((_, frame)) = packet.frame() {
            assert!(frame.len() <= packet.bytes.len() + 14);
        }
    }
    check_written(&packets);
}

fn check_written(packets: &[Packet]) {
    let mut file = Vec::new();
    let writer = Writer::new(&mut file, "a test", None).expect("it can be written");
    let interface = Interface::new("test", LinkType::Ethernet);
    let mut sink = writer.interface(&interface).expect("it can be written");
    let known = || packets.iter().filter(|packet| packet.direction.is_some());
    for packet in known() {
        let frame = Frame {
            time: Instant::ZERO,
            direction: packet.direction.expect("it is known"),
            medium: Medium::Ethernet,
            bytes: &packet.bytes,
        };
        let comment = packet.comments.first().map(|comment| &comment[..]);
        sink.write(&frame, comment).expect("it can be written");
    }
    drop((writer, sink));
    let again = Reader::new(&file[..]).expect("it is a capture");
    let again: Vec<_> = again.map(|packet| packet.expect("it is whole")).collect();
    assert_eq!(again.len(), known().count());
    for (packet, again) in known().zip(&again) {
        assert_eq!(packet.bytes, again.bytes);
        assert_eq!(packet.direction, again.direction);
    }
}
