//! What is drawn: the frames between two sides, in rows, with the states beside them.

use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::socket::tcp;
use smoltcp::time::Instant;

use super::connection::Connections;
use super::derived::States;
use super::explain;
use super::fold;
use super::frame::Frame;
use super::hosts::Hosts;
use super::label::KEPT_PAYLOAD;
use super::message::Message;
use super::order::{self, Moment};
use super::place::{self, Places, Seen};
use super::quote::plain;
use super::record::{Change, Fate, Record};
use super::row::{Kind, Part, Row};
use super::sentence::{self, Sentence};
use super::sides::{Side, Sides};
use super::sight::{Inside, Sight};

/// A ladder diagram: frames between two sides, in the order of time. It is made once, and drawn as
/// often and in as many ways as you like.
///
/// ```
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Instant;
/// use uppercase::trace::{Ladder, Record, text};
///
/// let request = b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01\
///     \x02\0\0\0\0\x02\xc0\xa8\x45\x02\0\0\0\0\0\0\xc0\xa8\x45\x01";
/// let records = [Record::new(Instant::ZERO, Medium::Ethernet, *request)];
/// let ladder = Ladder::new(&records, &[]);
/// let drawing = text::draw(&ladder, &text::Options::default());
/// assert!(drawing.contains("ARP request for 192.168.69.1 ──"));
/// ```
#[derive(Clone, Debug)]
pub struct Ladder {
    titles: [Vec<String>; 2],
    frames: Vec<Frame>,
    rows: Vec<Row>,
    missing: u64,
    is_explained: bool,
}

/// What makes drawings, each the continuation of the one before.
#[derive(Debug, Default)]
pub(super) struct Builder {
    start: Option<Instant>,
    sides: Sides,
    hosts: Hosts,
    connections: Connections,
    states: States,
    /// Whether the stacks of each side report their states.
    is_reported: [bool; 2],
    is_begun: bool,
}

impl Builder {
    /// Puts the host of this name on a side.
    pub(super) fn know(&mut self, name: &Arc<str>, side: Side) {
        self.sides.know(name, side);
    }

    /// See [`Hosts::expect_more`].
    pub(super) fn expect_more(&mut self) {
        self.hosts.expect_more();
        self.is_begun = true;
    }

    /// The drawing of what has happened since the last one.
    pub(super) fn add(&mut self, records: &[Record], changes: &[Change]) -> Ladder {
        let times = records.iter().map(Record::time);
        let times = times.chain(changes.iter().map(|change| change.time));
        let start = self.start.or(times.min()).unwrap_or(Instant::ZERO);
        self.start = Some(start);
        let since = |time: Instant| time.total_micros().saturating_sub(start.total_micros());
        for record in records {
            let whole = record.whole();
            let sight = Sight::new(record.medium, &whole);
            self.sides
                .see(&sight, record.from.as_ref(), record.to.as_ref());
        }
        let mut frames = Vec::new();
        for record in records {
            let whole = record.whole();
            let sight = Sight::new(record.medium, &whole);
            let (from, to) = (record.from.as_ref(), record.to.as_ref());
            let frame = frame(record, &sight, self.sides.of(&sight, from, to), since);
            self.hosts.see(&frame, record, &sight);
            frames.push(frame);
        }
        let moments = moments(&frames);
        mark_overtaken(&mut frames, &moments);
        let reported = self.reported(changes);
        let derived = self.read(&mut frames, &moments);

        let of_side = |side: Side| {
            let moments = moments.iter().copied();
            let is_here =
                |moment: &Moment| (frames[moment.frame].from == side) != moment.is_arrival;
            moments.filter(is_here).collect::<Vec<_>>()
        };
        let [left, right] = Side::BOTH.map(of_side);
        let order = order::rows([&left, &right], frames.len());
        let mut rows: Vec<Row> = order.iter().map(|part| row(&frames, *part)).collect();
        let mut places = Places::new(&frames, &rows);
        for (seen, state) in derived {
            places.put_derived(&mut rows, seen, state);
        }
        for (side, change) in &reported {
            places.put(&mut rows, &frames, *side, since(change.time), change);
        }
        if !self.is_begun {
            places.put_first(&reported);
        }
        let rows = places.finish(rows);
        self.hosts.name_flows(&mut frames, &rows);
        Ladder {
            titles: self.hosts.titles(),
            frames,
            rows,
            missing: 0,
            is_explained: false,
        }
    }

    /// The changes on sides that are known.
    fn reported<'c>(&mut self, changes: &'c [Change]) -> Vec<(Side, &'c Change)> {
        let mut reported = Vec::new();
        for change in changes {
            if let Some(side) = self.sides.of_name(&change.host) {
                self.is_reported[side.index()] = true;
                reported.push((side, change));
            }
        }
        reported
    }

    /// Reads all TCP segments in the order of time. Returns the states that follow from them, for
    /// the sides of which no stack has reported its own.
    fn read(&mut self, frames: &mut [Frame], moments: &[Moment]) -> Vec<(Seen, tcp::State)> {
        let mut derived = Vec::new();
        for moment in moments {
            let index = moment.frame;
            let frame = &mut frames[index];
            let Some(segment) = frame.segment else {
                continue;
            };
            // The copy that a network makes was sent by no host, and is dropped by the receiver.
            let is_copy = frame.fate == Fate::Duplicate;
            let (side, state) = if !moment.is_arrival {
                let judgement = match is_copy {
                    true => self.connections.look(&segment),
                    false => self.connections.send(&segment, &frame.head, moment.time),
                };
                frame.message = Message::of_segment(&segment, &frame.head, &judgement);
                let state = match is_copy {
                    true => None,
                    false => self.states.send(&segment, &judgement),
                };
                frame.judgement = Some(judgement);
                (frame.from, state)
            } else if frame.fate == Fate::Corrupted {
                continue;
            } else {
                let Some(judgement) = &frame.judgement else {
                    continue;
                };
                self.connections.arrive(&segment, judgement, moment.time);
                (frame.to(), self.states.receive(&segment, judgement))
            };
            let seen = Seen {
                frame: index,
                is_arrival: moment.is_arrival,
            };
            let state = state.filter(|_| !self.is_reported[side.index()]);
            derived.extend(state.map(|state| (seen, state)));
        }
        derived
    }
}

