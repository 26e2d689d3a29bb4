//! What the sentences say, kind by kind. Those of the stacks at work are in the snapshots
//! `*-explained.txt`; here are segments made by hand, so what is said follows from them.

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};
use uppercase::trace::{Fate, Ladder, Record, Sentence, comment, json};

use super::common::frames;
use super::common::network::{CLIENT, Link};

const LINK: Link = Link::IP_V4;
const MS: Duration = Duration::from_millis(1);

/// Segments between a client and a server, with numbers that begin at 1000 and at 5000.
pub struct Talk {
    pub records: Vec<Record>,
    pub time: Instant,
}

impl Talk {
    pub fn client() -> IpEndpoint {
        (LINK.address(CLIENT), 40_000).into()
    }

    pub fn server() -> IpEndpoint {
        LINK.server()
    }

    /// A segment that arrives after a millisecond, with relative numbers.
    pub fn say(
        &mut self,
        is_client: bool,
        change: impl FnOnce(&mut TcpRepr<'static>),
    ) -> &mut Record {
        let (client, server) = (Self::client(), Self::server());
        let (from, to, first, peer) = match is_client {
            true => (client, server, 1000, 5000),
            false => (server, client, 5000, 1000),
        };
        let mut segment = TcpRepr {
            seq_number: TcpSeqNumber(1),
            ack_number: Some(TcpSeqNumber(1)),
            ..frames::segment(from, to)
        };
        change(&mut segment);
        segment.seq_number += first;
        segment.ack_number = segment.ack_number.map(|number| number + peer);
        let frame = frames::tcp(LINK, from.addr, to.addr, &segment);
        let mut record = Record::new(self.time, LINK.medium, frame);
        record.from = Some(if is_client { "client" } else { "server" }.into());
        self.time += MS;
        record.arrived = Some(self.time);
        self.records.push(record);
        self.records.last_mut().expect("one was pushed")
    }

    fn new() -> Self {
        Self {
            records: Vec::new(),
            time: Instant::ZERO,
        }
    }

    pub fn open() -> Self {
        let mut talk = Self::new();
        talk.say(true, |syn| {
            syn.control = TcpControl::Syn;
            (syn.seq_number, syn.ack_number) = (TcpSeqNumber(0), None);
        });
        talk.say(false, |syn| {
            syn.control = TcpControl::Syn;
            syn.seq_number = TcpSeqNumber(0);
        });
        talk.say(true, |_| {});
        talk
    }

    /// The sentences on the last frame.
    #[track_caller]
    fn last(&self) -> Vec<Sentence> {
        let ladder = Ladder::new(&self.records, &[]);
        let last = self.records.len() - 1;
        let mut rows = ladder.rows().iter().filter(
            |row| matches!(row.kind, uppercase::trace::Kind::Frame(frame, _) if frame == last),
        );
        ladder.explain(rows.next().expect("the last frame has a row"))
    }

    #[track_caller]
    fn expect(&self, expected: &str) {
        let said: Vec<_> = self.last().iter().map(ToString::to_string).collect();
        assert!(
            said.iter().any(|said| said == expected),
            "{expected}\nis not in\n{said:#?}"
        );
    }
}

pub fn number(number: i32) -> TcpSeqNumber {
    TcpSeqNumber(number)
}

#[test]
fn an_open_connection_is_acknowledged() {
    Talk::open().expect(
        "ACK: the client acknowledges the SYN of the server, and the connection is open \
         (RFC 9293, 3.5)",
    );
}

/// RFC 5681, 3.2: "The fast retransmit algorithm uses the arrival of 3 duplicate ACKs […] as an
/// indication that a segment has been lost."
#[test]
fn three_duplicate_acknowledgements_have_a_segment_sent_again() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = b"abc").fate = Fate::Lost;
    for index in 1..4 {
        talk.say(true, |payload| {
            payload.seq_number = number(1 + 3 * index);
            payload.payload = b"def";
        });
        talk.say(false, |_| {});
        talk.expect("≈ duplicate ACK: 1 is missing, while later bytes have come (RFC 5681, 4.2)");
    }
    talk.say(true, |payload| payload.payload = b"abc");
    talk.expect(
        "≈ bytes 1 to 3 again: three duplicate ACKs say that it is missing (RFC 5681, 3.2)",
    );
    // That one is lost, too: a timer sends it once more.
    talk.time += Duration::from_millis(299);
    talk.say(true, |payload| payload.payload = b"abc");
    talk.expect(
        "≈ bytes 1 to 3 again: it was sent 300 ms ago and is not acknowledged (RFC 9293, 3.8.1)",
    );
}

