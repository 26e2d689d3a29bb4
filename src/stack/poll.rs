//! What one poll does: it receives, lets the services work, and transmits, each within a budget.

use smoltcp::phy::{Device, RxToken};
use smoltcp::time::Instant;

use super::Sockets;
#[cfg(feature = "addressing")]
use super::addressing;
use super::clock::Clock;
use super::context::Context;
#[cfg(feature = "conflict-detection")]
use super::counters::count;
use super::fragmentation::Fragmentation;
use super::host::Host;
use super::ingress::{self, Judges, Received};
use super::interfaces::Interfaces;
use super::next::Next;
use super::outlet::Outlet;
#[cfg(feature = "client")]
use super::ports::Ports;
use super::service::{Service, earliest};
use super::way::Way;
use crate::link::{NEIGHBORS, Room};
#[cfg(feature = "conflict-detection")]
use crate::logging::warn;
use crate::packet::ETHERNET_HEADER;

/// Frames that are received before the services work.
const FRAMES: usize = 64;
/// Datagrams among them. They are few enough that a client on another core goes on with the first
/// answers meanwhile, and enough to share a system call. They are not more than the senders that are
/// remembered.
const DATAGRAMS: usize = if NEIGHBORS < 16 { NEIGHBORS } else { 16 };
/// Bytes that are answered before more frames are received, where a frame carries more than a packet of
/// the link: the other side goes on with the answer meanwhile.
const TEXT: usize = 16 * 1024;
/// Packets that each socket of the stack transmits before frames are received again.
const PASSES: usize = 64;

/// One poll: the parts of the stack.
pub(super) struct Poll<'p, 'a, D> {
    pub(super) clock: &'p mut Clock,
    pub(super) device: &'p mut D,
    pub(super) interfaces: &'p mut Interfaces,
    pub(super) fragmentation: &'p mut Fragmentation<'a>,
    pub(super) sockets: &'p mut Sockets<'a>,
    pub(super) host: &'p mut Host,
    pub(super) judges: &'p mut Judges<'a>,
    #[cfg(feature = "client")]
    pub(super) ports: &'p mut Ports,
    /// The time by the program's clock, which is that of the device, and by the stack's.
    pub(super) program: Instant,
    pub(super) now: Instant,
}

