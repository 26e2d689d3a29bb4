use smoltcp::wire::{IpEndpoint, TcpSeqNumber};

use super::*;
use crate::packet::{Flags, Options, Packet, Segment, options};

#[test]
fn each_field_of_a_header_is_found() {
    for bytes in segments() {
        let packet = Packet::parse(&bytes).unwrap();
        let segment = packet.segment().unwrap();
        assert_eq!(segment.source, IpEndpoint::new(packet.source, 0xabcd));
        assert_eq!(
            segment.destination,
            IpEndpoint::new(packet.destination, 12000)
        );
        assert_eq!(segment.sequence, TcpSeqNumber(0x8182_8384_u32 as i32));
        assert_eq!(segment.acknowledgement, TcpSeqNumber(0x7172_7374));
        assert_eq!(segment.flags, Flags(Flags::PSH | Flags::ACK));
        assert_eq!(segment.window, 0x6162);
        assert_eq!(segment.payload_len, 4);
        assert_eq!(packet.header_len + segment.header_len + 4, bytes.len());
        assert_eq!(segment.end(), TcpSeqNumber(0x8182_8388_u32 as i32));
        assert_eq!(segment.four_tuple().local, segment.destination);
        assert_eq!(segment.four_tuple().remote, segment.source);
    }
}

#[test]
fn a_segment_that_is_cut_before_its_text_is_none() {
    for options in [&[][..], &[1; 8], &[1; 40]] {
        let bytes = tcp(SOURCE_4, DESTINATION_4, options, b"");
        for length in 0..bytes.len() {
            for packet in [
                ipv4(TCP, &[], &bytes[..length]),
                ipv6(TCP, &bytes[..length]),
            ] {
                assert_eq!(Packet::parse(&packet).unwrap().segment(), None, "{length}");
            }
        }
    }
}

#[test]
fn a_header_length_below_20_or_beyond_the_segment_is_refused() {
    for units in 0..16_u8 {
        let mut bytes = tcp(SOURCE_4, DESTINATION_4, &[], &[0; 12]);
        bytes[12] = units << 4 | 0xf;
        let segment = Segment::parse(SOURCE_4, DESTINATION_4, &bytes);
        let lengths = segment.map(|segment| (segment.header_len, segment.payload_len));
        let header_len = 4 * usize::from(units);
        let is_possible = (5..=8).contains(&units);
        assert_eq!(lengths, is_possible.then(|| (header_len, 32 - header_len)));
    }
}

#[test]
fn only_a_whole_packet_of_tcp_has_a_segment() {
    let segment = tcp(SOURCE_4, DESTINATION_4, &[], b"");
    for protocol in [UDP, 0, 1, 44, 58] {
        for packet in [ipv4(protocol, &[], &segment), ipv6(protocol, &segment)] {
            assert_eq!(Packet::parse(&packet).unwrap().segment(), None);
        }
    }
    let mut fragment = ipv4(TCP, &[], &segment);
    fragment[7] = 1;
    assert_eq!(Packet::parse(&fragment).unwrap().segment(), None);
}

#[test]
fn each_flag_is_found() {
    for (bit, flag) in [Flags::FIN, Flags::SYN, Flags::RST, Flags::PSH, Flags::ACK]
        .iter()
        .enumerate()
    {
        assert_eq!(*flag, 1 << bit);
        assert!(Flags(*flag).has(*flag));
        assert!(!Flags(!*flag).has(*flag));
    }
    assert_eq!(Flags(0xff).kind(), Flags::SYN | Flags::RST | Flags::ACK);
    assert_eq!(Flags(!0x16).kind(), 0);
}

#[test]
fn a_segment_acknowledges_if_it_neither_opens_nor_resets() {
    let bytes = tcp(SOURCE_4, DESTINATION_4, &[], b"");
    let mut segment = Segment::parse(SOURCE_4, DESTINATION_4, &bytes).unwrap();
    for flags in 0..=u8::MAX {
        segment.flags = Flags(flags);
        assert_eq!(
            segment.acknowledges(),
            flags & 0b1_0110 == 0b1_0000,
            "{flags:#b}"
        );
    }
}

#[test]
fn sequence_numbers_wrap_around() {
    let mut bytes = tcp(SOURCE_4, DESTINATION_4, &[], b"text");
    bytes[4..8].fill(0xff);
    let segment = Segment::parse(SOURCE_4, DESTINATION_4, &bytes).unwrap();
    assert_eq!((segment.sequence.0, segment.end().0), (-1, 3));
}

/// The options in these bytes, of which a header has a multiple of 4.
fn found(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let segment = join(&[&[0; 20], bytes, b"text"]);
    let options = Options::of(&segment, 20 + bytes.len());
    options
        .map(|(kind, value)| (kind, value.to_vec()))
        .collect()
}

#[test]
fn options_are_found_one_after_the_other() {
    let both = [2, 4, 5, 0xb4, 1, 3, 3, 7];
    assert_eq!(found(&both), [(2, [5, 0xb4].into()), (3, [7].into())]);
    // One without a value, one to the last byte, and none.
    assert_eq!(
        found(&[4, 2, 1, 1, 8, 4, 1, 2]),
        [(4, [].into()), (8, [1, 2].into())]
    );
    assert_eq!(found(&[]), []);
    assert_eq!(found(&[1; 40]), []);
}

