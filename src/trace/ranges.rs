//! Sets of numbers, as ranges that do not touch.

use std::vec::Vec;

/// Ranges that are kept: a sender that leaves a gap with each segment cannot take all memory.
const MOST: usize = 100;

/// Ranges in their order, each with its end excluded. Where there are too many, the lowest two become
/// one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<(i64, i64)>);

impl Ranges {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number behind the highest; 0 if there is none.
    pub(super) fn end(&self) -> i64 {
        self.0.last().map_or(0, |(_, end)| *end)
    }

    /// Whether nothing is missing between the lowest number and the highest.
    pub(super) fn is_contiguous(&self) -> bool {
        self.0.len() <= 1
    }

    /// Whether all numbers from `start` to `end`, which is excluded, are in it.
    pub(super) fn contains(&self, start: i64, end: i64) -> bool {
        let index = self.0.partition_point(|range| range.1 < end);
        self.0.get(index).is_some_and(|range| range.0 <= start)
    }

    /// Adds the numbers from `start` to `end`, which is excluded.
    pub(super) fn add(&mut self, start: i64, end: i64) {
        let from = self.0.partition_point(|range| range.1 < start);
        let to = self.0.partition_point(|range| range.0 <= end);
        let touched = &self.0[from..to];
        let start = touched.first().map_or(start, |range| range.0.min(start));
        let end = touched.last().map_or(end, |range| range.1.max(end));
        self.0.splice(from..to, [(start, end)]);
        if self.0.len() > MOST {
            let (lowest, _) = self.0.remove(0);
            self.0[0].0 = lowest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    #[test]
    fn of_many_gaps_the_lowest_are_forgotten() {
        let mut ranges = Ranges::default();
        for start in 0..10_000 {
            ranges.add(10 * start, 10 * start + 1);
        }
        assert!(ranges.0.len() <= 100 && !ranges.is_contiguous());
        assert!(ranges.contains(0, 10_000) && !ranges.contains(99_980, 99_991));
        assert_eq!(ranges.end(), 99_991);
    }

    #[test]
    fn ranges_that_touch_become_one() {
        let mut ranges = Ranges::default();
        assert!(ranges.is_empty());
        for (start, end) in [(10, 20), (40, 50), (30, 35), (20, 25), (0, 5)] {
            ranges.add(start, end);
        }
        assert_eq!(ranges.0, [(0, 5), (10, 25), (30, 35), (40, 50)]);
        assert!(ranges.contains(12, 25) && !ranges.contains(24, 26) && !ranges.contains(26, 29));
        ranges.add(5, 45);
        assert_eq!(ranges.0, [(0, 50)]);
        assert_eq!(ranges.end(), 50);
    }
}
