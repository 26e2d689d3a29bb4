//! When the next place is to be looked at: a heap of alarms, one for each place at most.
//!
//! What a connection waits for changes with each segment, mostly to a later moment: a
//! retransmission that is due soon becomes a question whether the client is still there, which is
//! not. So an alarm is moved to an earlier moment, but never to a later one. When it goes off, the
//! place is looked at in vain, and the alarm is set again.

use smoltcp::time::Instant;

use super::entry::{Alarm, Entry, NOBODY};

/// Children of a node. With four of them, half as many levels as with two.
const ARITY: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Alarms {
    count: usize,
}

impl Alarms {
    /// When the next one goes off.
    pub(super) fn due(&self, entries: &[Entry]) -> Option<Instant> {
        (self.count > 0).then(|| entries[0].heap.due)
    }

    /// Has a place looked at then, or before.
    pub(super) fn set(&mut self, entries: &mut [Entry], place: usize, due: Instant) {
        let mut node = entries[place].alarm as usize;
        if entries[place].alarm == NOBODY {
            node = self.count;
            self.count += 1;
        } else if entries[node].heap.due <= due {
            return;
        }
        rise(
            entries,
            node,
            Alarm {
                due,
                place: place as u32,
            },
        );
    }

    /// A place whose alarm goes off.
    pub(super) fn pop(&mut self, entries: &mut [Entry], now: Instant) -> Option<usize> {
        let first = self.due(entries).filter(|due| *due <= now);
        first?;
        let place = entries[0].heap.place as usize;
        entries[place].alarm = NOBODY;
        self.count -= 1;
        if self.count > 0 {
            let last = entries[self.count].heap;
            sink(entries, self.count, last);
        }
        Some(place)
    }
}

fn put(entries: &mut [Entry], node: usize, alarm: Alarm) {
    entries[node].heap = alarm;
    entries[alarm.place as usize].alarm = node as u32;
}

/// Puts an alarm where a node is free, or above.
fn rise(entries: &mut [Entry], mut node: usize, alarm: Alarm) {
    while node > 0 {
        let parent = (node - 1) / ARITY;
        if entries[parent].heap.due <= alarm.due {
            break;
        }
        put(entries, node, entries[parent].heap);
        node = parent;
    }
    put(entries, node, alarm);
}

/// Puts an alarm at the top, which is free, or below.
fn sink(entries: &mut [Entry], count: usize, alarm: Alarm) {
    let mut node = 0;
    loop {
        let children = node * ARITY + 1..count.min(node * ARITY + ARITY + 1);
        let earliest = children.min_by_key(|child| entries[*child].heap.due);
        match earliest {
            Some(child) if entries[child].heap.due < alarm.due => {
                put(entries, node, entries[child].heap);
                node = child;
            }
            _ => break,
        }
    }
    put(entries, node, alarm);
}
