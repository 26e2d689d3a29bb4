//! Files that are damaged, cut off, or no captures at all.

use std::io;

use uppercase::trace::pcapng::{Damage, Packet, Reader};

use super::file::{ORDERS, Order, every_block, every_packet};
use super::{read, read_good};

/// Every kind of file there is.
fn files() -> impl Iterator<Item = Vec<Vec<u8>>> {
    let kinds = ORDERS.into_iter();
    kinds.flat_map(|order| [every_block(order), every_packet(order)])
}

/// A file that is cut anywhere gives all packets that are whole, and says where the rest begins.
#[test]
fn a_file_that_is_cut_anywhere_gives_the_packets_before() {
    for blocks in files() {
        let (whole, packets) = (blocks.concat(), read_good(&blocks.concat()));
        let mut starts = vec![0];
        starts.extend(blocks.iter().scan(0, |end, block| {
            *end += block.len();
            Some(*end)
        }));
        for end in 0..whole.len() {
            let (some, error) = read(&whole[..end]);
            assert_eq!(some, packets[..some.len()], "{end}");
            let start = *starts.iter().rfind(|start| **start <= end).unwrap();
            let before = read(&whole[..start]).0.len();
            assert_eq!(some.len(), before, "{end}");
            if start == end && end > 0 {
                assert!(error.is_none(), "{end}: {error:?}");
                continue;
            }
            let error = error.unwrap_or_else(|| panic!("{end}"));
            assert_eq!(error.offset, start as u64, "{end}: {error}");
            match error.damage {
                Damage::Truncated { present, length } => {
                    assert_eq!(present, (end - start) as u64);
                    assert!(length > present);
                }
                Damage::Empty => assert_eq!(end, 0),
                Damage::NotACapture => assert!(end < 4),
                other => panic!("{end}: {other:?}"),
            }
        }
    }
}

/// The reader ends, and does not panic.
#[test]
fn a_file_with_any_byte_changed_is_read_to_its_end_or_to_an_error() {
    let mut unlike = 0;
    for blocks in files() {
        let whole = blocks.concat();
        let packets = read_good(&whole);
        for at in 0..whole.len() {
            for change in [1, 3, 0x7f, 0x80, 0xff] {
                let mut file = whole.clone();
                file[at] ^= change;
                let (some, _) = read(&file);
                some.iter().for_each(touch);
                unlike += usize::from(some != packets);
            }
        }
    }
    assert!(unlike > 1000, "{unlike}");
}

/// Files with several changes at a time: bytes, words of the values that lengths go wrong with,
/// and parts that are left out, doubled or put elsewhere.
#[test]
fn a_file_with_many_changes_is_read_to_its_end_or_to_an_error() {
    const WORDS: [u32; 9] = [
        0,
        1,
        4,
        11,
        12,
        0x7fff_ffff,
        0xffff_fff8,
        0xffff_fffc,
        u32::MAX,
    ];
    let mut random = Random(1);
    let files: Vec<_> = files().map(|blocks| blocks.concat()).collect();
    let (mut good, mut damaged) = (0, 0);
    for _ in 0..50_000 {
        let mut file = files[random.below(files.len())].clone();
        for _ in 0..random.below(6) {
            if file.is_empty() {
                break;
            }
            let at = random.below(file.len());
            match random.below(5) {
                0 => file[at] = random.below(256) as u8,
                1 => file.truncate(at),
                2 => {
                    let to = at + random.below(file.len() - at);
                    let part: Vec<_> = file.drain(at..to).collect();
                    let at = random.below(file.len() + 1);
                    file.splice(at..at, part);
                }
                3 => {
                    let part = file[at..at + random.below(file.len() - at)].to_vec();
                    file.splice(at..at, part);
                }
                _ => {
                    let at = at / 4 * 4;
                    let word = ORDERS[random.below(2)].word(WORDS[random.below(WORDS.len())]);
                    let end = file.len().min(at + 4);
                    file[at..end].copy_from_slice(&word[..end - at]);
                }
            }
        }
        let (packets, error) = read(&file);
        packets.iter().for_each(touch);
        match error {
            Some(error) => {
                assert!(error.offset <= file.len() as u64);
                assert!(!error.to_string().is_empty());
                damaged += 1;
            }
            None => good += 1,
        }
    }
    assert!(good > 1000 && damaged > 10_000, "{good} {damaged}");
}