impl<'a, D: Device> Poll<'_, 'a, D> {
    pub(super) fn run(mut self, service: &mut dyn Service<'a>) -> Next {
        let now = self.clock.begin(self.program);
        self.set(now);
        self.interfaces.segments.poll_maintenance(self.now);
        #[cfg(feature = "mld")]
        self.report_memberships();
        #[cfg(feature = "addressing")]
        self.follow_addresses(service);
        // What waits for room comes before what is received: an answer to that could take the room.
        let is_complete = !self.host.lacks_room && self.receive(service);
        // While fragments wait for room, nothing is received.
        let waits = cfg!(feature = "fragmentation") && !self.finish_fragments();
        let is_read = is_complete && !waits;
        let now = self.clock.received(is_read);
        self.set(now);
        #[cfg(feature = "paths")]
        {
            self.host.is_behind = self.clock.is_behind();
        }
        let next = self.work(service, is_complete);
        self.host.lacks_room = next == Next::Room;
        let due = self.clock.end(match next {
            Next::Poll => Some(self.now),
            // A host may be stopped while its device has no room. A board is not, and saves the flash.
            Next::Room if cfg!(feature = "alloc") => Some(self.now),
            Next::Room => None,
            Next::Frame(due) => due,
        });
        match next {
            Next::Frame(_) => Next::Frame(due),
            next => next,
        }
    }

    /// Sets the time by the stack's clock.
    fn set(&mut self, now: Instant) {
        self.now = now;
        #[cfg(feature = "trace")]
        self.host.watcher.set_behind(self.clock.behind());
    }

    /// Tells all that goes on by itself of a change of addresses; returns whether a service may ask
    /// about it: a connection has ended, an address can be used, another host has it.
    #[cfg(feature = "addressing")]
    #[inline(never)]
    fn follow_addresses(&mut self, service: &mut dyn Service<'a>) -> bool {
        #[cfg(feature = "conflict-detection")]
        let has_news = self.tend_claims();
        #[cfg(any(feature = "dhcp", feature = "slaac"))]
        let has_news = self.tend_configuration() || has_news;
        #[cfg(not(feature = "conflict-detection"))]
        let has_news = false;
        if !core::mem::take(&mut self.host.has_changed) {
            return has_news;
        }
        self.host.link.follow_addresses();
        self.interfaces.follow(self.host);
        if !self.host.link.addresses.take_loss() {
            return has_news;
        }
        self.judges.accept.forget_gone(&self.host.link.addresses);
        self.fragmentation.forget_gone(self.host);
        let mut room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        let mut way = Way::new(self.interfaces, self.host, self.now, &mut room);
        addressing::end_gone(service, self.sockets, &mut way) || has_news
    }

    /// Asks the network for addresses, and takes what it gives, as it is due; returns whether something
    /// has happened.
    #[cfg(any(feature = "dhcp", feature = "slaac"))]
    fn tend_configuration(&mut self) -> bool {
        let mut room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        let Host {
            link,
            configuration,
            ..
        } = &mut *self.host;
        let outcome = configuration.tend(link, self.program, &mut room);
        self.host.has_changed |= outcome.has_changed;
        outcome.has_news
    }

    /// Asks for addresses, announces and defends them, as it is due; returns whether there is news.
    #[cfg(feature = "conflict-detection")]
    fn tend_claims(&mut self) -> bool {
        let mut has_news = false;
        let Host {
            link,
            conflict,
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            configuration,
            ..
        } = &mut *self.host;
        let counters = &mut self.judges.counters;
        let mut room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        let has_changed = link.tend_claims(self.now, &mut room, &mut |latest| {
            has_news = true;
            warn!("{}", latest);
            count(&mut counters.conflicts);
            #[cfg(any(feature = "dhcp", feature = "slaac"))]
            configuration.hear(&latest);
            *conflict = Some(latest);
        });
        self.host.has_changed |= has_changed;
        has_news || has_changed
    }

    /// Reports the groups that this host listens to, as it is due.
    #[cfg(feature = "mld")]
    fn report_memberships(&mut self) {
        let mut room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        self.host.link.report_memberships(self.now, &mut room);
    }

    /// All but the receiving; returns what to do next, by the stack's clock.
    fn work(&mut self, service: &mut dyn Service<'a>, is_complete: bool) -> Next {
        let due = self.serve(service);
        #[cfg(feature = "addressing")]
        let has_news = self.follow_addresses(service);
        #[cfg(not(feature = "addressing"))]
        let has_news = false;
        #[cfg(feature = "mld")]
        self.report_memberships();
        let admitted = self.admit(service);
        let due = earliest(due, self.transmit(service));
        if !is_complete
            || has_news
            || admitted
            || self.judges.accept.is_ready(service, self.host, self.now)
        {
            return Next::Poll;
        }
        #[cfg(feature = "conflict-detection")]
        let due = earliest(due, self.host.link.claims_due(self.now));
        #[cfg(feature = "mld")]
        let due = earliest(due, self.host.link.memberships_due(self.now));
        // A lease ends by the program's clock, which counts pauses.
        #[cfg(any(feature = "dhcp", feature = "slaac"))]
        let due = earliest(due, {
            let due = self.host.configuration.due();
            due.map(|due| self.now + (due.max(self.program) - self.program))
        });
        let due = earliest(due, self.judges.accept.due(service, self.host, self.now));
        match due {
            Some(due) if due <= self.now => match self.device.transmit(self.program) {
                Some(_) => Next::Poll,
                None => Next::Room,
            },
            due => Next::Frame(due),
        }
    }

    /// Receives frames; returns whether there is no more of them.
    #[inline(never)] // Its frame is needed for as long as this takes only, as are those below.
    fn receive(&mut self, service: &mut dyn Service<'a>) -> bool {
        let (mut frames, mut datagrams, mut text) = (0, 0, 0);
        let longest = ETHERNET_HEADER + self.host.ip_mtu();
        while frames < FRAMES {
            let Some((received, length)) = self.receive_one(service) else {
                return true;
            };
            frames += 1;
            if let Received::Datagram(port) = received {
                datagrams += 1;
                if datagrams == DATAGRAMS || !self.has_room_for_datagrams(port, datagrams) {
                    return false;
                }
            } else if cfg!(feature = "segmentation") && length > longest {
                text += length;
                if text >= TEXT {
                    text = 0;
                    self.answer(service);
                }
            }
            // A connection that has ended makes room for the next one.
            if matches!(received, Received::End) {
                return false;
            }
        }
        false
    }

    /// Answers what has been received, while the device may have more.
    #[inline(never)]
    fn answer(&mut self, service: &mut dyn Service<'a>) {
        #[cfg(feature = "paths")]
        {
            self.host.is_behind = true;
        }
        // When to poll again is asked for when the poll ends.
        let _ = self.serve(service);
        let _ = self.transmit(service);
    }

    /// Transmits the fragments that wait, as far as there is room; returns whether all are out.
    fn finish_fragments(&mut self) -> bool {
        let room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        self.fragmentation.finish(room, self.host, self.now)
    }

    /// Receives a frame, if there is one; returns also its length.
    #[inline(never)]
    fn receive_one(&mut self, service: &mut dyn Service<'a>) -> Option<(Received, usize)> {
        // What is received may be answered by a large packet, for which there is one place.
        if cfg!(feature = "fragmentation") && !self.finish_fragments() {
            return None;
        }
        let (token, reply) = self.device.receive(self.program)?;
        let mut reply = self.fragmentation.before(Some(reply), self.host, self.now);
        let mut way = Way::new(self.interfaces, self.host, self.now, &mut reply);
        way.meta = token.meta();
        let (host, judges, sockets) = (&*self.host, &mut *self.judges, &mut *self.sockets);
        Some(token.consume(|bytes| {
            let received = ingress::receive(bytes, host, judges, sockets, service, &mut way);
            (received, bytes.len())
        }))
    }

    /// Whether the sockets of this port have room for another datagram of any length, after
    /// `datagrams` have been received.
    fn has_room_for_datagrams(&self, port: u16, datagrams: usize) -> bool {
        let longest = if cfg!(feature = "fragmentation") {
            u16::MAX.into()
        } else {
            self.host.ip_mtu()
        };
        let mut sockets = self.sockets.udp();
        // Where the end of the buffer is too short for a datagram, that takes a place, too.
        sockets.all(|socket| {
            socket.endpoint().port != port
                || datagrams + 2 <= socket.packet_recv_capacity()
                    && socket.recv_queue() + longest.min(socket.payload_recv_capacity() / 2)
                        <= socket.payload_recv_capacity()
        })
    }

    #[inline(never)]
    fn serve(&mut self, service: &mut dyn Service<'a>) -> Option<Instant> {
        service.poll(&mut Context {
            now: self.now,
            sockets: self.sockets,
            interface: self.interfaces.segments.context(),
            host: self.host,
            #[cfg(feature = "client")]
            ports: self.ports,
        })
    }

    /// Gives SYNs that have waited to the servers that have room by now.
    #[inline(never)]
    fn admit(&mut self, service: &mut dyn Service<'a>) -> bool {
        let Judges { accept, counters } = &mut *self.judges;
        let (host, now) = (&*self.host, self.now);
        let mut room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        let mut way = Way::new(self.interfaces, host, now, &mut room);
        accept.admit(
            service,
            host,
            now,
            counters,
            &mut |connection, source, packet| {
                way.asker = source;
                let Some(connection) = connection else {
                    #[cfg(feature = "trace")]
                    host.watcher.answers(super::transmission::Cause::Cookie);
                    return way.answer(packet);
                };
                let control = Some(&mut connection.control);
                way.deliver(&mut connection.set, control, packet);
            },
        )
    }

    /// Transmits what there is; returns when there will be more.
    #[inline(never)]
    fn transmit(&mut self, service: &mut dyn Service<'a>) -> Option<Instant> {
        let sockets = &mut *self.sockets;
        let room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        let mut room = self.fragmentation.before(room, self.host, self.now);
        let mut way = Way::new(self.interfaces, self.host, self.now, &mut room);
        for _ in 0..PASSES {
            if !way.poll(&mut sockets.set, None) {
                break;
            }
        }
        #[cfg(feature = "client")]
        let of_clients = {
            use super::service::Egress;
            let mut due = None;
            sockets.clients.for_each(|connection| {
                if !way.finds(connection) {
                    return;
                }
                let mut passes = 0..PASSES;
                let mut outlet = Outlet(&mut way);
                while passes.next().is_some() && outlet.transmit(connection) {}
                due = earliest(due, outlet.due(connection));
            });
            due
        };
        #[cfg(not(feature = "client"))]
        let of_clients = None;
        let of_services = service.transmit(&mut Outlet(&mut way));
        let own = way.interfaces.segments.poll_at(way.now, &sockets.set);
        #[cfg(feature = "client")]
        let own = {
            // All that is wished for in this poll is known by now.
            self.host.link.ask(self.now, way.transmit);
            earliest(own, self.host.link.due())
        };
        let due = earliest(own, earliest(of_clients, of_services));
        let room = Room {
            device: &mut *self.device,
            now: self.program,
        };
        match self.fragmentation.finish(room, self.host, self.now) {
            true => due,
            false => Some(self.now),
        }
    }
}
