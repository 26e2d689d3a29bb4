//! One direction of a wire on which a test can lose, change, keep and forge frames.

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use uppercase::device::wire::{Port, Queue};

const FRAMES: usize = 16;
/// Of an Ethernet frame with its header; where the medium is plain IP, of a packet.
pub const MTU: usize = 1514;

type Wire = Queue<FRAMES, MTU>;
type Filter = Box<dyn FnMut(&mut Vec<u8>) -> bool>;

/// A queue of frames, and what happens to them at its end.
#[derive(Clone)]
pub struct Lane {
    queue: &'static Wire,
    control: Rc<RefCell<Control>>,
}

#[derive(Default)]
struct Control {
    filter: Option<Filter>,
    kept: Option<Vec<Vec<u8>>>,
}

impl Lane {
    pub fn new() -> Self {
        Self {
            // What the stacks borrow lives as long as the test process.
            queue: Box::leak(Box::default()),
            control: Rc::default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// From now on only those frames arrive for which `filter` returns true. It may change them.
    pub fn filter(&mut self, filter: impl FnMut(&mut Vec<u8>) -> bool + 'static) {
        self.control.borrow_mut().filter = Some(Box::new(filter));
    }

    /// Loses every frame from now on.
    pub fn cut(&mut self) {
        self.filter(|_| false);
    }

    /// Loses nothing any more.
    pub fn mend(&mut self) {
        self.control.borrow_mut().filter = None;
    }

    /// Keeps a copy of every frame that is sent from now on, the lost ones too.
    pub fn keep(&mut self) {
        self.control.borrow_mut().kept = Some(Vec::new());
    }

    /// The frames kept since the last call.
    pub fn kept(&mut self) -> Vec<Vec<u8>> {
        self.control
            .borrow_mut()
            .kept
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Puts a frame on the wire that neither stack has sent.
    #[track_caller]
    pub fn forge(&mut self, frame: &[u8]) {
        let mut port = Port::new(self.queue, self.queue, Medium::Ip);
        let token = port
            .transmit(Instant::ZERO)
            .expect("there is room on the wire");
        token.consume(frame.len(), |to| to.copy_from_slice(frame));
    }

    /// Whether a frame can be put on the wire now.
    pub fn has_room(&self) -> bool {
        let mut port = Port::new(self.queue, self.queue, Medium::Ip);
        port.transmit(Instant::ZERO).is_some()
    }

    /// Takes the oldest frame off the wire, where there is no stack at its end.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let mut port = Port::new(self.queue, self.queue, Medium::Ip);
        let (receive, _) = port.receive(Instant::ZERO)?;
        Some(receive.consume(<[u8]>::to_vec))
    }

    /// What arrives of a frame; nothing if it is lost.
    fn deliver(&self, frame: &[u8]) -> Vec<u8> {
        let mut control = self.control.borrow_mut();
        let mut frame = frame.to_vec();
        if let Some(kept) = &mut control.kept {
            kept.push(frame.clone());
        }
        if let Some(filter) = &mut control.filter
            && !filter(&mut frame)
        {
            return Vec::new();
        }
        frame
    }
}

/// Where a stack is plugged in.
pub struct End {
    port: Port<'static, FRAMES, MTU>,
    incoming: Lane,
}

impl End {
    pub fn new(incoming: &Lane, outgoing: &Lane, medium: Medium) -> Self {
        Self {
            port: Port::new(incoming.queue, outgoing.queue, medium),
            incoming: incoming.clone(),
        }
    }
}

type Transmit<'t> = <Port<'static, FRAMES, MTU> as Device>::TxToken<'t>;

impl Device for End {
    type RxToken<'t> = Received;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, now: Instant) -> Option<(Received, Transmit<'_>)> {
        let (receive, transmit) = self.port.receive(now)?;
        // To a stack, a lost frame is an empty one: it takes it and does nothing.
        let frame = receive.consume(|frame| self.incoming.deliver(frame));
        Some((Received(frame), transmit))
    }

    fn transmit(&mut self, now: Instant) -> Option<Transmit<'_>> {
        self.port.transmit(now)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.port.capabilities()
    }
}

/// A frame that has arrived.
pub struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}
