//! How connections end.

use super::*;

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
    type Happens = fn(&mut Control, Text, Text);
    let ends: [(End, Happens); 6] = [
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
