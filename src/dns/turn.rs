//! One name server's turn: the port that it is asked from, and when to ask it again.

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{Socket, UdpMetadata};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{DnsFlags, DnsOpcode, DnsPacket, DnsQuestion, DnsRepr, IpAddress, IpEndpoint};

use super::answer::{self, Answer};
use super::name::Name;
use super::{Failure, QUESTIONS, QUESTIONS_AT_ONCE, Question};
use crate::logging::debug;
use crate::stack::{Context, Unreachable};

/// The port of name servers.
const PORT: u16 = 53;
/// How long to wait for an answer before the question is sent again; doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);

pub(super) struct Turn {
    server: IpEndpoint,
    local_port: u16,
    end: Instant,
    /// When it is asked again; `None` while it is not known where on the link it is.
    retry: Option<Instant>,
    wait: Duration,
}

impl Turn {
    /// The turn of `server`, for `time`.
    pub(super) fn begin(
        context: &mut Context<'_, '_>,
        handle: SocketHandle,
        server: IpAddress,
        time: Duration,
    ) -> Result<Self, Failure> {
        if !context.is_one_host(&server) {
            return Err(Failure::Unaddressable);
        }
        if context.next_hop(&server).is_none() {
            return Err(Failure::NoRoute);
        }
        let local_port = context.ephemeral_port();
        let socket = context.sockets.get_mut::<Socket<'_>>(handle);
        socket
            .bind(local_port)
            .map_err(|_| Failure::Unaddressable)?;
        Ok(Self {
            server: IpEndpoint::new(server, PORT),
            local_port,
            end: context.now + time,
            retry: None,
            wait: FIRST_RETRY,
        })
    }

    /// When it wants to be called even if nothing arrives.
    pub(super) fn deadline(&self) -> Instant {
        self.retry.map_or(self.end, |retry| retry.min(self.end))
    }

    /// Takes what has arrived; the questions that it answers are no longer asked.
    pub(super) fn receive(
        &self,
        context: &mut Context<'_, '_>,
        handle: SocketHandle,
        name: &Name,
        questions: &mut [Question; QUESTIONS_AT_ONCE],
    ) {
        // RFC 5452, 9.1: the address that was asked and the one that asked, both ports, the
        // identification and the question have to be the same.
        let asked_from = context.source_for(&self.server.addr);
        let socket = context.sockets.get_mut::<Socket<'_>>(handle);
        while let Ok((message, sender)) = socket.recv() {
            let is_server = sender.endpoint == self.server && sender.local_address == asked_from;
            let mut answered = false;
            for (question, kind) in questions.iter_mut().zip(QUESTIONS) {
                let Question::Asked { id } = *question else {
                    continue;
                };
                if !is_server {
                    continue;
                }
                if let Some(answer) = answer::read(message, id, name, *kind) {
                    answered = true;
                    *question = match answer {
                        Ok(Answer::Whole(found)) => Question::Answered(found),
                        Ok(Answer::Cut(found)) => Question::Cut(found),
                        Err(failure) => Question::Failed(failure),
                    };
                }
            }
            if !answered {
                debug!("DNS: {} bytes from {} are ignored", message.len(), sender);
            }
        }
    }

    /// Why the server will not answer.
    pub(super) fn failure(&self, context: &mut Context<'_, '_>) -> Option<Failure> {
        let late = context.now >= self.end;
        if context.next_hop(&self.server.addr).is_none() {
            return Some(Failure::NoRoute); // Since it was asked first.
        }
        match context.unreachable(self.local_port, self.server, late) {
            Some(Unreachable::Port) => return Some(Failure::NothingListens),
            Some(Unreachable::Host) => return Some(Failure::Unreachable),
            None => {}
        }
        late.then(|| match context.is_silent(&self.server.addr) {
            true => Failure::NoNeighbor,
            false => Failure::TimedOut,
        })
    }

    /// Sends the questions that are not answered, if it is time to.
    pub(super) fn repeat(
        &mut self,
        context: &mut Context<'_, '_>,
        handle: SocketHandle,
        name: &Name,
        questions: &[Question; QUESTIONS_AT_ONCE],
    ) {
        if self.retry.is_some_and(|retry| context.now < retry) {
            return;
        }
        if !context.resolve(&self.server.addr) {
            self.retry = None;
            return;
        }
        self.retry = Some(context.now + self.wait);
        self.wait *= 2;
        let mut to = UdpMetadata::from(self.server);
        to.local_address = context.source_for(&self.server.addr);
        let socket = context.sockets.get_mut::<Socket<'_>>(handle);
        if socket.send_queue() > 0 {
            // The questions have not left yet: the device has no room.
            return;
        }
        for (question, kind) in questions.iter().zip(QUESTIONS) {
            let Question::Asked { id } = *question else {
                continue;
            };
            let query = DnsRepr {
                transaction_id: id,
                opcode: DnsOpcode::Query,
                flags: DnsFlags::RECURSION_DESIRED,
                question: DnsQuestion {
                    name: name.as_bytes(),
                    type_: *kind,
                },
            };
            // What is not sent now is sent the next time.
            if let Ok(room) = socket.send(query.buffer_len(), to) {
                // smoltcp 0.14 leaves some bits of the header as they were in the buffer.
                room.fill(0);
                query.emit(&mut DnsPacket::new_unchecked(room));
            }
        }
    }
}
