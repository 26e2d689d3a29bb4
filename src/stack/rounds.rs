//! What one poll does: rounds of receiving, serving and transmitting.

use smoltcp::iface::SocketSet;
use smoltcp::phy::{Device, RxToken, TxToken};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::HardwareAddress;

use super::admission::Decision;
use super::again::Part;
use super::context::Context;
use super::door::{Arrived, Door, Given};
use super::steering::{Arrival, Egress, Sets, Steering};
use super::{Sockets, Stack, earliest};

/// Frames received before the sockets may transmit.
const FRAMES_PER_ROUND: usize = 64;
/// Passes over all sockets, each of which transmits at most one packet, before receiving again.
const PASSES_PER_ROUND: usize = 64;
/// Rounds of receiving, serving and transmitting in one call.
const ROUNDS_PER_POLL: usize = 4;

impl<'a, D: Device> Stack<'a, D> {
    pub(super) fn rounds<S: Steering<'a>>(
        &mut self,
        now: Instant,
        steering: &mut S,
        services: &mut impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
    ) -> Option<Duration> {
        self.interface.poll_maintenance(now);
        for _ in 0..ROUNDS_PER_POLL {
            let mut transmitted = false;
            let mut deadline = None;
            let mut frames = 0;
            while frames < FRAMES_PER_ROUND {
                let received = self.receive(now, steering);
                if received || frames == 0 {
                    deadline = self.serve(now, steering, services);
                }
                if core::mem::take(&mut self.link.transmit_first) {
                    transmitted |= self.transmit(now, steering);
                    deadline = self.serve(now, steering, services);
                }
                if !received {
                    break;
                }
                frames += 1;
            }
            // Transmitting makes room, which a service may be waiting for.
            transmitted |= self.transmit(now, steering);
            if !transmitted && frames < FRAMES_PER_ROUND {
                return self.delay(now, earliest(deadline, steering.due()));
            }
        }
        Some(Duration::ZERO)
    }

    /// Lets the services work, and does at once what they ask for.
    #[inline(never)] // Its frame is needed for as long as this takes only, as is that of `receive`.
    fn serve<S: Steering<'a>>(
        &mut self,
        now: Instant,
        steering: &mut S,
        services: &mut impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
    ) -> Option<Instant> {
        loop {
            let deadline = self.ask(now, steering, services);
            self.introduce_neighbor(now);
            let (interface, link) = (&mut self.interface, &mut self.link);
            let (medium, sent) = (link.medium, &link.sent);
            let (counters, device) = (&mut link.counters, &mut self.device);
            let neighbors = &mut link.neighbors;
            let give = |frame: &[u8], sockets: &mut SocketSet<'a>| {
                let mut given = Given::made_up(frame, sent);
                given.reply = device.transmit(now);
                interface.poll_ingress_single(now, &mut given, sockets);
            };
            let admission = &mut link.admission;
            let mut sets = Sets {
                own: &mut self.sockets,
                steering: &mut *steering,
            };
            let admitted = admission.give(&mut sets, medium, now, counters, neighbors, give);
            // Each leaves the backlog, so this comes to an end.
            if !admitted {
                return deadline;
            }
        }
    }

    /// Lets the services work.
    #[inline(never)]
    fn ask<S: Steering<'a>>(
        &mut self,
        now: Instant,
        steering: &mut S,
        services: &mut impl FnMut(&mut Context<'_, 'a>) -> Option<Instant>,
    ) -> Option<Instant> {
        self.link.admission.clear();
        let mut context = self.context(now);
        earliest(services(&mut context), steering.serve(&mut context))
    }

    /// Takes one frame from the device; returns whether there was one.
    #[inline(never)]
    fn receive(&mut self, now: Instant, steering: &mut impl Steering<'a>) -> bool {
        let Some((received, reply)) = self.device.receive(now) else {
            return false;
        };
        let (interface, link) = (&mut self.interface, &mut self.link);
        let mut sets = Sets {
            own: &mut self.sockets,
            steering,
        };
        let meta = received.meta();
        received.consume(|bytes| {
            let decision = link.decide(bytes, &mut sets, now);
            let (medium, sent) = (link.medium, &link.sent);
            let mut give = |frame: &[u8], reply, sets: &mut Sets<'_, 'a, _>| {
                let mut device = Given {
                    frame: Some(Arrived { frame, meta }),
                    reply,
                    sent,
                };
                if let Some(sockets) = sets.receiver(Arrival { medium, frame }) {
                    interface.poll_ingress_single(now, &mut device, sockets);
                }
            };
            let mut reply = Some(reply);
            let mut again = false;
            match decision {
                Decision::Pass { again: twice } => again = twice,
                Decision::Close { fits } => {
                    let mut answer = if fits { None } else { reply.take() };
                    let mut give = |frame: &[u8], sets: &mut _| give(frame, answer.take(), sets);
                    link.give_again(bytes, Part::Reminder, &mut sets, &mut give);
                    if !fits {
                        return link.give_again(bytes, Part::Headers, &mut sets, &mut give);
                    }
                }
                Decision::Drop => return,
                Decision::Answer(answer) => {
                    if let Some(reply) = reply {
                        let answer = answer.as_bytes();
                        reply.consume(answer.len(), |frame| frame.copy_from_slice(answer));
                    }
                    return;
                }
                Decision::Replace(frame) => return give(frame.as_bytes(), reply, &mut sets),
            }
            give(bytes, reply, &mut sets);
            if again {
                // Its answer goes nowhere, lest two hosts answer each other for ever.
                let mut give = |frame: &[u8], sets: &mut _| give(frame, None, sets);
                link.give_again(bytes, Part::Rest, &mut sets, &mut give);
            }
        });
        // The reply may have been a large one, to a ping for instance.
        self.finish_fragments(now);
        true
    }

    /// Tells smoltcp where the host is that is about to be answered.
    fn introduce_neighbor(&mut self, now: Instant) {
        if let Some(neighbor) = self.link.neighbors.take_news()
            && let HardwareAddress::Ethernet(own_hardware) = self.interface.hardware_addr()
            && let Some(own) = self.link.source_for(neighbor.address())
        {
            let sent = &self.link.sent;
            neighbor.introduce(own, own_hardware, |message| {
                let mut device = Given::<D::TxToken<'_>>::made_up(message, sent);
                self.interface
                    .poll_ingress_single(now, &mut device, &mut self.sockets);
            });
            self.link.transmit_first = true;
        }
    }

    /// Whether anything was transmitted.
    fn transmit(&mut self, now: Instant, steering: &mut impl Steering<'a>) -> bool {
        let mut transmitted = false;
        for _ in 0..PASSES_PER_ROUND {
            if !self.finish_fragments(now) {
                break;
            }
            let (mut egress, sockets) = self.egress(now);
            if !egress.transmit(sockets) {
                break;
            }
            transmitted = true;
        }
        transmitted |= steering.transmit(&mut self.egress(now).0);
        // Sockets that have nothing to send do not ask for another pass, fragments may.
        self.finish_fragments(now);
        transmitted
    }

    fn egress(&mut self, now: Instant) -> (Egress<'_, 'a, D>, &mut Sockets<'a>) {
        let egress = Egress {
            now,
            interface: &mut self.interface,
            door: Door {
                device: &mut self.device,
                link: &mut self.link,
            },
        };
        (egress, &mut self.sockets)
    }

    /// Transmits what is left of a fragmented datagram; returns whether all of it is out.
    ///
    /// smoltcp 0.14 has one place for a datagram in fragments and overwrites it with the next one,
    /// so everybody has to wait until it is empty. (Two sockets that send one each in the same
    /// pass still get into each other's way, as the module's documentation says.)
    fn finish_fragments(&mut self, now: Instant) -> bool {
        #[cfg(feature = "fragmentation")]
        {
            let mut nothing = SocketSet::new(&mut [][..]);
            // Enough for the largest datagram at an MTU of 576 bytes; smaller ones take a few polls.
            for _ in 0..128 {
                if self.interface.poll_at(now, &nothing).is_none() {
                    return true;
                }
                if self.device.transmit(now).is_none() {
                    break;
                }
                self.interface
                    .poll_egress(now, &mut self.device, &mut nothing);
            }
            false
        }
        #[cfg(not(feature = "fragmentation"))]
        {
            let _ = now;
            true
        }
    }

    fn delay(&mut self, now: Instant, deadline: Option<Instant>) -> Option<Duration> {
        let due = self.interface.poll_at(now, &self.sockets);
        earliest(due, deadline).map(|due| due - now.min(due))
    }
}
