//! The states of connections, for a program that shows them.

use core::cell::{Cell, RefCell};
use core::fmt;
use std::boxed::Box;

use smoltcp::iface::SocketSet;
use smoltcp::socket::Socket;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::control::Control;
use super::transmission::{Cause, Transmission, buffers};
use crate::packet::{Flags, FourTuple, Segment};

/// A connection has come from one state to another (RFC 9293, 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition {
    /// When, by the clock that the stack is polled with.
    pub time: Instant,
    /// Which connection, as this host names it.
    pub four_tuple: FourTuple,
    /// The state before.
    pub from: State,
    /// The state from now on.
    pub to: State,
}

type Watch = dyn FnMut(&Transition);

type WatchTransmissions = dyn FnMut(&Transmission);

/// What is called with each transition, and with each segment that is sent.
#[derive(Default)]
pub(super) struct Watcher {
    states: Option<RefCell<Box<Watch>>>,
    transmissions: Option<RefCell<Box<WatchTransmissions>>>,
    /// The cause of the next segment that no connection sends.
    answers: Cell<Option<Cause>>,
    /// How far the stack's clock is behind the one that it is polled with, in microseconds.
    behind: Cell<i64>,
}

impl Watcher {
    pub(super) fn set(&mut self, watcher: Box<Watch>) {
        self.states = Some(RefCell::new(watcher));
    }

    pub(super) fn set_transmissions(&mut self, watcher: Box<WatchTransmissions>) {
        self.transmissions = Some(RefCell::new(watcher));
    }

    /// What has arrived is answered for this reason, and not by a connection.
    pub(super) fn answers(&self, cause: Cause) {
        self.answers.set(Some(cause));
    }

    /// A segment is about to leave.
    pub(super) fn sends(&self, segment: Segment, control: Option<&Control>, time: Instant) {
        let Some(watcher) = &self.transmissions else {
            return;
        };
        let cause = match control {
            Some(control) => Cause::Connection {
                state: control.state,
                is_again: control.sends_again(&segment),
                buffers: control.buffers,
            },
            None => match self.answers.take() {
                Some(cause) => cause,
                None => return,
            },
        };
        let is_empty = segment.acknowledges() && !segment.flags.has(Flags::FIN);
        let sequence = match control {
            Some(control) if is_empty && segment.payload_len == 0 => control.sequence(&segment),
            _ => segment.sequence,
        };
        let segment = Segment {
            sequence,
            ..segment
        };
        watcher.borrow_mut()(&Transmission {
            time: self.told(time),
            cause,
            segment,
        });
    }

    pub(super) fn set_behind(&self, microseconds: i64) {
        self.behind.set(microseconds);
    }

    /// A moment on the clock that the stack is polled with.
    fn told(&self, time: Instant) -> Instant {
        Instant::from_micros(time.total_micros().saturating_add(self.behind.get()))
    }

    /// Reports the state of a connection, if it is another one than before. smoltcp tells of no
    /// transition, so this is called before and after each call that can bring one.
    #[inline]
    pub(super) fn look(
        &self,
        sockets: &SocketSet<'_>,
        control: Option<&mut Control>,
        time: Instant,
    ) {
        let Some(control) = control else {
            return;
        };
        if let Some(watcher) = &self.states {
            let time = self.told(time);
            compare(&mut *watcher.borrow_mut(), sockets, control, time);
        }
        if self.transmissions.is_some() {
            note_buffers(sockets, control);
        }
    }
}

#[cold]
fn note_buffers(sockets: &SocketSet<'_>, control: &mut Control) {
    if let Some((_, Socket::Tcp(socket))) = sockets.iter().next() {
        control.buffers = buffers(socket);
        control.state = socket.state();
    }
}

#[cold]
fn compare(watcher: &mut Watch, sockets: &SocketSet<'_>, control: &mut Control, time: Instant) {
    let mut sockets = sockets.iter();
    let (Some(four_tuple), Some((_, Socket::Tcp(socket)))) = (control.four_tuple(), sockets.next())
    else {
        return;
    };
    let to = socket.state();
    let mut report = |from, to| {
        watcher(&Transition {
            time,
            four_tuple,
            from,
            to,
        });
    };
    let from = core::mem::replace(&mut control.state, to);
    match (from, to) {
        (from, to) if from == to => {}
        (State::Closed, State::Closed | State::Listen | State::SynSent) => report(from, to),
        // The socket listened in between: it was given the SYN at once.
        (State::Closed, to) => {
            report(State::Closed, State::Listen);
            report(State::Listen, to);
        }
        (from, to) => report(from, to),
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}
