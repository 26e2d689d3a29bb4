//! Where the states of connections stand: beside the segment that is the cause, where there is one.

use std::vec::Vec;

use smoltcp::socket::tcp;
use smoltcp::wire::{IpEndpoint, TcpSeqNumber};

use super::frame::Frame;
use super::record::{Change, Fate};
use super::row::{Kind, Part, Row, State};
use super::sides::Side;
use crate::packet::{Flags, FourTuple, Segment};

/// A frame is seen where it is sent, or where it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) frame: usize,
    pub(super) is_arrival: bool,
}

/// What happens at a side, and in which row.
#[derive(Clone, Copy, Debug)]
struct Happening {
    time: i64,
    row: usize,
    seen: Seen,
}

/// Where states can stand.
#[derive(Debug)]
pub(super) struct Places {
    /// What happens at each side, in its order.
    happenings: [Vec<Happening>; 2],
    /// The rows in which each frame is sent and in which it arrives.
    rows_of: Vec<[usize; 2]>,
    /// Rows of their own for states without a segment, in the order of time: the row that follows.
    own: Vec<(usize, Row)>,
    /// For each side, the first happening that can be the cause of the next change.
    next: [usize; 2],
    /// The connection, if there is only one.
    only: Option<Connection>,
}

pub(super) type Connection = (IpEndpoint, IpEndpoint);

impl Places {
    pub(super) fn new(frames: &[Frame], rows: &[Row]) -> Self {
        let mut happenings = [const { Vec::new() }; 2];
        let mut rows_of = std::vec![[0; 2]; frames.len()];
        for (row, Row { kind, times, .. }) in rows.iter().enumerate() {
            let Kind::Frame(index, part) = *kind else {
                continue;
            };
            let frame = &frames[index];
            let mut add = |side: Side, is_arrival: bool| {
                rows_of[index][usize::from(is_arrival)] = row;
                if let Some(time) = times[side.index()] {
                    happenings[side.index()].push(Happening {
                        time,
                        row,
                        seen: Seen {
                            frame: index,
                            is_arrival,
                        },
                    });
                }
            };
            if part != Part::Arrival {
                add(frame.from, false);
            }
            if part != Part::Departure {
                add(frame.to(), true);
            }
        }
        Self {
            happenings,
            rows_of,
            own: Vec::new(),
            next: [0; 2],
            only: only(frames),
        }
    }

    /// Puts the states before the first segment above everything: what a stack says of the first
    /// connection, if there is only one.
    pub(super) fn put_first(&mut self, reported: &[(Side, &Change)]) {
        let mut states = [const { Vec::new() }; 2];
        for side in Side::BOTH {
            let mut changes = reported.iter().filter(|(other, _)| *other == side);
            let state = match changes.next().map(|(_, change)| (change.from, change.to)) {
                Some((_, tcp::State::Listen)) => tcp::State::Listen,
                Some((from, _)) => from,
                None => continue,
            };
            states[side.index()].push(State::new(state, false));
        }
        if self.only.is_some() && states.iter().any(|states| !states.is_empty()) {
            let row = Row {
                kind: Kind::States,
                times: [None; 2],
                states,
            };
            self.own.insert(0, (0, row));
        }
    }

    /// Puts a state beside the segment that it follows from.
    pub(super) fn put_derived(&self, rows: &mut [Row], seen: Seen, state: tcp::State) {
        let row = &mut rows[self.rows_of[seen.frame][usize::from(seen.is_arrival)]];
        // A frame in one row is sent at one side and arrives at the other.
        let sides = row.times.map(|time| time.is_some());
        let side = match (seen.is_arrival, sides) {
            (_, [true, false]) => 0,
            (_, [false, true]) => 1,
            _ => self.side_of(seen),
        };
        row.states[side].push(State::new(state, true));
    }

    fn side_of(&self, seen: Seen) -> usize {
        let is_here = |happenings: &Vec<Happening>| {
            let row = self.rows_of[seen.frame][usize::from(seen.is_arrival)];
            let from = happenings.partition_point(|happening| happening.row < row);
            let here = happenings[from..]
                .iter()
                .take_while(|happening| happening.row == row);
            here.into_iter().any(|happening| happening.seen == seen)
        };
        usize::from(!is_here(&self.happenings[0]))
    }

