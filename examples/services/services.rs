//! Two services of another kind: one over TCP that returns each line reversed, and one over UDP
//! that tells how long the server has been up. Neither knows what it runs on.

use core::fmt::Write;

use heapless::{String, Vec};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::Socket;
use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;
use uppercase::stack::{Context, Service, Sockets, SocketsFull};
use uppercase::tcp::{Handler, Progress};
use uppercase::{PORT, udp};

/// What all connections have in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub clients: u32,
    pub lines: u32,
}

/// The longest line that is reversed as a whole, in bytes; a longer one is returned in pieces.
const LINE: usize = 64;

/// One connection: greets the client, then reverses its lines.
#[derive(Default)]
pub struct Reverser {
    line: Vec<u8, LINE>,
}

impl Handler for Reverser {
    type Shared = Totals;

    const ROOM: usize = LINE + 1;

    fn opened(&mut self, totals: &mut Totals, _: IpEndpoint, output: &mut [u8]) -> usize {
        totals.clients += 1;
        let mut greeting = String::<32>::new();
        let _ = writeln!(greeting, "Hello, client {}!", totals.clients);
        let length = greeting.len().min(output.len());
        output[..length].copy_from_slice(&greeting.as_bytes()[..length]);
        length
    }

    fn exchange(
        &mut self,
        totals: &mut Totals,
        _: Instant,
        input: &[u8],
        output: &mut [u8],
    ) -> Progress {
        for (index, &byte) in input.iter().enumerate() {
            if byte == b'\n' || self.line.push(byte).is_err() {
                return Progress {
                    consumed: index + usize::from(byte == b'\n'),
                    produced: self.answer(totals, output),
                };
            }
        }
        Progress {
            consumed: input.len(),
            produced: 0,
        }
    }

    fn finish(&mut self, totals: &mut Totals, output: &mut [u8]) -> usize {
        if self.line.is_empty() {
            return 0;
        }
        self.answer(totals, output) // The last line need not end.
    }
}

impl Reverser {
    fn answer(&mut self, totals: &mut Totals, output: &mut [u8]) -> usize {
        totals.lines += 1;
        let length = self.line.len();
        self.line.reverse();
        output[..length].copy_from_slice(&self.line);
        output[length] = b'\n'; // There is room for it: see `ROOM`.
        self.line.clear();
        length + 1
    }
}

/// Answers each datagram with the milliseconds since the start, as a line.
pub struct Uptime {
    handle: SocketHandle,
    /// Ends what begins when another service answers the answers.
    guard: udp::LoopGuard,
}

impl Uptime {
    pub fn new<'a, const COUNT: usize, const SIZE: usize>(
        sockets: &mut Sockets<'a>,
        buffers: &'a mut udp::Buffers<COUNT, SIZE>,
    ) -> Result<Self, SocketsFull> {
        let udp::Parts {
            receive, transmit, ..
        } = buffers.split();
        let mut socket = Socket::new(receive, transmit);
        // Cannot fail: the port is not 0, and the socket is new.
        let _ = socket.bind(PORT);
        Ok(Self {
            handle: sockets.add(socket)?,
            guard: udp::LoopGuard::new(),
        })
    }
}

impl<'a> Service<'a> for Uptime {
    fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        while context.sockets.get::<Socket<'_>>(self.handle).can_send() {
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            let Ok((request, client)) = socket.recv() else {
                return None; // Nothing to do before a datagram arrives.
            };
            let mut answer = String::<24>::new();
            let _ = writeln!(answer, "{}", context.now.total_millis());
            let may_answer =
                (self.guard).permits(PORT, &client.endpoint, request, answer.as_bytes());
            if !may_answer || udp::refusal(context, PORT, &client).is_some() {
                continue;
            }
            let socket = context.sockets.get_mut::<Socket<'_>>(self.handle);
            // What cannot be sent is lost, as everywhere in UDP.
            let _ = socket.send_slice(answer.as_bytes(), client);
        }
        Some(context.now) // Once answers were transmitted there is room for others.
    }
}
