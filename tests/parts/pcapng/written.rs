//! Files that the package writes.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use smoltcp::phy::Medium;
use smoltcp::time::Instant;
use uppercase::device::capture::{Direction, Frame, Sink as _};
use uppercase::trace::pcapng::{Interface, LinkType, Resolution, Writer};

use super::{read, read_good};

/// What is written, by call.
#[derive(Clone, Default)]
struct Output {
    calls: Rc<RefCell<Vec<Vec<u8>>>>,
    /// How many bytes it has room for.
    room: Option<usize>,
}

impl Output {
    fn bytes(&self) -> Vec<u8> {
        self.calls.borrow().concat()
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self
            .room
            .map_or(bytes.len(), |room| room - self.bytes().len());
        let length = bytes.len().min(room);
        if length == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.calls.borrow_mut().push(bytes[..length].to_vec());
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn frame(micros: i64, direction: Direction, bytes: &[u8]) -> Frame<'_> {
    Frame {
        time: Instant::from_micros(micros),
        direction,
        medium: Medium::Ethernet,
        bytes,
    }
}

#[test]
fn a_file_has_the_bytes_that_the_draft_asks_for() {
    let output = Output::default();
    let writer = Writer::new(output.clone(), "uppercase 0.1.0", Some("a test")).unwrap();
    let tap = Interface {
        epoch: Duration::from_secs(0x1_0000_0000) / 1_000_000,
        ..Interface::new("tap0", LinkType::Ethernet)
    };
    let mut tap = writer.interface(&tap).unwrap();
    tap.write(&frame(2, Direction::Outbound, b"hello"), Some("lost"))
        .unwrap();
    #[rustfmt::skip]
    let expected = [
        // Section header block (4.1).
        0x0a, 0x0d, 0x0d, 0x0a,  64, 0, 0, 0,
        0x4d, 0x3c, 0x2b, 0x1a,  1, 0, 0, 0, // its byte order, version 1.0
        0xff, 0xff, 0xff, 0xff,  0xff, 0xff, 0xff, 0xff, // a length that is not known
        1, 0, 6, 0,  b'a', b' ', b't', b'e',  b's', b't', 0, 0, // opt_comment
        4, 0, 15, 0, // shb_userappl
        b'u', b'p', b'p', b'e',  b'r', b'c', b'a', b's',  b'e', b' ', b'0', b'.',  b'1', b'.', b'0', 0,
        0, 0, 0, 0,  64, 0, 0, 0, // opt_endofopt
        // Interface description block (4.2).
        1, 0, 0, 0,  40, 0, 0, 0,
        1, 0, 0, 0,  0, 0, 0, 0, // LINKTYPE_ETHERNET, no limit
        2, 0, 4, 0,  b't', b'a', b'p', b'0', // if_name
        9, 0, 1, 0,  6, 0, 0, 0, // if_tsresol
        0, 0, 0, 0,  40, 0, 0, 0,
        // Enhanced packet block (4.3).
        6, 0, 0, 0,  60, 0, 0, 0,
        0, 0, 0, 0,  1, 0, 0, 0,  2, 0, 0, 0, // interface 0, the time's upper and lower half
        5, 0, 0, 0,  5, 0, 0, 0, // both lengths
        b'h', b'e', b'l', b'l',  b'o', 0, 0, 0,
        1, 0, 4, 0,  b'l', b'o', b's', b't', // opt_comment
        2, 0, 4, 0,  2, 0, 0, 0, // epb_flags: outbound
        0, 0, 0, 0,  60, 0, 0, 0,
    ];
    assert_eq!(output.bytes(), expected);
}

#[test]
fn what_was_written_is_read_again() {
    let output = Output::default();
    let writer = Writer::new(output.clone(), "a program", None).unwrap();
    let started = Duration::new(1_700_000_000, 123_456_000);
    let tap = Interface {
        epoch: started,
        ..Interface::new("tap0", LinkType::Ethernet)
    };
    let tun = Interface {
        epoch: started,
        resolution: Resolution::NANOSECONDS,
        ..Interface::new("tün0", LinkType::Ip)
    };
    let [mut tap, mut tun] = [tap, tun].map(|interface| writer.interface(&interface).unwrap());
    let bytes: Vec<_> = (0..=255).cycle().take(1514).collect();
    let mut expected = vec![];
    for (index, length) in [0, 1, 2, 3, 4, 5, 60, 1513, 1514].into_iter().enumerate() {
        let micros = 1_000_001 * index as i64;
        let direction = [Direction::Inbound, Direction::Outbound][index % 2];
        let frame = frame(micros, direction, &bytes[..length]);
        let comments = match index % 3 {
            0 => vec!["a comment".to_owned()],
            _ => vec![],
        };
        let sink = if index % 4 == 0 { &mut tun } else { &mut tap };
        match comments.first() {
            Some(comment) => sink.write(&frame, Some(comment)).unwrap(),
            None => sink.frame(frame),
        }
        let name = if index % 4 == 0 { "tün0" } else { "tap0" };
        let time = started + Duration::from_micros(micros as u64);
        expected.push((name, direction, time, length, comments));
    }
    writer.check().unwrap();
    let packets = read_good(&output.bytes());
    assert_eq!(packets.len(), expected.len());
    for (packet, (name, direction, time, length, comments)) in packets.into_iter().zip(expected) {
        assert_eq!(packet.interface.name.as_deref(), Some(name));
        let link = [LinkType::Ethernet, LinkType::Ip][packet.interface.index];
        assert_eq!(packet.interface.link, link);
        assert_eq!(packet.direction, Some(direction));
        assert_eq!(packet.time, time);
        assert_eq!(packet.bytes, bytes[..length]);
        assert_eq!(packet.original_length, length);
        assert_eq!(packet.comments, comments);
    }
}

#[test]
fn each_block_is_one_call_of_write_so_that_a_file_is_good_whenever_the_program_ends() {
    let output = Output::default();
    let writer = Writer::new(output.clone(), "a program", None).unwrap();
    let mut sink = writer
        .interface(&Interface::new("tap0", LinkType::Ethernet))
        .unwrap();
    for _ in 0..5 {
        sink.frame(frame(0, Direction::Inbound, &[7; 1514]));
    }
    let calls = output.calls.take();
    assert_eq!(calls.len(), 7);
    for end in 2..=7 {
        assert_eq!(read_good(&calls[..end].concat()).len(), end - 2);
    }
}

#[test]
fn nothing_follows_half_a_block_and_the_error_is_told_once() {
    let whole = {
        let output = Output::default();
        let writer = Writer::new(output.clone(), "a program", None).unwrap();
        let tap = Interface::new("tap0", LinkType::Ethernet);
        let mut sink = writer.interface(&tap).unwrap();
        sink.frame(frame(0, Direction::Inbound, b"first"));
        output.bytes().len()
    };
    let output = Output {
        room: Some(whole + 10),
        ..Output::default()
    };
    let writer = Writer::new(output.clone(), "a program", None).unwrap();
    let tap = Interface::new("tap0", LinkType::Ethernet);
    let mut sink = writer.interface(&tap).unwrap();
    sink.frame(frame(0, Direction::Inbound, b"first"));
    writer.check().unwrap();
    sink.frame(frame(0, Direction::Inbound, b"half of it"));
    sink.frame(frame(0, Direction::Inbound, b""));
    assert_eq!(
        writer.check().unwrap_err().kind(),
        io::ErrorKind::StorageFull
    );
    sink.frame(frame(0, Direction::Inbound, b""));
    writer.check().unwrap();
    assert!(
        sink.write(&frame(0, Direction::Inbound, b""), None)
            .is_err()
    );
    assert!(writer.interface(&tap).is_err());

    let (packets, error) = read(&output.bytes());
    assert_eq!(packets.len(), 1);
    assert_eq!(packets[0].bytes, b"first");
    assert_eq!(error.unwrap().offset, whole as u64);
}

#[test]
fn a_comment_that_is_too_long_is_cut_between_two_characters() {
    let output = Output::default();
    let writer = Writer::new(output.clone(), "a program", None).unwrap();
    let tap = Interface::new("tap0", LinkType::Ethernet);
    let mut sink = writer.interface(&tap).unwrap();
    let comment = "ü".repeat(40_000);
    sink.write(&frame(0, Direction::Inbound, b"it"), Some(&comment))
        .unwrap();
    let packets = read_good(&output.bytes());
    assert_eq!(packets[0].comments, ["ü".repeat(32_767)]);
    assert_eq!(packets[0].direction, Some(Direction::Inbound));
}