impl Ladder {
    /// Makes a drawing of frames, and of changes of the states of connections as stacks have
    /// reported them. The states at a side for which there are none are derived from the segments.
    #[must_use]
    pub fn new(records: &[Record], changes: &[Change]) -> Self {
        Builder::default().add(records, changes)
    }

    /// Says that this many frames are missing between the first and the last.
    #[must_use]
    pub fn with_missing(mut self, frames: u64) -> Self {
        self.missing = frames;
        self
    }

    /// How many frames are missing between the first and the last.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Lets long runs of frames that are nothing special take one row: of a run that is longer than
    /// `most` frames, a few at the beginning and at the end are left.
    #[must_use]
    pub fn folded(mut self, most: usize) -> Self {
        self.rows = fold::fold(self.rows, &self.frames, most);
        self
    }

    /// Has the sentences of [`explain`](Self::explain) stand under each arrow.
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.is_explained = true;
        self
    }

    /// Whether sentences stand under the arrows.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.is_explained
    }

    /// What the frame in a row is and why it was sent, in sentences; none for the row in which it only
    /// arrives, and for those that are folded.
    #[must_use]
    pub fn explain(&self, row: &Row) -> Vec<Sentence> {
        explain::row(row, &self.frames)
    }

    /// The title of a side, in lines: the name of the host if it is known, its addresses.
    #[must_use]
    pub fn title(&self, side: Side) -> &[String] {
        &self.titles[side.index()]
    }

    /// Whether all segments are those of one connection.
    pub(super) fn is_one_connection(&self) -> bool {
        place::only(&self.frames).is_some()
    }

    /// All frames, in the order in which they were recorded.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// All rows, from top to bottom.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// What is known of a frame without those before it.
fn frame(record: &Record, sight: &Sight<'_>, from: Side, since: impl Fn(Instant) -> i64) -> Frame {
    let sent = since(record.time());
    let is_lost = matches!(record.fate, Fate::Lost | Fate::Unknown);
    // A capture may have cut it: what stands for the rest is not in the frame.
    let has_header = sight.has_header(record.length.saturating_sub(record.bytes.len()));
    let sentences = sentence::of_comment(&record.comment);
    let comment = match &sentences {
        Some(_) => String::new(),
        None => plain(&record.comment),
    };
    let arrived = record.arrived.map(since).unwrap_or(sent).max(sent);
    Frame {
        from,
        sent,
        arrived: (!is_lost).then_some(arrived),
        fate: record.fate,
        is_overtaken: false,
        message: Message::read(sight, &record.bytes, record.length),
        flow: None,
        comment,
        sentences: sentences.unwrap_or_default(),
        length: record.length,
        endpoints: sight.endpoints().filter(|_| has_header),
        judgement: None,
        transmission: record.transmission,
        segment: match sight.inside {
            Inside::Tcp(segment, _) if has_header => Some(segment),
            _ => None,
        },
        head: match sight.inside {
            Inside::Tcp(segment, bytes) => {
                let there = bytes
                    .len()
                    .saturating_sub(record.length.saturating_sub(record.bytes.len()));
                bytes[..there.min(segment.header_len + KEPT_PAYLOAD)].into()
            }
            _ => Vec::new(),
        },
    }
}

fn row(frames: &[Frame], (index, part): (usize, Part)) -> Row {
    let frame = &frames[index];
    let mut times = [None; 2];
    if part != Part::Arrival {
        times[frame.from.index()] = Some(frame.sent);
    }
    if part != Part::Departure {
        times[frame.to().index()] = frame.arrived;
    }
    Row {
        kind: Kind::Frame(index, part),
        times,
        states: [const { Vec::new() }; 2],
    }
}

/// When each frame is sent, and when it arrives, in the order of time.
fn moments(frames: &[Frame]) -> Vec<Moment> {
    let mut moments = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        moments.push(Moment::sent(frame.sent, index));
        let arrival = frame.arrived;
        moments.extend(arrival.map(|time| Moment::arrived(frame.sent, time, index)));
    }
    moments.sort();
    moments
}

/// Marks the frames that arrive after one that was sent later.
fn mark_overtaken(frames: &mut [Frame], moments: &[Moment]) {
    let mut latest = [i64::MIN; 2];
    for moment in moments.iter().filter(|moment| moment.is_arrival) {
        let frame = &mut frames[moment.frame];
        let latest = &mut latest[frame.from.index()];
        frame.is_overtaken = frame.sent < *latest;
        *latest = frame.sent.max(*latest);
    }
}
