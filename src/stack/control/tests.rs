//! What is remembered of the segments of one connection.

use std::string::ToString;
use std::vec::Vec;

use smoltcp::wire::{IpAddress, IpEndpoint, Ipv4Address, TcpPacket};

use super::*;

/// A segment, sent or received: this host's next byte is 5000, the peer's is 9000.
#[derive(Clone, Copy)]
struct Text {
    flags: u8,
    sequence: i32,
    acknowledgement: i32,
    window: u16,
    options: &'static [u8],
    length: usize,
}

const DATA: Text = Text {
    flags: Flags::ACK,
    sequence: 5001,
    acknowledgement: 9001,
    window: 1000,
    options: &[],
    length: 0,
};
const SYN: Text = Text {
    flags: Flags::SYN,
    sequence: 5000,
    acknowledgement: 0,
    ..DATA
};
const SYN_ACK: Text = Text {
    flags: Flags::SYN | Flags::ACK,
    sequence: 5000,
    ..DATA
};
/// The maximum segment size, and a window scale of 7, as smoltcp puts them.
const SCALED: &[u8] = &[2, 4, 5, 0xb4, 3, 3, 7, 0];
/// Without a window scale.
const PLAIN: &[u8] = &[2, 4, 5, 0xb4];

const HERE: IpAddress = IpAddress::v4(10, 0, 0, 1);
const THERE: IpAddress = IpAddress::v4(10, 0, 0, 2);

impl Text {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [
            &[0x2e, 0xe0, 0xc3, 0x50],
            &self.sequence.to_be_bytes()[..],
            &self.acknowledgement.to_be_bytes(),
            &[((20 + self.options.len()) << 2) as u8, self.flags],
            &self.window.to_be_bytes(),
            &[0; 4],
            self.options,
        ]
        .concat();
        bytes.resize(bytes.len() + self.length, b'x');
        TcpPacket::new_unchecked(&mut bytes[..]).fill_checksum(&HERE, &THERE);
        bytes
    }

    /// Sends it; returns what leaves.
    fn send(&self, control: &mut Control) -> Vec<u8> {
        let mut bytes = self.bytes();
        let segment = Segment::parse(HERE, THERE, &bytes).unwrap();
        control.transmitted(&segment, &mut bytes, true);
        bytes
    }

    /// The window that is announced when it is sent.
    fn window_sent(&self, control: &mut Control) -> u16 {
        let bytes = self.send(control);
        let packet = TcpPacket::new_unchecked(&bytes[..]);
        assert!(packet.verify_checksum(&HERE, &THERE));
        packet.window_len()
    }

    fn receive(&self, control: &mut Control, was: State, is: State) {
        let segment = self.bytes();
        let length = 20 + segment.len() as u16;
        let [high, low] = length.to_be_bytes();
        let header = [
            0x45, 0, high, low, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
        ];
        let bytes = [&header[..], &segment].concat();
        let packet = Packet::parse(&bytes).unwrap();
        control.received(&packet, &packet.segment().unwrap(), was, is);
    }
}

fn tuple() -> FourTuple {
    FourTuple {
        local: IpEndpoint::new(HERE, 12000),
        remote: IpEndpoint::new(THERE, 50000),
    }
}

/// A server's connection that is established, with windows that are scaled by 7 or not.
fn established(options: &'static [u8]) -> Control {
    let mut control = Control {
        tuple: Some(tuple()),
        ..Control::default()
    };
    Text { options, ..SYN }.receive(&mut control, State::Listen, State::SynReceived);
    Text { options, ..SYN_ACK }.send(&mut control);
    DATA.receive(&mut control, State::SynReceived, State::Established);
    control
}

fn summary(control: &Control) -> std::string::String {
    control.summary(Instant::from_millis(1500)).to_string()
}

#[test]
fn bytes_of_text_are_counted_without_syn_and_fin() {
    let mut control = established(PLAIN);
    assert_eq!(control.bytes(), (0, 0));
    Text {
        acknowledgement: 9011,
        length: 5,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (10, 5));
    // The peer's FIN counts once it is acknowledged, ours once it is sent: neither is text.
    let fin = Flags::FIN | Flags::ACK;
    Text { flags: fin, ..DATA }.receive(&mut control, State::Established, State::CloseWait);
    assert_eq!(control.bytes(), (10, 5));
    Text {
        sequence: 5006,
        acknowledgement: 9012,
        length: 2,
        flags: fin,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (10, 7));
}

#[test]
fn bytes_of_text_are_counted_when_this_host_closes_first() {
    let mut control = established(PLAIN);
    let fin = Flags::FIN | Flags::ACK;
    Text {
        length: 5,
        flags: fin,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (0, 5));
    for (was, is) in [
        (State::FinWait2, State::TimeWait),
        (State::FinWait1, State::Closing),
    ] {
        let mut control = control;
        Text { flags: fin, ..DATA }.receive(&mut control, was, is);
        Text {
            sequence: 5007,
            acknowledgement: 9002,
            ..DATA
        }
        .send(&mut control);
        assert_eq!(control.bytes(), (0, 5));
    }
}

