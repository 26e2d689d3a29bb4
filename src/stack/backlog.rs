//! Those who wait for a place.

use managed::ManagedSlice;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{IpAddress, IpEndpoint};

use super::frame::LONGEST_HEADERS;
use super::steering::Ends;

/// How long a request waits. Its client has asked again by then, or has given up.
const PATIENCE: Duration = Duration::from_secs(30);

const NOWHERE: IpEndpoint = IpEndpoint::new(IpAddress::v4(0, 0, 0, 0), 0);

/// Room for a connection request that waits for a place: 132 bytes, with IPv6 176.
#[derive(Clone, Debug)]
pub struct Waiting {
    ends: Ends,
    since: Instant,
    /// When its client asked last.
    asked: Instant,
    /// Whether this is the confirmation of a client that has brought its cookie back.
    is_proven: bool,
    /// 0: nobody waits.
    length: u8,
    frame: [u8; LONGEST_HEADERS],
}

impl Waiting {
    /// Nobody waits.
    pub const NOBODY: Self = Self {
        ends: Ends {
            local: NOWHERE,
            remote: NOWHERE,
        },
        since: Instant::ZERO,
        asked: Instant::ZERO,
        is_proven: false,
        length: 0,
        frame: [0; LONGEST_HEADERS],
    };

    /// Whether somebody waits that has not given up.
    fn waits(&self, now: Instant) -> bool {
        self.length > 0 && now < self.asked + PATIENCE
    }

    fn waits_for(&self, port: u16, now: Instant) -> bool {
        self.ends.local.port == port && self.waits(now)
    }

    fn is_proven(&self) -> bool {
        cfg!(feature = "syn-cookies") && self.is_proven
    }

    /// Keeps a frame, which is not too long.
    fn hold(&mut self, frame: &[u8], is_proven: bool, now: Instant) {
        self.asked = now;
        self.is_proven = is_proven;
        self.length = frame.len() as u8;
        self.frame[..frame.len()].copy_from_slice(frame);
    }
}

/// The requests that wait, each until its server has a place.
pub(super) struct Backlog<'a> {
    slots: ManagedSlice<'a, Waiting>,
    /// How many slots are taken. As long as none is, which is asked for each frame, nobody has to
    /// look at them.
    taken: usize,
}

/// Whose turn it is.
pub(super) struct Turn<'w> {
    pub(super) ends: Ends,
    pub(super) is_proven: bool,
    pub(super) frame: &'w [u8],
}

impl<'a> Backlog<'a> {
    pub(super) fn new(mut slots: ManagedSlice<'a, Waiting>) -> Self {
        for waiting in slots.iter_mut() {
            waiting.length = 0;
        }
        Self { slots, taken: 0 }
    }

    /// Lets a client wait; returns whether there is room. One that asks again keeps its turn, and
    /// who has proven to be there takes the room of somebody who has not.
    pub(super) fn put(&mut self, ends: Ends, frame: &[u8], is_proven: bool, now: Instant) -> bool {
        if frame.len() > LONGEST_HEADERS {
            return false;
        }
        let mut free: Option<&mut Waiting> = None;
        let mut unproven: Option<&mut Waiting> = None;
        for waiting in self.slots.iter_mut() {
            if !waiting.waits(now) {
                free = Some(waiting);
            } else if waiting.ends == ends {
                if is_proven || !waiting.is_proven() {
                    waiting.hold(frame, is_proven, now);
                }
                return true;
            } else if is_proven
                && !waiting.is_proven()
                && unproven
                    .as_ref()
                    .is_none_or(|oldest| waiting.since < oldest.since)
            {
                unproven = Some(waiting);
            }
        }
        let Some(waiting) = free.or(unproven) else {
            return false;
        };
        self.taken += usize::from(waiting.length == 0);
        waiting.ends = ends;
        waiting.since = now;
        waiting.hold(frame, is_proven, now);
        true
    }

    /// Removes the SYN of a connection that is opened in another way. An ACK with a cookie stays.
    pub(super) fn leave(&mut self, ends: &Ends) {
        if self.taken == 0 {
            return;
        }
        for waiting in self.slots.iter_mut() {
            if waiting.length > 0 && waiting.ends == *ends && !waiting.is_proven() {
                waiting.length = 0;
                self.taken -= 1;
            }
        }
    }

    /// Whether somebody waits for the server on `port` that has proven to be there.
    pub(super) fn has_proven(&self, port: u16, now: Instant) -> bool {
        let mut waiting = self.taken().iter();
        waiting.any(|waiting| waiting.is_proven() && waiting.waits_for(port, now))
    }

    /// Who is to be served next: who has proven to be there, then who has waited longest.
    pub(super) fn first(&self, port: u16, only_proven: bool, now: Instant) -> Option<usize> {
        let waiting = self.taken().iter().enumerate().filter(|(_, waiting)| {
            waiting.waits_for(port, now) && (waiting.is_proven() || !only_proven)
        });
        let first = waiting.min_by_key(|(_, waiting)| (!waiting.is_proven(), waiting.since));
        first.map(|(index, _)| index)
    }

    /// No slots, if nobody waits.
    fn taken(&self) -> &[Waiting] {
        match self.taken {
            0 => &[],
            _ => &self.slots,
        }
    }

    /// The one in this slot waits no more.
    pub(super) fn take(&mut self, index: usize) -> Option<Turn<'_>> {
        let waiting = self.slots.get_mut(index)?;
        let length = core::mem::take(&mut waiting.length);
        self.taken -= usize::from(length > 0);
        Some(Turn {
            ends: waiting.ends,
            is_proven: waiting.is_proven(),
            frame: &waiting.frame[..length.into()],
        })
    }
}