#[test]
fn options_end_at_the_end_of_the_list() {
    assert_eq!(found(&[0, 2, 4, 5, 0xb4, 0, 0, 0]), []);
    assert_eq!(found(&[3, 3, 7, 0, 2, 4, 5, 0xb4]), [(3, [7].into())]);
}

#[test]
fn options_end_at_the_first_that_is_malformed() {
    // A length that does not cover itself, one beyond the header, and none.
    for malformed in [[2, 0], [2, 1], [2, 5], [2, 255], [1, 2]] {
        let bytes = join(&[&[3, 3, 7, 1], &malformed]);
        assert_eq!(found(&bytes), [(3, [7].into())], "{malformed:?}");
    }
}

#[test]
fn options_that_are_not_there_are_none() {
    for (length, header_len) in [(0, 0), (20, 20), (20, 24), (24, 16), (23, 24)] {
        assert_eq!(Options::of(&std::vec![3; length], header_len).count(), 0);
    }
}

#[test]
fn the_segment_size_and_the_window_scale_are_found_behind_others() {
    let read = |bytes: &[u8]| {
        let packet = ipv4(TCP, &[1; 4], &tcp(SOURCE_4, DESTINATION_4, bytes, b"text"));
        let packet = Packet::parse(&packet).unwrap();
        let segment = packet.segment().unwrap();
        let all = || options(&packet, &segment);
        (all().maximum_segment_size(), all().window_scale())
    };
    assert_eq!(read(&[2, 4, 5, 0xb4]), (Some(1460), None));
    assert_eq!(read(&[1, 3, 3, 7]), (None, Some(7)));
    assert_eq!(read(&[3, 3, 7, 2, 4, 5, 0xb4, 0]), (Some(1460), Some(7)));
    // Of another length, or none at all.
    assert_eq!(read(&[2, 3, 5, 3, 4, 7, 7, 1]), (None, None));
    assert_eq!(read(&[]), (None, None));
}

#[test]
fn the_fields_that_are_written_are_where_smoltcp_has_them() {
    use crate::packet::tcp::{CHECKSUM, FLAGS, SEQUENCE, WINDOW};

    let mut bytes = [0; 20];
    let mut header = smoltcp::wire::TcpPacket::new_unchecked(&mut bytes[..]);
    header.set_seq_number(TcpSeqNumber(0x1122_3344));
    header.set_window_len(0x5566);
    header.set_checksum(0x7788);
    header.set_psh(true);
    assert_eq!(bytes[SEQUENCE..][..4], [0x11, 0x22, 0x33, 0x44]);
    assert_eq!(bytes[FLAGS], Flags::PSH);
    assert_eq!(bytes[WINDOW..][..2], [0x55, 0x66]);
    assert_eq!(bytes[CHECKSUM..][..2], [0x77, 0x88]);
}

#[test]
#[cfg(feature = "paths")]
fn a_smaller_maximum_segment_size_is_written_with_its_checksum() {
    // At an even and at an odd place, and one that is malformed.
    for (options, size) in [
        (&[2, 4, 5, 0xb4][..], Some(1000)),
        (&[1, 2, 4, 5, 0xb4, 1, 1, 0], Some(1000)),
        (&[3, 3, 7, 2, 4, 0xff, 0xff, 0], Some(1000)),
        (&[1, 1, 2, 3, 5, 0, 0, 0], None),
        (&[], None),
    ] {
        let mut bytes = tcp(SOURCE_4, DESTINATION_4, options, b"text");
        let header_len = 20 + options.len();
        crate::packet::tcp::set_maximum_segment_size(&mut bytes, header_len, 1000);
        let packet = ipv4(TCP, &[], &bytes);
        let packet = Packet::parse(&packet).unwrap();
        assert!(packet.is_intact(&Default::default()), "{options:?}");
        let found = Options::of(&bytes, header_len).maximum_segment_size();
        assert_eq!(found, size, "{options:?}");
    }
}

#[test]
#[cfg(feature = "paths")]
fn the_highest_number_of_the_selective_acknowledgements_is_found() {
    for (options, expected) in [
        (&[1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 20][..], Some(20)),
        (
            &[
                5, 18, 0, 0, 0, 9, 0, 0, 0, 20, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 1, 1, 1,
            ],
            Some(20),
        ),
        // One is cut.
        (
            &[1, 1, 5, 14, 0, 0, 0, 9, 0, 0, 0, 20, 0, 0, 0, 30],
            Some(20),
        ),
        (&[1, 1, 5, 2], None),
        (&[1, 1, 2, 4], None),
    ] {
        let bytes = tcp(SOURCE_4, DESTINATION_4, options, b"");
        let found = Options::of(&bytes, 20 + options.len()).highest_acknowledged();
        assert_eq!(found, expected.map(TcpSeqNumber), "{options:?}");
    }
}