/// RFC 6582, 3.2, step 3, on a partial acknowledgement: "retransmit the first unacknowledged segment".
#[test]
fn a_partial_acknowledgement_has_a_segment_sent_again() {
    let mut talk = Talk::open();
    let segments = [(1, b"abc"), (4, b"def"), (7, b"ghi")];
    for (first, text) in segments {
        talk.say(true, |payload| {
            payload.seq_number = number(first);
            payload.payload = text;
        })
        .fate = if first < 7 {
            Fate::Lost
        } else {
            Fate::Delivered
        };
    }
    talk.time += MS * 30;
    talk.say(true, |payload| payload.payload = b"abc");
    talk.say(false, |partial| partial.ack_number = Some(number(4)));
    talk.say(true, |payload| {
        payload.seq_number = number(4);
        payload.payload = b"def";
    });
    talk.expect("≈ bytes 4 to 6 again: what has come says that it is lost (RFC 6582, 3.2)");
}

/// RFC 9293, 3.8.1: retransmission timeout.
#[test]
fn silence_has_a_segment_sent_again() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = b"abc").fate = Fate::Lost;
    talk.time += Duration::from_millis(999);
    talk.say(true, |payload| payload.payload = b"abc");
    talk.expect(
        "≈ bytes 1 to 3 again: it was sent 1.0 s ago and is not acknowledged (RFC 9293, 3.8.1)",
    );
    talk.time += Duration::from_millis(1999);
    talk.say(true, |payload| payload.payload = b"abcdef");
    talk.expect(
        "≈ bytes 1 to 6 again: it was sent 2.0 s ago and is not acknowledged (RFC 9293, 3.8.1)",
    );
}

/// RFC 9293, 3.10.7.4: "If an incoming segment is not acceptable, an acknowledgment should be sent in
/// reply".
#[test]
fn what_was_received_before_is_acknowledged_again() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = b"abc");
    talk.say(false, |ack| ack.ack_number = Some(number(4)));
    talk.expect("ACK: the server has all bytes before 4, and expects 4 next (RFC 9293, 3.4)");
    talk.say(true, |payload| payload.payload = b"abc");
    talk.say(false, |ack| ack.ack_number = Some(number(4)));
    talk.expect(
        "≈ duplicate ACK: what has come was received before; 4 is expected next \
         (RFC 9293, 3.10.7.4)",
    );
}

/// RFC 9293, 3.8.6.3: "an ACK should not be excessively delayed".
#[test]
fn an_acknowledgement_that_has_waited_says_how_long() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = b"abc");
    talk.time += MS * 10;
    talk.say(false, |ack| ack.ack_number = Some(number(4)));
    talk.expect("≈ delayed by 10.0 ms: it has waited for payload to go with (RFC 9293, 3.8.6.3)");
}

/// RFC 9293, 3.7.1: the maximum segment size; RFC 7323, 2: the window scale; RFC 2018, 2: selective
/// acknowledgements.
#[test]
fn each_option_names_where_it_is_defined() {
    let mut talk = Talk::new();
    talk.say(true, |syn| {
        syn.control = TcpControl::Syn;
        (syn.seq_number, syn.ack_number) = (number(0), None);
        syn.max_seg_size = Some(536);
    });
    talk.expect("options of the client: it takes at most 536 bytes in a segment (RFC 9293, 3.7.1)");
    talk.say(false, |syn| {
        syn.control = TcpControl::Syn;
        syn.seq_number = number(0);
        (syn.window_scale, syn.sack_permitted) = (Some(2), true);
    });
    talk.expect(
        "options of the server: windows in units of 4 bytes, selective acknowledgements \
         (RFC 7323, 2; RFC 2018, 2)",
    );
}

/// RFC 9293, 3.10.7.4, TIME-WAIT: "The only thing that can arrive in this state is a retransmission of
/// the remote FIN. Acknowledge it".
#[test]
fn a_fin_that_has_come_again_is_acknowledged_again() {
    let mut talk = Talk::open();
    for _ in 0..2 {
        talk.say(false, |fin| fin.control = TcpControl::Fin);
        talk.say(true, |ack| ack.ack_number = Some(number(2)));
    }
    talk.expect("≈ ACK again: the FIN has come again (RFC 9293, 3.10.7.4)");
}

#[test]
fn a_window_is_shut_and_opened() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = &[b'x'; 1024]);
    talk.expect(
        "≈ window full: the client may send no more until the server makes room (RFC 9293, 3.8.6)",
    );
    talk.say(false, |shut| {
        shut.ack_number = Some(number(1025));
        shut.window_len = 0;
    });
    talk.expect("≈ window 0: the server has no room, and the client has to wait (RFC 9293, 3.8.6)");
    talk.say(true, |probe| {
        probe.seq_number = number(1025);
        probe.payload = b"p";
    });
    talk.expect(
        "≈ a probe: may the client send again? One byte asks for the window (RFC 9293, 3.8.6.1)",
    );
    talk.records.pop();
    talk.say(true, |probe| probe.seq_number = number(1024));
    talk.expect(
        "≈ a probe: may the client send again? An old number asks for the window \
         (RFC 9293, 3.8.6.1)",
    );
    talk.say(false, |shut| {
        shut.ack_number = Some(number(1025));
        shut.window_len = 0;
    });
    talk.expect("≈ the answer to the probe: there is still no room (RFC 9293, 3.8.6.1)");
    talk.say(false, |open| {
        open.ack_number = Some(number(1025));
        open.window_len = 512;
    });
    talk.expect("≈ window update: the server has room for 512 bytes now (RFC 9293, 3.8.6)");
}

