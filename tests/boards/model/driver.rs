//! A driver of the model, as it has to be, and with one fault planted.

use std::cell::RefCell;
use std::rc::Rc;

use smoltcp::phy::{Checksum, ChecksumCapabilities, Device, DeviceCapabilities, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

use super::fault::Fault;
use super::mac::{Mac, RECEIVE, SHORTEST, TRANSMIT};

const MTU: usize = 1514;
/// The Ethernet header.
const HEADER: usize = 14;
/// Buffers of a driver that loses them.
const BUFFERS: usize = 64;

pub struct Driver {
    mac: Rc<RefCell<Mac>>,
    fault: Option<Fault>,
    received: ReceiveRing,
    transmitted: TransmitRing,
    had_link: bool,
}

impl Driver {
    pub fn start(
        mac: Rc<RefCell<Mac>>,
        EthernetAddress(mut address): EthernetAddress,
        fault: Option<Fault>,
    ) -> Self {
        {
            let mut mac = mac.borrow_mut();
            if fault == Some(Fault::AddressReversed) {
                address.reverse();
            }
            mac.filter = EthernetAddress(address);
            mac.passes_groups = fault != Some(Fault::GroupsDropped);
            mac.strips_checksum = fault != Some(Fault::FrameChecksumCounted);
            mac.marks_end = fault != Some(Fault::RingWithoutEnd);
            if fault == Some(Fault::BuffersTooShort) {
                mac.buffer = 1024;
            }
            mac.receiver_runs = true;
        }
        Self {
            received: ReceiveRing {
                mac: mac.clone(),
                fault,
                next: 0,
                before: vec![None; RECEIVE],
                again: None,
            },
            transmitted: TransmitRing {
                mac: mac.clone(),
                fault,
                next: 0,
                leaked: 0,
            },
            mac,
            fault,
            had_link: true,
        }
    }

    /// Clears the interrupt, and follows the link.
    pub fn acknowledge(&mut self) {
        let mut mac = self.mac.borrow_mut();
        mac.acknowledge();
        let has_link = mac.has_link();
        if self.had_link != has_link {
            self.had_link = has_link;
            mac.receiver_runs = has_link && self.fault != Some(Fault::StaysDown);
        }
    }

    /// Looks after the receiver when all is read.
    fn found_none(&mut self) {
        let mut mac = self.mac.borrow_mut();
        if mac.has_overrun && self.fault != Some(Fault::NotRestarted) {
            mac.has_overrun = false;
            mac.receiver_runs = true;
        }
        mac.look_in_vain();
        if self.fault == Some(Fault::InterruptLost) {
            mac.is_pending = false;
        }
    }
}

struct ReceiveRing {
    mac: Rc<RefCell<Mac>>,
    fault: Option<Fault>,
    next: usize,
    /// What was in each buffer before.
    before: Vec<Option<Vec<u8>>>,
    /// What is looked at once more.
    again: Option<Vec<u8>>,
}

impl ReceiveRing {
    /// The next good frame, which stays where it is; bad ones are given back.
    fn peek(&mut self) -> Option<Vec<u8>> {
        for _ in 0..RECEIVE {
            let frame = self.again.clone().or_else(|| self.look())?;
            if (HEADER..=MTU).contains(&frame.len()) {
                return Some(frame);
            }
            self.give_back();
        }
        None
    }

    fn look(&self) -> Option<Vec<u8>> {
        let slot = &self.mac.borrow().received[self.next];
        if !slot.is_due {
            return None;
        }
        let mut frame = slot.bytes.clone();
        match (self.fault, &self.before[self.next]) {
            (Some(Fault::StaleCache), Some(before)) => frame.clone_from(before),
            (Some(Fault::StaleLength), Some(before)) => frame.resize(before.len(), 0),
            (Some(Fault::OddByteLost), _) if frame.len() % 2 == 1 => {
                frame.pop();
            }
            _ => {}
        }
        Some(frame)
    }

    /// Goes on to the next descriptor.
    fn give_back(&mut self) {
        if self.again.take().is_some() {
            return;
        }
        let slot = &mut self.mac.borrow_mut().received[self.next];
        if self.fault == Some(Fault::ReceivedTwice) {
            self.again = Some(slot.bytes.clone());
        }
        self.before[self.next] = Some(slot.bytes.clone());
        slot.is_due = false;
        slot.is_lost = self.fault == Some(Fault::NotGivenBack);
        self.next = (self.next + 1) % RECEIVE;
    }
}

struct TransmitRing {
    mac: Rc<RefCell<Mac>>,
    fault: Option<Fault>,
    next: usize,
    /// Tokens that were made, and not consumed.
    leaked: usize,
}

impl TransmitRing {
    fn has_room_for(&self, frames: usize) -> bool {
        if self.fault == Some(Fault::TransmitTokenLeaks) && self.leaked >= BUFFERS {
            return false;
        }
        let mac = self.mac.borrow();
        let is_free = |ahead: usize| !mac.transmitted[(self.next + ahead) % TRANSMIT].is_due;
        self.fault == Some(Fault::TransmitOverwrites) || (0..frames).all(is_free)
    }

    fn token(&mut self) -> Transmit<'_> {
        self.leaked += 1;
        Transmit(self)
    }
}