/// Does with a packet what can be done with it.
fn touch(packet: &Packet) {
    assert!(packet.original_length >= packet.bytes.len());
    if let Some((_, frame)) = packet.frame() {
        assert!(frame.len() <= packet.bytes.len() + 14);
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // The generator of Knuth's MMIX.
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

fn sentence(file: &[u8]) -> String {
    read(file).1.expect("it is damaged").to_string()
}

#[test]
fn what_is_wrong_is_said_with_the_byte_at_which_it_is() {
    let order = Order::Little;
    let good = [order.section(), order.interface(1, 0, b"")].concat();
    let after = |block: Vec<u8>| sentence(&[&good[..], &block].concat());
    let at = good.len();

    assert!(sentence(b"").contains("empty"));
    assert!(sentence(b"#!/bin/sh").contains("not a capture file"));
    assert!(sentence(&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0, 1, 2, 3, 4]).contains("not a capture"));
    assert!(sentence(b"\x1f\x8b\x08\0\0\0\0\0").contains("decompress"));

    let unknown = after(order.packet(7, 0, b"it", b""));
    assert!(
        unknown.contains(&format!("byte {at}: a packet is of interface 7")),
        "{unknown}"
    );
    let mut other_end = order.packet(0, 0, b"it", b"");
    *other_end.last_mut().unwrap() = 1;
    let other_end = after(other_end);
    assert!(other_end.contains(&format!("at byte {at}:")), "{other_end}");
    assert!(other_end.contains("length"), "{other_end}");
    let long = after([6_u32, 0xffff_fff0, 0, 0].map(u32::to_le_bytes).concat());
    assert!(long.contains("length 4294967280"), "{long}");
    let cut = after(order.packet(0, 0, b"it", b"")[..20].to_vec());
    let expected = format!("of the 36 bytes that begin at byte {at}, 20 are there");
    assert!(cut.contains(&expected), "{cut}");
    // The packet is longer than the block.
    let mut inside = order.packet(0, 0, b"it", b"");
    inside[20] = 100;
    let inside = after(inside);
    assert!(inside.contains(&format!("at byte {at}:")), "{inside}");
    assert!(inside.contains("contradict"), "{inside}");

    let mut version = order.section();
    version[12] = 9;
    assert!(sentence(&version).contains("version 9"));
    let mut version = order.classic(0xa1b2_c3d4, 1);
    version[4] = 1;
    assert!(sentence(&version).contains("version 1"));
    let long = [order.classic(0xa1b2_c3d4, 1), [0xff; 16].to_vec()].concat();
    let long = sentence(&long);
    assert!(long.contains("at byte 24:"), "{long}");
    assert!(long.contains("the length 4294967295"), "{long}");
}

#[test]
fn a_length_that_is_not_there_takes_no_memory_and_the_reader_stops_at_an_error() {
    let order = Order::Little;
    let mut file = order.classic(0xa1b2_c3d4, 1);
    let header = [0, 0, 16 << 20, 16 << 20].map(u32::to_le_bytes).concat();
    file.extend(header);
    let mut reader = Reader::new(&file[..]).unwrap();
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn an_error_of_the_file_system_is_passed_on() {
    struct Broken;
    impl io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let error = Reader::new(Broken).unwrap_err().to_string();
    assert!(error.ends_with("byte 0: the disk is gone"), "{error}");
    let file = every_block(Order::Big).concat();
    let reader = Reader::new(io::Read::chain(&file[..], Broken)).unwrap();
    let results: Vec<_> = reader.collect();
    assert_eq!(results.len(), 4);
    assert!(matches!(
        results[3].as_ref().unwrap_err().damage,
        Damage::Io(_)
    ));
}
