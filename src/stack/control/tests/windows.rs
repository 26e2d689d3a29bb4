//! The window that is announced, and where it ends.

use super::*;

#[test]
fn the_window_ends_where_it_was_announced_last() {
    let mut control = established(PLAIN);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9001 + 1000)));
    Text {
        acknowledgement: 9101,
        window: 900,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9101 + 900)));
    assert_eq!(control.shut_at(), None);
}

#[test]
fn a_scaled_window_ends_further_on() {
    let mut control = established(SCALED);
    // The window in a SYN is not scaled, and is taken as if it were until the next.
    Text {
        acknowledgement: 9101,
        window: 900,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9101 + 900 * 128)));
}

#[test]
fn a_window_is_scaled_if_both_sides_say_so() {
    for (ours, theirs, announced) in [
        (SCALED, SCALED, 999),
        (SCALED, PLAIN, 1000),
        (PLAIN, SCALED, 1000),
        (PLAIN, PLAIN, 1000),
    ] {
        // As a client: its SYN comes first.
        let mut control = Control::default();
        Text {
            options: ours,
            ..SYN
        }
        .send(&mut control);
        let answer = Text {
            options: theirs,
            ..SYN_ACK
        };
        answer.receive(&mut control, State::SynSent, State::Established);
        assert_eq!(DATA.window_sent(&mut control), announced);
        let scaled = announced == 999;
        let end = 9001 + if scaled { 128_000 } else { 1000 };
        assert_eq!(control.window_end(), Some(TcpSeqNumber(end)));
    }
}

#[test]
fn a_scaled_window_is_announced_one_unit_short() {
    let mut control = established(SCALED);
    assert_eq!(DATA.window_sent(&mut control), 999);
    assert_eq!(Text { window: 1, ..DATA }.window_sent(&mut control), 0);
    assert_eq!(Text { window: 0, ..DATA }.window_sent(&mut control), 0);
    assert_eq!(Text { length: 1, ..DATA }.window_sent(&mut control), 999);
    // Not in a SYN, which is not scaled, nor where nothing is acknowledged.
    assert_eq!(
        Text {
            options: SCALED,
            ..SYN_ACK
        }
        .window_sent(&mut control),
        1000
    );
    assert_eq!(
        Text {
            flags: Flags::RST,
            ..DATA
        }
        .window_sent(&mut control),
        1000
    );
}

#[test]
fn a_window_that_is_scaled_by_0_is_announced_as_it_is() {
    let mut control = established(&[2, 4, 5, 0xb4, 3, 3, 0, 0]);
    assert_eq!(DATA.window_sent(&mut control), 1000);
}

#[test]
fn one_byte_of_text_announces_no_window() {
    let mut control = established(PLAIN);
    Text {
        length: 1,
        acknowledgement: 9050,
        window: 77,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9001 + 1000)));
    Text {
        length: 2,
        acknowledgement: 9050,
        window: 77,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9050 + 77)));
    // But the first window of all.
    let mut control = Control::default();
    Text { length: 1, ..DATA }.send(&mut control);
    assert_eq!(control.window_end(), Some(TcpSeqNumber(9001 + 1000)));
}

#[test]
fn there_is_no_window_before_the_first_acknowledgement() {
    let mut control = Control::default();
    SYN.send(&mut control);
    Text {
        flags: Flags::RST,
        ..DATA
    }
    .send(&mut control);
    Text {
        flags: Flags::RST | Flags::ACK,
        window: 0,
        ..DATA
    }
    .send(&mut control);
    assert_eq!((control.window_end(), control.shut_at()), (None, None));
}

#[test]
fn each_time_that_the_window_is_shut_is_counted() {
    let mut control = established(PLAIN);
    let shut = Text {
        window: 0,
        acknowledgement: 9501,
        ..DATA
    };
    shut.send(&mut control);
    assert_eq!(
        (control.window_shut(), control.shut_at()),
        (1, Some(TcpSeqNumber(9501)))
    );
    shut.send(&mut control);
    assert_eq!(control.window_shut(), 1);
    Text { window: 5, ..shut }.send(&mut control);
    assert_eq!(control.shut_at(), None);
    shut.send(&mut control);
    assert_eq!(control.window_shut(), 2);
    // A window that is shut from the start was not shut since.
    let mut control = Control::default();
    Text {
        window: 0,
        ..SYN_ACK
    }
    .send(&mut control);
    assert_eq!(
        (control.window_shut(), control.shut_at()),
        (0, Some(TcpSeqNumber(9001)))
    );
}

/// Makes the window of a segment 999 bytes.
fn announce_less(segment: &mut [u8], sums: bool) {
    let header = segment.first_chunk_mut().expect("a header");
    replace(header, WINDOW, 999, sums);
}

/// The two bytes of text make it each of the values that there are.
#[test]
fn the_checksum_is_right_whatever_it_was() {
    let [from, to] = [1, 2].map(|host| IpAddress::from(Ipv4Address::new(10, 0, 0, host)));
    for text in 0..=u16::MAX {
        let mut bytes = [0; TCP_HEADER + 2];
        bytes[TCP_HEADER..].copy_from_slice(&text.to_be_bytes());
        let mut segment = TcpPacket::new_unchecked(&mut bytes[..]);
        segment.set_header_len(TCP_HEADER as u8);
        segment.set_window_len(1000);
        segment.fill_checksum(&from, &to);
        announce_less(&mut bytes, true);
        let segment = TcpPacket::new_unchecked(&bytes[..]);
        assert_eq!(segment.window_len(), 999);
        assert!(segment.verify_checksum(&from, &to), "{text:#06x}");
    }
}

#[test]
fn a_checksum_that_the_device_makes_is_left_alone() {
    let mut bytes = DATA.bytes();
    let before = TcpPacket::new_unchecked(&bytes[..]).checksum();
    announce_less(&mut bytes, false);
    let after = TcpPacket::new_unchecked(&bytes[..]);
    assert_eq!((after.window_len(), after.checksum()), (999, before));
}

/// RFC 9293, 3.10.7.4: `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`.
#[test]
fn what_has_no_payload_has_the_number_of_the_next_new_byte() {
    let mut control = established(PLAIN);
    for sequence in [5001, 5101] {
        Text {
            sequence,
            length: 100,
            ..DATA
        }
        .send(&mut control);
    }
    // smoltcp has gone back to the first byte that is not acknowledged.
    let again = Text {
        sequence: 5001,
        length: 100,
        ..DATA
    };
    let (payload, empty) = (again.send(&mut control), DATA.send(&mut control));
    let [payload, empty] = [&payload, &empty].map(|bytes| TcpPacket::new_unchecked(&bytes[..]));
    assert_eq!(payload.seq_number(), TcpSeqNumber(5001));
    assert_eq!(empty.seq_number(), TcpSeqNumber(5201));
    for segment in [payload, empty] {
        assert!(segment.verify_checksum(&HERE, &THERE));
    }
}
