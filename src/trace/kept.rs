//! What is kept of a long run: its beginning and its end.

use std::collections::VecDeque;
use std::vec::Vec;

/// Items, of which the first and the last are kept.
#[derive(Clone, Debug)]
pub(super) struct Kept<T> {
    first: Vec<T>,
    last: VecDeque<T>,
    /// How many of each are kept at most.
    most: usize,
    missing: u64,
}

impl<T: Clone> Kept<T> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            first: Vec::new(),
            last: VecDeque::new(),
            most,
            missing: 0,
        }
    }

    pub(super) fn push(&mut self, item: T) {
        if self.first.len() < self.most {
            self.first.push(item);
            return;
        }
        self.last.push_back(item);
        if self.last.len() > self.most {
            self.last.pop_front();
            self.missing += 1;
        }
    }

    /// All that are kept, in their order.
    pub(super) fn items(&self) -> Vec<T> {
        self.first.iter().chain(&self.last).cloned().collect()
    }

    /// How many are not kept any more.
    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    /// Takes all that are kept, and forgets how many were not.
    pub(super) fn take(&mut self) -> Vec<T> {
        let mut items = core::mem::take(&mut self.first);
        items.extend(core::mem::take(&mut self.last));
        self.missing = 0;
        items
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let mut kept = Kept::new(3);
        (0..10).for_each(|item| kept.push(item));
        assert_eq!(kept.items(), [0, 1, 2, 7, 8, 9]);
        assert_eq!(kept.missing(), 4);
        assert_eq!(kept.take(), [0, 1, 2, 7, 8, 9]);
        assert_eq!((kept.items(), kept.missing()), (std::vec![], 0));
    }
}