    /// Puts a state that a stack has reported beside its cause. Changes come in the order of time.
    pub(super) fn put(
        &mut self,
        rows: &mut [Row],
        frames: &[Frame],
        side: Side,
        time: i64,
        change: &Change,
    ) {
        // That a server's socket listens again says nothing of the connection.
        if change.to == tcp::State::Listen {
            return;
        }
        let state = State::new(change.to, false);
        let happenings = &self.happenings[side.index()];
        let next = self.next[side.index()];
        let from = happenings
            .partition_point(|happening| happening.time < time)
            .max(next);
        let to = happenings
            .partition_point(|happening| happening.time <= time)
            .max(from);
        let fin = || last_fin(&happenings[..to], frames, change);
        let is_cause = |happening: &&Happening| {
            let frame = &frames[happening.seen.frame];
            let segment = frame.segment.as_ref();
            segment.is_some_and(|segment| {
                causes(change, segment, happening.seen.is_arrival)
                    && (!asks_for_fin(change, segment) || covers(segment, fin()))
            })
        };
        let found = || (from..to).filter(|index| is_cause(&&happenings[*index]));
        // A segment that was altered on its way is dropped, unless no checksum covers the change.
        let is_whole = |index: &usize| {
            let frame = &frames[happenings[*index].seen.frame];
            frame.fate != Fate::Corrupted
        };
        let now = found().find(is_whole).or_else(|| found().next());
        // A stack that was told to connect or to close between two polls says so before it sends.
        let later = || {
            happenings
                .get(to..)
                .and_then(|later| later.first())
                .filter(is_cause)
        };
        let earlier = || happenings[next.min(from)..from].last().filter(is_cause);
        if let Some(index) = now {
            self.next[side.index()] = index;
            rows[happenings[index].row].states[side.index()].push(state);
        } else if let Some(happening) = later().or_else(earlier) {
            rows[happening.row].states[side.index()].push(state);
        } else {
            let row = happenings[..to]
                .last()
                .map_or(0, |happening| happening.row + 1);
            let row = rows[row..]
                .iter()
                .position(|later| later.time() > time)
                .map_or(rows.len(), |later| row + later);
            self.add_own(row, side, time, change, state);
        }
    }

    fn add_own(&mut self, row: usize, side: Side, time: i64, change: &Change, state: State) {
        let FourTuple { local, remote } = change.four_tuple;
        let is_only = self.only == Some((local.min(remote), local.max(remote)));
        // The port of the client tells connections apart.
        let client = match side {
            Side::Left => local,
            Side::Right => remote,
        };
        let state = State {
            port: (!is_only).then_some(client.port),
            ..state
        };
        let mut times = [None; 2];
        times[side.index()] = Some(time);
        let mut states = [const { Vec::new() }; 2];
        states[side.index()].push(state);
        self.own.push((
            row,
            Row {
                kind: Kind::States,
                times,
                states,
            },
        ));
    }

    /// All rows, in their order.
    pub(super) fn finish(self, rows: Vec<Row>) -> Vec<Row> {
        let mut own = self.own;
        own.sort_by_key(|(row, own)| (*row, own.times.into_iter().flatten().min()));
        let mut own = own.into_iter().peekable();
        let mut all = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            while let Some((_, row)) = own.next_if(|(before, _)| *before <= index) {
                all.push(row);
            }
            all.push(row);
        }
        all.extend(own.map(|(_, row)| row));
        all
    }
}

/// The connection of all segments, if there is only one.
pub(super) fn only(frames: &[Frame]) -> Option<Connection> {
    let connection = |frame: &Frame| {
        let segment = frame.segment.as_ref()?;
        let (source, destination) = (segment.source, segment.destination);
        Some((source.min(destination), source.max(destination)))
    };
    let mut connections = frames.iter().filter_map(connection);
    let first = connections.next()?;
    connections.all(|other| other == first).then_some(first)
}

/// The number behind the last FIN that the connection has sent.
fn last_fin(happenings: &[Happening], frames: &[Frame], change: &Change) -> Option<TcpSeqNumber> {
    let FourTuple { local, remote } = change.four_tuple;
    let segments = happenings.iter().rev().filter(|one| !one.seen.is_arrival);
    let segments = segments.filter_map(|one| frames[one.seen.frame].segment.as_ref());
    let mut fins = segments.filter(|segment| {
        segment.flags.has(Flags::FIN) && (segment.source, segment.destination) == (local, remote)
    });
    let fin = fins.next()?;
    Some(fin.sequence + fin.payload_len + 1)
}

/// Whether a segment has to acknowledge the FIN to be the cause (RFC 9293, 3.10.7.4).
fn asks_for_fin(change: &Change, segment: &Segment) -> bool {
    use tcp::State;
    !segment.flags.has(Flags::RST)
        && matches!(
            (change.from, change.to),
            (_, State::FinWait2)
                | (State::Closing, State::TimeWait)
                | (State::LastAck, State::Closed)
        )
}

/// Whether a segment acknowledges everything before this number; a FIN that was not seen can be
/// acknowledged by any.
fn covers(segment: &Segment, fin: Option<TcpSeqNumber>) -> bool {
    fin.is_none_or(|end| segment.flags.has(Flags::ACK) && segment.acknowledgement >= end)
}

/// Whether a segment can be why a connection has changed its state: it `is_arrival` at the host of
/// which that is said, or is sent by it.
fn causes(change: &Change, segment: &Segment, is_arrival: bool) -> bool {
    use tcp::State;
    let (local, remote) = match is_arrival {
        true => (segment.destination, segment.source),
        false => (segment.source, segment.destination),
    };
    let four_tuple = change.four_tuple;
    if (local, remote) != (four_tuple.local, four_tuple.remote) {
        return false;
    }
    let flags = segment.flags;
    let (syn, fin) = (flags.has(Flags::SYN), flags.has(Flags::FIN));
    match change.to {
        State::Closed => flags.has(Flags::RST) || is_arrival && change.from == State::LastAck,
        State::Listen => false,
        State::SynSent => syn && !is_arrival,
        State::SynReceived => syn && is_arrival,
        State::Established => is_arrival && syn == (change.from == State::SynSent),
        State::FinWait1 | State::LastAck => fin && !is_arrival,
        State::CloseWait | State::Closing => fin && is_arrival,
        State::FinWait2 => is_arrival,
        State::TimeWait => is_arrival && (fin || change.from == State::Closing),
    }
}
