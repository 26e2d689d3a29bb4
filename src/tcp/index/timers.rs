//! When the next connection has something to do: a heap of timers, one for each connection at most.
//!
//! What a connection waits for changes with each segment, mostly to a later moment: a
//! retransmission that is due soon is replaced by a keep-alive, which is due late. So a timer is
//! moved to an earlier moment, but not to a later one: it expires too early, and then is set again.
//! That takes a look at the entry only, not at the connection.

use smoltcp::time::Instant;

use super::entry::{Entry, NONE, Timer};

/// Children of a node. With four of them, half as many levels as with two.
const ARITY: usize = 4;

/// Timers that may expire too early before other work gets a turn.
const LOOKS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Timers {
    count: usize,
}

impl Timers {
    /// When the next one expires, or before.
    pub(super) fn due(&self, entries: &[Entry]) -> Option<Instant> {
        (self.count > 0).then(|| entries[0].heap.due)
    }

    /// Sets the moment of a connection; `None`: never.
    pub(super) fn set(&mut self, entries: &mut [Entry], number: usize, due: Option<Instant>) {
        entries[number].due = due;
        let Some(due) = due else { return };
        let mut node = entries[number].timer as usize;
        if entries[number].timer == NONE {
            node = self.count;
            self.count += 1;
        } else if entries[node].heap.due <= due {
            return;
        }
        rise(
            entries,
            node,
            Timer {
                due,
                number: number as u32,
            },
        );
    }

    /// A connection with a timer that has expired. If none is found, there still may be one while
    /// [`due`](Self::due) has passed.
    pub(super) fn expire(&mut self, entries: &mut [Entry], now: Instant) -> Option<usize> {
        for _ in 0..LOOKS {
            self.due(entries).filter(|due| *due <= now)?;
            let number = entries[0].heap.number;
            let timer = match entries[number as usize].due {
                Some(due) if due > now => Timer { due, number },
                due => {
                    entries[number as usize].timer = NONE;
                    self.count -= 1;
                    if self.count > 0 {
                        let last = entries[self.count].heap;
                        sink(entries, self.count, last);
                    }
                    if due.is_some() {
                        return Some(number as usize);
                    }
                    continue;
                }
            };
            sink(entries, self.count, timer);
        }
        None
    }
}

fn put(entries: &mut [Entry], node: usize, timer: Timer) {
    entries[node].heap = timer;
    entries[timer.number as usize].timer = node as u32;
}

/// Puts a timer where a node is free, or above.
fn rise(entries: &mut [Entry], mut node: usize, timer: Timer) {
    while node > 0 {
        let parent = (node - 1) / ARITY;
        if entries[parent].heap.due <= timer.due {
            break;
        }
        put(entries, node, entries[parent].heap);
        node = parent;
    }
    put(entries, node, timer);
}

/// Puts a timer at the top, which is free, or below.
fn sink(entries: &mut [Entry], count: usize, timer: Timer) {
    let mut node = 0;
    loop {
        let children = node * ARITY + 1..count.min(node * ARITY + ARITY + 1);
        let earliest = children.min_by_key(|child| entries[*child].heap.due);
        match earliest {
            Some(child) if entries[child].heap.due < timer.due => {
                put(entries, node, entries[child].heap);
                node = child;
            }
            _ => break,
        }
    }
    put(entries, node, timer);
}
