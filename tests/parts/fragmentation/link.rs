//! A link with two ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

pub type Frames = Rc<RefCell<VecDeque<Vec<u8>>>>;

pub struct End {
    pub medium: Medium,
    ip_mtu: usize,
    arriving: Frames,
    pub leaving: Frames,
}

pub fn link(medium: Medium, ip_mtu: usize) -> (End, End) {
    let (there, back) = (Frames::default(), Frames::default());
    let end = |arriving: &Frames, leaving: &Frames| End {
        medium,
        ip_mtu,
        arriving: arriving.clone(),
        leaving: leaving.clone(),
    };
    (end(&back, &there), end(&there, &back))
}

pub struct Frame(Vec<u8>);
pub struct Leaving(Frames, usize);

impl Device for End {
    type RxToken<'t> = Frame;
    type TxToken<'t> = Leaving;

    fn receive(&mut self, now: Instant) -> Option<(Frame, Leaving)> {
        let frame = self.arriving.borrow_mut().pop_front()?;
        Some((Frame(frame), self.transmit(now)?))
    }

    fn transmit(&mut self, _: Instant) -> Option<Leaving> {
        Some(Leaving(
            self.leaving.clone(),
            self.capabilities().max_transmission_unit,
        ))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = self.medium;
        capabilities.max_transmission_unit = self.ip_mtu + header(self.medium);
        capabilities
    }
}

pub fn header(medium: Medium) -> usize {
    if medium == Medium::Ethernet { 14 } else { 0 }
}

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Leaving {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        assert!(
            length <= self.1,
            "a frame of {length} bytes is longer than the MTU"
        );
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        self.0.borrow_mut().push_back(frame);
        result
    }
}