/// RFC 9293, 3.5, figure 7: simultaneous connection synchronization.
#[test]
fn both_ends_can_open_at_once() {
    let mut talk = Talk::new();
    for is_client in [true, false] {
        talk.say(is_client, |syn| {
            syn.control = TcpControl::Syn;
            (syn.seq_number, syn.ack_number) = (number(0), None);
        });
    }
    talk.say(true, |syn| {
        syn.control = TcpControl::Syn;
        syn.seq_number = number(0);
    });
    talk.expect(
        "SYN ACK: the client has sent a SYN and receives one: both open at the same time \
         (RFC 9293, 3.5)",
    );
}

/// RFC 9293, 3.6, figure 13: simultaneous close sequence.
#[test]
fn both_ends_can_close_at_once() {
    let mut talk = Talk::open();
    let start = talk.time;
    for is_client in [true, false] {
        talk.time = start;
        talk.say(is_client, |fin| fin.control = TcpControl::Fin);
    }
    let text = all(&talk.records);
    assert!(
        text.contains("CLOSING: the server has sent a FIN, too: both close at the same time"),
        "{text}"
    );
}

fn all(records: &[Record]) -> String {
    let ladder = Ladder::new(records, &[]);
    let sentences = ladder.rows().iter().flat_map(|row| ladder.explain(row));
    let sentences: Vec<_> = sentences.map(|sentence| sentence.text).collect();
    sentences.join("\n")
}

#[test]
fn a_reset_has_a_reason() {
    let mut refused = Talk::new();
    refused.say(true, |syn| {
        syn.control = TcpControl::Syn;
        (syn.seq_number, syn.ack_number) = (number(0), None);
    });
    refused.say(false, |reset| {
        reset.control = TcpControl::Rst;
        reset.seq_number = number(-5000);
    });
    refused.expect(
        "≈ RST: the server refuses the connection: mostly no socket listens on port 12000 \
         (RFC 9293, 3.5.2)",
    );
    let mut ended = Talk::open();
    ended.say(true, |reset| reset.control = TcpControl::Rst);
    ended.expect(
        "≈ RST: the client ends the connection at once; what is still on its way is lost \
         (RFC 9293, 3.5.3)",
    );
}

#[test]
fn a_segment_beside_the_order_says_so() {
    let mut talk = Talk::open();
    talk.say(true, |payload| {
        payload.seq_number = number(101);
        payload.payload = b"later";
    });
    talk.expect("≈ a gap: the bytes before it were not seen");
    talk.say(true, |payload| payload.payload = b"before");
    talk.expect("≈ out of order: it was seen after bytes that were sent later");
}

#[test]
fn the_port_of_an_earlier_connection_is_named() {
    let mut talk = Talk::open();
    talk.say(true, |syn| {
        syn.control = TcpControl::Syn;
        (syn.seq_number, syn.ack_number) = (number(900_000), None);
    });
    talk.expect("≈ the ports are those of an earlier connection (RFC 9293, 3.6.1)");
}

#[test]
fn what_the_network_does_is_said() {
    let mut talk = Talk::open();
    for (fate, sentence) in [
        (
            Fate::Lost,
            "lost on the way: the server does not receive it",
        ),
        (
            Fate::Duplicate,
            "a copy that the network has made: no host has sent it",
        ),
        (
            Fate::Corrupted,
            "altered on the way: the server drops it where a checksum covers the change \
             (RFC 1071)",
        ),
    ] {
        talk.say(true, |payload| payload.payload = b"abc").fate = fate;
        talk.expect(sentence);
    }
}

/// The sentences are for the comments of a capture, too, and what reads it back knows them.
#[test]
fn a_comment_has_the_sentences() {
    let mut talk = Talk::open();
    talk.say(true, |payload| payload.payload = &[b'x'; 1024]);
    let sentences = talk.last();
    let mut record = talk.records.pop().expect("the last");
    record.comment = comment(&sentences).expect("there are sentences");
    assert!(
        record
            .comment
            .starts_with("uppercase: payload: the client sends")
    );
    // Alone, it is not known what the window is.
    talk.records = vec![record];
    assert_eq!(talk.last(), sentences);
    let ladder = Ladder::new(&talk.records, &[]);
    let label = ladder.frames()[0].message.fields.iter();
    assert!(
        label
            .clone()
            .all(|field| !field.shown().contains("uppercase"))
    );

    assert_eq!(comment(&[]), None);
    assert!(!json::draw(&ladder).contains("\"explanation\""));
    let explained = json::draw(&ladder.explained());
    let expected = r#""explanation":[{"text":"payload: the client sends its bytes 1 to 1024 (RFC 9293, 3.4)","derived":false},{"text":"window full: "#;
    assert!(explained.contains(expected), "{explained}");
}
