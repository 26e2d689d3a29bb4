//! What is remembered of the segments of one connection.

mod bytes;
mod ends;
mod windows;

use std::string::{String, ToString};
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

fn summary(control: &Control) -> String {
    control.summary(Instant::from_millis(1500)).to_string()
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
