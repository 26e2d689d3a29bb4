//! When the next place is to be looked at: a heap of alarms, one for each place at most.
//!
//! What a connection waits for changes with each segment, mostly to a later moment: a
//! retransmission that is due soon becomes a question whether the client is still there, which is
//! not. So an alarm is moved to an earlier moment, but not to a later one: it goes off in vain, and
//! then is set again. That takes a look at the entry only, not at the place.

use smoltcp::time::Instant;

use super::entry::{Alarm, Entry, NOBODY};

/// Children of a node. With four of them, half as many levels as with two.
const ARITY: usize = 4;

/// Alarms that may go off in vain before somebody else gets a turn.
const LOOKS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Alarms {
    count: usize,
}

impl Alarms {
    /// When the next one goes off.
    pub(super) fn due(&self, entries: &[Entry]) -> Option<Instant> {
        (self.count > 0).then(|| entries[0].heap.due)
    }

    /// Has a place looked at then; `None`: not at all.
    pub(super) fn set(&mut self, entries: &mut [Entry], place: usize, due: Option<Instant>) {
        entries[place].due = due;
        let Some(due) = due else { return };
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

    /// A place whose time has come. If none is found, there still may be one while
    /// [`due`](Self::due) has passed.
    pub(super) fn pop(&mut self, entries: &mut [Entry], now: Instant) -> Option<usize> {
        for _ in 0..LOOKS {
            self.due(entries).filter(|due| *due <= now)?;
            let place = entries[0].heap.place;
            let alarm = match entries[place as usize].due {
                Some(due) if due > now => Alarm { due, place },
                due => {
                    entries[place as usize].alarm = NOBODY;
                    self.count -= 1;
                    if self.count > 0 {
                        let last = entries[self.count].heap;
                        sink(entries, self.count, last);
                    }
                    if due.is_some() {
                        return Some(place as usize);
                    }
                    continue;
                }
            };
            sink(entries, self.count, alarm);
        }
        None
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
