//! Well-formed packets with wild numbers: their sender knows the host's addresses and ports,
//! hears what it answers, and makes every checksum right.
//!
//! The first byte is the [`Setup`]; each [`Step`] that follows takes as many bytes as it needs.

use arbitrary::{Arbitrary, Unstructured};
use smoltcp::time::Duration;
use smoltcp::wire::{IpEndpoint, TcpControl, TcpRepr, TcpSeqNumber};

use crate::common::frames;
use crate::common::network::SERVER;
use crate::forge;
use crate::host::Memory;
use crate::house::House;
use crate::parties::{
    about_connection, asked, asked_port, asking, connection, content, source_port,
};
use crate::setup::Setup;

/// How many steps are taken.
const MOST: usize = 32;
/// In milliseconds.
const TIMES: [u64; 8] = [1, 20, 200, 900, 1_100, 3_100, 6_000, 12_000];

/// Panics if a promise is broken.
pub fn run(input: &[u8]) {
    let Some((&setup, rest)) = input.split_first() else {
        return;
    };
    let setup = Setup::new(setup, rest);
    let mut memory = [const { Memory::new() }; 2];
    let mut house = House::new(setup, &mut memory);
    let mut rest = Unstructured::new(rest);
    for _ in 0..MOST {
        if rest.is_empty() {
            break;
        }
        match Step::arbitrary(&mut rest) {
            Ok(step) => step.take(&mut house, &mut rest),
            Err(_) => break,
        }
    }
    house.expect_everything_back();
}

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Segment(Segment),
    Datagram {
        from: u8,
        to: u8,
        length: u8,
    },
    Neighbor {
        kind: u8,
        about: u8,
        hardware: u8,
        to: u8,
    },
    Message {
        kind: u8,
        code: u8,
        from: u8,
        about: u8,
        length: u8,
    },
    /// A datagram in fragments, of which some bytes may be others, or missing.
    Fragments {
        from: u8,
        id: u8,
        length: u8,
        size: u8,
        order: u8,
        harm: u8,
    },
    Time(u8),
}

/// A TCP segment.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Segment {
    /// Its sender and its connection.
    pub who: u8,
    /// The control bits in the order of the header.
    pub control: u8,
    pub sequence: Number,
    pub acknowledgement: Number,
    pub window: u16,
    /// Which options there are.
    pub options: u8,
    pub length: u8,
}

/// A number near to or far from one that fits.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Number {
    /// The low bits say from where it is counted, the high ones in units of what.
    pub base: u8,
    pub offset: i8,
}

impl Number {
    /// `fitting` is the one that a well-behaved sender has here, `other` that of the other side.
    fn near(self, fitting: TcpSeqNumber, other: TcpSeqNumber) -> TcpSeqNumber {
        let base = match self.base & 3 {
            0 | 1 => fitting,
            2 => other,
            _ => TcpSeqNumber(0),
        };
        let unit = [0, 4, 7, 8, 14, 16, 24, 31][usize::from(self.base >> 5)];
        TcpSeqNumber(
            base.0
                .wrapping_add(i32::from(self.offset).wrapping_shl(unit)),
        )
    }
}

impl<'u> Arbitrary<'u> for Step {
    fn arbitrary(u: &mut Unstructured<'u>) -> arbitrary::Result<Self> {
        let mut byte = || u.arbitrary::<u8>();
        Ok(match byte()? % 10 {
            0 => Self::Datagram {
                from: byte()?,
                to: byte()?,
                length: byte()?,
            },
            1 => Self::Neighbor {
                kind: byte()?,
                about: byte()?,
                hardware: byte()?,
                to: byte()?,
            },
            2 => Self::Message {
                kind: byte()?,
                code: byte()?,
                from: byte()?,
                about: byte()?,
                length: byte()?,
            },
            3 => Self::Fragments {
                from: byte()?,
                id: byte()?,
                length: byte()?,
                size: byte()?,
                order: byte()?,
                harm: byte()?,
            },
            4 => Self::Time(byte()?),
            _ => Self::Segment(u.arbitrary()?),
        })
    }
}

