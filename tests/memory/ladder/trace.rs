//! What happens on the simulated network and in its stacks, kept for a drawing.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use uppercase::simulation::Event;
use uppercase::stack::Transmission;
use uppercase::trace::{Change, Ladder, Record, simulated, tell};

use super::common::network::Network;

/// The most frames that a run has before it is folded.
pub const MOST: usize = 10;

#[derive(Clone, Default)]
pub struct Trace {
    events: Rc<RefCell<Vec<Event>>>,
    changes: Rc<RefCell<Vec<Change>>>,
    transmissions: Rc<RefCell<Vec<Transmission>>>,
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
            let transmissions = trace.transmissions.clone();
            stack.watch_transmissions(move |told| transmissions.borrow_mut().push(*told));
        }
        trace
    }

    pub fn records(&self) -> Vec<Record> {
        simulated::records(&self.events.borrow())
    }

    /// With the states and the reasons as the stacks have reported them.
    pub fn ladder(&self) -> Ladder {
        let mut records = self.records();
        tell(&mut records, &self.transmissions.borrow());
        Ladder::new(&records, &self.changes.borrow()).folded(MOST)
    }

    /// With the states and the reasons as they follow from the segments.
    pub fn derived(&self) -> Ladder {
        Ladder::new(&self.records(), &[]).folded(MOST)
    }
}
