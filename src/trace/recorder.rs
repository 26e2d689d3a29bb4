//! What happens on stacks at work, kept for a drawing.

use std::cell::RefCell;
use std::rc::Rc;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use super::ladder::Ladder;
use super::record::{Change, Record};
use super::sighting::{Sighting, apart, join};
use crate::device::capture::Frame;
use crate::stack::Transition;

/// Keeps what the stacks of one host, or of several, send and receive, and the states of their
/// connections. A clone is the same recorder.
///
/// With the frames of both ends, a frame that leaves one and arrives at the other is one arrow.
///
/// ```
/// use smoltcp::iface::SocketStorage;
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Instant;
/// use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};
/// use uppercase::Stack;
/// use uppercase::device::capture::Capture;
/// use uppercase::device::wire::{Port, Queue};
/// use uppercase::stack::Config;
/// use uppercase::trace::{Recorder, text};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let queue = Queue::<8, 1514>::new();
/// let recorder = Recorder::new();
/// let port = Port::loopback(&queue, Medium::Ethernet);
/// let device = Capture::new(port, recorder.sink("host"));
/// let config = Config {
///     hardware_address: EthernetAddress([2, 0, 0, 0, 0, 1]),
///     addresses: &[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)],
///     gateways: &[],
///     random_seed: 1,
/// };
/// let mut slots = [SocketStorage::EMPTY];
/// let mut stack = Stack::new(device, config, &mut slots[..], Instant::ZERO)?;
/// stack.watch(recorder.watcher("host"));
/// // ... the stack works ...
/// print!("{}", text::draw(&recorder.ladder(), &text::Options::default()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Rc<RefCell<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    sightings: Vec<Sighting>,
    changes: Vec<Change>,
}

impl Recorder {
    /// A recorder of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sink for a [`Capture`](crate::device::capture::Capture) of the device of this host.
    pub fn sink(&self, host: impl Into<Arc<str>>) -> impl FnMut(Frame<'_>) + 'static {
        let (host, kept) = (host.into(), self.0.clone());
        move |frame: Frame<'_>| {
            kept.borrow_mut().sightings.push(Sighting {
                time: frame.time,
                host: host.clone(),
                direction: Some(frame.direction),
                medium: frame.medium,
                bytes: frame.bytes.into(),
                length: frame.bytes.len(),
                comment: String::new(),
            });
        }
    }

    /// The watcher for the stack of this host ([`Stack::watch`](crate::Stack::watch)).
    pub fn watcher(&self, host: impl Into<Arc<str>>) -> impl FnMut(&Transition) + 'static {
        let (host, kept) = (host.into(), self.0.clone());
        move |transition: &Transition| {
            let change = Change::new(&host, transition);
            kept.borrow_mut().changes.push(change);
        }
    }

    /// The frames so far.
    pub fn records(&self) -> Vec<Record> {
        let sightings = &self.0.borrow().sightings;
        join(sightings).unwrap_or_else(|| apart(sightings, true))
    }

    /// The changes of states so far.
    pub fn changes(&self) -> Vec<Change> {
        self.0.borrow().changes.clone()
    }

    /// A drawing of what was kept so far.
    pub fn ladder(&self) -> Ladder {
        Ladder::new(&self.records(), &self.changes())
    }
}
