use super::entry::{Entry, Links, NOBODY};

/// Which links of an entry a list is made of.
pub(super) type Which = fn(&mut Entry) -> &mut Links;

/// Places in order, chained through the entries.
#[derive(Debug)]
pub(super) struct List {
    which: Which,
    first: u32,
    last: u32,
}

impl List {
    pub(super) const fn new(which: Which) -> Self {
        Self {
            which,
            first: NOBODY,
            last: NOBODY,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first == NOBODY
    }

    pub(super) fn first(&self) -> Option<usize> {
        (self.first != NOBODY).then_some(self.first as usize)
    }

    /// Puts a place that is not in this list behind all others.
    pub(super) fn push_back(&mut self, entries: &mut [Entry], place: usize) {
        *(self.which)(&mut entries[place]) = Links {
            previous: self.last,
            next: NOBODY,
        };
        match self.last {
            NOBODY => self.first = place as u32,
            last => (self.which)(&mut entries[last as usize]).next = place as u32,
        }
        self.last = place as u32;
    }

    /// Puts a place that is not in this list in front of all others.
    pub(super) fn push_front(&mut self, entries: &mut [Entry], place: usize) {
        *(self.which)(&mut entries[place]) = Links {
            previous: NOBODY,
            next: self.first,
        };
        match self.first {
            NOBODY => self.last = place as u32,
            first => (self.which)(&mut entries[first as usize]).previous = place as u32,
        }
        self.first = place as u32;
    }

    /// Takes out a place that is in this list.
    pub(super) fn remove(&mut self, entries: &mut [Entry], place: usize) {
        let Links { previous, next } = *(self.which)(&mut entries[place]);
        match previous {
            NOBODY => self.first = next,
            previous => (self.which)(&mut entries[previous as usize]).next = next,
        }
        match next {
            NOBODY => self.last = previous,
            next => (self.which)(&mut entries[next as usize]).previous = previous,
        }
    }

    pub(super) fn pop_front(&mut self, entries: &mut [Entry]) -> Option<usize> {
        let first = self.first()?;
        self.remove(entries, first);
        Some(first)
    }
}
