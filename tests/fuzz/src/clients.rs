//! Honest clients, one of each kind, and how they fared.

use std::task::Poll;

use smoltcp::time::Instant;
use smoltcp::wire::{IpAddress, IpEndpoint};
use uppercase::stack::earliest;
use uppercase::{Context, PORT, tcp, udp};

use crate::common::ask::parts;
use crate::common::network::SECOND;
use crate::common::text::upper;
use crate::host::{DATAGRAM, LineStack, QUEUE, WINDOW};

/// One client of each kind, and how they fared.
pub struct Clients<'a> {
    tcp: tcp::Client,
    udp: udp::Client<'a>,
    text: Vec<u8>,
    sent: usize,
    is_talking: bool,
    answer: Vec<u8>,
    tcp_outcome: Option<Result<(), tcp::Error>>,
    expected: Vec<u8>,
    expected_line: Vec<u8>,
    is_asking: bool,
    udp_outcome: Option<Result<Vec<u8>, udp::Error>>,
}

impl<'a> Clients<'a> {
    pub fn new(
        stack: &mut LineStack<'a>,
        connection: &'a mut tcp::ClientStorage<'a, WINDOW, WINDOW>,
    ) -> Self {
        let timeout = SECOND * 8;
        let tcp = tcp::Client::new(stack.sockets(), connection, timeout);
        let udp = udp::Client::from_parts(stack.sockets(), parts(DATAGRAM, QUEUE), timeout);
        Self {
            tcp: tcp.expect("there is room"),
            udp: udp.expect("there is room"),
            text: Vec::new(),
            sent: 0,
            is_talking: false,
            answer: Vec::new(),
            tcp_outcome: None,
            expected: Vec::new(),
            expected_line: Vec::new(),
            is_asking: false,
            udp_outcome: None,
        }
    }

    pub fn begin(
        &mut self,
        stack: &mut LineStack<'a>,
        now: Instant,
        server: IpAddress,
        text: &[u8],
    ) {
        let server = IpEndpoint::new(server, PORT);
        let context = &mut stack.context(now);
        if !self.is_talking || self.tcp_outcome.is_some() {
            self.text = text.to_vec();
            self.expected = upper(text);
            (self.sent, self.is_talking, self.tcp_outcome) = (0, true, None);
            self.answer.clear();
            self.tcp.connect(context, server).expect("there is a way");
        }
        if !self.is_asking {
            self.expected_line = upper(text);
            (self.is_asking, self.udp_outcome) = (true, None);
            self.udp.send(context, server, text).expect("it fits");
        }
    }

    pub fn abort(&mut self, stack: &mut LineStack<'a>, now: Instant) {
        self.tcp.abort(&mut stack.context(now));
        // A line that waits for its answer is given up with the next one.
        (self.is_talking, self.is_asking) = (false, false);
    }

    pub fn poll(&mut self, context: &mut Context<'_, 'a>) -> Option<Instant> {
        let mut answer = [0; DATAGRAM];
        let mut due = None;
        if self.is_asking {
            let outcome = match self.udp.receive(context, &mut answer) {
                Ok(Poll::Pending) => None,
                Ok(Poll::Ready(length)) => Some(Ok(answer[..length].to_vec())),
                Err(error) => Some(Err(error)),
            };
            self.is_asking = outcome.is_none();
            self.udp_outcome = outcome;
            due = self.udp.deadline();
        }
        if self.is_talking && self.tcp_outcome.is_none() {
            if let Err(error) = self.talk(context) {
                self.tcp_outcome = Some(Err(error));
            }
            due = earliest(due, self.tcp.deadline());
        }
        due
    }

    fn talk(&mut self, context: &mut Context<'_, 'a>) -> Result<(), tcp::Error> {
        self.sent += self.tcp.send(context, &self.text[self.sent..])?;
        if self.sent == self.text.len() {
            self.tcp.finish(context);
        }
        let mut buffer = [0; 100];
        while let Poll::Ready(length) = self.tcp.receive(context, &mut buffer)? {
            self.answer.extend_from_slice(&buffer[..length]);
            if length == 0 {
                self.tcp_outcome = Some(Ok(()));
                break;
            }
        }
        Ok(())
    }

    /// At any time, what has been received is right.
    pub fn check(&self) {
        if let Some(Ok(answer)) = &self.udp_outcome {
            assert_eq!(*answer, self.expected_line);
        }
        if self.is_talking {
            assert!(self.expected.starts_with(&self.answer));
        }
    }

    #[track_caller]
    pub fn expect_answers(&self) {
        assert_eq!(self.tcp_outcome, Some(Ok(())), "a client is not served");
        assert_eq!(self.answer, self.expected);
        assert_eq!(self.udp_outcome, Some(Ok(self.expected_line.clone())));
    }
}
