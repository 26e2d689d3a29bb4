use core::fmt;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;

use super::Direction;
use super::bus::{Bus, LaneId};

/// The end of a [`Link`](super::Link) at which a host is: a [`Device`] without checksum offload.
///
/// Frames that arrive wait here, however many, until they are taken. When the port is dropped, or
/// another one is taken of the same link, those are gone, and later ones are dropped.
///
/// The time that a stack gives to its device is not looked at: a host may have a clock of its own,
/// for instance one that begins at 0 with each boot.
pub struct Port {
    bus: Rc<RefCell<Bus>>,
    link: usize,
    number: u64,
    checksum: ChecksumCapabilities,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port")
            .field("link", &self.link)
            .field("checksum", &self.checksum)
            .finish_non_exhaustive()
    }
}

impl Port {
    pub(super) fn new(bus: &Rc<RefCell<Bus>>, link: usize) -> Self {
        let number = bus.borrow_mut().plug(link);
        Self {
            bus: bus.clone(),
            link,
            number,
            checksum: ChecksumCapabilities::default(),
        }
    }

    /// Has the stack make and verify other checksums than all of them, as if the device did.
    ///
    /// The device does nothing of the kind: what was corrupted is then delivered. Call this before
    /// the stack is made.
    pub fn set_checksum(&mut self, checksum: ChecksumCapabilities) {
        self.checksum = checksum;
    }

    /// The checksums that the stack makes and verifies.
    #[must_use]
    pub fn checksum(&self) -> &ChecksumCapabilities {
        &self.checksum
    }

    /// Whether no other port was taken of the link since.
    fn is_plugged(&self) -> bool {
        self.bus.borrow().is_plugged(self.link, self.number)
    }

    fn token(&self) -> Transmit<'_> {
        Transmit(self)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.bus.borrow_mut().unplug(self.link, self.number);
    }
}

impl Device for Port {
    type RxToken<'t> = Receive;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive, Transmit<'_>)> {
        if !self.is_plugged() {
            return None;
        }
        let frame = self.bus.borrow_mut().take(self.link)?;
        Some((Receive(frame), self.token()))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        let has_room = self.bus.borrow_mut().has_room(self.link);
        has_room.then(|| self.token())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut bus = self.bus.borrow_mut();
        let link = self.link;
        let direction = Direction::FromHost;
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = bus.medium;
        capabilities.max_transmission_unit = bus.lane(LaneId { link, direction }).conditions().mtu;
        capabilities.checksum = self.checksum.clone();
        capabilities
    }
}

/// A frame that has arrived at a [`Port`]. Dropped unused, it is gone.
pub struct Receive(Arc<[u8]>);

impl fmt::Debug for Receive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receive")
            .field("length", &self.0.len())
            .finish_non_exhaustive()
    }
}

impl RxToken for Receive {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// The right to send one frame from a [`Port`].
#[derive(Debug)]
pub struct Transmit<'p>(&'p Port);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let Self(port) = self;
        let mut frame = std::vec![0; length];
        let result = fill(&mut frame);
        if port.is_plugged() {
            let (link, direction) = (port.link, Direction::FromHost);
            let mut bus = port.bus.borrow_mut();
            bus.send(LaneId { link, direction }, frame.into());
        }
        result
    }
}
