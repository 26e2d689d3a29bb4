//! What happens on the simulated network and in its stacks, kept for a drawing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use uppercase::simulation::Event;
use uppercase::trace::{Change, Ladder, Record, simulated};

use super::common::network::Network;

/// The most frames that a run has before it is folded.
pub const MOST: usize = 10;

#[derive(Clone, Default)]
pub struct Trace {
    events: Rc<RefCell<Vec<Event>>>,
    changes: Rc<RefCell<Vec<Change>>>,
}

impl Trace {
    /// Keeps what happens from now on.
    pub fn of(network: &mut Network) -> Self {
        let trace = Self::default();
        let events = trace.events.clone();
        network.watch(move |event| events.borrow_mut().push(event.clone()));
        for (name, stack) in [
            ("server", &mut network.server),
            ("client", &mut network.client),
        ] {
            let (name, changes) = (Arc::<str>::from(name), trace.changes.clone());
            stack
                .watch(move |transition| changes.borrow_mut().push(Change::new(&name, transition)));
        }
        trace
    }

    pub fn records(&self) -> Vec<Record> {
        simulated::records(&self.events.borrow())
    }

    /// With the states as the stacks have reported them.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(&self.records(), &self.changes.borrow()).folded(MOST)
    }

    /// With the states as they follow from the segments.
    pub fn derived(&self) -> Ladder {
        Ladder::new(&self.records(), &[]).folded(MOST)
    }
}
