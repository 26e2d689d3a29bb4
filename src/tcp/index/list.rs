use super::entry::{Entry, Links, NONE};

/// Which links of an entry a list is made of.
pub(super) type Which = fn(&mut Entry) -> &mut Links;

/// Connections in order, chained through the entries.
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
            first: NONE,
            last: NONE,
        }
    }

    pub(super) fn first(&self) -> Option<usize> {
        (self.first != NONE).then_some(self.first as usize)
    }

    /// Puts a connection that is not in this list behind all others.
    pub(super) fn push_back(&mut self, entries: &mut [Entry], number: usize) {
        *(self.which)(&mut entries[number]) = Links {
            previous: self.last,
            next: NONE,
        };
        match self.last {
            NONE => self.first = number as u32,
            last => (self.which)(&mut entries[last as usize]).next = number as u32,
        }
        self.last = number as u32;
    }

    /// Puts a connection that is not in this list in front of all others.
    pub(super) fn push_front(&mut self, entries: &mut [Entry], number: usize) {
        *(self.which)(&mut entries[number]) = Links {
            previous: NONE,
            next: self.first,
        };
        match self.first {
            NONE => self.last = number as u32,
            first => (self.which)(&mut entries[first as usize]).previous = number as u32,
        }
        self.first = number as u32;
    }

    /// Takes out a connection that is in this list.
    pub(super) fn remove(&mut self, entries: &mut [Entry], number: usize) {
        let Links { previous, next } = *(self.which)(&mut entries[number]);
        match previous {
            NONE => self.first = next,
            previous => (self.which)(&mut entries[previous as usize]).next = next,
        }
        match next {
            NONE => self.last = previous,
            next => (self.which)(&mut entries[next as usize]).previous = previous,
        }
    }

    pub(super) fn pop_front(&mut self, entries: &mut [Entry]) -> Option<usize> {
        let first = self.first()?;
        self.remove(entries, first);
        Some(first)
    }
}
