//! Clients that are honest: they ask, and note what becomes of it.

use std::task::Poll;

use smoltcp::socket::udp;
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::simulation::{Port, Turn};
use uppercase::stack::from_fn;
use uppercase::{Context, Stack, tcp};

use super::common::scene::client;
use super::world::{CLIENTS, DATAGRAM, World};

const LINE: &[u8] = b"is anyone there?";
const ANSWER: &[u8] = b"IS ANYONE THERE?";

/// One connection, one line.
pub struct Session {
    client: tcp::Client,
    server: IpEndpoint,
    begin: Instant,
    begun: bool,
    sent: usize,
    answer: Vec<u8>,
    end: Option<(Instant, Result<(), tcp::Error>)>,
}

impl Session {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        if context.now < self.begin {
            return Some(self.begin);
        }
        if let Some(result) = self.speak(context).transpose() {
            self.end = Some((context.now, result));
            return None;
        }
        self.client.deadline()
    }

    fn speak(&mut self, context: &mut Context<'_, 'static>) -> Result<Option<()>, tcp::Error> {
        if !self.begun {
            self.begun = true;
            self.client.connect(context, self.server)?;
        }
        self.sent += self.client.send(context, &LINE[self.sent..])?;
        if self.sent == LINE.len() {
            self.client.finish(context);
        }
        let mut buffer = [0; 100];
        while let Poll::Ready(length) = self.client.receive(context, &mut buffer)? {
            if length == 0 {
                assert_eq!(self.answer, ANSWER);
                return Ok(Some(()));
            }
            self.answer.extend_from_slice(&buffer[..length]);
        }
        Ok(None)
    }
}

/// Clients on one host.
pub struct Crowd {
    pub stack: Box<Stack<'static, Port>>,
    sessions: Vec<Session>,
}

/// What became of a crowd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub served: usize,
    pub refused: usize,
    /// From the first request to the end of the last client that was served.
    pub time: Duration,
}

impl Crowd {
    /// Clients of which each begins `apart` after the one before, and gives up after `patience`.
    pub fn new(world: &mut World, clients: usize, apart: Duration, patience: Duration) -> Self {
        let (stack, _) = world.host(CLIENTS.into());
        Self::on(world, stack, clients, apart, patience)
    }

    pub fn on(
        world: &World,
        stack: Stack<'static, Port>,
        clients: usize,
        apart: Duration,
        patience: Duration,
    ) -> Self {
        let mut crowd = Self {
            stack: Box::new(stack),
            sessions: Vec::new(),
        };
        for number in 0..clients {
            let begin = world.network.now() + apart * number as u32;
            crowd.add(world.address(), begin, patience);
        }
        crowd
    }

    pub fn add(&mut self, server: IpEndpoint, begin: Instant, patience: Duration) {
        self.sessions.push(Session {
            client: client(self.stack.sockets(), 256, patience),
            server,
            begin,
            begun: false,
            sent: 0,
            answer: Vec::new(),
            end: None,
        });
    }

    pub fn poll(&mut self, turn: &mut Turn) {
        let sessions = &mut self.sessions;
        turn.wake_in(
            self.stack
                .poll(
                    turn.now,
                    &mut from_fn(|context| {
                        let due = sessions
                            .iter_mut()
                            .filter_map(|session| session.poll(context));
                        due.min()
                    }),
                )
                .delay(turn.now),
        );
    }

    pub fn is_done(&self) -> bool {
        self.sessions.iter().all(|session| session.end.is_some())
    }

    pub fn outcome(&self) -> Outcome {
        let begin = self.sessions.iter().map(|session| session.begin).min();
        let mut outcome = Outcome::default();
        for (end, result) in self.sessions.iter().filter_map(|session| session.end) {
            outcome.refused += usize::from(result == Err(tcp::Error::Refused));
            if result.is_ok() {
                outcome.served += 1;
                outcome.time = outcome.time.max(end - begin.unwrap_or(end));
            }
        }
        outcome
    }
}

/// A client that sends a datagram from time to time, also if those before were not answered.
pub struct Asker {
    stack: Box<Stack<'static, Port>>,
    socket: smoltcp::iface::SocketHandle,
    server: IpEndpoint,
    begin: Instant,
    apart: Duration,
    requests: usize,
    sent: usize,
    /// How long each answer took.
    pub answers: Vec<Option<Duration>>,
}

impl Asker {
    pub fn new(
        world: &World,
        mut stack: Stack<'static, Port>,
        port: u16,
        requests: usize,
        apart: Duration,
    ) -> Self {
        let buffer = || {
            let packets = vec![udp::PacketMetadata::EMPTY; 16];
            udp::PacketBuffer::new(packets, vec![0; 16 * DATAGRAM])
        };
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket.bind(40_000).expect("the port is not 0");
        Self {
            socket: stack.sockets().add(socket).expect("there is room"),
            stack: Box::new(stack),
            server: IpEndpoint::new(world.address().addr, port),
            begin: world.network.now(),
            apart,
            requests,
            sent: 0,
            answers: vec![None; requests],
        }
    }

    pub fn poll(&mut self, turn: &mut Turn) {
        let Self {
            stack,
            socket,
            server,
            begin,
            apart,
            requests,
            sent,
            answers,
        } = self;
        turn.wake_in(
            stack
                .poll(
                    turn.now,
                    &mut from_fn(|context| {
                        let moment = |number: usize| *begin + *apart * number as u32;
                        let is_known = context.resolve(&server.addr);
                        let socket = context.sockets.get_mut::<udp::Socket<'_>>(*socket);
                        while is_known && *sent < *requests && context.now >= moment(*sent) {
                            let text = format!("request {sent}");
                            let room = socket.send_slice(text.as_bytes(), *server);
                            room.expect("there is room");
                            *sent += 1;
                        }
                        while let Ok((text, _)) = socket.recv() {
                            let text = std::str::from_utf8(text).expect("text");
                            let number = text.strip_prefix("REQUEST ").expect("an answer");
                            let number: usize = number.parse().expect("a number");
                            answers[number].get_or_insert(context.now - moment(number));
                        }
                        (is_known && *sent < *requests).then(|| moment(*sent))
                    }),
                )
                .delay(turn.now),
        );
    }

    pub fn sent(&self) -> usize {
        self.sent
    }

    pub fn answered(&self) -> usize {
        self.answers.iter().flatten().count()
    }
}