#[test]
fn a_fin_that_is_not_taken_is_not_counted() {
    let mut control = established(PLAIN);
    let fin = Text {
        flags: Flags::FIN | Flags::ACK,
        ..DATA
    };
    fin.receive(&mut control, State::Established, State::Established);
    fin.receive(&mut control, State::FinWait1, State::FinWait2);
    fin.receive(&mut control, State::TimeWait, State::TimeWait);
    Text {
        acknowledgement: 9004,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (3, 0));
    // Nor is another segment by which a state changes.
    DATA.receive(&mut control, State::FinWait1, State::TimeWait);
    Text {
        acknowledgement: 9005,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (4, 0));
}

#[test]
fn bytes_are_counted_where_sequence_numbers_wrap_around() {
    let mut control = Control::default();
    Text {
        sequence: -3,
        ..SYN
    }
    .send(&mut control);
    let text = Text {
        sequence: -2,
        acknowledgement: -4,
        length: 10,
        ..DATA
    };
    text.send(&mut control);
    Text {
        sequence: 8,
        acknowledgement: 6,
        length: 5,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (10, 15));
    assert_eq!(control.retransmitted(), 0);
}

#[test]
fn bytes_are_counted_from_a_syn_cookie_on() {
    let mut control = Control::default();
    Text {
        length: 7,
        acknowledgement: 9001,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (0, 7));
    Text {
        sequence: 5008,
        acknowledgement: 9031,
        length: 3,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.bytes(), (30, 10));
}

#[test]
fn segments_that_were_sent_before_are_counted() {
    let mut control = established(PLAIN);
    let text = Text { length: 10, ..DATA };
    text.send(&mut control);
    assert_eq!(control.retransmitted(), 0);
    text.send(&mut control);
    assert_eq!(control.retransmitted(), 1);
    // In part, and with a FIN.
    Text {
        sequence: 5006,
        length: 5,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.retransmitted(), 2);
    let fin = Text {
        sequence: 5011,
        flags: Flags::FIN | Flags::ACK,
        ..DATA
    };
    fin.send(&mut control);
    assert_eq!(control.retransmitted(), 2);
    fin.send(&mut control);
    assert_eq!(control.retransmitted(), 3);
    assert_eq!(control.bytes(), (0, 10));
}

#[test]
fn a_syn_that_is_sent_again_is_counted() {
    let mut control = Control::default();
    SYN.send(&mut control);
    SYN.send(&mut control);
    assert_eq!(control.retransmitted(), 1);
    assert_eq!(control.bytes(), (0, 0));
}

#[test]
fn what_reaches_beyond_the_last_byte_is_no_retransmission() {
    let mut control = established(PLAIN);
    Text { length: 10, ..DATA }.send(&mut control);
    Text { length: 11, ..DATA }.send(&mut control);
    assert_eq!(control.retransmitted(), 0);
    assert_eq!(control.bytes(), (0, 11));
}

#[test]
fn acknowledgements_and_probes_are_not_counted() {
    let mut control = established(PLAIN);
    Text { length: 10, ..DATA }.send(&mut control);
    Text {
        sequence: 5011,
        ..DATA
    }
    .send(&mut control);
    // One byte that was sent before.
    Text {
        sequence: 5010,
        length: 1,
        ..DATA
    }
    .send(&mut control);
    Text {
        sequence: 5000,
        length: 1,
        ..DATA
    }
    .send(&mut control);
    assert_eq!(control.retransmitted(), 0);
}

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

#[test]
fn the_first_end_is_the_one_that_is_remembered() {
    let fin = Text {
        flags: Flags::FIN | Flags::ACK,
        ..DATA
    };
    let reset = Text {
        flags: Flags::RST | Flags::ACK,
        ..DATA
    };
    let ends: [(End, fn(&mut Control, Text, Text)); 6] = [
        (End::ClosedByUs, |control, fin, _| drop(fin.send(control))),
        (End::ResetByUs, |control, _, reset| {
            drop(reset.send(control))
        }),
        (End::ClosedByPeer, |control, fin, _| {
            fin.receive(control, State::Established, State::CloseWait);
        }),
        (End::ResetByPeer, |control, _, reset| {
            reset.receive(control, State::Established, State::Closed);
        }),
        (End::ResetByPeer, |control, _, reset| {
            reset.receive(control, State::SynReceived, State::Listen);
        }),
        (End::ClosedByPeer, |control, fin, reset| {
            fin.receive(control, State::Established, State::CloseWait);
            fin.send(control);
            reset.send(control);
            reset.receive(control, State::CloseWait, State::Closed);
        }),
    ];
    for (end, happens) in ends {
        let mut control = established(PLAIN);
        assert_eq!(control.end(), None);
        happens(&mut control, fin, reset);
        assert_eq!(control.end(), Some(end));
    }
}

