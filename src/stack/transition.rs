//! The states of connections, for a program that shows them.

use core::cell::{Cell, RefCell};
use core::fmt;
use std::boxed::Box;

use smoltcp::iface::SocketSet;
use smoltcp::socket::Socket;
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

use super::control::Control;
use crate::packet::FourTuple;

/// A connection has come from one state to another (RFC 9293, 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What is called with each transition.
#[derive(Default)]
pub(super) struct Watcher {
    watch: Option<RefCell<Box<Watch>>>,
    /// How far the stack's clock is behind the one that it is polled with, in microseconds.
    behind: Cell<i64>,
}

impl Watcher {
    pub(super) fn set(&mut self, watcher: Box<Watch>) {
        self.watch = Some(RefCell::new(watcher));
    }

    pub(super) fn set_behind(&self, microseconds: i64) {
        self.behind.set(microseconds);
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
        if let (Some(watcher), Some(control)) = (&self.watch, control) {
            let time = Instant::from_micros(time.total_micros().saturating_add(self.behind.get()));
            compare(&mut *watcher.borrow_mut(), sockets, control, time);
        }
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