impl Step {
    fn take(self, house: &mut House<'_>, text: &mut Unstructured<'_>) {
        let link = house.setup.link;
        match self {
            Self::Time(index) => {
                house.pass(Duration::from_millis(TIMES[usize::from(index % 8)]));
                house.send_clients();
                return;
            }
            Self::Segment(segment) => {
                let frame = segment.frame(house, &content(text, segment.length));
                house.forge(frame);
            }
            Self::Datagram { from, to, length } => {
                let to = IpEndpoint::new(asked(link, to), asked_port(to));
                let from = IpEndpoint::new(asking(link, from), source_port(from));
                let text = content(text, length);
                if text.len() + 48 <= house.setup.ip_mtu() {
                    house.forge(frames::udp(link, from, to, &text));
                }
            }
            Self::Neighbor {
                kind,
                about,
                hardware,
                to,
            } => {
                let frame =
                    forge::neighbor(link, kind, asking(link, about), hardware, asked(link, to));
                house.forge(frame);
            }
            Self::Message {
                kind,
                code,
                from,
                about,
                length,
            } => {
                let quoted = about_connection(house, about);
                let body = content(text, length);
                let from = asking(link, from);
                let frame =
                    forge::message(link, kind, code, from, link.address(SERVER), &quoted, &body);
                house.forge(frame);
            }
            Self::Fragments {
                from,
                id,
                length,
                size,
                order,
                harm,
            } => {
                let from = IpEndpoint::new(asking(link, from), source_port(from));
                let text = content(text, length).repeat(4);
                house.judge.arrives_whole(from, &text);
                if harm & forge::TWICE != 0 {
                    house.judge.arrives_whole(from, &text);
                }
                house
                    .judge
                    .arrives_in_pieces(from.addr, id, harm & forge::MOVED != 0);
                let datagram = frames::udp(link, from, link.server(), &text);
                for frame in forge::fragments(link, &datagram, id, size, order, harm) {
                    house.forge(frame);
                }
            }
        }
        house.settle();
    }
}

impl Segment {
    fn frame(self, house: &House<'_>, text: &[u8]) -> Vec<u8> {
        let link = house.setup.link;
        let (from, to) = connection(house, self.who);
        let heard = house.judge.heard.iter();
        let heard = heard
            .rev()
            .find(|heard| (heard.local, heard.remote) == (to, from));
        let (sequence, acknowledgement) = match heard {
            Some(heard) => (heard.expected, heard.next),
            None => (TcpSeqNumber(1_000_000), TcpSeqNumber(0)),
        };
        let option = |bit: u8| self.options >> bit & 1 == 1;
        let edge = |length: u32| {
            (
                acknowledgement.0 as u32,
                (acknowledgement.0 as u32).wrapping_add(length),
            )
        };
        let segment = TcpRepr {
            control: match self.control & 0b1111 {
                bits if bits & 4 != 0 => TcpControl::Rst,
                bits if bits & 2 != 0 => TcpControl::Syn,
                bits if bits & 1 != 0 => TcpControl::Fin,
                bits if bits & 8 != 0 => TcpControl::Psh,
                _ => TcpControl::None,
            },
            seq_number: self.sequence.near(sequence, acknowledgement),
            ack_number: (self.control & 16 != 0)
                .then(|| self.acknowledgement.near(acknowledgement, sequence)),
            window_len: self.window,
            window_scale: option(0).then_some(self.options >> 4),
            max_seg_size: option(1).then_some(u16::from(self.options) << (self.options >> 5)),
            sack_permitted: option(2),
            sack_ranges: if option(3) {
                [Some(edge(7)), None, None]
            } else {
                [None; 3]
            },
            payload: text,
            ..frames::segment(from, to)
        };
        let mut frame = frames::tcp(link, from.addr, to.addr, &segment);
        if self.control & 0b1110_0000 != 0 {
            // Several bits at once, which no representation has.
            forge::set_control(link, &mut frame, self.control & 0b11_1111);
        }
        frame
    }
}
