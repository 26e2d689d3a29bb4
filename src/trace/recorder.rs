//! What happens on stacks at work, kept for a drawing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::vec::Vec;

use smoltcp::phy::Medium;

use super::kept::Kept;
use super::ladder::Ladder;
use super::record::{Change, Record};
use super::sight::{Inside, Sight};
use super::sighting::{Sighting, apart, join};
use crate::device::capture::Frame;
use crate::stack::{Transition, Transmission};

/// Keeps what the stacks of one host, or of several, send and receive, and the states of their
/// connections. A clone is the same recorder.
///
/// With the frames of both ends, a frame that leaves one and arrives at the other is one arrow.
///
/// ```
/// use smoltcp::phy::Medium;
/// use smoltcp::time::Instant;
/// use smoltcp::wire::{IpAddress, IpCidr};
/// use uppercase::link::EthernetAddress;
/// use uppercase::Stack;
/// use uppercase::device::capture::Capture;
/// use uppercase::device::wire::{Port, Queue};
/// use uppercase::stack::{Config, Slots};
/// use uppercase::trace::{Recorder, text};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let queue = Queue::<8, 1514>::new();
/// let recorder = Recorder::new();
/// let port = Port::loopback(&queue, Medium::Ethernet);
/// let device = Capture::new(port, recorder.sink("host"));
/// let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]), 1)
///     .with_addresses(&[IpCidr::new(IpAddress::v4(192, 168, 69, 1), 24)]);
/// let mut slots = Slots::<1>::new();
/// let mut stack = Stack::new(device, config, &mut slots, Instant::ZERO)?;
/// stack.watch(recorder.watcher("host"));
/// stack.watch_transmissions(recorder.transmissions());
/// // ... the stack works ...
/// print!("{}", text::draw(&recorder.ladder(), &text::Options::default()));
/// # Ok(())
/// # }
/// ```
///
/// Of a long run the first 20 000 frames and the last 20 000 are kept.
#[derive(Clone, Debug)]
pub struct Recorder(Rc<RefCell<Run>>);

#[derive(Debug)]
struct Run {
    sightings: Kept<Sighting>,
    changes: Kept<Change>,
    /// The last segments that stacks have told of.
    transmissions: VecDeque<Transmission>,
}

/// Segments that stacks have told of: more than are under way in one poll.
const MOST_TOLD: usize = 256;

/// What is kept of the beginning of a run, and of its end.
const MOST: usize = 20_000;

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// A recorder of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(Run {
            sightings: Kept::new(MOST),
            changes: Kept::new(MOST),
            transmissions: VecDeque::new(),
        })))
    }

    /// The sink for a [`Capture`](crate::device::capture::Capture) of the device of this host.
    pub fn sink(&self, host: impl Into<Arc<str>>) -> impl FnMut(Frame<'_>) + 'static {
        let (host, run) = (host.into(), self.0.clone());
        move |frame: Frame<'_>| {
            let Frame {
                time,
                direction,
                medium,
                bytes,
            } = frame;
            let host = host.clone();
            let run = &mut *run.borrow_mut();
            let mut sighting =
                Sighting::new(time, host, Some(direction), medium, bytes, bytes.len());
            sighting.transmission = run.told(medium, bytes);
            run.sightings.push(sighting);
        }
    }

    /// The watcher for the stack of this host ([`Stack::watch`](crate::Stack::watch)).
    pub fn watcher(&self, host: impl Into<Arc<str>>) -> impl FnMut(&Transition) + 'static {
        let (host, run) = (host.into(), self.0.clone());
        move |transition: &Transition| {
            let change = Change::new(&host, transition);
            run.borrow_mut().changes.push(change);
        }
    }

    /// The watcher for the segments that a stack sends
    /// ([`Stack::watch_transmissions`](crate::Stack::watch_transmissions)), on any of the hosts.
    pub fn transmissions(&self) -> impl FnMut(&Transmission) + 'static {
        let run = self.0.clone();
        move |transmission: &Transmission| {
            let told = &mut run.borrow_mut().transmissions;
            if told.len() == MOST_TOLD {
                told.pop_front();
            }
            told.push_back(*transmission);
        }
    }

    /// The frames so far.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let sightings = self.0.borrow().sightings.items();
        join(&sightings).unwrap_or_else(|| apart(&sightings, true))
    }

    /// The changes of states so far.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.0.borrow().changes.items()
    }

    /// A drawing of what was kept so far.
    #[must_use]
    pub fn ladder(&self) -> Ladder {
        let missing = self.0.borrow().sightings.missing();
        Ladder::new(&self.records(), &self.changes()).with_missing(missing)
    }

    /// Takes what has happened on one host since this was called last.
    #[must_use]
    pub fn take(&self) -> (Vec<Record>, Vec<Change>) {
        let mut run = self.0.borrow_mut();
        let sightings = run.sightings.take();
        (apart(&sightings, true), run.changes.take())
    }
}

impl Run {
    /// What a stack has told of the segment in a frame, last.
    fn told(&self, medium: Medium, bytes: &[u8]) -> Option<Transmission> {
        if self.transmissions.is_empty() {
            return None;
        }
        let Inside::Tcp(segment, _) = Sight::new(medium, bytes).inside else {
            return None;
        };
        let mut told = self.transmissions.iter().rev();
        told.find(|told| told.is_of(&segment)).copied()
    }
}
