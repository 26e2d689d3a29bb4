//! The order of rows: each frame takes one row where that agrees with what both sides have seen,
//! else a row where it is sent and another where it arrives.
//!
//! Each side has its events in their order. Two sides agree on a frame in one row if it is the next
//! event of both. If it is not, the one that comes first in time gets a row of its own.

use std::vec::Vec;

use super::row::Part;

/// A frame is sent or arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) time: i64,
    /// Whether it is anything but the arrival of a frame that was on its way for some time: at one
    /// moment a host receives first.
    rank: bool,
    pub(super) frame: usize,
    pub(super) is_arrival: bool,
}

impl Moment {
    pub(super) fn sent(time: i64, frame: usize) -> Self {
        Self {
            time,
            rank: true,
            frame,
            is_arrival: false,
        }
    }

    pub(super) fn arrived(sent: i64, arrived: i64, frame: usize) -> Self {
        Self {
            time: arrived,
            rank: sent == arrived,
            frame,
            is_arrival: true,
        }
    }
}

/// The rows, from the moments of the left side and of the right, each in their order.
pub(super) fn rows(sides: [&[Moment]; 2], frames: usize) -> Vec<(usize, Part)> {
    let mut rows = Vec::new();
    let mut has_left = std::vec![false; frames];
    let arrives = {
        let mut arrives = std::vec![false; frames];
        let arrivals = sides.iter().flat_map(|side| side.iter());
        for moment in arrivals.filter(|moment| moment.is_arrival) {
            arrives[moment.frame] = true;
        }
        arrives
    };
    let mut next = [0, 0];
    loop {
        let heads = [0, 1].map(|side| sides[side].get(next[side]).copied());
        if let [Some(left), Some(right)] = heads
            && left.frame == right.frame
            && left.is_arrival != right.is_arrival
        {
            rows.push((left.frame, Part::Whole));
            next = next.map(|index| index + 1);
            continue;
        }
        // An arrival has to wait until the frame has left.
        let is_ready = |moment: &Moment| !moment.is_arrival || has_left[moment.frame];
        let ready = [0, 1]
            .into_iter()
            .filter(|side| heads[*side].as_ref().is_some_and(is_ready));
        let first = ready.min_by_key(|side| heads[*side]);
        let any = || [0, 1].into_iter().find(|side| heads[*side].is_some());
        let Some(side) = first.or_else(any) else {
            return rows;
        };
        let Some(moment) = heads[side] else {
            return rows;
        };
        next[side] += 1;
        let part = match (moment.is_arrival, arrives[moment.frame]) {
            (true, _) => Part::Arrival,
            (false, true) => Part::Departure,
            (false, false) => Part::Whole,
        };
        has_left[moment.frame] = true;
        rows.push((moment.frame, part));
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{Moment, Part, rows};

    /// Frames: whether each goes to the right, when it is sent, when it arrives.
    fn ordered(frames: &[(bool, i64, Option<i64>)]) -> Vec<(usize, Part)> {
        let mut sides = [Vec::new(), Vec::new()];
        for (index, (to_right, sent, arrived)) in frames.iter().enumerate() {
            let (from, to) = if *to_right { (0, 1) } else { (1, 0) };
            sides[from].push(Moment::sent(*sent, index));
            let arrived = arrived.map(|time| Moment::arrived(*sent, time, index));
            sides[to].extend(arrived);
        }
        sides.iter_mut().for_each(|side| side.sort());
        rows([&sides[0], &sides[1]], frames.len())
    }

    #[test]
    fn a_question_and_its_answer_take_one_row_each() {
        use Part::Whole;
        let frames = [
            (true, 0, Some(10)),
            (false, 10, Some(20)),
            (true, 20, Some(20)),
        ];
        assert_eq!(ordered(&frames), [(0, Whole), (1, Whole), (2, Whole)]);
    }

    #[test]
    fn frames_on_their_way_in_order_take_one_row_each() {
        use Part::Whole;
        let frames = [(true, 0, Some(10)), (true, 1, Some(11)), (true, 2, None)];
        assert_eq!(ordered(&frames), [(0, Whole), (1, Whole), (2, Whole)]);
    }

    #[test]
    fn of_two_frames_that_cross_the_first_takes_two_rows() {
        use Part::{Arrival, Departure, Whole};
        let frames = [(true, 0, Some(10)), (false, 2, Some(12))];
        assert_eq!(ordered(&frames), [(0, Departure), (1, Whole), (0, Arrival)]);
    }

    #[test]
    fn a_frame_that_is_overtaken_takes_two_rows() {
        use Part::{Arrival, Departure, Whole};
        let frames = [(true, 0, Some(10)), (true, 1, Some(5))];
        assert_eq!(ordered(&frames), [(0, Departure), (1, Whole), (0, Arrival)]);
    }
}
