//! A fake network card with an Embassy driver, and the line between two of them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Waker};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use uppercase::device::embassy::Embassy;

/// Frames that wait, and the wakers of the tasks that wait; each is used once.
pub struct Queue {
    pub frames: RefCell<VecDeque<Vec<u8>>>,
    room: usize,
    wants_frame: RefCell<Option<Waker>>,
    wants_room: RefCell<Option<Waker>>,
}

fn wake(waker: &RefCell<Option<Waker>>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

impl Queue {
    fn new(room: usize) -> Self {
        Self {
            frames: RefCell::default(),
            room,
            wants_frame: RefCell::default(),
            wants_room: RefCell::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.frames.borrow().len()
    }

    fn is_full(&self) -> bool {
        self.len() >= self.room
    }

    /// Lost if there is no room, as frames are.
    pub fn push(&self, frame: Vec<u8>) {
        if !self.is_full() {
            self.frames.borrow_mut().push_back(frame);
            wake(&self.wants_frame);
        }
    }

    pub fn pop(&self) -> Option<Vec<u8>> {
        let frame = self.frames.borrow_mut().pop_front()?;
        wake(&self.wants_room);
        Some(frame)
    }
}

/// The card: what the line sees of it.
pub struct Card {
    pub received: Queue,
    pub to_transmit: Queue,
    pub capabilities: Capabilities,
    pub address: HardwareAddress,
    link: Cell<bool>,
    wants_link: RefCell<Option<Waker>>,
}

impl Card {
    /// Each queue has room for `room` frames.
    pub fn new(host: u8, room: usize) -> Self {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        Self {
            received: Queue::new(room),
            to_transmit: Queue::new(room),
            capabilities,
            address: HardwareAddress::Ethernet([2, 0, 0, 0, 0, host]),
            link: Cell::new(true),
            wants_link: RefCell::default(),
        }
    }

    /// The driver, of which there is one.
    pub fn driver(self: &Rc<Self>) -> Fake {
        Fake(self.clone())
    }

    pub fn set_link(&self, up: bool) {
        self.link.set(up);
        wake(&self.wants_link);
    }
}

pub fn card(host: u8, room: usize) -> Rc<Card> {
    Rc::new(Card::new(host, room))
}

pub fn device(card: &Rc<Card>) -> Embassy<Fake> {
    Embassy::new(card.driver()).expect("the medium is a usual one")
}

/// The driver. It keeps a waker only when there is no token, and only for what is missing: it
/// does not look for a frame while there is no room to answer.
pub struct Fake(Rc<Card>);

impl Driver for Fake {
    type RxToken<'t> = Take<'t>;
    type TxToken<'t> = Put<'t>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Take<'_>, Put<'_>)> {
        self.transmit(context)?;
        if self.0.received.len() == 0 {
            let waker = context.waker().clone();
            self.0.received.wants_frame.replace(Some(waker));
            return None;
        }
        Some((Take(&self.0.received), Put(&self.0)))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Put<'_>> {
        if self.0.to_transmit.is_full() {
            let waker = context.waker().clone();
            self.0.to_transmit.wants_room.replace(Some(waker));
            return None;
        }
        Some(Put(&self.0))
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        self.0.wants_link.replace(Some(context.waker().clone()));
        if self.0.link.get() {
            LinkState::Up
        } else {
            LinkState::Down
        }
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities.clone()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.0.address
    }
}

pub struct Take<'t>(&'t Queue);

impl embassy_net_driver::RxToken for Take<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, read: F) -> R {
        read(&mut self.0.pop().expect("there was a frame"))
    }
}

pub struct Put<'t>(&'t Card);

impl embassy_net_driver::TxToken for Put<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let longest = self.0.capabilities.max_transmission_unit;
        assert!(length <= longest, "{length} bytes do not fit into a frame");
        assert!(!self.0.to_transmit.is_full(), "there was room");
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.to_transmit.push(frame);
        result
    }
}

/// Each card transmits one frame to the other; returns whether any did.
pub fn carry(one: &Card, other: &Card) -> bool {
    let (there, back) = (one.to_transmit.pop(), other.to_transmit.pop());
    let carried = there.is_some() || back.is_some();
    there
        .into_iter()
        .for_each(|frame| other.received.push(frame));
    back.into_iter().for_each(|frame| one.received.push(frame));
    carried
}
