//! A TCP client that sends a text in pieces and keeps what comes back.

use std::task::Poll;

use smoltcp::time::{Duration, Instant};
use smoltcp::wire::IpEndpoint;
use uppercase::{Context, tcp};

use super::network::{Actor, HOUR, Network};
use super::scene::client;

pub const TIMEOUT: Duration = Duration::from_secs(10);

pub struct Talk {
    client: tcp::Client,
    pub text: Vec<u8>,
    sent: usize,
    pub answer: Vec<u8>,
    /// Bytes given to the client at a time.
    pub piece: usize,
    /// Whether to close as soon as the text is sent; else when the answer is as long as the text.
    pub closes_first: bool,
    ended: bool,
    pub outcome: Option<Result<(), tcp::Error>>,
}

impl Talk {
    /// A client with buffers of `window` bytes each that is about to connect to `server`.
    pub fn new(network: &mut Network, server: IpEndpoint, window: usize, text: &[u8]) -> Self {
        Self::with_timeout(network, server, window, text, TIMEOUT)
    }

    /// The same, of a client that waits for an hour.
    pub fn patient(network: &mut Network, server: IpEndpoint, window: usize, text: &[u8]) -> Self {
        Self::with_timeout(network, server, window, text, HOUR)
    }

    fn with_timeout(
        network: &mut Network,
        server: IpEndpoint,
        window: usize,
        text: &[u8],
        timeout: Duration,
    ) -> Self {
        let client = client(network.client.sockets(), window, timeout);
        Self::by(client, network, server, text)
    }

    /// The same by this client.
    pub fn by(client: tcp::Client, network: &mut Network, server: IpEndpoint, text: &[u8]) -> Self {
        let mut talk = Self {
            client,
            text: text.to_vec(),
            sent: 0,
            answer: Vec::new(),
            piece: usize::MAX,
            closes_first: true,
            ended: false,
            outcome: None,
        };
        talk.connect(network, server);
        talk
    }

    pub fn connect(&mut self, network: &mut Network, server: IpEndpoint) {
        (self.sent, self.ended, self.outcome) = (0, false, None);
        self.answer.clear();
        let mut context = network.context();
        if let Err(error) = self.client.connect(&mut context, server) {
            self.outcome = Some(Err(error));
        }
    }

    /// Chooses the congestion control of the next connection.
    pub fn choose(&mut self, congestion_control: tcp::CongestionControl) {
        self.client.set_congestion_control(congestion_control);
    }

    /// The answer, if everything went well to the end.
    #[track_caller]
    pub fn expect_answer(&self) -> &[u8] {
        assert_eq!(
            self.outcome,
            Some(Ok(())),
            "after {} bytes of answer",
            self.answer.len()
        );
        &self.answer
    }

    fn talk(&mut self, context: &mut Context<'_, '_>) -> Result<(), tcp::Error> {
        let rest = &self.text[self.sent..];
        self.sent += self
            .client
            .send(context, &rest[..rest.len().min(self.piece)])?;
        let all_sent = self.sent == self.text.len();
        if all_sent && (self.closes_first || self.ended || self.answer.len() >= self.sent) {
            self.client.finish(context);
        }
        let mut buffer = [0; 1000];
        while let Poll::Ready(length) = self.client.receive(context, &mut buffer)? {
            self.answer.extend_from_slice(&buffer[..length]);
            self.ended = length == 0;
            if self.ended {
                break;
            }
        }
        if self.ended {
            self.client.finish(context);
        }
        if self.ended && self.client.is_closed(context)? {
            self.outcome = Some(Ok(()));
        }
        Ok(())
    }
}

impl Actor for Talk {
    fn poll(&mut self, context: &mut Context<'_, 'static>) -> Option<Instant> {
        if self.outcome.is_some() {
            return None;
        }
        if let Err(error) = self.talk(context) {
            self.outcome = Some(Err(error));
        }
        // Pieces are offered as soon as there is room again.
        let more = self.sent > 0 && self.sent < self.text.len() && self.piece < usize::MAX;
        if more {
            Some(context.now)
        } else {
            self.client.deadline()
        }
    }

    fn is_done(&self) -> bool {
        self.outcome.is_some()
    }
}
