//! Bytes of text, and segments that are sent again.

use super::*;

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
