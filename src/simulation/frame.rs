use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::event::Alteration;

/// A frame on its way, or one of its copies.
#[derive(Clone)]
pub(super) struct Frame {
    pub(super) bytes: Arc<[u8]>,
    /// The number of the frame in the network.
    pub(super) number: u64,
    /// 0 for the frame itself, else which of its copies it is.
    pub(super) copy: u32,
    /// Which of the lane's frames it is.
    pub(super) place: u64,
    pub(super) alteration: Option<Alteration>,
    pub(super) is_held_back: bool,
    family: Rc<Family>,
}

/// What a frame and all its copies share.
struct Family {
    copies: Cell<u32>,
    /// How many of them are on their way, on all links.
    on_the_way: Cell<u32>,
}

impl Frame {
    pub(super) fn new(number: u64, bytes: Arc<[u8]>) -> Self {
        let family = Family {
            copies: Cell::new(0),
            on_the_way: Cell::new(1),
        };
        Self {
            bytes,
            number,
            copy: 0,
            place: 0,
            alteration: None,
            is_held_back: false,
            family: Rc::new(family),
        }
    }

    /// The same frame on one more link.
    pub(super) fn forward(&self) -> Self {
        let on_the_way = &self.family.on_the_way;
        on_the_way.set(on_the_way.get() + 1);
        self.clone()
    }

    /// Another copy of the frame, on the same link.
    pub(super) fn duplicate(&self) -> Self {
        let copies = &self.family.copies;
        copies.set(copies.get() + 1);
        Self {
            copy: copies.get(),
            ..self.forward()
        }
    }

    /// This one is on its way no longer. Returns whether none of them is.
    pub(super) fn end(&self) -> bool {
        let on_the_way = &self.family.on_the_way;
        on_the_way.set(on_the_way.get() - 1);
        on_the_way.get() == 0
    }

    /// Changes the bytes, and says how. Bytes that are the same already are not an alteration.
    pub(super) fn alter(&mut self, alteration: Alteration, bytes: Arc<[u8]>) -> bool {
        if self.bytes == bytes {
            return false;
        }
        self.bytes = bytes;
        self.alteration = Some(alteration);
        true
    }
}
