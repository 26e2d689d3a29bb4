//! Clients of the services of the example, which check each answer.

use std::task::Poll;

use smoltcp::time::Instant;
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, tcp, udp};

use super::common::network::{Actor, Network};
use super::common::scene::client;
use super::{DELAY, PATIENCE};

/// A client of the service that reverses lines.
pub struct Visitor {
    client: tcp::Client,
    server: IpEndpoint,
    text: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    ended: bool,
    outcome: Option<Result<(), tcp::Error>>,
}

impl Visitor {
    pub fn new(network: &mut Network, server: IpEndpoint, number: usize) -> Self {
        // Short lines, and some as long as the service takes at once, or longer.
        let lengths = [0, 1, 5, 63, 64, 65, 200, 700];
        let mut text = Vec::new();
        for length in &lengths[..3 + number % 6] {
            text.extend((0..*length).map(|index| b'a' + ((index + number) % 26) as u8));
            text.push(b'\n');
        }
        if number % 2 == 1 {
            text.extend(b"without an end");
        }
        Self {
            client: client(network.client.sockets(), 600, PATIENCE),
            server,
            text,
            sent: 0,
            answer: Vec::new(),
            ended: false,
            outcome: None,
        }
    }

    /// What comes back behind the greeting, and how many lines that is.
    pub fn expected(&self) -> (Vec<u8>, u32) {
        let mut lines = Vec::new();
        for line in self.text.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n").unwrap_or(line) {
                [] => lines.push(Vec::new()),
                line => lines.extend(
                    line.chunks(64)
                        .map(|piece| piece.iter().rev().copied().collect()),
                ),
            }
        }
        let count = lines.len() as u32;
        let ended = lines.into_iter().map(|mut line| {
            line.push(b'\n');
            line
        });
        (ended.flatten().collect(), count)
    }

    /// The number that the service has greeted it by. Fails unless all else is as expected, too.
    #[track_caller]
    pub fn expect_exact(&self) -> usize {
        assert_eq!(self.outcome, Some(Ok(())));
        let text = std::str::from_utf8(&self.answer).expect("letters");
        let (greeting, answer) = text.split_once('\n').expect("a greeting");
        assert_eq!(answer.as_bytes(), self.expected().0);
        let number = greeting.strip_prefix("Hello, client ");
        let number = number.and_then(|rest| rest.strip_suffix('!'));
        number
            .and_then(|number| number.parse().ok())
            .expect("a number")
    }

    /// Returns whether everything was sent and received.
    fn talk(&mut self, context: &mut Context<'_, '_>) -> Result<bool, tcp::Error> {
        if self.client.is_open(context) == Err(tcp::Error::NotConnected) {
            self.client.connect(context, self.server)?;
        }
        if !self.answer.is_empty() {
            // The service greets first.
            self.sent += self.client.send(context, &self.text[self.sent..])?;
            if self.sent == self.text.len() {
                self.client.finish(context);
            }
        }
        let mut buffer = [0; 600];
        while !self.ended
            && let Poll::Ready(length) = self.client.receive(context, &mut buffer)?
        {
            self.answer.extend_from_slice(&buffer[..length]);
            self.ended = length == 0;
        }
        Ok(self.ended && self.client.is_closed(context)?)
    }
}

impl Actor for Visitor {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        if self.is_done() {
            return None;
        }
        let had_answer = !self.answer.is_empty();
        match self.talk(context) {
            Ok(true) => self.outcome = Some(Ok(())),
            Ok(false) => {}
            Err(error) => self.outcome = Some(Err(error)),
        }
        if !had_answer && !self.answer.is_empty() {
            return Some(context.now); // It was greeted just now.
        }
        self.client.deadline()
    }

    fn is_done(&self) -> bool {
        self.outcome.is_some()
    }
}

/// A client of the service that tells the time.
pub struct Asker {
    client: udp::Client<'static>,
    server: IpEndpoint,
    is_waiting: bool,
    /// How often it still asks.
    left: usize,
}

impl Asker {
    pub fn new(network: &mut Network, server: IpEndpoint) -> Self {
        let buffers = Box::leak(Box::new(udp::Buffers::<2, 64>::new()));
        let client = udp::Client::new(network.client.sockets(), buffers, PATIENCE);
        Self {
            client: client.expect("there is room"),
            server,
            is_waiting: false,
            left: 3,
        }
    }
}

impl Actor for Asker {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        while self.left > 0 {
            if !self.is_waiting {
                let sent = self.client.send(context, self.server, b"?");
                sent.expect("there is a route");
                self.is_waiting = true;
            }
            let mut answer = [0; 64];
            let received = self.client.receive(context, &mut answer);
            let Poll::Ready(length) = received.expect("an answer") else {
                return self.client.deadline();
            };
            let answered = (context.now - DELAY).total_millis();
            assert_eq!(answer[..length], *format!("{answered}\n").as_bytes());
            self.is_waiting = false;
            self.left -= 1;
        }
        None
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }
}
