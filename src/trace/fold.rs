//! Long runs of frames that are nothing special.

use std::collections::BTreeMap;
use std::vec::Vec;

use super::frame::Frame;
use super::message::Unit;
use super::record::Fate;
use super::row::{Fold, Kind, Part, Row};

/// Frames that are left at the beginning of a run and at its end.
const AT_BEGINNING: usize = 3;
const AT_END: usize = 2;

/// Rows in which each run of more than `most` frames that are nothing special is short.
pub(super) fn fold(rows: Vec<Row>, frames: &[Frame], most: usize) -> Vec<Row> {
    let most = most.max(AT_BEGINNING + AT_END + 1);
    let mut folded = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let Some(unit) = unit(&first, frames) else {
            folded.push(first);
            continue;
        };
        let mut run = std::vec![first];
        while let Some(row) = rows.next_if(|row| self::unit(row, frames) == Some(unit)) {
            run.push(row);
        }
        folded.extend(fold_run(run, frames, most));
    }
    folded
}

/// How a row can be counted, if it is nothing special.
pub(super) fn unit(row: &Row, frames: &[Frame]) -> Option<Unit> {
    let Kind::Frame(index, _) = row.kind else {
        return None;
    };
    let frame = &frames[index];
    let is_special = frame.fate != Fate::Delivered
        || frame.flow.is_some()
        || !frame.comment.is_empty()
        || row.states.iter().any(|states| !states.is_empty());
    match is_special {
        true => None,
        false => frame.message.unit,
    }
}

fn index(row: &Row) -> Option<usize> {
    match row.kind {
        Kind::Frame(index, _) => Some(index),
        _ => None,
    }
}

fn fold_run(run: Vec<Row>, frames: &[Frame], most: usize) -> Vec<Row> {
    if parts(&run).len() <= most {
        return run;
    }
    let end = run.len() - AT_END;
    let inner = parts(&run[AT_BEGINNING..end]);
    // A frame is left out if that goes for all of its rows.
    let is_hidden =
        |row: &Row| index(row).is_some_and(|index| inner.get(&index) == Some(&[true; 2]));
    let mut fold = Fold::default();
    let mut times = Vec::new();
    let mut at = None;
    let mut left = Vec::new();
    let mut first = [None; 2];
    for (position, row) in run.iter().enumerate() {
        if !(AT_BEGINNING..end).contains(&position) || !is_hidden(row) {
            left.push(row.clone());
            continue;
        }
        at.get_or_insert(left.len());
        if first == [None; 2] {
            first = row.times;
        }
        times.extend(row.times.iter().flatten().copied());
        if let Kind::Frame(index, Part::Whole | Part::Departure) = row.kind {
            fold.frames.push(index);
            count(&mut fold, &frames[index]);
        }
    }
    let (Some(at), Some(begin), Some(end)) = (at, times.iter().min(), times.iter().max()) else {
        return left;
    };
    fold.duration = end - begin;
    let row = Row {
        kind: Kind::Fold(fold),
        times: first,
        states: [const { Vec::new() }; 2],
    };
    left.insert(at, row);
    left
}

/// Of each frame, whether its departure is among these rows, and whether its arrival is.
fn parts(rows: &[Row]) -> BTreeMap<usize, [bool; 2]> {
    let mut parts = BTreeMap::<usize, [bool; 2]>::new();
    for row in rows {
        if let Kind::Frame(index, part) = row.kind {
            let [departure, arrival] = parts.entry(index).or_default();
            *departure |= part != Part::Arrival;
            *arrival |= part != Part::Departure;
        }
    }
    parts
}

/// Counts a frame that is not shown.
pub(super) fn count(fold: &mut Fold, frame: &Frame) {
    let message = &frame.message;
    fold.bytes += message.payload;
    match message.unit {
        Some(Unit::Segment) if message.payload == 0 => fold.acknowledgements += 1,
        Some(Unit::Segment) | None => fold.segments += 1,
        Some(Unit::Datagram) => fold.datagrams += 1,
        Some(Unit::Fragment) => fold.fragments += 1,
    }
}