#[test]
fn states_that_are_no_end_are_none() {
    for (was, is) in [
        (State::Listen, State::SynReceived),
        (State::SynSent, State::Established),
        (State::SynReceived, State::CloseWait),
        (State::Established, State::Established),
        (State::CloseWait, State::CloseWait),
        (State::FinWait1, State::FinWait2),
        (State::FinWait2, State::TimeWait),
        (State::LastAck, State::Closed),
        (State::Listen, State::Listen),
    ] {
        let mut control = established(PLAIN);
        DATA.receive(&mut control, was, is);
        assert_eq!(control.end(), None, "{was} {is}");
    }
}

#[test]
fn the_summary_is_a_sentence() {
    let control = Control::default();
    assert_eq!(
        summary(&control),
        "no connection: 0 bytes received, 0 sent in 1.500s"
    );
    assert_eq!(control.four_tuple(), None);

    let mut control = established(PLAIN);
    control.began = Instant::from_millis(250);
    assert_eq!(control.four_tuple(), Some(tuple()));
    assert_eq!(
        summary(&control),
        "10.0.0.2:50000: 0 bytes received, 0 sent in 1.250s"
    );
    // Time may have been set back.
    control.began = Instant::from_millis(2000);
    let text = Text {
        acknowledgement: 9006,
        length: 3,
        ..DATA
    };
    for _ in 0..2 {
        text.send(&mut control);
    }
    Text {
        sequence: 5004,
        window: 0,
        acknowledgement: 9006,
        ..DATA
    }
    .send(&mut control);
    let begins = "10.0.0.2:50000: 5 bytes received, 3 sent in 0.000s";
    let all = [begins, ", 1 segment sent again, window shut once"].concat();
    assert_eq!(summary(&control), all);

    for _ in 0..2 {
        text.send(&mut control);
        Text {
            sequence: 5004,
            window: 0,
            acknowledgement: 9006,
            ..DATA
        }
        .send(&mut control);
    }
    control.note(Event::Ended(End::ResetByPeer));
    let all = [
        begins,
        ", 3 segments sent again, window shut 3 times, reset by the peer",
    ]
    .concat();
    assert_eq!(summary(&control), all);
}

#[test]
fn each_event_and_end_has_words() {
    for (event, words) in [
        (Event::Opened, "opened"),
        (Event::Retransmitted, "a segment is sent again"),
        (Event::WindowShut, "the window is shut"),
        (Event::Ended(End::ClosedByPeer), "closed by the peer"),
        (Event::Ended(End::ClosedByUs), "closed by this host"),
        (Event::Ended(End::ResetByPeer), "reset by the peer"),
        (Event::Ended(End::ResetByUs), "reset by this host"),
    ] {
        assert_eq!(event.to_string(), words);
    }
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
        lessen_window(&mut bytes, true);
        let segment = TcpPacket::new_unchecked(&bytes[..]);
        assert_eq!(segment.window_len(), 999);
        assert!(segment.verify_checksum(&from, &to), "{text:#06x}");
    }
}

#[test]
fn a_checksum_that_the_device_makes_is_left_alone() {
    let mut bytes = DATA.bytes();
    let before = TcpPacket::new_unchecked(&bytes[..]).checksum();
    lessen_window(&mut bytes, false);
    let after = TcpPacket::new_unchecked(&bytes[..]);
    assert_eq!((after.window_len(), after.checksum()), (999, before));
}

#[test]
fn a_new_connection_has_no_past() {
    let mut storage = SocketStorage::EMPTY;
    let (mut received, mut sent) = ([0; 8], [0; 8]);
    let socket = Socket::new(
        smoltcp::socket::tcp::SocketBuffer::new(&mut received[..]),
        smoltcp::socket::tcp::SocketBuffer::new(&mut sent[..]),
    );
    let mut connection = Connection::new(&mut storage, socket);
    assert_eq!(connection.control().four_tuple(), None);
    connection.control = established(PLAIN);
    connection.control.note(Event::Retransmitted);
    connection.begin(tuple(), Instant::from_millis(500));
    let control = connection.control();
    assert_eq!(control.four_tuple(), Some(tuple()));
    assert_eq!(
        summary(control),
        "10.0.0.2:50000: 0 bytes received, 0 sent in 1.000s"
    );
    assert_eq!(control.window_end(), None);
    connection.socket_mut().listen(12000).unwrap();
    connection.forget();
    assert_eq!(connection.socket().state(), State::Closed);
}