impl Device for Driver {
    type RxToken<'t> = Receive<'t>;
    type TxToken<'t> = Transmit<'t>;

    fn receive(&mut self, _: Instant) -> Option<(Receive<'_>, Transmit<'_>)> {
        let has_room = self.transmitted.has_room_for(2);
        // Switched off, it always has a frame: that ends each wait.
        let is_off = self.mac.borrow().is_off();
        let found = match () {
            () if is_off => Some(vec![0; HEADER]),
            () if has_room => self.received.peek(),
            () => None,
        };
        let Some(frame) = found else {
            self.found_none();
            return None;
        };
        self.mac.borrow_mut().look_and_find();
        let is_taken = is_off || self.fault == Some(Fault::ReceiveTokenTakesFrame);
        if is_taken && !is_off {
            self.received.give_back();
        }
        let receive = Receive {
            ring: &mut self.received,
            frame,
            is_taken,
        };
        Some((receive, self.transmitted.token()))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        let has_room = self.transmitted.has_room_for(1);
        has_room.then(|| self.transmitted.token())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.max_transmission_unit = match self.fault {
            Some(Fault::HeaderNotInMtu) => MTU - HEADER,
            Some(Fault::HeaderTwiceInMtu) => MTU + HEADER,
            _ => MTU,
        };
        let checksums = &mut capabilities.checksum;
        match self.fault {
            Some(Fault::ChecksumsLeftToNothing) => *checksums = ChecksumCapabilities::ignored(),
            Some(Fault::ChecksumsNotVerified) => {
                checksums.ipv4 = Checksum::Tx;
                checksums.icmpv4 = Checksum::Tx;
                checksums.udp = Checksum::Tx;
                checksums.tcp = Checksum::Tx;
            }
            _ => {}
        }
        capabilities
    }
}

pub struct Receive<'t> {
    ring: &'t mut ReceiveRing,
    frame: Vec<u8>,
    is_taken: bool,
}

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let result = read(&self.frame);
        if !self.is_taken {
            self.ring.give_back();
        }
        result
    }
}

pub struct Transmit<'t>(&'t mut TransmitRing);

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let Self(ring) = self;
        ring.leaked -= 1;
        let mut frame = vec![0; length];
        let result = fill(&mut frame);
        let slot = &mut ring.mac.borrow_mut().transmitted[ring.next];
        let shortest = match ring.fault {
            Some(Fault::NotPadded) => 0,
            _ => SHORTEST,
        };
        if ring.fault == Some(Fault::PaddedWithOldBytes) {
            frame.extend(
                slot.bytes
                    .iter()
                    .skip(length)
                    .take(shortest.saturating_sub(length)),
            );
        }
        frame.resize(frame.len().max(shortest), 0);
        if ring.fault == Some(Fault::LengthInWords) {
            frame.resize(frame.len().next_multiple_of(4), 0);
        }
        slot.bytes = frame;
        slot.is_due = true;
        ring.next = (ring.next + 1) % TRANSMIT;
        result
    }
}
