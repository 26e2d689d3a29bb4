use core::fmt;
use std::cell::RefCell;
use std::rc::Rc;
use std::string::String;

use super::Link;
use super::bus::Bus;

/// A hub or a switch, and the links to it. A clone is the same segment.
///
/// A frame does not leave its segment: a host with a link to each of two is a router or a bridge
/// between them.
#[derive(Clone)]
pub struct Segment {
    bus: Rc<RefCell<Bus>>,
    index: usize,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl Segment {
    pub(super) fn new(bus: &Rc<RefCell<Bus>>, index: usize) -> Self {
        Self {
            bus: bus.clone(),
            index,
        }
    }

    /// Connects another host. The name is for the log.
    pub fn link(&self, name: impl Into<String>) -> Link {
        let name = name.into();
        let index = self
            .bus
            .borrow_mut()
            .add_link(self.index, name.as_str().into());
        Link::new(&self.bus, index)
    }
}
