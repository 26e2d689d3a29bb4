//! What the stack asks of the server: for whom a frame is, and to serve and transmit.

use smoltcp::iface::SocketSet;
use smoltcp::phy::Device;
use smoltcp::socket::tcp::{Socket, State};
use smoltcp::time::Instant;

use super::Server;
use crate::stack::{Arrival, Content, Context, Egress, Ends, Steering, connection, earliest};
use crate::tcp::phase::Phase;
use crate::tcp::server::HALF_OPEN_GRACE;

/// Places whose time has come that are served in one go.
const ALARMS_PER_POLL: usize = 64;
/// Turns of each place to transmit one packet before frames are received again.
const PASSES: usize = 64;

impl<'a> Steering<'a> for Server<'a> {
    fn connection<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut Socket<'a>> {
        if ends.local.port != self.config.port {
            return connection(own, ends);
        }
        let number = self.find(ends)?;
        let socket = self.places[number].socket()?;
        (socket.state() != State::Closed).then_some(socket)
    }

    fn listener<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        ends: &Ends,
    ) -> Option<&'s mut SocketSet<'a>> {
        if ends.local.port != self.config.port || self.closed {
            return Some(own);
        }
        let found = self.find(ends);
        self.listen(found, ends)
    }

    fn receiver<'s>(
        &'s mut self,
        own: &'s mut SocketSet<'a>,
        arrival: Arrival<'_>,
    ) -> Option<&'s mut SocketSet<'a>> {
        let (ends, opens) = match arrival.content() {
            Content::Segment { ends, opens } if ends.local.port == self.config.port => {
                (ends, opens)
            }
            _ => return Some(own),
        };
        let found = self.find(&ends);
        if opens && !self.closed {
            return self.listen(found, &ends);
        }
        match found {
            Some(number) => self.touch(number),
            None => Some(own),
        }
    }

    fn serve(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let expired = self.counters.expired;
        if let Some(number) = self.touched.take() {
            self.serve_place(number, context);
        }
        for _ in 0..ALARMS_PER_POLL {
            match self.alarms.pop(&mut self.entries, context.now) {
                Some(number) => self.serve_place(number, context),
                None => break,
            }
        }
        if !self.closed
            && (self.has_room()
                || context.busy(self.config.port) && self.reuse_half_open(context.now))
        {
            context.admit(self.config.port);
        }
        if self.counters.expired != expired {
            context.forgot_half_open();
        }
        None
    }

    fn transmit<D: Device>(&mut self, egress: &mut Egress<'_, 'a, D>) -> bool {
        let had_room = self.has_room();
        let mut transmitted = false;
        for pass in 1..=PASSES {
            // Those behind the last one have had their turn.
            let mut last = self.busy.last();
            while let Some(number) = last.and_then(|_| self.busy.pop_front(&mut self.entries)) {
                if last == Some(number) {
                    last = None;
                }
                transmitted |= self.transmit_one(number, egress, pass == PASSES);
            }
        }
        transmitted || self.has_room() != had_room
    }

    fn due(&self) -> Option<Instant> {
        self.alarms.due(&self.entries)
    }
}

impl<'a> Server<'a> {
    /// Serves a connection, as something has come for it or its time has.
    fn serve_place(&mut self, number: usize, context: &mut Context<'_, 'a>) {
        let place = &mut self.places[number];
        let Some((connection, socket)) = place.parts() else {
            return;
        };
        let (config, chunk, counters) = (&self.config, &mut self.chunk, &mut self.counters);
        let mut deadline = connection.poll(context.now, socket, config, chunk, counters);
        if connection.phase != Phase::Free && connection.phase != Phase::of(socket) {
            // It has closed, or was given up: another time limit begins at this moment.
            deadline = connection.poll(context.now, socket, config, chunk, counters);
        }
        if let Some(client) = socket.remote_endpoint() {
            context.answer(&client.addr);
        }
        if connection.phase == Phase::TimeWait && !connection.settled {
            // The client's close is still to be acknowledged.
            context.transmit_first();
        }
        let given_up = connection.phase == Phase::Free && Phase::of(socket) == Phase::Resetting;
        if given_up || socket.state() == State::Listen {
            // Its reset cannot be sent, or the request was none.
            place.release(self.config.port);
        }
        place.deadline = deadline;
        self.note(number, false);
        self.queue(number);
    }

    /// Lets one place transmit a packet; it gets another turn if it has more, unless this is the
    /// last.
    fn transmit_one<D: Device>(
        &mut self,
        number: usize,
        egress: &mut Egress<'_, 'a, D>,
        is_last: bool,
    ) -> bool {
        let place = &mut self.places[number];
        let (now, deadline) = (egress.now(), place.deadline);
        let Some(set) = place.set() else {
            return false;
        };
        let transmitted = egress.transmit(set);
        let due = egress.due(set);
        if transmitted && !is_last && due.is_some_and(|due| due <= now) {
            self.busy.push_back(&mut self.entries, number);
            return true;
        }
        place.is_busy = false;
        let due = earliest(due, deadline);
        self.note(number, due.is_none_or(|due| due > now));
        let due = due.map(|due| due.max(now));
        self.alarms.set(&mut self.entries, number, due);
        transmitted
    }

    /// Gives the place of whoever has not confirmed for longest to a client that would; returns
    /// whether that one's time is over.
    fn reuse_half_open(&mut self, now: Instant) -> bool {
        let Some(oldest) = self.opening.first() else {
            return false;
        };
        let place = &mut self.places[oldest];
        if now < place.connection.progress + HALF_OPEN_GRACE {
            return false;
        }
        place.release(self.config.port);
        self.note(oldest, false);
        self.counters.expired = self.counters.expired.wrapping_add(1);
        true
    }
}
